// SPDX-License-Identifier: GPL-2.0-or-later
// BTF as the dead kernel has it, asked for everything that is wanted.
#include <cstdint>
#include <cstdlib>

#include "makedumpfile/kernel/btf.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<kdump::FactPlace> places = [] {
    std::vector<kdump::FactPlace> all;
    for (const kdump::WantedFact& wanted : kdump::wanted_facts())
      if (kdump::kind_of(wanted.key) != kdump::FactKind::symbol) all.push_back(kdump::place_of(wanted));
    return all;
  }();
  const auto input = std::as_bytes(std::span(data, size));
  const auto answers = kdump::ask_btf(kdump::ByteVector(input.begin(), input.end()), places);
  if (answers && answers->size() != places.size()) std::abort();
  return 0;
}
