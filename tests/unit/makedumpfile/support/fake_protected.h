// SPDX-License-Identifier: GPL-2.0-or-later
// What must never be left out, in a fake kernel: an image with parts that were freed, two CPUs with their
// areas, tasks and stacks, module memory. The log ring is FakePrintkRing's, vmemmap FakeStructPages'.
#pragma once

#include "tests/unit/makedumpfile/support/fake_kernel.h"

namespace kdump::test {

class FakeProtected {
 public:
  static constexpr uint64_t kDirectMap = 0xffff888000000000;  // maps physical address 0
  static constexpr uint64_t kModules = 0xffffffffc0000000;
  static constexpr uint64_t kVariables = 0x500000, kChunk = 0x501000, kTasks = 0x502000;
  static constexpr uint64_t kImage = 0x600000, kImageEnd = 0x680000;
  static constexpr uint64_t kArea0 = 0x700000, kArea1 = 0x708000;
  static constexpr uint64_t kNode = 0x780000;
  static constexpr uint64_t kStack0 = 0x740000, kStack1 = 0x744000, kNoteStack = 0x750000;
  // Variables.
  static constexpr uint64_t kOffsets = kVariables, kCpuIds = kVariables + 0x40, kBase = kVariables + 0x48,
                            kFirstChunk = kVariables + 0x50, kBrkEnd = kVariables + 0x58,
                            kNodeData = kVariables + 0x60;

  explicit FakeProtected(FakeKernel& kernel) : kernel_(&kernel) {
    for (uint64_t at = 0; at < FakeKernel::kMemorySize; at += uint64_t{2} << 20)
      kernel.map(kDirectMap + at, at, 21);
    add_image();
    add_cpus();
    add_tasks();
    add_node();
    for (const uint64_t page : {0U, 2U, 3U}) kernel.map(kModules + page * 4096, 0x760000 + page * 4096, 12);
  }

  void symbol(std::string_view name, uint64_t value) {
    kernel_->line(fmt::format("SYMBOL({})={:x}", name, value));
  }
  void put(uint64_t at, uint64_t value) { kernel_->vmcore().put_value<le64>(at, value); }
  // The crash note of a CPU: in struct elf_prstatus the registers are at 112, and sp is the 20th.
  void add_note(uint64_t stack_pointer) {
    constexpr size_t kStackPointer = 112 + 19 * 8;
    ByteVector prstatus(336);
    std::memcpy(prstatus.data() + kStackPointer, &stack_pointer, sizeof stack_pointer);
    kernel_->vmcore().add_note("CORE", elf::NT_PRSTATUS, prstatus);
  }

  // Pages of the image that were not freed.
  static constexpr uint64_t kImagePages = 128 - 3 - 2 - 16 - 2 - 11;

 private:
  void add_image() {
    const std::pair<const char*, uint64_t> symbols[] = {
        {"_text", kImage},          {"_etext", 0x610800},      {"__start_rodata", 0x614000},
        {"__end_rodata", 0x61fff0}, {"_sdata", 0x622000},      {"__init_begin", 0x630000},
        {"__init_end", 0x640000},   {"__smp_locks", 0x640000}, {"__smp_locks_end", 0x642000},
        {"__brk_base", 0x670000},   {"_brk_end", kBrkEnd},     {"_end", kImageEnd}};
    for (const auto& [name, at] : symbols) symbol(name, FakeKernel::kImageBase + at);
    put(kBrkEnd, FakeKernel::kImageBase + 0x674010);
  }

  // Each unit has 5 pages in use of its 8: 3 with static variables, 2 that the first chunk serves.
  void add_cpus() {
    symbol("__per_cpu_start", 0);
    symbol("__per_cpu_end", 0x2800);
    symbol("__per_cpu_offset", FakeKernel::kImageBase + kOffsets);
    symbol("nr_cpu_ids", FakeKernel::kImageBase + kCpuIds);
    symbol("pcpu_base_addr", FakeKernel::kImageBase + kBase);
    symbol("pcpu_first_chunk", FakeKernel::kImageBase + kFirstChunk);
    kernel_->line("OFFSET(pcpu_chunk.base_addr)=8");
    kernel_->line("OFFSET(pcpu_chunk.nr_pages)=32");
    put(kOffsets, kDirectMap + kArea0);
    put(kOffsets + 8, kDirectMap + kArea1);
    put(kOffsets + 16, FakeKernel::kImageBase + 0x630000);  // never set up
    put(kCpuIds, 3);
    put(kBase, kDirectMap + kArea0);
    put(kFirstChunk, kDirectMap + kChunk);
    put(kChunk + 8, kDirectMap + kArea0 + 0x3000);
    put(kChunk + 32, 2);
  }

  void add_node() {
    symbol("node_data", FakeKernel::kImageBase + kNodeData);
    kernel_->line("LENGTH(node_data)=4");
    kernel_->line("SIZE(pglist_data)=9000");
    put(kNodeData + 8, kDirectMap + kNode);
  }

  void add_tasks() {
    symbol("current_task", 0x10);
    kernel_->line("OFFSET(task_struct.stack)=32");
    kernel_->line("SIZE(thread_union)=16384");
    kernel_->line("SIZE(task_struct)=200");
    put(kArea0 + 0x10, kDirectMap + kTasks);
    put(kArea1 + 0x10, kDirectMap + kTasks + 0x100);
    put(kTasks + 32, kDirectMap + kStack0);
    put(kTasks + 0x100 + 32, kDirectMap + kStack1);
  }

  FakeKernel* kernel_;
};

}  // namespace kdump::test
