// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/show_facts.h"

#include <set>

#include "common/text.h"
#include "makedumpfile/kernel/facts.h"
#include "makedumpfile/kernel/kernel_info.h"
#include "makedumpfile/kernel/vmcoreinfo_search.h"
#include "makedumpfile/kernel/wanted_facts.h"
#include "makedumpfile/mm/mem_map.h"
#include "makedumpfile/mm/page_layout.h"

namespace kdump {
namespace {

std::string value_text(std::string_view key, int64_t value) {
  return kind_of(key) == FactKind::symbol ? fmt::format("{:#x}", static_cast<uint64_t>(value))
                                          : fmt::format("{}", value);
}

std::string known(const Facts& facts) {
  std::string text;
  for (const auto& [key, fact] : facts.all())
    text += fmt::format("{}={}  {}\n", printable(key), value_text(key, fact.value), name_of(fact.source));
  return text;
}

std::string missing(const Facts& facts) {
  std::set<std::string_view> keys;
  for (const WantedFact& wanted : wanted_facts())
    if (!facts.has(wanted.key)) keys.insert(wanted.key);
  std::string text;
  for (const std::string_view key : keys) text += fmt::format("{}  missing\n", key);
  return text;
}

// What a dump at a level above 1 would lack.
std::vector<std::string> consequences(const KernelInfo& kernel) {
  std::vector<std::string> lines;
  if (const auto mem_map = read_mem_map(kernel); !mem_map) lines.push_back(mem_map.error().message());
  const auto layout = read_page_layout(kernel.facts());
  if (!layout) lines.push_back(layout.error().message());
  if (layout) lines.insert(lines.end(), layout->gaps.begin(), layout->gaps.end());
  return lines;
}

std::vector<std::string> contradictions(const Facts& facts) {
  std::vector<std::string> lines;
  for (const Contradiction& c : facts.contradictions()) {
    lines.push_back(fmt::format("{} is {} by {}, {} by {}: the first is used", c.key,
                                value_text(c.key, c.held.value), name_of(c.held.source),
                                value_text(c.key, c.other.value), name_of(c.other.source)));
  }
  return lines;
}

std::string paragraph(std::string_view title, const std::vector<std::string>& lines) {
  if (lines.empty()) return {};
  std::string text = fmt::format("\n{}:\n", title);
  for (const std::string& line : lines) text += fmt::format("  {}\n", printable(line));
  return text;
}

}  // namespace

Result<std::string> show_facts(const std::string& vmcore_path, const NamedFacts& named) {
  const std::unique_ptr<Vmcore> vmcore = with_vmcoreinfo(TRY(open_vmcore(vmcore_path)));
  const KernelInfo kernel = TRY(read_kernel_info(*vmcore, named));
  return known(kernel.facts()) + missing(kernel.facts()) +
         paragraph("What follows for a dump", consequences(kernel)) +
         paragraph("What contradicts itself", contradictions(kernel.facts())) +
         paragraph("Who could not tell", kernel.provider_notes());
}

}  // namespace kdump
