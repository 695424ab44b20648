// SPDX-License-Identifier: GPL-2.0-or-later
// A dump in memory: physical memory put together by a test, notes written by name. Pages that nobody wrote to
// take no memory, so that a machine may be large.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <unordered_map>

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
    memory_[addr] = size;
    std::vector<MemorySegment> segments;
    for (const auto& [begin, bytes] : memory_)
      segments.push_back({{PhysAddr(begin), PhysAddr(begin + bytes)}, begin});
    map_ = MemoryMap(std::move(segments));
  }
  // The memory map from now on says that there is [begin, end) and no more; what is read stays.
  void show_only(uint64_t begin, uint64_t end) {
    map_ = MemoryMap({{{PhysAddr(begin), PhysAddr(end)}, begin}});
  }
  // Writes into memory that was added.
  void put(uint64_t addr, Bytes bytes) {
    // A test that writes outside its own memory is wrong; fail loudly.
    if (!is_memory(addr, bytes.size())) std::abort();
    for_each_part(addr, bytes.size(), [&](uint64_t page, size_t offset, size_t done, size_t size) {
      std::memcpy(pages_[page].data() + offset, bytes.data() + done, size);
    });
  }
  // Calls visit(address, bytes) for each page that somebody wrote to, in no order.
  void for_each_page(const std::function<void(uint64_t, Bytes)>& visit) const {
    for (const auto& [page, bytes] : pages_) visit(page * kPage, bytes);
  }
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
    if (!is_memory(begin, out.size())) return fail("fake: physical address {:#x} is not in the dump", begin);
    const auto broken = broken_.lower_bound(begin & ~uint64_t{kPage - 1});
    if (broken != broken_.end() && *broken < begin + out.size())
      return fail_errno(EIO, "fake: offset {:#x}", *broken);
    for_each_part(begin, out.size(), [&](uint64_t page, size_t offset, size_t done, size_t size) {
      const auto found = pages_.find(page);
      if (found == pages_.end()) {
        std::memset(out.data() + done, 0, size);
      } else {
        std::memcpy(out.data() + done, found->second.data() + offset, size);
      }
    });
    return {};
  }

 private:
  static constexpr size_t kPage = 4096;

  // Whether it all lies in one stretch.
  [[nodiscard]] bool is_memory(uint64_t addr, size_t size) const {
    const auto after = memory_.upper_bound(addr);
    if (after == memory_.begin()) return false;
    const auto& [start, bytes] = *std::prev(after);
    return addr - start < bytes && size <= bytes - (addr - start);
  }
  // Calls visit(page, offset in it, bytes before this part, bytes of it).
  template <typename Visit>
  static void for_each_part(uint64_t addr, size_t size, Visit&& visit) {
    for (size_t done = 0; done < size;) {
      const size_t offset = (addr + done) % kPage, part = std::min(kPage - offset, size - done);
      visit((addr + done) / kPage, offset, done, part);
      done += part;
    }
  }

  std::string name_ = "fake";
  uint16_t machine_ = elf::EM_X86_64;
  std::map<uint64_t, uint64_t> memory_;  // begin, bytes
  std::unordered_map<uint64_t, std::array<std::byte, kPage>> pages_;
  std::set<uint64_t> broken_;
  MemoryMap map_;
  std::vector<VirtualSegment> virtual_segments_;
  Notes notes_;
};

}  // namespace kdump::test
