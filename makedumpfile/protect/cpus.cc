// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/protect/cpus.h"

#include <algorithm>

namespace kdump {
namespace {

constexpr uint32_t kMaxCpus = 65536;                    // NR_CPUS is at most 8192 today
constexpr uint64_t kMaxVariables = uint64_t{64} << 20;  // bytes a CPU; real ones have less than 1 MiB

// How many CPUs there can be: each has its own variables in the dump's memory.
uint64_t most_cpus(const ProtectedSearch& search, uint64_t variables) {
  uint64_t memory = 0;  // bytes
  for (const MemorySegment& segment : search.kernel.vmcore().memory_map().segments())
    memory += segment.range.size();
  return std::clamp<uint64_t>(memory / variables, 1, kMaxCpus);
}

// nr_cpu_ids is a variable but for kernels of one CPU.
Result<uint32_t> possible_cpus(ProtectedSearch& search, uint64_t most) {
  const VirtAddr variable = TRY(search.facts().need_symbol("nr_cpu_ids"));
  const uint32_t count = TRY(with_context(search.memory.read_value<le32>(variable), "nr_cpu_ids"));
  if (count >= 1 && count <= most) return count;
  return fail(ErrorKind::corrupt, "nr_cpu_ids is {}, expected 1 to {}", count, most);
}

}  // namespace

Result<CpuAreas> find_cpu_areas(ProtectedSearch& search) {
  const Facts& facts = search.facts();
  const VirtAddr array = TRY(facts.need_symbol("__per_cpu_offset"));
  CpuAreas areas{
      .variables = {TRY(facts.need_symbol("__per_cpu_start")), TRY(facts.need_symbol("__per_cpu_end"))},
      .offsets = {}};
  if (areas.variables.empty() || areas.variables.size() > kMaxVariables) {
    return fail(ErrorKind::corrupt, "__per_cpu_start {:#x}, __per_cpu_end {:#x}: no kernel has these",
                areas.variables.begin.value(), areas.variables.end.value());
  }
  std::vector<le64> offsets(TRY(possible_cpus(search, most_cpus(search, areas.variables.size()))));
  TRY(with_context(search.memory.read(array, std::as_writable_bytes(std::span(offsets))),
                   "__per_cpu_offset"));
  // A CPU that cannot be still has the offset of the boot CPU's first area, which is in the image
  // (arch/x86/kernel/setup_percpu.c, BOOT_PERCPU_OFFSET) and was freed.
  const VirtRange image = search.image_area();
  for (const uint64_t offset : offsets)
    if (!image.contains(areas.variables.begin + offset)) areas.offsets.push_back(offset);
  return areas;
}

}  // namespace kdump
