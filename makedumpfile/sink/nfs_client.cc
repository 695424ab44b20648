// SPDX-License-Identifier: GPL-2.0-or-later
// The one file that knows libnfs (facts: its header and the source of 4.0.0).
#include "makedumpfile/sink/nfs_client.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/time.h>

// libnfs 4.0.0's header needs what stands above.
#include <nfsc/libnfs.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <functional>
#include <list>

#include "makedumpfile/sink/net_connect.h"
#include "makedumpfile/sink/net_deadline.h"

namespace kdump {
namespace {

constexpr int kVersion3 = 3;
constexpr int kVersion4 = 4;
// What the server takes at a time may be more; so much memory is held here, and again by libnfs.
constexpr size_t kWriteBytes = 262144;
constexpr size_t kWrites = 4;
// Version 4 of libnfs does not ask the server for its limit; every server takes this.
constexpr size_t kVersion4WriteBytes = 65536;
constexpr size_t kReadBytes = 65536;
constexpr int kPollSlice = 1000;  // libnfs looks at its own timeouts when it is called

// One call of libnfs on its way. It lives in the client's list until libnfs has called back, be it only when
// its context is destroyed.
struct Call {
  bool done = false;
  int code = 0;  // 0 or more: it worked; -errno
  std::string text;
  std::function<void(int, void*)> take;  // what to do with the answer
};

struct WriteSlot {
  ByteVector buffer;
  uint64_t offset = 0;
  Call* call = nullptr;  // nullptr: free

  [[nodiscard]] bool overlaps(uint64_t from, uint64_t to) const {
    return call != nullptr && from < offset + buffer.size() && offset < to;
  }
};

void call_back(int code, nfs_context* nfs, void* data, void* private_data) {
  auto* call = static_cast<Call*>(private_data);
  call->done = true;
  call->code = code;
  if (code >= 0) {
    if (call->take) call->take(code, data);
  } else if (const char* text = nfs_get_error(nfs)) {
    call->text = text;
  }
}

// The order of the arguments changed with libnfs 6.
template <typename Nfs>
int start_write(Nfs* nfs, nfsfh* file, uint64_t offset, Bytes data, Call* call) {
  if constexpr (requires { nfs_pwrite_async(nfs, file, offset, data.size(), data.data(), call_back, call); })
    return nfs_pwrite_async(nfs, file, offset, data.size(), data.data(), call_back, call);
  else
    return nfs_pwrite_async(nfs, file, data.data(), data.size(), offset, call_back, call);
}

// Before libnfs 6 the bytes come with the callback, since then they are put where they are wanted.
template <typename Nfs>
int start_read(Nfs* nfs, nfsfh* file, uint64_t offset, MutableBytes out, Call* call) {
  if constexpr (requires { nfs_pread_async(nfs, file, offset, out.size(), call_back, call); })
    return nfs_pread_async(nfs, file, offset, out.size(), call_back, call);
  else
    return nfs_pread_async(nfs, file, out.data(), out.size(), offset, call_back, call);
}

// libnfs has ERANGE for NFS3ERR_DQUOT and NFS4ERR_DQUOT, and for nothing else.
constexpr int named_errno(int value) { return value == ERANGE ? EDQUOT : value; }

// libnfs gives -EFAULT for a refused write and puts the status into the text: "… NFS3ERR_NOSPC(-28)".
int errno_in(const Call& call) {
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

struct DestroyContext {
  void operator()(nfs_context* nfs) const { nfs_destroy_context(nfs); }
};

class Client : public NfsClient {
 public:
  Client(const NfsTarget& target, std::string peer)
      : target_(target), peer_(std::move(peer)), nfs_(nfs_init_context()) {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() override { nfs_.reset(); }  // before what its callbacks write to

  Status mount();

  Result<std::unique_ptr<File>> create(const std::string& path) override;
  Result<std::unique_ptr<File>> open_to_read(const std::string& path) override;
  Status make_directory(const std::string& path, int mode) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status remove_directory(const std::string& path) override;
  Result<bool> is_directory(const std::string& path) override;
  Result<uint64_t> free_bytes() override;
  [[nodiscard]] const std::string& peer() const override { return peer_; }
  [[nodiscard]] std::string local_address() const override {
    return local_address_of(nfs_get_fd(nfs_.get()));
  }

  [[nodiscard]] nfs_context* raw() const { return nfs_.get(); }
  [[nodiscard]] Deadline stall() const { return Deadline(target_.stall_timeout); }
  [[nodiscard]] size_t write_bytes() const;
  [[nodiscard]] bool dead() const { return dead_.has_value(); }

  Call* new_call();
  void drop(const Call* call) {
    calls_.remove_if([call](const Call& one) { return &one == call; });
  }
  // Lets libnfs work until `ready()`; what came in meanwhile makes the deadline start anew.
  template <typename Ready>
  Status serve(Deadline deadline, std::string_view doing, Ready ready);
  // A whole call: `start` begins it, `take` gets its answer, an error says "cannot `doing` `path`".
  template <typename Start>
  Status perform(const Deadline& deadline, std::string_view doing, const std::string& path, Start start,
                 std::function<void(int, void*)> take = {});
  template <typename Start>
  Status perform(std::string_view doing, const std::string& path, Start start,
                 std::function<void(int, void*)> take = {}) {
    return perform(stall(), doing, path, std::move(start), std::move(take));
  }
  [[nodiscard]] Failure refused(const Call& call, std::string_view doing, const std::string& path) const;

 private:
  Result<std::unique_ptr<File>> open(const std::string& path, int flags, std::string_view doing);
  Status reach(const Deadline& deadline) const;
  Status wait(const Deadline& deadline, std::string_view doing);
  [[nodiscard]] size_t unanswered() const {
    return static_cast<size_t>(std::ranges::count(calls_, false, &Call::done));
  }

  NfsTarget target_;
  std::string peer_;
  std::list<Call> calls_;
  std::optional<Error> dead_;  // after it every call fails in the same way
  std::unique_ptr<nfs_context, DestroyContext> nfs_;
};

class OpenFile : public NfsClient::File {
 public:
  OpenFile(Client& client, nfsfh* raw, std::string path)
      : client_(client), raw_(raw), path_(std::move(path)) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() override {
    if (raw_ != nullptr) static_cast<void>(close().has_value());
  }

  Status write(uint64_t offset, Bytes data) override;
  Status drain() override;
  Status sync() override;
  Status truncate(uint64_t size) override;
  Result<uint64_t> size() override;
  Result<ByteVector> read(size_t limit) override;
  Status close() override;

 private:
  Status start_one(uint64_t offset, Bytes data);
  Result<WriteSlot*> free_slot(uint64_t offset, uint64_t size);
  Status collect();

  Client& client_;
  nfsfh* raw_;
  std::string path_;
  std::array<WriteSlot, kWrites> slots_;
};

Call* Client::new_call() { return &calls_.emplace_back(); }

// One poll and what libnfs makes of it.
Status Client::wait(const Deadline& deadline, std::string_view doing) {
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

template <typename Ready>
Status Client::serve(Deadline deadline, std::string_view doing, Ready ready) {
  if (dead_) return Failure(*dead_);
  while (!ready()) {
    const size_t before = unanswered();
    Status served = wait(deadline, doing);
    if (!served) {
      // What libnfs says of calls that end with the connection is what it said of an earlier one.
      dead_ = served.error();
      return served;
    }
    if (unanswered() != before) deadline.restart();
  }
  return {};
}

Failure Client::refused(const Call& call, std::string_view doing, const std::string& path) const {
  const int error = errno_in(call);
  Failure failure = fail_errno(error, "{}: cannot {} {}", peer_, doing, path);
  // What libnfs says helps only where no errno does.
  std::string text(hint_of(error));
  if (error == EIO || error == EINTR || error == ENOMEM) text = ": " + call.text;
  return make_failure(failure.error().kind(), error, failure.error().message() + text);
}

template <typename Start>
Status Client::perform(const Deadline& deadline, std::string_view doing, const std::string& path, Start start,
                       std::function<void(int, void*)> take) {
  if (dead_) return Failure(*dead_);
  Call* call = new_call();
  call->take = std::move(take);
  if (start(call) != 0) {
    const char* text = nfs_get_error(raw());
    drop(call);
    return fail("{}: cannot {} {}: {}", peer_, doing, path, text ? text : "libnfs gives no reason");
  }
  Status served = serve(deadline, fmt::format("trying to {} {}", doing, path), [call] { return call->done; });
  if (!served) {
    call->take = {};  // nobody is there to take it any more
    return served;
  }
  const Call outcome = *call;
  drop(call);
  if (outcome.code < 0) return refused(outcome, doing, path);
  return {};
}

// Of a server that cannot be reached libnfs only says that a socket failed.
Status Client::reach(const Deadline& deadline) const {
  constexpr uint16_t kRpcbindPort = 111;
  constexpr uint16_t kNfsPort = 2049;
  uint16_t port = target_.version >= kVersion4 ? target_.port : target_.mount_port;
  if (port == 0) port = target_.version >= kVersion4 ? kNfsPort : kRpcbindPort;
  TRY(with_context(connect_tcp(target_.address, port, deadline), "{}: port {}", peer_, port));
  return {};
}

Status Client::mount() {
  if (!nfs_) return fail("{}: libnfs has no memory for a context", peer_);
  const std::string options =
      fmt::format("nfs:///?version={}&autoreconnect=0&auto-traverse-mounts=0&dircache=0&uid=0&gid=0{}{}",
                  target_.version, target_.port == 0 ? "" : fmt::format("&nfsport={}", target_.port),
                  target_.mount_port == 0 ? "" : fmt::format("&mountport={}", target_.mount_port));
  nfs_url* parsed = nfs_parse_url_incomplete(raw(), options.c_str());
  if (parsed == nullptr) return fail("{}: libnfs refuses its options: {}", peer_, nfs_get_error(raw()));
  nfs_destroy_url(parsed);
  const Deadline deadline(target_.connect_timeout);
  TRY(reach(deadline));
  return perform(deadline, "mount", target_.export_path, [this](Call* call) {
    return nfs_mount_async(raw(), target_.address.c_str(), target_.export_path.c_str(), call_back, call);
  });
}

size_t Client::write_bytes() const {
  if (target_.version >= kVersion4) return kVersion4WriteBytes;
  const uint64_t server = nfs_get_writemax(raw());
  return server == 0 ? kReadBytes : std::min<uint64_t>(server, kWriteBytes);
}

Result<std::unique_ptr<NfsClient::File>> Client::open(const std::string& path, int flags,
                                                      std::string_view doing) {
  nfsfh* opened = nullptr;
  TRY(perform(
      doing, path,
      [&](Call* call) { return nfs_open2_async(raw(), path.c_str(), flags, 0600, call_back, call); },
      [&opened](int, void* data) { opened = static_cast<nfsfh*>(data); }));
  return std::make_unique<OpenFile>(*this, opened, path);
}

Result<std::unique_ptr<NfsClient::File>> Client::create(const std::string& path) {
  // A left-over of an earlier attempt goes; that there is none is the usual thing.
  const Status gone = remove(path);
  if (!gone && gone.error().errno_value() != ENOENT) return Failure(gone.error());
  return open(path, O_CREAT | O_WRONLY, "create");
}

Result<std::unique_ptr<NfsClient::File>> Client::open_to_read(const std::string& path) {
  return open(path, O_RDONLY, "open");
}

Status Client::make_directory(const std::string& path, int mode) {
  return perform("create", path,
                 [&](Call* call) { return nfs_mkdir2_async(raw(), path.c_str(), mode, call_back, call); });
}

Status Client::rename(const std::string& from, const std::string& to) {
  return perform("rename", from, [&](Call* call) {
    return nfs_rename_async(raw(), from.c_str(), to.c_str(), call_back, call);
  });
}

Status Client::remove(const std::string& path) {
  return perform("remove", path,
                 [&](Call* call) { return nfs_unlink_async(raw(), path.c_str(), call_back, call); });
}

Status Client::remove_directory(const std::string& path) {
  return perform("remove", path,
                 [&](Call* call) { return nfs_rmdir_async(raw(), path.c_str(), call_back, call); });
}

Result<bool> Client::is_directory(const std::string& path) {
  uint64_t mode = 0;
  TRY(perform(
      "look at", path, [&](Call* call) { return nfs_stat64_async(raw(), path.c_str(), call_back, call); },
      [&mode](int, void* data) { mode = static_cast<nfs_stat_64*>(data)->nfs_mode; }));
  return S_ISDIR(mode);
}

Result<uint64_t> Client::free_bytes() {
  uint64_t free = 0;
  TRY(perform(
      "ask for the space of", "/",
      [this](Call* call) { return nfs_statvfs64_async(raw(), "/", call_back, call); },
      [&free](int, void* data) {
        const auto* space = static_cast<nfs_statvfs_64*>(data);
        free = space->f_bavail * space->f_frsize;
      }));
  return free;
}

Status OpenFile::write(uint64_t offset, Bytes data) {
  while (!data.empty()) {
    const Bytes part = data.first(std::min(data.size(), client_.write_bytes()));
    TRY(start_one(offset, part));
    offset += part.size();
    data = data.subspan(part.size());
  }
  return {};
}

// The server may do writes that are on their way together in any order, so two that overlap never are.
Result<WriteSlot*> OpenFile::free_slot(uint64_t offset, uint64_t size) {
  WriteSlot* found = nullptr;
  const auto ready = [&] {
    if (std::ranges::any_of(slots_, [](const WriteSlot& slot) { return slot.call && slot.call->done; }))
      return true;
    if (std::ranges::any_of(slots_,
                            [&](const WriteSlot& slot) { return slot.overlaps(offset, offset + size); }))
      return false;
    const auto free = std::ranges::find(slots_, nullptr, &WriteSlot::call);
    found = free == slots_.end() ? nullptr : &*free;
    return found != nullptr;
  };
  while (found == nullptr) {
    TRY(client_.serve(client_.stall(), "writing", ready));
    TRY(collect());
  }
  return found;
}

Status OpenFile::start_one(uint64_t offset, Bytes data) {
  WriteSlot* slot = TRY(free_slot(offset, data.size()));
  slot->buffer.assign(data.begin(), data.end());
  slot->offset = offset;
  slot->call = client_.new_call();
  if (start_write(client_.raw(), raw_, offset, slot->buffer, slot->call) == 0) return {};
  client_.drop(slot->call);
  slot->call = nullptr;
  return fail("{}: cannot write {}: {}", client_.peer(), path_, nfs_get_error(client_.raw()));
}

// Frees the slots whose writes are answered; the first refusal is the error.
Status OpenFile::collect() {
  for (WriteSlot& slot : slots_) {
    if (slot.call == nullptr || !slot.call->done) continue;
    const Call outcome = *slot.call;
    client_.drop(slot.call);
    slot.call = nullptr;
    if (outcome.code < 0) return client_.refused(outcome, "write", path_);
    if (static_cast<size_t>(outcome.code) != slot.buffer.size()) {
      return fail("{}: the server took {} of {} bytes at offset {} of {}", client_.peer(), outcome.code,
                  slot.buffer.size(), slot.offset, path_);
    }
  }
  return {};
}

Status OpenFile::drain() {
  const auto busy = [](const WriteSlot& slot) { return slot.call != nullptr; };
  while (std::ranges::any_of(slots_, busy)) {
    TRY(client_.serve(client_.stall(), "writing", [this] {
      return std::ranges::any_of(slots_, [](const WriteSlot& slot) { return slot.call && slot.call->done; });
    }));
    TRY(collect());
  }
  return {};
}

Status OpenFile::sync() {
  TRY(drain());
  return client_.perform(
      "commit", path_, [this](Call* call) { return nfs_fsync_async(client_.raw(), raw_, call_back, call); });
}

Status OpenFile::truncate(uint64_t size) {
  TRY(drain());
  return client_.perform("cut off", path_, [this, size](Call* call) {
    return nfs_ftruncate_async(client_.raw(), raw_, size, call_back, call);
  });
}

Result<uint64_t> OpenFile::size() {
  uint64_t size = 0;
  TRY(client_.perform(
      "look at", path_,
      [this](Call* call) { return nfs_fstat64_async(client_.raw(), raw_, call_back, call); },
      [&size](int, void* data) { size = static_cast<nfs_stat_64*>(data)->nfs_size; }));
  return size;
}

Result<ByteVector> OpenFile::read(size_t limit) {
  ByteVector content;
  while (content.size() < limit) {
    ByteVector part(std::min(limit - content.size(), kReadBytes));
    size_t got = 0;
    TRY(client_.perform(
        "read", path_,
        [&](Call* call) { return start_read(client_.raw(), raw_, content.size(), MutableBytes(part), call); },
        [&](int count, void* data) {
          got = std::min(static_cast<size_t>(count), part.size());
          if (data != nullptr && data != part.data()) std::memcpy(part.data(), data, got);
        }));
    if (got == 0) break;
    content.insert(content.end(), part.begin(), part.begin() + static_cast<ptrdiff_t>(got));
  }
  return content;
}

Status OpenFile::close() {
  // All must be answered, be it with refusals, before their buffers go.
  Status drained = drain();
  for (size_t more = 1; !drained && !client_.dead() && more < kWrites; ++more)
    static_cast<void>(drain().has_value());
  nfsfh* raw = std::exchange(raw_, nullptr);
  if (client_.dead()) {
    // Its memory goes with the context.
    nfs_close_async(client_.raw(), raw, call_back, client_.new_call());
    return drained;
  }
  Status closed = client_.perform(
      "close", path_, [&](Call* call) { return nfs_close_async(client_.raw(), raw, call_back, call); });
  return drained ? closed : drained;
}

}  // namespace

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
  auto client = std::make_unique<Client>(
      target, fmt::format(fmt::runtime(brackets ? "[{}]:{}" : "{}:{}"), target.address, target.export_path));
  TRY(client->mount());
  return client;
}

}  // namespace kdump
