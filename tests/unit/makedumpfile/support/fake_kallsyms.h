// SPDX-License-Identifier: GPL-2.0-or-later
// A symbol table in a fake kernel, written as scripts/kallsyms.c writes it.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "tests/unit/makedumpfile/support/fake_kernel.h"

namespace kdump::test {

enum class KallsymsAddresses { plain, from_base, absolute_percpu, from_place };

class FakeKallsyms {
 public:
  // Physical addresses of the tables; names go up to kTokenTable.
  static constexpr uint64_t kNumSyms = 0x500000, kBase = 0x500008, kNames = 0x501000, kTokenTable = 0x540000,
                            kTokenIndex = 0x541000, kAddresses = 0x550000;
  static constexpr uint64_t kRelativeBase = FakeKernel::kImageBase + 0x10000;

  FakeKallsyms(FakeKernel& kernel, KallsymsAddresses encoding) : kernel_(&kernel), encoding_(encoding) {
    const bool has_base =
        encoding == KallsymsAddresses::from_base || encoding == KallsymsAddresses::absolute_percpu;
    tell("num_syms", kNumSyms);
    tell("names", kNames);
    tell("token_table", kTokenTable);
    tell("token_index", kTokenIndex);
    tell(encoding == KallsymsAddresses::plain ? "addresses" : "offsets", kAddresses);
    if (has_base) tell("relative_base", kBase);
    kernel.vmcore().put_value<le64>(kBase, kRelativeBase);
    put_tokens();
    // The page tables' root, which VMCOREINFO always tells: it is what the encoding is known by.
    add('D', "init_top_pgt", FakeKernel::kImageBase + kernel.root());
  }

  void add(char type, const std::string& name, uint64_t address) {
    put_name(type + name);
    const uint64_t at = kAddresses + uint64_t{count_} * (encoding_ == KallsymsAddresses::plain ? 8 : 4);
    if (encoding_ == KallsymsAddresses::plain) {
      kernel_->vmcore().put_value<le64>(at, address);
    } else {
      kernel_->vmcore().put_value<le32>(at, offset_of(address, at));
    }
    kernel_->vmcore().put_value<le32>(kNumSyms, ++count_);
  }

 private:
  void tell(const std::string& table, uint64_t at) {
    kernel_->line(fmt::format("SYMBOL(kallsyms_{})={:x}", table, FakeKernel::kImageBase + at));
  }

  [[nodiscard]] uint32_t offset_of(uint64_t address, uint64_t at) const {
    switch (encoding_) {
      case KallsymsAddresses::absolute_percpu:
        if (address <= std::numeric_limits<int32_t>::max()) return static_cast<uint32_t>(address);
        return static_cast<uint32_t>(kRelativeBase - 1 - address);
      case KallsymsAddresses::from_place:
        return static_cast<uint32_t>(address - (FakeKernel::kImageBase + at));
      default:
        return static_cast<uint32_t>(address - kRelativeBase);
    }
  }

  // Token n stands for the character n; but for the first, which stands for what kernels have often.
  void put_tokens() {
    std::string table(kOften);
    table.push_back('\0');
    for (unsigned token = 0; token < 256; ++token) {
      const size_t at = token == 0 ? 0 : table.size();
      kernel_->vmcore().put_value<le16>(kTokenIndex + uint64_t{token} * 2, static_cast<uint16_t>(at));
      if (token == 0) continue;
      table.push_back(static_cast<char>(token));
      table.push_back('\0');
    }
    kernel_->vmcore().put(kTokenTable, bytes_of(std::string_view(table)));
  }

  void put_name(std::string name) {
    for (size_t at = name.find(kOften); at != std::string::npos; at = name.find(kOften))
      name.replace(at, kOften.size(), 1, '\0');
    std::string entry;
    if (name.size() < 128) {
      entry.push_back(static_cast<char>(name.size()));
    } else {
      entry.push_back(static_cast<char>(0x80 | (name.size() & 0x7f)));
      entry.push_back(static_cast<char>(name.size() >> 7));
    }
    entry += name;
    kernel_->vmcore().put(next_name_, bytes_of(std::string_view(entry)));
    next_name_ += entry.size();
  }

  static constexpr std::string_view kOften = "per_cpu";

  FakeKernel* kernel_;
  KallsymsAddresses encoding_;
  uint32_t count_ = 0;
  uint64_t next_name_ = kNames;
};

}  // namespace kdump::test
