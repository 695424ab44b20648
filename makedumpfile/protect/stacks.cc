// SPDX-License-Identifier: GPL-2.0-or-later
// The stacks of the tasks that ran when the kernel crashed, found twice: from the CPUs' registers in the
// dump's notes, and from their current tasks, whose task_struct goes with them.
#include <algorithm>
#include <bit>

#include "makedumpfile/protect/cpus.h"

namespace kdump {
namespace {

constexpr uint64_t kMaxStack = uint64_t{1} << 20;

// THREAD_SIZE: union thread_union is a stack (include/linux/sched.h).
uint64_t stack_size(const ProtectedSearch& search) {
  const uint64_t told = search.facts().size("thread_union").value_or(0);
  const bool plausible = std::has_single_bit(told) && told >= search.kernel.page_size() && told <= kMaxStack;
  return plausible ? told : search.layout.stack_size;
}

// Stacks begin at multiples of their size (THREAD_ALIGN). An exception's or an interrupt's stack is a smaller
// one, and then so much around it is kept.
void add_stack_around(ProtectedSearch& search, VirtAddr addr) {
  if (addr < search.layout.user_end) return;  // the CPU was in user space
  const uint64_t size = stack_size(search);
  const VirtAddr begin(addr.value() & ~(size - 1));
  search.add_mapped({begin, begin + size});
}

void add_stacks_of_notes(ProtectedSearch& search) {
  const Notes& notes = search.kernel.vmcore().notes();
  for (uint32_t cpu = 0; cpu < notes.cpu_count(); ++cpu) {
    const Bytes prstatus = notes.prstatus(cpu);
    le64 sp;
    if (prstatus.size() < search.layout.stack_pointer + sizeof sp) continue;
    std::memcpy(&sp, prstatus.data() + search.layout.stack_pointer, sizeof sp);
    add_stack_around(search, VirtAddr(sp));
  }
}

// The per-CPU variable that points to the current task: current_task, but for 6.2 (e57ef2ed97c1) to 6.14,
// where it is a member of pcpu_hot.
Result<VirtAddr> current_task_variable(const Facts& facts) {
  if (const auto hot = facts.symbol("pcpu_hot"))
    return *hot + facts.offset("pcpu_hot.current_task").value_or(0);
  return facts.need_symbol("current_task");
}

}  // namespace

Status find_stacks(ProtectedSearch& search) {
  add_stacks_of_notes(search);
  const uint64_t stack_at = TRY(search.facts().need_offset("task_struct.stack"));
  const uint64_t task_size = std::min(search.facts().size("task_struct").value_or(0), kMaxStack);
  const VirtAddr current = TRY(current_task_variable(search.facts()));
  const CpuAreas areas = TRY(find_cpu_areas(search));
  for (const uint64_t offset : areas.offsets) {
    const auto task = search.memory.read_value<le64>(current + offset);
    if (!task) continue;
    search.add_mapped({VirtAddr(*task), VirtAddr(*task) + task_size});
    if (const auto stack = search.memory.read_value<le64>(VirtAddr(*task) + stack_at))
      add_stack_around(search, VirtAddr(*stack));
  }
  return {};
}

}  // namespace kdump
