// SPDX-License-Identifier: GPL-2.0-or-later
// A sound kernel of which the input replaces lines of VMCOREINFO (its text up to the first NUL) and a stretch
// of memory (the rest).
#pragma once

#include <memory>
#include <string>

#include "makedumpfile/arch/address_space.h"
#include "makedumpfile/arch/architecture.h"
#include "makedumpfile/kernel/facts.h"
#include "makedumpfile/kernel/inferred.h"
#include "tests/unit/makedumpfile/support/fake_kernel.h"

namespace kdump::test {

class FuzzedKernel {
 public:
  static constexpr size_t kStretch = 65536;

  FakeKernel kernel;

  // The kernel with `input` put over it; its memory from `addr` on is what it was before, but for that.
  KernelInfo with(Bytes input, uint64_t addr) {
    const std::string_view text = text_of(input);
    const size_t lines = std::min(text.find('\0'), text.size());
    overlay(addr, input.subspan(std::min(lines + 1, input.size())));
    const Vmcoreinfo vmcoreinfo(kernel.vmcoreinfo() + std::string(text.substr(0, lines)));
    auto facts = std::make_unique<Facts>(vmcoreinfo);
    infer_facts(*facts, elf::EM_X86_64);
    // The page tables stay sound: page_table_fuzz is about those.
    auto space =
        std::make_unique<AddressSpace>(kernel.vmcore(), kX86_64.page_table(Vmcoreinfo(kernel.vmcoreinfo())));
    return {kernel.vmcore(), std::move(facts), std::move(space)};
  }

 private:
  void overlay(uint64_t addr, Bytes bytes) {
    if (original_.empty()) {
      original_.resize(kStretch);
      if (!kernel.vmcore().read(PhysAddr(addr), original_)) std::abort();
    }
    kernel.vmcore().put(addr, original_);
    kernel.vmcore().put(addr, bytes.first(std::min(bytes.size(), kStretch)));
  }
  ByteVector original_;
};

}  // namespace kdump::test
