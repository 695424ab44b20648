// SPDX-License-Identifier: GPL-2.0-or-later
// Memory in which the symbol table is searched for: a sound one, with the input over its end.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "makedumpfile/arch/architecture.h"
#include "makedumpfile/kernel/kallsyms_search.h"
#include "tests/unit/makedumpfile/support/fake_old_kallsyms.h"

namespace {

using kdump::test::FakeKernel;

constexpr uint64_t kPlace = 0x400000;
constexpr kdump::VirtAddr kStart(FakeKernel::kImageBase + kPlace);
constexpr uint32_t kSymbols = 300;  // enough for a second marker

struct Fixture {
  FakeKernel kernel;
  std::string tables = kdump::test::FakeOldKallsyms(kernel, true, kSymbols).joined();
  kdump::AddressSpace space{kernel.vmcore(),
                            kdump::kX86_64.page_table(kdump::Vmcoreinfo(kernel.vmcoreinfo()))};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Fixture fixture;
  std::string tables = fixture.tables;
  const size_t covered = std::min(size, tables.size());
  std::copy_n(data, covered, tables.end() - static_cast<ptrdiff_t>(covered));
  fixture.kernel.vmcore().put(kPlace, kdump::bytes_of(std::string_view(tables)));
  const kdump::VirtRange area{kStart, kStart + tables.size()};
  const auto found = kdump::search_kallsyms(fixture.space, area);
  if (found && (found->names < area.begin || found->token_index >= area.end)) std::abort();
  return 0;
}
