// SPDX-License-Identifier: GPL-2.0-or-later
// A dump in memory: physical memory put together by a test, notes written by name.
#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <string>

#include "common/layout/elf.h"
#include "makedumpfile/vmcore/vmcore.h"

namespace kdump::test {

// The bytes of one little-endian ELF note.
inline ByteVector note_bytes(std::string_view name, uint32_t type, Bytes descriptor) {
  elf::Nhdr<Little> header;
  header.n_namesz = static_cast<uint32_t>(name.size() + 1);
  header.n_descsz = static_cast<uint32_t>(descriptor.size());
  header.n_type = type;
  ByteVector note(bytes_of(header).begin(), bytes_of(header).end());
  const auto append = [&note](Bytes bytes, size_t size) {
    note.insert(note.end(), bytes.begin(), bytes.end());
    note.resize(note.size() + size - bytes.size());
    note.resize((note.size() + 3) / 4 * 4);
  };
  append(bytes_of(name), name.size() + 1);
  append(descriptor, descriptor.size());
  return note;
}

class FakeVmcore : public Vmcore {
 public:
  // Memory of `size` zero bytes at `addr`; stretches must not overlap.
  void add_memory(uint64_t addr, uint64_t size) {
    memory_[addr] = ByteVector(size);
    std::vector<MemorySegment> segments;
    for (const auto& [begin, bytes] : memory_)
      segments.push_back({{PhysAddr(begin), PhysAddr(begin + bytes.size())}, begin});
    map_ = MemoryMap(std::move(segments));
  }
  // Writes into memory that was added.
  void put(uint64_t addr, Bytes bytes) { std::memcpy(place(addr, bytes.size()), bytes.data(), bytes.size()); }
  template <typename T>
  void put_value(uint64_t addr, T value) {
    put(addr, bytes_of(value));
  }

  void add_note(std::string_view name, uint32_t type, Bytes descriptor) {
    const ByteVector note = note_bytes(name, type, descriptor);
    ByteVector raw(notes_.raw().begin(), notes_.raw().end());
    raw.insert(raw.end(), note.begin(), note.end());
    notes_ = Notes::parse(std::move(raw), false, "fake: notes");
  }
  void add_vmcoreinfo(std::string_view text) { add_note("VMCOREINFO", 0, bytes_of(text)); }
  void set_machine(uint16_t machine) { machine_ = machine; }
  // As a PT_LOAD says it: memory at `addr` was mapped at `vaddr`.
  void add_virtual_segment(uint64_t vaddr, uint64_t addr, uint64_t size) {
    virtual_segments_.push_back({VirtAddr(vaddr), {PhysAddr(addr), PhysAddr(addr + size)}});
  }
  // Reading the page (of 4096 bytes) at `addr` fails from now on.
  void break_page(uint64_t addr) { broken_.insert(addr & ~uint64_t{4095}); }

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] uint16_t machine() const override { return machine_; }
  [[nodiscard]] const MemoryMap& memory_map() const override { return map_; }
  [[nodiscard]] const Notes& notes() const override { return notes_; }
  [[nodiscard]] std::span<const VirtualSegment> virtual_segments() const override {
    return virtual_segments_;
  }

  Status read(PhysAddr addr, MutableBytes out) const override {
    const uint64_t begin = addr.value();
    const auto after = memory_.upper_bound(begin);
    if (after == memory_.begin()) return fail("fake: physical address {:#x} is not in the dump", begin);
    const auto& [start, bytes] = *std::prev(after);
    if (begin - start >= bytes.size() || out.size() > bytes.size() - (begin - start)) {
      return fail("fake: physical address {:#x} is not in the dump", begin);
    }
    const auto broken = broken_.lower_bound(begin & ~uint64_t{4095});
    if (broken != broken_.end() && *broken < begin + out.size())
      return fail_errno(EIO, "fake: offset {:#x}", *broken);
    if (!out.empty()) std::memcpy(out.data(), bytes.data() + (begin - start), out.size());
    return {};
  }

 private:
  std::byte* place(uint64_t addr, size_t size) {
    auto& [start, bytes] = *std::prev(memory_.upper_bound(addr));
    // A test that writes outside its own memory is wrong; fail loudly.
    if (addr - start + size > bytes.size()) std::abort();
    return bytes.data() + (addr - start);
  }

  std::string name_ = "fake";
  uint16_t machine_ = elf::EM_X86_64;
  std::map<uint64_t, ByteVector> memory_;
  std::set<uint64_t> broken_;
  MemoryMap map_;
  std::vector<VirtualSegment> virtual_segments_;
  Notes notes_;
};

}  // namespace kdump::test
