// SPDX-License-Identifier: GPL-2.0-or-later
// The logs of kernels before 5.10: records (the first byte is even) or flat text, whole or since it was
// cleared.
#include <cstdint>
#include <cstdlib>

#include "makedumpfile/report/dmesg.h"
#include "tests/fuzz/fuzzed_kernel.h"
#include "tests/unit/makedumpfile/support/fake_old_logs.h"

namespace {

using kdump::test::FakeOldLog;

struct Records {
  Records() {
    for (int i = 0; i < 12; ++i) log.add(static_cast<uint64_t>(i), 0x80000001, "a record of the log");
  }
  kdump::test::FuzzedKernel fuzzed;
  kdump::test::FakeRecordLog log{fuzzed.kernel, 256, {.has_caller = true}};
};

struct Flat {
  Flat() {
    for (int i = 0; i < 12; ++i) log.add("a line of the log\n");
  }
  kdump::test::FuzzedKernel fuzzed;
  kdump::test::FakeFlatLog log{fuzzed.kernel, 128};
};

void read(const kdump::KernelInfo& kernel, kdump::LogPart part) {
  size_t bytes = 0;
  const auto take = [&](std::string_view line) -> kdump::Status {
    if (!line.ends_with('\n') && line.size() != kdump::kLongestLine) std::abort();
    // A hostile log may be as long as the kernel's longest; a sample of it is enough here.
    bytes += line.size();
    return bytes < 65536 ? kdump::Status() : kdump::Status(kdump::fail("enough"));
  };
  const kdump::Status done = kdump::read_dmesg(kernel, take, part);
  if (!done && done.error().message().empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Records records;
  static Flat flat;
  if (size == 0) return 0;
  const kdump::Bytes input = std::as_bytes(std::span(data, size)).subspan(1);
  auto& fuzzed = (data[0] & 1) == 0 ? records.fuzzed : flat.fuzzed;
  read(fuzzed.with(input, FakeOldLog::kVariables),
       (data[0] & 2) == 0 ? kdump::LogPart::whole : kdump::LogPart::since_clear);
  return 0;
}
