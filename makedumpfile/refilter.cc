// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/refilter.h"

#include "makedumpfile/filter/dump_level.h"

namespace kdump {

int earlier_level(const Vmcore& vmcore) {
  const EarlierDump* earlier = vmcore.earlier();
  return earlier == nullptr ? 0 : earlier->dump_level & dump_level::kMax;
}

Result<int> refilter_level(const DumpRequest& request, const Vmcore& vmcore, DumpObserver& observer) {
  const EarlierDump* earlier = vmcore.earlier();
  if (earlier == nullptr) return request.dump_level;
  if (request.elf) {
    return fail(ErrorKind::usage, "'-E' option is disable, because {} is kdump compressed format.",
                vmcore.name());
  }
  const int level = request.dump_level | earlier_level(vmcore);
  if (level != request.dump_level) {
    observer.note(fmt::format("dump_level is changed to {}, because {} was created by dump_level({}).", level,
                              vmcore.name(), earlier->dump_level));
  }
  if (earlier->incomplete)
    observer.note(
        fmt::format("{} is marked incomplete: pages of it may be missing, and the new dump is marked so, too",
                    vmcore.name()));
  return level;
}

}  // namespace kdump
