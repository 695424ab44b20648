// SPDX-License-Identifier: GPL-2.0-or-later
// The symbol table of a kernel that does not say where it is, as scripts/kallsyms.c of 5.10 writes it.
#pragma once

#include <string>

#include "tests/unit/makedumpfile/support/fake_kernel.h"

namespace kdump::test {

// Each table is one string, joined in this order. 700 symbols: init_top_pgt, where VMCOREINFO has it, and
// function_number_N at kRelativeBase + 16 N.
struct FakeOldKallsyms {
  static constexpr uint64_t kRelativeBase = FakeKernel::kImageBase + 0x10000;
  static constexpr uint32_t kSymbols = 700;

  std::string addresses, base, count, names, markers, tokens, index;

  // With offsets from a base, or with addresses; of that many symbols, more than 100.
  explicit FakeOldKallsyms(const FakeKernel& kernel, bool offsets = true, uint32_t symbols = kSymbols) {
    if (offsets) append(base, le64(kRelativeBase));
    for (uint32_t i = 0; i < symbols; ++i) {
      const bool root = i == symbols - 100;
      add(i, root ? "Dinit_top_pgt" : fmt::format("tfunction_number_{}", i),
          root ? FakeKernel::kImageBase + kernel.root() : kRelativeBase + uint64_t{i} * 16, offsets);
    }
    append(count, le64(symbols));
    for (unsigned token = 0; token < 256; ++token) {
      append(index, le16(static_cast<uint16_t>(tokens.size())));
      tokens += token == 0 ? "often" : std::string(1, static_cast<char>(token));
      tokens.push_back('\0');
    }
  }

  [[nodiscard]] std::string joined() const {
    std::string all;
    for (const std::string* table : {&addresses, &base, &count, &names, &markers, &tokens, &index}) {
      all += *table;
      align(all);
    }
    return all;
  }

 private:
  void add(uint32_t i, const std::string& name, uint64_t address, bool offsets) {
    if (i % 256 == 0) append(markers, le32(static_cast<uint32_t>(names.size())));
    names.push_back(static_cast<char>(name.size()));
    names += name;
    if (offsets) {
      append(addresses, le32(static_cast<uint32_t>(address - kRelativeBase)));
    } else {
      append(addresses, le64(address));
    }
  }

  static void align(std::string& bytes) { bytes.resize((bytes.size() + 7) / 8 * 8); }
  template <typename T>
  static void append(std::string& bytes, T value) {
    bytes += text_of(bytes_of(value));
  }
};

}  // namespace kdump::test
