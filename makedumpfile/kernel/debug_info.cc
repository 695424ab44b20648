// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/kernel/debug_info.h"

#include <fcntl.h>

#include <algorithm>
#include <vector>

#include "common/fd.h"
#include "common/layout/elf.h"
#include "makedumpfile/kernel/debug_symbols.h"
#include "makedumpfile/kernel/debug_types.h"

namespace kdump {
namespace {

// What only a vmlinux is asked for: other providers have the value itself, or are what the symbols lead to.
constexpr WantedFact kOfVmlinux[] = {
    // To find and check the kernel in a dump that does not tell where it is: where its notes are
    // (include/asm-generic/vmlinux.lds.h), and what the page tables' format follows from
    // (arch/x86/kernel/head64.c, arch/x86/mm/mem_encrypt_identity.c).
    {"SYMBOL(__start_notes)"},
    {"SYMBOL(__stop_notes)"},
    {"SYMBOL(__pgtable_l5_enabled)"},
    {"SYMBOL(sme_me_mask)"},
    {"SYMBOL(init_level4_pgt)"},  // init_top_pgt until 65ade2f872b4 (4.12)
    {"SYMBOL(level4_kernel_pgt)"},
    // The rest of what VMCOREINFO has (kernel/vmcore_info.c, arch/x86/kernel/vmcore_info_64.c).
    {"SYMBOL(node_online_map)"},
    {"LENGTH(mem_section)"},
    {"LENGTH(node_data)"},
    {"SYMBOL(vmap_area_list)"},  // until 55c49fee57af (6.9)
    {"OFFSET(vmap_area.va_start)"},
    {"OFFSET(vmap_area.list)"},
    {"SYMBOL(printk_rb_static)"},
    {"SYMBOL(clear_seq)"},
    {"SIZE(latched_seq)"},
    {"OFFSET(latched_seq.val)"},
    {"SYMBOL(kallsyms_names)"},
    {"SYMBOL(kallsyms_num_syms)"},
    {"SYMBOL(kallsyms_token_table)"},
    {"SYMBOL(kallsyms_token_index)"},
    {"SYMBOL(kallsyms_offsets)"},
    {"SYMBOL(kallsyms_relative_base)"},  // until a081b5789255 (7.0)
    {"SYMBOL(kallsyms_addresses)"},      // until 6.11
};

// A page's size is no symbol and no type.
struct PageSize {
  uint16_t machine;
  unsigned bytes;
};

constexpr PageSize kPageSizes[] = {{elf::EM_X86_64, 4096}};

std::vector<WantedFact> all_wanted() {
  const auto common = wanted_facts();
  std::vector<WantedFact> all(common.begin(), common.end());
  all.insert(all.end(), std::begin(kOfVmlinux), std::end(kOfVmlinux));
  return all;
}

std::string head_lines(const DebugSymbols& symbols) {
  std::string text;
  if (!symbols.release.empty()) text += fmt::format("OSRELEASE={}\n", symbols.release);
  if (!symbols.build_id.empty()) text += fmt::format("BUILD-ID={}\n", symbols.build_id);
  const auto* size = std::ranges::find(kPageSizes, symbols.machine, &PageSize::machine);
  if (size != std::end(kPageSizes)) text += fmt::format("PAGESIZE={}\n", size->bytes);
  return text;
}

// Of alternatives, the first that is told; the last line of a key holds, so they go in backwards.
std::string type_lines(std::span<const WantedFact> wanted, std::span<const std::optional<int64_t>> told) {
  std::string text;
  for (size_t i = wanted.size(); i-- > 0;) {
    if (!told[i]) continue;
    const int64_t value = wanted[i].derive == nullptr ? *told[i] : wanted[i].derive(*told[i]);
    text += fmt::format("{}={}\n", wanted[i].key, value);
  }
  return text;
}

}  // namespace

Result<NamedFacts> read_debug_info(const std::string& path, std::span<const WantedFact> wanted) {
  const UniqueFd fd = TRY(open_file(path, O_RDONLY));
  NameSet names;
  std::vector<WantedFact> types;
  std::vector<FactPlace> places;
  for (const WantedFact& fact : wanted) {
    const FactPlace place = place_of(fact);
    if (place.kind == FactKind::symbol) {
      names.emplace(place.name);
    } else {
      types.push_back(fact);
      places.push_back(place);
    }
  }
  const DebugSymbols symbols = TRY(read_debug_symbols(fd.get(), path, names));
  std::string text = head_lines(symbols);
  for (const auto& [name, address] : symbols.addresses)
    text += fmt::format("SYMBOL({})={:x}\n", name, address);
  text += type_lines(types, TRY(ask_debug_types(fd.get(), path, places)));
  return NamedFacts{path, symbols.machine, Vmcoreinfo(text)};
}

Result<NamedFacts> read_debug_info(const std::string& path) {
  NamedFacts facts = TRY(read_debug_info(path, all_wanted()));
  if (facts.lines.text("SIZE(page)")) return facts;
  return fail(
      ErrorKind::unsupported,
      "{}: its debug information does not tell of struct page: it is no vmlinux, or its types are in .dwo "
      "files (CONFIG_DEBUG_INFO_SPLIT), which are not read",
      path);
}

}  // namespace kdump
