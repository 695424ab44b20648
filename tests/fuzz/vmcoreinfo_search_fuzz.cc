// SPDX-License-Identifier: GPL-2.0-or-later
// Two pages of memory, at the beginning of which a VMCOREINFO note may lie: the input covers them.
#include <cstdint>
#include <cstdlib>

#include "makedumpfile/kernel/vmcoreinfo_search.h"
#include "tests/fuzz/fuzzed_kernel.h"

namespace {

using namespace kdump;
using namespace kdump::test;

constexpr uint64_t kPlace = 0x700000, kPages = uint64_t{2} * 4096;
constexpr uint64_t kUtsname = 0x600000;  // physical
constexpr std::string_view kRelease = "6.1.0-test";

// A kernel of which nothing but those pages is searched.
struct Fixture {
  FuzzedKernel fuzzed;

  Fixture() {
    FakeKernel& kernel = fuzzed.kernel;
    kernel.line(fmt::format("SYMBOL(init_uts_ns)={:x}", FakeKernel::kImageBase + kUtsname));
    diskdump::UtsName name{};
    std::ranges::copy(kRelease, name.release);
    kernel.vmcore().put(kUtsname, bytes_of(name));
    kernel.vmcore().put(kPlace, note_bytes("VMCOREINFO", 0, bytes_of(std::string_view(kernel.vmcoreinfo()))));
    kernel.vmcore().show_only(kPlace, kPlace + kPages);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Fixture fixture;
  static_cast<void>(fixture.fuzzed.with(std::as_bytes(std::span(data, size)), kPlace));
  const auto found = search_vmcoreinfo(fixture.fuzzed.kernel.vmcore());
  if (!found || !*found) return 0;
  if (Vmcoreinfo((*found)->text).text("OSRELEASE") != kRelease) std::abort();
  return 0;
}
