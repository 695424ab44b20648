// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/kernel/vmcoreinfo_file.h"

#include <algorithm>

#include "common/file.h"
#include "common/text.h"
#include "makedumpfile/kernel/facts.h"
#include "makedumpfile/kernel/inferred.h"

namespace kdump {
namespace {

constexpr size_t kMaxFile = size_t{1} << 20;  // bytes; a kernel's note has some 4 KiB
// The original's -g writes one near 2^63 for an array whose length it did not find.
constexpr int64_t kMaxLength = INT32_MAX;

// The lines by kind, as kernels write them.
constexpr std::string_view kHead[] = {"OSRELEASE", "BUILD-ID", "PAGESIZE"};
constexpr std::string_view kKinds[] = {"SYMBOL(", "SIZE(", "OFFSET(", "LENGTH(", "NUMBER("};

bool is_no_length(std::string_view key, std::string_view value) {
  const auto length = key.starts_with("LENGTH(") ? parse_vmcoreinfo_number(value) : std::nullopt;
  return length && (*length < 0 || *length > kMaxLength);
}

Status check_lines(const std::string& path, std::string_view text) {
  size_t number = 0;
  for (const std::string_view line : split_lines(text)) {
    ++number;
    const size_t equals = line.find('=');
    const bool printable = std::ranges::all_of(line, [](unsigned char c) { return c >= ' ' && c < 127; });
    if (trim(line).empty() || (equals != std::string_view::npos && equals != 0 && printable)) continue;
    return fail(ErrorKind::corrupt,
                "{}: line {} is no line of VMCOREINFO (KEY=VALUE); -i needs a file that -g has written", path,
                number);
  }
  return {};
}

// On x86_64 a kernel that can have five levels of page tables decides at boot, and these follow from it.
bool differs_by_machine(const Facts& facts, std::string_view key) {
  const bool follows = key == "NUMBER(MAX_PHYSMEM_BITS)" || key == "LENGTH(mem_section)";
  return follows && facts.symbol("__pgtable_l5_enabled").has_value();
}

void add_inferred(Vmcoreinfo& lines, uint16_t machine) {
  Facts facts(lines);
  infer_facts(facts, machine);
  for (const auto& [key, fact] : facts.all()) {
    const bool inferred = fact.source == FactSource::inferred;
    if (inferred && !differs_by_machine(facts, key)) lines.set(key, std::to_string(fact.value));
  }
}

}  // namespace

Result<NamedFacts> read_vmcoreinfo_file(const std::string& path) {
  const std::string text = TRY(read_text_file(path, kMaxFile));
  TRY(check_lines(path, text));
  NamedFacts named{.file = path, .machine = 0, .lines = {}};
  const Vmcoreinfo all(text);
  for (const auto& [key, value] : all.lines())
    if (!is_no_length(key, value)) named.lines.set(key, value);
  if (all.text("OSRELEASE").value_or("").empty())
    return fail(ErrorKind::corrupt, "{}: no OSRELEASE line: it does not tell of which kernel it is", path);
  return named;
}

Result<std::string> vmcoreinfo_text(const NamedFacts& of_vmlinux) {
  Vmcoreinfo lines = of_vmlinux.lines;
  if (!lines.text("OSRELEASE")) {
    return fail(
        "{}: does not tell its release (no contents of linux_banner): name the vmlinux itself, not a file "
        "that was split from it",
        of_vmlinux.file);
  }
  add_inferred(lines, of_vmlinux.machine);
  std::string text;
  for (const std::string_view key : kHead)
    if (const auto value = lines.text(key)) text += fmt::format("{}={}\n", key, *value);
  for (const std::string_view kind : kKinds) {
    for (const auto& [key, value] : lines.lines())
      if (key.starts_with(kind)) text += fmt::format("{}={}\n", key, value);
  }
  return text;
}

}  // namespace kdump
