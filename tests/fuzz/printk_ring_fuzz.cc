// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdint>
#include <cstdlib>

#include "makedumpfile/report/dmesg.h"
#include "tests/fuzz/fuzzed_kernel.h"
#include "tests/unit/makedumpfile/support/fake_printk_ring.h"

namespace {

struct Fixture {
  Fixture() {
    ring.tell_numbers();
    fuzzed.kernel.line("OFFSET(printk_info.caller_id)=20");
    for (int i = 0; i < 12; ++i) ring.add(static_cast<uint64_t>(i), "a record of the log");
    ring.clear_at(3);
  }
  kdump::test::FuzzedKernel fuzzed;
  kdump::test::FakePrintkRing ring{fuzzed.kernel};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Fixture fixture;
  const kdump::KernelInfo& kernel =
      fixture.fuzzed.with(std::as_bytes(std::span(data, size)), kdump::test::FakePrintkRing::kPointer);
  size_t lines = 0;
  const auto take = [&](std::string_view line) -> kdump::Status {
    if (!line.ends_with('\n')) std::abort();
    // A hostile ring may be as long as the kernel's longest; a sample of it is enough here.
    return ++lines < 10000 ? kdump::Status() : kdump::Status(kdump::fail("enough"));
  };
  const auto part = size % 2 == 0 ? kdump::LogPart::whole : kdump::LogPart::since_clear;
  static_cast<void>(kdump::read_dmesg(kernel, take, part));
  return 0;
}
