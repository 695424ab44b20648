// SPDX-License-Identifier: GPL-2.0-or-later
// The symbol table in the dead kernel's memory, in every encoding of addresses.
#include <array>
#include <cstdint>
#include <memory>

#include "makedumpfile/kernel/kallsyms.h"
#include "tests/fuzz/fuzzed_kernel.h"
#include "tests/unit/makedumpfile/support/fake_kallsyms.h"

namespace {

using kdump::test::FakeKallsyms;
using kdump::test::FakeKernel;
using kdump::test::KallsymsAddresses;

struct Fixture {
  explicit Fixture(KallsymsAddresses encoding) : symbols(fuzzed.kernel, encoding) {
    symbols.add('T', "_text", FakeKernel::kImageBase + 0x20000);
    symbols.add('d', "prb", FakeKernel::kImageBase + 0x30000);
  }
  kdump::test::FuzzedKernel fuzzed;
  FakeKallsyms symbols;
};

constexpr std::array kEncodings = {KallsymsAddresses::plain, KallsymsAddresses::from_base,
                                   KallsymsAddresses::absolute_percpu, KallsymsAddresses::from_place};
// Where the input goes: count, base and names; tokens; addresses.
constexpr std::array<uint64_t, 4> kStretches = {FakeKallsyms::kNumSyms, FakeKallsyms::kNames,
                                                FakeKallsyms::kTokenTable, FakeKallsyms::kAddresses};

constexpr size_t kChoices = kEncodings.size() * kStretches.size();

Fixture& fixture(size_t choice) {
  static std::array<std::unique_ptr<Fixture>, kChoices> made;
  if (made[choice] == nullptr)
    made[choice] = std::make_unique<Fixture>(kEncodings[choice % kEncodings.size()]);
  return *made[choice];
}

}  // namespace

// The input's first byte chooses the encoding and the stretch of memory.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const size_t choice = data[0] % kChoices;
  const auto input = std::as_bytes(std::span(data + 1, size - 1));
  const kdump::KernelInfo& kernel =
      fixture(choice).fuzzed.with(input, kStretches[choice / kEncodings.size()]);
  constexpr std::array<std::string_view, 3> kWanted = {"_text", "prb", "_end"};
  const auto tables = kdump::told_kallsyms(kernel.facts());
  if (!tables) return 0;
  const auto found = kdump::look_up_kallsyms(*tables, kernel.facts(), kernel.address_space(), kWanted);
  if (found && found->size() > kWanted.size()) std::abort();
  return 0;
}
