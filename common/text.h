// SPDX-License-Identifier: GPL-2.0-or-later
// Strict numbers, words and sizes: what atoi and strtok are not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/bytes.h"

namespace kdump {

inline constexpr std::string_view kBlanks = " \t\r\n\v\f";

std::string_view trim(std::string_view text);
// Words separated by any run of blanks.
std::vector<std::string_view> split_words(std::string_view text);
// Fields between single separators, empty ones kept; the last line's missing newline makes no extra field.
std::vector<std::string_view> split(std::string_view text, char separator);
std::vector<std::string_view> split_lines(std::string_view text);

// The whole text as a number: no sign, no blanks, no rest. Base 0 takes 0x and decimal.
std::optional<uint64_t> parse_u64(std::string_view text, int base = 10);
std::optional<int64_t> parse_i64(std::string_view text, int base = 10);

// "12K", "64M", "2G" (1024-based, any case) in bytes.
std::optional<uint64_t> parse_size(std::string_view text);

// "1.9 GiB", "512 KiB", "100 bytes".
std::string human_size(uint64_t bytes);
// "1,234,567".
std::string grouped(uint64_t number);
// "12s", "3m4s", "5h6m".
std::string human_seconds(uint64_t seconds);

// "00ff": two digits a byte.
std::string hexadecimal(Bytes bytes);

// Words of a foreign file, fit for a line on a terminal: control characters become "\\xNN".
std::string printable(std::string_view text);

// The candidate nearest to a misspelt word, empty when none is near.
std::string_view nearest_word(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace kdump
