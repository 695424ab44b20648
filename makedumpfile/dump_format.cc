// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/dump_format.h"

#include "makedumpfile/format/elf_writer.h"
#include "makedumpfile/format/kdump_writer.h"

namespace kdump {
namespace {

KdumpParameters kdump_parameters(const DumpRequest& request, const KernelInfo& kernel,
                                 const PageFilter& filter, const ErasePlan& erasure) {
  const EarlierDump* earlier = kernel.vmcore().earlier();
  return {
      .page_size = kernel.page_size(),
      .max_pfn = filter.max_pfn(),
      .dump_level = request.dump_level,
      .codec = request.codec,
      .phys_base = kernel.phys_base(),
      .crash_time = kernel.crash_time(),
      .utsname = erased_utsname(kernel, erasure.memory),
      .notes = &kernel.vmcore().notes(),
      .erase_info = erasure.info,
      .of_incomplete = earlier != nullptr && earlier->incomplete,
  };
}

ElfParameters elf_parameters(const KernelInfo& kernel, const ErasePlan& erasure) {
  const Vmcore& vmcore = kernel.vmcore();
  return {.page_size = kernel.page_size(),
          .machine = vmcore.machine(),
          .notes = &vmcore.notes(),
          .erase_info = erasure.info,
          .loads = elf_loads(vmcore)};
}

}  // namespace

std::unique_ptr<PageWriter> create_writer(const DumpRequest& request, const KernelInfo& kernel,
                                          const PageFilter& filter, const ErasePlan& erasure,
                                          RandomAccess& place) {
  if (request.elf) return std::make_unique<ElfWriter>(place, elf_parameters(kernel, erasure));
  return std::make_unique<KdumpWriter>(place, kdump_parameters(request, kernel, filter, erasure));
}

void describe_layout(const DumpRequest& request, const KernelInfo& kernel, const PageFilter& filter,
                     const ErasePlan& erasure, DumpObserver& observer) {
  if (request.elf) return;
  const KdumpParameters parameters = kdump_parameters(request, kernel, filter, erasure);
  const KdumpLayout layout(parameters.page_size, parameters.max_pfn, parameters.notes->raw().size(),
                           parameters.erase_info.size());
  observer.debug(fmt::format(
      "dump: max_mapnr {:#x}, notes at {:#x}, bitmaps at {:#x} and {:#x}, descriptors at {:#x}",
      parameters.max_pfn.value(), layout.notes, layout.bitmap1, layout.bitmap2, layout.descriptors));
}

}  // namespace kdump
