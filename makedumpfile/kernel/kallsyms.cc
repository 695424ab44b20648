// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/kernel/kallsyms.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <vector>

#include "common/endian.h"
#include "makedumpfile/kernel/kallsyms_names.h"

namespace kdump {
namespace {

constexpr size_t kTokens = 256;
constexpr size_t kMaxToken = 512;  // KSYM_NAME_LEN, bytes
constexpr size_t kMaxName = 513;   // the type's letter before it

// What a token stands for.
class Tokens {
 public:
  static Result<Tokens> read(VirtualReader& reader, VirtAddr table, VirtAddr index);
  [[nodiscard]] std::string_view operator[](std::byte token) const {
    return table_.c_str() + starts_[std::to_integer<size_t>(token)];
  }

 private:
  std::string table_;  // ends in a NUL
  std::array<uint16_t, kTokens> starts_{};
};

Result<Tokens> Tokens::read(VirtualReader& reader, VirtAddr table, VirtAddr index) {
  std::array<le16, kTokens> starts;
  TRY(with_context(reader.read(index, std::as_writable_bytes(std::span(starts))), "kallsyms_token_index"));
  Tokens tokens;
  std::ranges::copy(starts, tokens.starts_.begin());
  const size_t last = *std::ranges::max_element(tokens.starts_);
  tokens.table_.resize(last);
  TRY(with_context(reader.read(table, std::as_writable_bytes(std::span(tokens.table_))),
                   "kallsyms_token_table"));
  // The table's size is not told: it ends with the last token's NUL.
  for (char letter = '?'; letter != '\0'; tokens.table_.push_back(letter)) {
    if (tokens.table_.size() - last > kMaxToken)
      return fail(ErrorKind::corrupt, "kallsyms_token_table: the last token has no end");
    TRY(with_context(reader.read(table + tokens.table_.size(), mutable_bytes_of(letter)),
                     "kallsyms_token_table"));
  }
  return tokens;
}

struct FoundSymbol {
  uint32_t index = 0;
  bool global = false;
  bool ambiguous = false;
};
using FoundSymbols = std::map<std::string_view, FoundSymbol, std::less<>>;

void note_symbol(std::optional<FoundSymbol>& found, uint32_t index, char type) {
  const bool global = std::isupper(static_cast<unsigned char>(type)) != 0;
  if (!found || (global && !found->global)) {
    found = {index, global, false};
  } else if (global == found->global) {
    found->ambiguous = true;
  }
}

// Expands the next name into `name` (type letter first); longer ones than any we look for are cut.
Status next_name(KallsymsNames& names, const Tokens& tokens, uint32_t index, std::string& name) {
  name.clear();
  const size_t length = TRY(names.length());
  if (length == 0) return fail(ErrorKind::corrupt, "kallsyms_names: symbol {} has no name", index);
  for (size_t i = 0; i < length; ++i) {
    const std::string_view token = tokens[TRY(names.byte())];
    name += token.substr(0, kMaxName - std::min(kMaxName, name.size()));
  }
  return {};
}

Result<FoundSymbols> find_names(KallsymsNames& names, const Tokens& tokens, uint32_t count,
                                std::span<const std::string_view> wanted) {
  std::map<std::string_view, std::optional<FoundSymbol>, std::less<>> candidates;
  for (const std::string_view name : wanted) candidates.try_emplace(name);
  std::string name;
  for (uint32_t index = 0; index < count; ++index) {
    TRY(next_name(names, tokens, index, name));
    if (name.empty()) continue;
    const auto found = candidates.find(std::string_view(name).substr(1));
    if (found != candidates.end()) note_symbol(found->second, index, name.front());
  }
  FoundSymbols symbols;
  for (const auto& [key, found] : candidates)
    if (found && !found->ambiguous) symbols.emplace(key, *found);
  return symbols;
}

// The four encodings; each says the address of a symbol, or why not.
struct Encoding {
  bool (*possible)(const KallsymsTables& table);
  Result<VirtAddr> (*address)(VirtualReader& reader, const KallsymsTables& table, uint32_t index);
};

template <typename T>
Result<T> entry(VirtualReader& reader, VirtAddr array, uint32_t index) {
  T value{};
  TRY(reader.read(array + uint64_t{index} * sizeof value, mutable_bytes_of(value)));
  return value;
}

Result<int64_t> signed_offset(VirtualReader& reader, const KallsymsTables& table, uint32_t index) {
  return static_cast<int32_t>(uint32_t{TRY(entry<le32>(reader, *table.offsets, index))});
}

Result<VirtAddr> base_of(VirtualReader& reader, const KallsymsTables& table) {
  return VirtAddr(TRY(entry<le64>(reader, *table.relative_base, 0)));
}

Result<VirtAddr> plain_address(VirtualReader& reader, const KallsymsTables& table, uint32_t index) {
  return VirtAddr(TRY(entry<le64>(reader, *table.addresses, index)));
}

Result<VirtAddr> address_from_base(VirtualReader& reader, const KallsymsTables& table, uint32_t index) {
  return TRY(base_of(reader, table)) + uint32_t{TRY(entry<le32>(reader, *table.offsets, index))};
}

Result<VirtAddr> address_with_absolute_percpu(VirtualReader& reader, const KallsymsTables& table,
                                              uint32_t index) {
  const int64_t offset = TRY(signed_offset(reader, table, index));
  if (offset >= 0) return VirtAddr(static_cast<uint64_t>(offset));
  return TRY(base_of(reader, table)) - 1 + static_cast<uint64_t>(-offset);
}

Result<VirtAddr> address_from_place(VirtualReader& reader, const KallsymsTables& table, uint32_t index) {
  const int64_t offset = TRY(signed_offset(reader, table, index));
  return *table.offsets + uint64_t{index} * sizeof(le32) + static_cast<uint64_t>(offset);
}

bool has_addresses(const KallsymsTables& table) { return table.addresses.has_value(); }
bool has_base(const KallsymsTables& table) { return table.offsets && table.relative_base; }
bool has_offsets(const KallsymsTables& table) { return table.offsets.has_value(); }

constexpr Encoding kEncodings[] = {
    {has_addresses, plain_address},
    {has_base, address_from_base},
    {has_base, address_with_absolute_percpu},
    {has_offsets, address_from_place},
};

// Symbols of VMCOREINFO that must come out the same. mem_section is not one: VMCOREINFO has its value.
SymbolAddresses anchors_of(const Facts& facts) {
  constexpr std::string_view kStart = "SYMBOL(";
  SymbolAddresses anchors;
  for (const auto& [key, fact] : facts.all()) {
    if (fact.source != FactSource::vmcoreinfo || !key.starts_with(kStart) || key == "SYMBOL(mem_section)")
      continue;
    anchors.emplace(key.substr(kStart.size(), key.size() - kStart.size() - 1),
                    VirtAddr(static_cast<uint64_t>(fact.value)));
  }
  return anchors;
}

size_t agreement(const Encoding& encoding, VirtualReader& reader, const KallsymsTables& table,
                 const FoundSymbols& symbols, const SymbolAddresses& anchors) {
  if (!encoding.possible(table)) return 0;
  return static_cast<size_t>(std::ranges::count_if(anchors, [&](const auto& anchor) {
    const auto found = symbols.find(anchor.first);
    if (found == symbols.end()) return false;
    const auto address = encoding.address(reader, table, found->second.index);
    return address && *address == anchor.second;
  }));
}

Result<const Encoding*> choose_encoding(VirtualReader& reader, const KallsymsTables& table,
                                        const FoundSymbols& symbols, const SymbolAddresses& anchors) {
  const Encoding* best = nullptr;
  size_t best_agreement = 0;
  for (const Encoding& encoding : kEncodings) {
    const size_t agreeing = agreement(encoding, reader, table, symbols, anchors);
    if (agreeing > best_agreement) {
      best = &encoding;
      best_agreement = agreeing;
    }
  }
  if (best != nullptr) return best;
  return fail(ErrorKind::corrupt, "kallsyms: none of the {} symbols of VMCOREINFO is where the table has it",
              anchors.size());
}

Result<uint32_t> symbol_count(VirtualReader& reader, VirtAddr num_syms) {
  const uint32_t count = TRY(with_context(entry<le32>(reader, num_syms, 0), "kallsyms_num_syms"));
  if (count == 0 || count > kMaxKallsyms)
    return fail(ErrorKind::corrupt, "kallsyms_num_syms is {}, expected 1 to {}", count, kMaxKallsyms);
  return count;
}

std::vector<std::string_view> with_anchors(std::span<const std::string_view> wanted,
                                           const SymbolAddresses& anchors) {
  std::vector<std::string_view> names(wanted.begin(), wanted.end());
  for (const auto& [name, address] : anchors) names.emplace_back(name);
  return names;
}

}  // namespace

Result<KallsymsTables> told_kallsyms(const Facts& facts) {
  return KallsymsTables{.num_syms = TRY(facts.need_symbol("kallsyms_num_syms")),
                        .names = TRY(facts.need_symbol("kallsyms_names")),
                        .token_table = TRY(facts.need_symbol("kallsyms_token_table")),
                        .token_index = TRY(facts.need_symbol("kallsyms_token_index")),
                        .addresses = facts.symbol("kallsyms_addresses"),
                        .offsets = facts.symbol("kallsyms_offsets"),
                        .relative_base = facts.symbol("kallsyms_relative_base")};
}

Result<SymbolAddresses> look_up_kallsyms(const KallsymsTables& tables, const Facts& facts,
                                         const AddressSpace& address_space,
                                         std::span<const std::string_view> wanted) {
  VirtualReader reader = TRY(address_space.reader());
  const uint32_t count = TRY(symbol_count(reader, tables.num_syms));
  const Tokens tokens = TRY(Tokens::read(reader, tables.token_table, tables.token_index));
  const SymbolAddresses anchors = anchors_of(facts);
  KallsymsNames names(reader, tables.names);
  const FoundSymbols found = TRY(find_names(names, tokens, count, with_anchors(wanted, anchors)));
  const Encoding* encoding = TRY(choose_encoding(reader, tables, found, anchors));
  SymbolAddresses addresses;
  for (const std::string_view name : wanted) {
    const auto symbol = found.find(name);
    if (symbol == found.end()) continue;
    addresses.emplace(name, TRY(with_context(encoding->address(reader, tables, symbol->second.index),
                                             "kallsyms: address of {}", name)));
  }
  return addresses;
}

}  // namespace kdump
