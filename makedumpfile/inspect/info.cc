// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/inspect/info.h"

#include <ctime>

#include "common/layout/elf.h"
#include "makedumpfile/codec/codec.h"
#include "makedumpfile/vmcore/vmcoreinfo.h"

namespace kdump {
namespace {

constexpr struct {
  uint16_t machine;
  const char* name;
} kMachineNames[] = {{elf::EM_X86_64, "x86_64"}, {elf::EM_AARCH64, "aarch64"},
                     {elf::EM_PPC64, "ppc64"},   {elf::EM_S390, "s390x"},
                     {elf::EM_RISCV, "riscv64"}, {elf::EM_LOONGARCH, "loongarch64"}};

std::string machine_name(uint16_t machine) {
  for (const auto& row : kMachineNames)
    if (row.machine == machine) return row.name;
  return fmt::format("ELF machine {}", machine);
}

void take_kernel(DumpInfo& info) {
  const Vmcore& vmcore = *info.file.vmcore;
  const Vmcoreinfo lines(vmcore.notes().vmcoreinfo());
  info.release = lines.text("OSRELEASE").value_or("");
  info.crash_time = parse_vmcoreinfo_number(lines.text("CRASHTIME").value_or("")).value_or(0);
  info.machine = machine_name(vmcore.machine());
  const EarlierDump* earlier = vmcore.earlier();
  if (earlier == nullptr) return;
  if (info.release.empty()) info.release = earlier->utsname.release;
  if (earlier->crash_time != 0) info.crash_time = earlier->crash_time;
  info.version = earlier->utsname.version;
  info.nodename = earlier->utsname.nodename;
}

Status count_pages(DumpInfo& info) {
  const DumpFile& file = info.file;
  for (const PfnRange& range : file.vmcore->memory_map().pages(file.page_shift)) {
    info.existing += range.size();
    for (Pfn begin = range.begin; begin < range.end; begin += file.window()) {
      const PfnRange window{begin, std::min(begin + file.window(), range.end)};
      for (const PfnRange& pages : TRY(file.vmcore->excluded_earlier(window, file.page_shift)))
        info.excluded += pages.size();
    }
  }
  if (file.kdump == nullptr) info.stored_elf = info.existing - info.excluded;
  return {};
}

}  // namespace

Result<DumpInfo> collect_info(const std::string& path, const OpenOptions& options) {
  DumpInfo info;
  info.file = TRY(open_dump_file(path, options));
  take_kernel(info);
  TRY(count_pages(info));
  if (info.file.kdump == nullptr) return info;
  ProblemList problems;
  info.census = TRY(take_census(*info.file.kdump, problems));
  for (const auto& [place, text] : problems.kept()) info.problems.push_back(text);
  return info;
}

std::string format_name(const DumpInfo& info) {
  return info.file.kdump != nullptr ? "kdump-compressed" : "ELF";
}

std::vector<std::string> codec_names(const DumpInfo& info) {
  std::vector<std::string> names;
  for (const auto& [flags, pages] : info.census.codecs) names.emplace_back(codec_of_flags(flags)->name);
  return names;
}

std::string time_text(int64_t seconds) {
  const auto time = static_cast<time_t>(seconds);
  std::tm parts{};
  char text[64];
  if (gmtime_r(&time, &parts) == nullptr ||
      std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts) == 0)
    return fmt::format("{} s since the epoch", seconds);
  return text;
}

}  // namespace kdump
