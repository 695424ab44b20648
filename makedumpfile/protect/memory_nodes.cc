// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel's description of its memory: struct pglist_data of each node, with the zones in it
// (include/linux/mmzone.h). With NUMA they lie in memory taken at boot; a reader of the dump that does not
// find them gives up. And with sparse memory the sections, which lead to the struct pages.
#include "makedumpfile/mm/sparse.h"
#include "makedumpfile/mm/zones.h"
#include "makedumpfile/protect/finder.h"

namespace kdump {
namespace {

constexpr uint64_t kMaxNodeSize = uint64_t{1} << 24;  // bytes; real ones have some hundred thousand

Status add_sections(ProtectedSearch& search) {
  if (!search.facts().symbol("mem_section")) return {};  // flat memory has none
  for (const VirtRange& table : TRY(read_section_tables(search.kernel))) search.add_mapped(table);
  return {};
}

Status add_nodes(ProtectedSearch& search) {
  const uint64_t size = TRY(search.facts().need_size("pglist_data"));
  if (size > kMaxNodeSize)
    return fail(ErrorKind::corrupt, "SIZE(pglist_data) is {}: no kernel has that", size);
  for (const Node& node : TRY(read_nodes(search.kernel)))
    search.add_mapped({node.address, node.address + size});
  return {};
}

}  // namespace

Status find_memory_nodes(ProtectedSearch& search) {
  const Status sections = add_sections(search);
  TRY(add_nodes(search));
  return sections;
}

}  // namespace kdump
