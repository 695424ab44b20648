// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/report/dmesg.h"

#include "makedumpfile/arch/address_space.h"
#include "makedumpfile/kernel/facts.h"
#include "makedumpfile/report/flat_log.h"
#include "makedumpfile/report/printk_ring.h"
#include "makedumpfile/report/record_log.h"

namespace kdump {
namespace {

template <Status (*Read)(const KernelInfo&, LogPart, const RecordSink&)>
Status read_records(const KernelInfo& kernel, LogPart part, const LineSink& emit) {
  return Read(kernel, part, [&](const LogRecord& record) { return emit_record(record, emit); });
}

struct LogKind {
  std::string_view symbol;  // of the kernels that have it
  Status (*read)(const KernelInfo& kernel, LogPart part, const LineSink& emit);
};

// The first one that the kernel has a symbol of. A log in a new form = a file and a row.
constexpr LogKind kKinds[] = {
    {"prb", read_records<read_printk_ring>},
    {"log_next_idx", read_records<read_record_log>},
    {"log_end", read_flat_log},
};

}  // namespace

Status read_dmesg(const KernelInfo& kernel, const LineSink& emit, LogPart part) {
  TRY(kernel.address_space().usable());
  bool found = part == LogPart::since_clear;
  const auto take = [&](std::string_view line) -> Status {
    found = true;
    return emit(line);
  };
  for (const LogKind& kind : kKinds) {
    if (!kernel.facts().symbol(kind.symbol)) continue;
    TRY(with_context(kind.read(kernel, part, take), "cannot read the kernel log"));
    if (found) return {};
    return fail(ErrorKind::corrupt, "{}: the kernel log has no record", kernel.vmcore().name());
  }
  return fail(ErrorKind::unsupported,
              "{}: nothing tells where the kernel log is: VMCOREINFO has neither SYMBOL(prb) nor "
              "SYMBOL(log_next_idx) nor SYMBOL(log_end)",
              kernel.vmcore().name());
}

}  // namespace kdump
