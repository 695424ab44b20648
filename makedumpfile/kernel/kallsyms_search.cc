// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/kernel/kallsyms_search.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "common/endian.h"
#include "makedumpfile/kernel/kallsyms_names.h"

namespace kdump {
namespace {

constexpr size_t kTokens = 256;
constexpr size_t kAlignment = 8;
constexpr size_t kIndexSize = kTokens * sizeof(le16);
constexpr size_t kMaxToken = 64;       // bytes; those of real tables have less than 20
constexpr size_t kWindow = 64U << 10;  // read at once
constexpr uint64_t kSymbolsPerMarker = 256;
constexpr uint64_t kMaxNameSize = 128;  // with its length, before 73bbb94466fd (6.1)

using TokenIndex = std::array<size_t, kTokens>;

uint64_t aligned(uint64_t size) { return (size + kAlignment - 1) / kAlignment * kAlignment; }

// The index at the start of `bytes`, when they look like one.
std::optional<TokenIndex> token_index_of(Bytes bytes) {
  TokenIndex index{};
  for (size_t i = 0; i < kTokens; ++i) {
    le16 value;
    std::memcpy(&value, bytes.data() + i * sizeof value, sizeof value);
    index[i] = value;
    const bool fits = i == 0 ? value == 0 : value >= index[i - 1] + 2 && value <= index[i - 1] + kMaxToken;
    if (!fits) return std::nullopt;
  }
  return index;
}

// `table` ends where the index starts: every token but the last ends where the next one begins.
bool are_tokens_of(std::string_view table, const TokenIndex& index) {
  for (size_t i = 0; i + 1 < kTokens; ++i)
    if (table.find('\0', index[i]) != index[i + 1] - 1) return false;
  const size_t last_end = table.find('\0', index.back());
  return last_end != std::string_view::npos && last_end > index.back() &&
         aligned(last_end + 1) == table.size();
}

// The table before the index at `place`.
std::optional<VirtAddr> token_table_before(VirtualReader& reader, VirtAddr place, const TokenIndex& index) {
  for (uint64_t size = aligned(index.back() + 2); size <= index.back() + kMaxToken; size += kAlignment) {
    std::string table(size, '\0');
    if (!reader.read(place - size, std::as_writable_bytes(std::span(table)))) return std::nullopt;
    if (are_tokens_of(table, index)) return place - size;
  }
  return std::nullopt;
}

struct Markers {
  VirtAddr start;
  uint64_t count;
  uint64_t second, last;  // of the offsets they hold, which are u32
};

// The markers that end at `end`, or four bytes before it.
std::optional<Markers> markers_before(VirtualReader& reader, VirtAddr end) {
  const auto at = [&](VirtAddr place) -> uint32_t { return reader.read_value<le32>(place).value_or(0U); };
  VirtAddr place = end - sizeof(le32);
  if (at(place) == 0) place = place - sizeof(le32);
  Markers markers{place, 1, 0, at(place)};
  for (uint64_t value = markers.last; value != 0; ++markers.count) {
    place = place - sizeof(le32);
    const uint32_t before = at(place);
    if (before >= value || markers.count > kMaxKallsyms / kSymbolsPerMarker) return std::nullopt;
    if (before == 0) markers.second = value;
    value = before;
  }
  markers.start = place;
  return markers.count > 1 ? std::optional(markers) : std::nullopt;
}

// Whether the 256 symbols from `names` on end where the second marker has the next one.
bool are_names_of(VirtualReader& reader, VirtAddr names, const Markers& markers) {
  KallsymsNames stream(reader, names);
  for (uint64_t symbol = 0; symbol < kSymbolsPerMarker; ++symbol) {
    const auto length = stream.length();
    if (!length || *length == 0) return false;
    for (size_t i = 0; i < *length; ++i)
      if (!stream.byte()) return false;
  }
  return stream.offset() == markers.second;
}

struct Names {
  VirtAddr start;
  uint64_t count;
};

// The names before the markers: after the last marker's place at most 256 of them, before the first the
// count.
std::optional<Names> names_before(VirtualReader& reader, const Markers& markers) {
  const uint64_t least = aligned(markers.last + 2),
                 most = aligned(markers.last + kSymbolsPerMarker * kMaxNameSize);
  std::vector<le64> counts((most - least) / kAlignment + 1);  // the one furthest off first
  if (!reader.read(markers.start - most - sizeof(le64), std::as_writable_bytes(std::span(counts))))
    return std::nullopt;
  for (uint64_t size = least; size <= most; size += kAlignment) {
    const uint64_t count = counts[(most - size) / kAlignment];
    const bool fits =
        count > (markers.count - 1) * kSymbolsPerMarker && count <= markers.count * kSymbolsPerMarker;
    const VirtAddr names = markers.start - size;
    if (fits && are_names_of(reader, names, markers)) return Names{names, count};
  }
  return std::nullopt;
}

// All tables, from an index that was found at `place`.
std::optional<KallsymsTables> tables_before(VirtualReader& reader, VirtAddr place, const TokenIndex& index) {
  const auto token_table = token_table_before(reader, place, index);
  const auto markers = token_table ? markers_before(reader, *token_table) : std::nullopt;
  const auto names = markers ? names_before(reader, *markers) : std::nullopt;
  if (!names) return std::nullopt;
  const VirtAddr num_syms = names->start - sizeof(le64), base = num_syms - sizeof(le64);
  return KallsymsTables{.num_syms = num_syms,
                        .names = names->start,
                        .token_table = *token_table,
                        .token_index = place,
                        .addresses = num_syms - names->count * sizeof(le64),
                        .offsets = base - aligned(names->count * sizeof(le32)),
                        .relative_base = base};
}

// What is found in one window of memory; indices that begin in it lie in it whole.
std::optional<KallsymsTables> search_window(VirtualReader& reader, VirtAddr start, Bytes window) {
  if (all_zero(window)) return std::nullopt;
  for (size_t at = 0; at + kIndexSize <= window.size(); at += kAlignment) {
    const auto index = token_index_of(window.subspan(at, kIndexSize));
    const auto tables = index ? tables_before(reader, start + at, *index) : std::nullopt;
    if (tables) return tables;
  }
  return std::nullopt;
}

// The first stretch of `range` that is mapped without a hole; empty at its end when there is none.
VirtRange next_mapped(VirtualReader& reader, VirtRange range) {
  VirtRange run{range.begin, range.begin};
  while (run.end < range.end) {
    const Mapping mapping = reader.look_up(run.end);
    if (!mapping.addr && !run.empty()) break;
    run.end += std::min(mapping.size, range.end - run.end);
    if (!mapping.addr) run.begin = run.end;
  }
  return run;
}

// In windows that reach over an index that begins at the end of one. A window that cannot be read is left
// out.
std::optional<KallsymsTables> search_run(VirtualReader& reader, VirtRange run) {
  ByteVector window;
  for (VirtAddr at = run.begin; at < run.end; at += std::min<uint64_t>(kWindow, run.end - at)) {
    window.resize(std::min<uint64_t>(kWindow + kIndexSize, run.end - at));
    if (!reader.read(at, window)) continue;
    if (const auto tables = search_window(reader, at, window)) return tables;
  }
  return std::nullopt;
}

}  // namespace

Result<KallsymsTables> search_kallsyms(const AddressSpace& address_space, VirtRange image) {
  VirtualReader reader = TRY(address_space.reader());
  while (!image.empty()) {
    const VirtRange run = next_mapped(reader, image);
    if (const auto tables = search_run(reader, run)) return *tables;
    image.begin = run.end;
  }
  return fail(ErrorKind::unsupported, "kallsyms is nowhere in the kernel image");
}

}  // namespace kdump
