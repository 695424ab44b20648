// SPDX-License-Identifier: GPL-2.0-or-later
// A sound kernel of which the input replaces lines of VMCOREINFO (its text up to the first NUL) and a stretch
// of memory (the rest).
#pragma once

#include <memory>
#include <optional>
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

  // The kernel with `input` put over it; its memory from `addr` on is what it was before, but for that. The
  // kernel itself must not change after the first call. Holds until the next call.
  const KernelInfo& with(Bytes input, uint64_t addr) {
    if (!sound_) keep_what_is_sound(addr);
    const std::string_view text = text_of(input);
    const size_t lines = std::min(text.find('\0'), text.size());
    overlay(addr, input.subspan(std::min(lines + 1, input.size())));
    return with_lines(text.substr(0, lines));
  }

 private:
  static Facts facts_of(const Vmcoreinfo& vmcoreinfo) {
    Facts facts(vmcoreinfo);
    infer_facts(facts, elf::EM_X86_64);
    return facts;
  }
  // The page tables' root stays sound: page_table_fuzz is about those.
  KernelInfo info_of(Facts facts) {
    return {kernel.vmcore(), std::make_unique<Facts>(std::move(facts)),
            std::make_unique<AddressSpace>(kernel.vmcore(), *table_)};
  }
  void keep_what_is_sound(uint64_t addr) {
    const Vmcoreinfo vmcoreinfo(kernel.vmcoreinfo());
    table_.emplace(kX86_64.page_table(vmcoreinfo));
    sound_.emplace(info_of(facts_of(vmcoreinfo)));
    original_.resize(kStretch);
    if (!kernel.vmcore().read(PhysAddr(addr), original_)) std::abort();
  }
  // Most inputs have no lines, or those of the one before.
  const KernelInfo& with_lines(std::string_view lines) {
    if (lines.find('=') == std::string_view::npos) return *sound_;
    if (!changed_ || lines != lines_) {
      lines_ = lines;
      changed_.emplace(info_of(facts_of(Vmcoreinfo(kernel.vmcoreinfo() + lines_))));
    }
    return *changed_;
  }
  // What the last input covered is taken back, and no more.
  void overlay(uint64_t addr, Bytes bytes) {
    kernel.vmcore().put(addr, Bytes(original_).first(covered_));
    covered_ = std::min(bytes.size(), kStretch);
    kernel.vmcore().put(addr, bytes.first(covered_));
  }

  std::optional<Result<PageTable>> table_;
  std::optional<KernelInfo> sound_, changed_;
  std::string lines_;  // of changed_
  ByteVector original_;
  size_t covered_ = 0;
};

}  // namespace kdump::test
