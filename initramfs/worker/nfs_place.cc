// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/worker/nfs_place.h"

#include <malloc.h>

#include "common/text.h"
#include "initramfs/worker/remote_place.h"
#include "initramfs/worker/server.h"
#include "makedumpfile/sink/nfs/nfs_directory.h"

namespace kdump::worker {
namespace {

// libnfs knows "3" and "4"; which 4.x it speaks is its own business.
int version_number(const std::string& version) { return version.starts_with('4') ? 4 : 3; }

Result<std::shared_ptr<NfsClient>> mount_at(const Errand& errand, const std::string& address) {
  const plan::Target& target = errand.target;
  NfsTarget wanted{.address = address,
                   .export_path = target.nfs.path,
                   .version = 3,
                   .port = static_cast<uint16_t>(target.server.port),
                   .mount_port = 0,
                   .connect_timeout = connect_timeout(errand),
                   .stall_timeout = stall_timeout(errand)};
  Result<std::shared_ptr<NfsClient>> client = fail("no version of NFS is named in the plan");
  for (const std::string& version : target.nfs.versions) {
    wanted.version = version_number(version);
    auto mounted = NfsClient::mount(wanted);
    if (mounted) return std::shared_ptr<NfsClient>(std::move(*mounted));
    client = Failure(mounted.error());
  }
  return client;
}

// libnfs allocates every write's packet and frees it. As glibc comes, that memory goes back to the kernel and
// is faulted in again, page by page: half of the time that the worker takes for an uncompressed dump.
void keep_freed_memory() {
  constexpr int kPacketBytes = 1 << 20;  // and more
  constexpr int kKeptBytes = 4 << 20;
  mallopt(M_MMAP_THRESHOLD, kPacketBytes);
  mallopt(M_TRIM_THRESHOLD, kKeptBytes);
}

}  // namespace

Result<std::unique_ptr<Place>> open_nfs_place(const Errand& errand) {
  keep_freed_memory();
  std::shared_ptr<NfsClient> client;
  const auto connect = [&](const std::string& address) -> Status {
    client = TRY(mount_at(errand, address));
    return {};
  };
  TRY(connect_somewhere(errand, connect));
  const std::string& known = errand.request.dump_directory;
  auto directory = TRY(known.empty() ? open_nfs_directory(*client, errand.request.directory,
                                                          remote_name(errand, client->local_address()))
                                     : reopen_nfs_directory(*client, known));
  return remote_place(errand, client, std::move(directory));
}

}  // namespace kdump::worker
