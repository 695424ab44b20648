// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/report/dmesg.h"

#include <fmt/core.h>

#include <cctype>
#include <string>

#include "makedumpfile/arch/address_space.h"
#include "makedumpfile/kernel/facts.h"
#include "makedumpfile/report/printk_ring.h"

namespace kdump {
namespace {

// "[%5lld.%06ld] ".
std::string prefix_of(uint64_t ts_nsec) {
  return fmt::format("[{:5}.{:06}] ", ts_nsec / 1'000'000'000, ts_nsec % 1'000'000'000 / 1000);
}

void append_printable(std::string& line, unsigned char c) {
  if (std::isprint(c) != 0 || std::isspace(c) != 0) {
    line += static_cast<char>(c);
  } else {
    line += fmt::format("\\x{:02x}", c);
  }
}

// A record's lines, the later ones indented to where the first one's text starts.
Status emit_record(const PrintkRecord& record, const std::function<Status(std::string_view)>& emit) {
  std::string line = prefix_of(record.ts_nsec);
  const std::string indent(line.size(), ' ');
  for (const char c : record.text) {
    if (c != '\n') {
      append_printable(line, static_cast<unsigned char>(c));
      continue;
    }
    TRY(emit(line + '\n'));
    line = indent;
  }
  return emit(line + '\n');
}

}  // namespace

Status read_dmesg(const KernelInfo& kernel, const std::function<Status(std::string_view)>& emit) {
  if (!kernel.facts().symbol("prb") && kernel.address_space().usable()) {
    return fail(ErrorKind::unsupported,
                "{}: VMCOREINFO has no SYMBOL(prb): logs of kernels before 5.10 are not supported yet",
                kernel.vmcore().name());
  }
  bool found = false;
  TRY(with_context(read_printk_ring(kernel,
                                    [&](const PrintkRecord& record) {
                                      found = true;
                                      return emit_record(record, emit);
                                    }),
                   "cannot read the kernel log"));
  if (!found) return fail(ErrorKind::corrupt, "{}: the kernel log has no record", kernel.vmcore().name());
  return {};
}

}  // namespace kdump
