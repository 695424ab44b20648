// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/kernel/facts.h"

#include "common/text.h"

namespace kdump {
namespace {

std::optional<int64_t> parse_fact(std::string_view key, std::string_view value) {
  if (key.starts_with("SYMBOL(")) {
    const auto address = parse_u64(value, 16);
    return address ? std::optional(static_cast<int64_t>(*address)) : std::nullopt;
  }
  for (const std::string_view kind : {"SIZE(", "OFFSET(", "LENGTH(", "NUMBER("})
    if (key.starts_with(kind)) return parse_vmcoreinfo_number(value);
  return std::nullopt;
}

// Asked for often: without a format to be gone through.
std::string key_of(std::string_view kind, std::string_view name) {
  std::string key;
  key.reserve(kind.size() + name.size() + 2);
  key.append(kind).append(1, '(').append(name).append(1, ')');
  return key;
}

template <typename T>
Result<T> needed(std::optional<T> fact, std::string_view kind, std::string_view name) {
  if (fact) return *fact;
  return fail(ErrorKind::unsupported, "VMCOREINFO has no {}", key_of(kind, name));
}

}  // namespace

std::string_view name_of(FactSource source) {
  static constexpr std::string_view kNames[] = {"vmcoreinfo", "btf", "kallsyms", "named file", "inferred"};
  return kNames[static_cast<size_t>(source)];
}

Facts::Facts(Vmcoreinfo vmcoreinfo) : vmcoreinfo_(std::move(vmcoreinfo)) {
  for (const auto& [key, value] : vmcoreinfo_.lines())
    if (const auto number = parse_fact(key, value)) facts_[key] = {*number, FactSource::vmcoreinfo};
}

std::optional<Fact> Facts::find(std::string_view key) const {
  const auto found = facts_.find(key);
  return found == facts_.end() ? std::nullopt : std::optional(found->second);
}

void Facts::add(std::string_view key, int64_t value, FactSource source) {
  const auto [held, is_new] = facts_.try_emplace(std::string(key), Fact{value, source});
  if (!is_new && held->second.value != value)
    contradictions_.push_back({held->first, held->second, {value, source}});
}

std::optional<uint64_t> Facts::unsigned_value(std::string_view kind, std::string_view name) const {
  const auto fact = find(key_of(kind, name));
  return fact && fact->value >= 0 ? std::optional(static_cast<uint64_t>(fact->value)) : std::nullopt;
}

std::optional<VirtAddr> Facts::symbol(std::string_view name) const {
  const auto fact = find(key_of("SYMBOL", name));
  return fact ? std::optional(VirtAddr(static_cast<uint64_t>(fact->value))) : std::nullopt;
}

std::optional<uint64_t> Facts::size(std::string_view type) const { return unsigned_value("SIZE", type); }

std::optional<uint64_t> Facts::offset(std::string_view member) const {
  return unsigned_value("OFFSET", member);
}

std::optional<uint64_t> Facts::length(std::string_view array) const {
  return unsigned_value("LENGTH", array);
}

std::optional<int64_t> Facts::number(std::string_view name) const {
  const auto fact = find(key_of("NUMBER", name));
  return fact ? std::optional(fact->value) : std::nullopt;
}

std::optional<std::string_view> Facts::text(std::string_view key) const { return vmcoreinfo_.text(key); }

Result<VirtAddr> Facts::need_symbol(std::string_view name) const {
  return needed(symbol(name), "SYMBOL", name);
}

Result<uint64_t> Facts::need_size(std::string_view type) const { return needed(size(type), "SIZE", type); }

Result<uint64_t> Facts::need_offset(std::string_view member) const {
  return needed(offset(member), "OFFSET", member);
}

Result<int64_t> Facts::need_number(std::string_view name) const {
  return needed(number(name), "NUMBER", name);
}

}  // namespace kdump
