// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/sink/nfs/nfs_client.h"

#include <fcntl.h>

#include <cerrno>
#include <charconv>

#include "makedumpfile/sink/nfs/nfs_context.h"
#include "makedumpfile/sink/remote/net_connect.h"

namespace kdump {
namespace {

constexpr int kVersion3 = 3;
constexpr int kVersion4 = 4;
// What the server takes at a time may be more; so much memory is held for a write, and again by libnfs.
constexpr size_t kWriteBytes = 262144;
// Version 4 of libnfs does not ask the server for its limit; every server takes this.
constexpr size_t kVersion4WriteBytes = 65536;
constexpr int kPollSlice = 1000;  // libnfs looks at its own timeouts when it is called

// libnfs has ERANGE for NFS3ERR_DQUOT and NFS4ERR_DQUOT, and for nothing else.
constexpr int named_errno(int value) { return value == ERANGE ? EDQUOT : value; }

// libnfs gives -EFAULT for a refused write and puts the status into the text: "… NFS3ERR_NOSPC(-28)".
int errno_in(const NfsCall& call) {
  if (call.code != -EFAULT && call.code != -EINVAL) return named_errno(-call.code);
  const size_t at = call.text.rfind("(-");
  int value = 0;
  if (at != std::string::npos)
    std::from_chars(call.text.data() + at + 2, call.text.data() + call.text.size(), value);
  return value == 0 ? EIO : named_errno(value);
}

struct Hint {
  int errno_value;
  std::string_view text;
};
constexpr Hint kHints[] = {
    {EACCES, " (the export must let root of this machine write: no_root_squash)"},
    {EPERM,
     " (the export must let root of this machine write: no_root_squash; and take ports above 1023: "
     "insecure)"},
    {EROFS, " (the server exports it read-only)"},
    {ESTALE, " (the export is no longer what it was: export it again on the server)"},
};

std::string_view hint_of(int error) {
  const auto* hint = std::ranges::find(kHints, error, &Hint::errno_value);
  return hint == std::end(kHints) ? "" : hint->text;
}

}  // namespace

void nfs_call_back(int code, nfs_context* nfs, void* data, void* private_data) {
  auto* call = static_cast<NfsCall*>(private_data);
  call->done = true;
  call->code = code;
  if (code >= 0) {
    if (call->take) call->take(code, data);
  } else if (const char* text = nfs_get_error(nfs)) {
    call->text = text;
  }
}

NfsCall* NfsContext::new_call() { return &calls_.emplace_back(); }

// One poll and what libnfs makes of it.
Status NfsContext::wait(const Deadline& deadline, std::string_view doing) {
  pollfd waiting{
      .fd = nfs_get_fd(raw()), .events = static_cast<short>(nfs_which_events(raw())), .revents = 0};
  const int ready = poll(&waiting, 1, deadline.poll_timeout(kPollSlice));
  if (ready < 0 && errno != EINTR) return fail_errno(errno, "{}: cannot wait for the server", peer_);
  if (deadline.passed())
    return fail(ErrorKind::timed_out, "{}: no answer for {:g} s while {}", peer_, deadline.seconds(), doing);
  if (nfs_service(raw(), ready > 0 ? waiting.revents : 0) >= 0) return {};
  const char* text = nfs_get_error(raw());
  return make_failure(
      ErrorKind::failure, ECONNRESET,
      fmt::format("{}: the connection was lost while {}: {}", peer_, doing, text ? text : ""));
}

Failure NfsContext::refused(const NfsCall& call, std::string_view doing, const std::string& path) const {
  const int error = errno_in(call);
  Failure failure = fail_errno(error, "{}: cannot {} {}", peer_, doing, path);
  // What libnfs says helps only where no errno does.
  std::string text(hint_of(error));
  if (error == EIO || error == EINTR || error == ENOMEM) text = ": " + call.text;
  return make_failure(failure.error().kind(), error, failure.error().message() + text);
}

// Of a server that cannot be reached libnfs only says that a socket failed.
Status NfsContext::reach(uint16_t port, const Deadline& deadline) const {
  TRY(with_context(connect_tcp(target_.address, port, deadline), "{}: port {}", peer_, port));
  return {};
}

// Where the mount begins: at the server itself, or at whom it has to ask first.
uint16_t NfsContext::first_port() const {
  constexpr uint16_t kRpcbindPort = 111;
  if (target_.version >= kVersion4) return target_.port == 0 ? kNfsPort : target_.port;
  return target_.mount_port == 0 ? kRpcbindPort : target_.mount_port;
}

Status NfsContext::mount() {
  if (!nfs_) return fail("{}: libnfs has no memory for a context", peer_);
  const std::string options =
      fmt::format("nfs:///?version={}&autoreconnect=0&auto-traverse-mounts=0&dircache=0&uid=0&gid=0{}{}",
                  target_.version, target_.port == 0 ? "" : fmt::format("&nfsport={}", target_.port),
                  target_.mount_port == 0 ? "" : fmt::format("&mountport={}", target_.mount_port));
  nfs_url* parsed = nfs_parse_url_incomplete(raw(), options.c_str());
  if (parsed == nullptr) return fail("{}: libnfs refuses its options: {}", peer_, nfs_get_error(raw()));
  nfs_destroy_url(parsed);
  const Deadline deadline(target_.connect_timeout);
  TRY(reach(first_port(), deadline));
  Status mounted = perform(deadline, "mount", target_.export_path, [this](NfsCall* call) {
    return nfs_mount_async(raw(), target_.address.c_str(), target_.export_path.c_str(), nfs_call_back, call);
  });
  // rpcbind may know a server that is gone.
  const bool lost = !mounted && dead() && mounted.error().kind() != ErrorKind::timed_out;
  if (lost) TRY(reach(target_.port == 0 ? kNfsPort : target_.port, deadline));
  return mounted;
}

size_t NfsContext::write_bytes() const {
  if (target_.version >= kVersion4) return kVersion4WriteBytes;
  const uint64_t server = nfs_get_writemax(raw());
  return server == 0 ? kNfsReadBytes : std::min<uint64_t>(server, kWriteBytes);
}

Result<std::unique_ptr<NfsClient::File>> NfsContext::open(const std::string& path, int flags,
                                                          std::string_view doing) {
  nfsfh* opened = nullptr;
  TRY(perform(
      doing, path,
      [&](NfsCall* call) { return nfs_open2_async(raw(), path.c_str(), flags, 0600, nfs_call_back, call); },
      [&opened](int, void* data) { opened = static_cast<nfsfh*>(data); }));
  return open_nfs_file(*this, opened, path);
}

Result<std::unique_ptr<NfsClient::File>> NfsContext::create(const std::string& path) {
  // A left-over of an earlier attempt goes; that there is none is the usual thing.
  const Status gone = remove(path);
  if (!gone && gone.error().errno_value() != ENOENT) return Failure(gone.error());
  return open(path, O_CREAT | O_WRONLY, "create");
}

Result<std::unique_ptr<NfsClient::File>> NfsContext::open_to_read(const std::string& path) {
  return open(path, O_RDONLY, "open");
}

Status NfsContext::make_directory(const std::string& path, int mode) {
  return perform("create", path, [&](NfsCall* call) {
    return nfs_mkdir2_async(raw(), path.c_str(), mode, nfs_call_back, call);
  });
}

Status NfsContext::rename(const std::string& from, const std::string& to) {
  return perform("rename", from, [&](NfsCall* call) {
    return nfs_rename_async(raw(), from.c_str(), to.c_str(), nfs_call_back, call);
  });
}

Status NfsContext::remove(const std::string& path) {
  return perform("remove", path,
                 [&](NfsCall* call) { return nfs_unlink_async(raw(), path.c_str(), nfs_call_back, call); });
}

Status NfsContext::remove_directory(const std::string& path) {
  return perform("remove", path,
                 [&](NfsCall* call) { return nfs_rmdir_async(raw(), path.c_str(), nfs_call_back, call); });
}

Result<bool> NfsContext::is_directory(const std::string& path) {
  uint64_t mode = 0;
  TRY(perform(
      "look at", path,
      [&](NfsCall* call) { return nfs_stat64_async(raw(), path.c_str(), nfs_call_back, call); },
      [&mode](int, void* data) { mode = static_cast<nfs_stat_64*>(data)->nfs_mode; }));
  return S_ISDIR(mode);
}

Result<uint64_t> NfsContext::free_bytes() {
  uint64_t free = 0;
  TRY(perform(
      "ask for the space of", "/",
      [this](NfsCall* call) { return nfs_statvfs64_async(raw(), "/", nfs_call_back, call); },
      [&free](int, void* data) {
        const auto* space = static_cast<nfs_statvfs_64*>(data);
        free = space->f_bavail * space->f_frsize;
      }));
  return free;
}

Status check_nfs_version(int version) {
  if (version == kVersion3) return {};
  return fail(ErrorKind::unsupported,
              "libnfs {} does not write by NFS version {}: writes of 4 KiB and more fail, the kernel's "
              "client does it",
              KDUMP_LIBNFS_VERSION, version);
}

Result<std::unique_ptr<NfsClient>> NfsClient::mount(const NfsTarget& target) {
  TRY(check_nfs_version(target.version));
  const bool brackets = target.address.contains(':');
  auto client = std::make_unique<NfsContext>(
      target, fmt::format(fmt::runtime(brackets ? "[{}]:{}" : "{}:{}"), target.address, target.export_path));
  TRY(client->mount());
  return client;
}

}  // namespace kdump
