// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel's zones (include/linux/mmzone.h): where the page allocator keeps its counters and free lists.
#pragma once

#include <vector>

#include "common/error.h"
#include "common/units.h"
#include "makedumpfile/kernel/kernel_info.h"

namespace kdump {

struct Node {
  VirtAddr address;     // of its struct pglist_data
  uint64_t number = 0;  // its place in node_data, 0 without NUMA
};

// The nodes of node_data with NUMA, else contig_page_data. Errors: a fact is missing, or node_data cannot be
// read.
Result<std::vector<Node>> read_nodes(const KernelInfo& kernel);

struct Zone {
  VirtAddr address;     // of its struct zone
  uint64_t node = 0;    // its number
  uint64_t number = 0;  // its place in pglist_data.node_zones
};

// The zones of every node. Errors: a fact is missing, or a node cannot be read.
Result<std::vector<Zone>> read_zones(const KernelInfo& kernel);

}  // namespace kdump
