// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/nfs.h"

#include "common/text.h"
#include "initramfs/capture/step_child.h"

namespace kdump::capture {
namespace {

// A child hands back words alone; the errno says whether the server answers at all.
Status attempt(const plan::NfsMount& way, const std::string& where, SteadyTime deadline) {
  const StepOutput output = run_in_child(
      [&](const Emit& emit) -> Status {
        Status mounted = plan::mount_nfs(way, where);
        if (!mounted) emit(std::to_string(mounted.error().errno_value()));
        return mounted;
      },
      deadline);
  if (output.status) return {};
  const Error& error = output.status.error();
  return make_failure(error.kind(), static_cast<int>(parse_u64(output.text).value_or(0)), error.message());
}

}  // namespace

Result<Mounted> mount_export(const plan::Target& target, const std::string& where, SteadyTime deadline) {
  const std::vector<plan::NfsMount> ways = plan::nfs_mounts(target);
  if (ways.empty()) return fail("{}: the plan names no address or no version", plan::target_text(target));
  const plan::NfsMount way =
      TRY(plan::mount_first(ways, deadline, [&](const plan::NfsMount& one, SteadyTime until) {
        return attempt(one, where, until);
      }));
  return Mounted{.where = where,
                 .warning = {},
                 .described = fmt::format("NFS {} from {} by the kernel's client", way.version, way.address)};
}

}  // namespace kdump::capture
