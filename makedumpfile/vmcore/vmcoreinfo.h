// SPDX-License-Identifier: GPL-2.0-or-later
// VMCOREINFO: what the kernel tells of itself to dump tools, as text lines in an ELF note
// (Documentation/admin-guide/kdump/vmcoreinfo.rst; kernel/vmcore_info.c, before 6.9 kernel/crash_core.c).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace kdump {

class Vmcoreinfo {
 public:
  Vmcoreinfo() = default;
  // Lines "KEY=VALUE"; others are ignored, of two with the same key the last one holds.
  explicit Vmcoreinfo(std::string_view text);

  [[nodiscard]] bool empty() const { return lines_.empty(); }
  // Every line, by key: "SYMBOL(prb)" -> "ffffffffb5a622c0".
  [[nodiscard]] const std::map<std::string, std::string, std::less<>>& lines() const { return lines_; }
  [[nodiscard]] std::optional<std::string_view> text(std::string_view key) const;
  // Adds a line, or replaces the one with its key.
  void set(std::string key, std::string value) { lines_[std::move(key)] = std::move(value); }

  // An address, KASLR included. Hexadecimal without 0x in the text.
  [[nodiscard]] std::optional<uint64_t> symbol(std::string_view name) const;
  // Decimal, or hexadecimal with 0x (arm64 writes some so); a mask with the top bit set is negative.
  [[nodiscard]] std::optional<int64_t> number(std::string_view name) const;

 private:
  std::map<std::string, std::string, std::less<>> lines_;
};

// The value of a NUMBER, SIZE, OFFSET or LENGTH line.
std::optional<int64_t> parse_vmcoreinfo_number(std::string_view text);

}  // namespace kdump
