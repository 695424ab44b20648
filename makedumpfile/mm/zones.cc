// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/mm/zones.h"

#include "makedumpfile/arch/address_space.h"
#include "makedumpfile/kernel/facts.h"

namespace kdump {
namespace {

// MAX_NR_ZONES is 6 at most (enum zone_type), MAX_NUMNODES 1024 on x86_64.
constexpr uint32_t kMaxZones = 16;
constexpr uint64_t kMaxNodes = 4096;

struct NodeLayout {
  uint64_t nr_zones, node_zones;  // offsets in pglist_data
  uint64_t zone_size;             // SIZE(zone)
};

Result<NodeLayout> node_layout(const Facts& facts) {
  return NodeLayout{.nr_zones = TRY(facts.need_offset("pglist_data.nr_zones")),
                    .node_zones = TRY(facts.need_offset("pglist_data.node_zones")),
                    .zone_size = TRY(facts.need_size("zone"))};
}

// node_data[] has a null pointer for each node that there is not.
Result<std::vector<Node>> read_node_data(const KernelInfo& kernel, VirtAddr node_data) {
  const uint64_t length = kernel.facts().length("node_data").value_or(1);
  if (length > kMaxNodes) return fail(ErrorKind::corrupt, "VMCOREINFO: LENGTH(node_data)={}", length);
  std::vector<le64> pointers(length);
  TRY(with_context(kernel.address_space().read(node_data, std::as_writable_bytes(std::span(pointers))),
                   "node_data"));
  std::vector<Node> nodes;
  for (uint64_t number = 0; number < length; ++number)
    if (pointers[number] != 0) nodes.push_back({VirtAddr(pointers[number]), number});
  return nodes;
}

Status append_zones(const KernelInfo& kernel, const NodeLayout& layout, const Node& node,
                    std::vector<Zone>& zones) {
  const uint32_t count = TRY(kernel.address_space().read_value<le32>(node.address + layout.nr_zones));
  if (count > kMaxZones)
    return fail(ErrorKind::corrupt, "nr_zones is {}, no kernel has more than {}", count, kMaxZones);
  for (uint64_t number = 0; number < count; ++number)
    zones.push_back({node.address + (layout.node_zones + number * layout.zone_size), node.number, number});
  return {};
}

}  // namespace

Result<std::vector<Node>> read_nodes(const KernelInfo& kernel) {
  if (const auto node_data = kernel.facts().symbol("node_data")) return read_node_data(kernel, *node_data);
  const auto node = kernel.facts().symbol("contig_page_data");
  if (node) return std::vector<Node>{{*node, 0}};
  return fail(ErrorKind::unsupported,
              "VMCOREINFO has neither SYMBOL(node_data) nor SYMBOL(contig_page_data)");
}

Result<std::vector<Zone>> read_zones(const KernelInfo& kernel) {
  TRY(kernel.address_space().usable());
  const NodeLayout layout = TRY(node_layout(kernel.facts()));
  std::vector<Zone> zones;
  for (const Node& node : TRY(read_nodes(kernel)))
    TRY(with_context(append_zones(kernel, layout, node, zones), "node {} at {:#x}", node.number,
                     node.address.value()));
  return zones;
}

}  // namespace kdump
