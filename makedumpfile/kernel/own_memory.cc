// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/kernel/own_memory.h"

#include <set>

#include "makedumpfile/arch/architecture.h"
#include "makedumpfile/kernel/btf.h"
#include "makedumpfile/kernel/kallsyms.h"
#include "makedumpfile/kernel/kallsyms_search.h"
#include "makedumpfile/kernel/wanted_facts.h"

namespace kdump {
namespace {

bool is_symbol(const WantedFact& wanted) { return kind_of(wanted.key) == FactKind::symbol; }

// The symbols that are still to be told. What VMCOREINFO calls by the same name may be something else, as
// with mem_section.
std::vector<WantedFact> open_symbols(const Facts& facts) {
  std::vector<WantedFact> open;
  for (const WantedFact& wanted : wanted_facts())
    if (is_symbol(wanted) && !facts.has(wanted.key)) open.push_back(wanted);
  return open;
}

// Types are asked for even where they are told: the answers must agree.
std::vector<WantedFact> all_types() {
  std::vector<WantedFact> types;
  for (const WantedFact& wanted : wanted_facts())
    if (!is_symbol(wanted)) types.push_back(wanted);
  return types;
}

// Where VMCOREINFO has it, else where it is found.
Result<KallsymsTables> find_kallsyms(const Facts& facts, const AddressSpace& address_space,
                                     uint16_t machine) {
  auto told = told_kallsyms(facts);
  if (told) return told;
  const KernelLayout& layout = TRY(find_architecture(machine))->kernel;
  return with_context(search_kallsyms(address_space, {layout.image, layout.image + layout.image_size}), "{}",
                      told.error().message());
}

Status add_symbols(Facts& facts, const AddressSpace& address_space, uint16_t machine) {
  const std::vector<WantedFact> rows = open_symbols(facts);
  std::vector<std::string_view> names;
  for (const WantedFact& row : rows) names.push_back(place_of(row).name);
  const KallsymsTables tables = TRY(find_kallsyms(facts, address_space, machine));
  const SymbolAddresses addresses = TRY(look_up_kallsyms(tables, facts, address_space, names));
  for (const WantedFact& row : rows) {
    const auto found = addresses.find(place_of(row).name);
    if (found == addresses.end()) continue;
    facts.add(row.key, static_cast<int64_t>(found->second.value()), FactSource::kallsyms);
  }
  return {};
}

Status add_types(Facts& facts, const AddressSpace& address_space) {
  const VirtAddr start = TRY(facts.need_symbol("__start_BTF"));
  const VirtAddr stop = TRY(facts.need_symbol("__stop_BTF"));
  const std::vector<WantedFact> rows = all_types();
  std::vector<FactPlace> places;
  for (const WantedFact& row : rows) places.push_back(place_of(row));
  ByteVector raw = TRY(read_btf(address_space, start, stop));
  const auto answers = TRY(ask_btf(std::move(raw), places));
  std::set<std::string_view> told;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!answers[i] || !told.insert(rows[i].key).second) continue;
    facts.add(rows[i].key, rows[i].derive == nullptr ? *answers[i] : rows[i].derive(*answers[i]),
              FactSource::btf);
  }
  return {};
}

}  // namespace

std::vector<std::string> add_facts_of_own_memory(Facts& facts, const AddressSpace& address_space,
                                                 uint16_t machine) {
  if (const Status usable = address_space.usable(); !usable)
    return {"no facts from the kernel's own memory: " + usable.error().message()};
  std::vector<std::string> notes;
  if (const Status added = add_symbols(facts, address_space, machine); !added)
    notes.push_back("no facts from the kernel's symbol table: " + added.error().message());
  if (const Status added = add_types(facts, address_space); !added)
    notes.push_back("no facts from the kernel's types: " + added.error().message());
  return notes;
}

}  // namespace kdump
