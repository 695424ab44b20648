// SPDX-License-Identifier: GPL-2.0-or-later
// libnfs under our deadlines, for nfs_client.cc and nfs_file.cc; nobody else includes this (facts: its header
// and the source of 4.0.0).
#pragma once

#include <poll.h>
#include <sys/stat.h>
#include <sys/time.h>

// libnfs 4.0.0's header needs what stands above.
#include <nfsc/libnfs.h>

#include <algorithm>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "makedumpfile/sink/nfs/nfs_client.h"
#include "makedumpfile/sink/remote/net_connect.h"
#include "makedumpfile/sink/remote/net_deadline.h"

namespace kdump {

constexpr size_t kNfsReadBytes = 65536;

// One call of libnfs on its way. It lives in the client's list until libnfs has called back, be it only when
// its context is destroyed.
struct NfsCall {
  bool done = false;
  int code = 0;  // 0 or more: it worked; -errno
  std::string text;
  std::function<void(int, void*)> take;  // what to do with the answer
};

// What libnfs calls back, with a NfsCall as its private data.
void nfs_call_back(int code, nfs_context* nfs, void* data, void* private_data);

struct DestroyNfsContext {
  void operator()(nfs_context* nfs) const { nfs_destroy_context(nfs); }
};

class NfsContext : public NfsClient {
 public:
  NfsContext(const NfsTarget& target, std::string peer)
      : target_(target), peer_(std::move(peer)), nfs_(nfs_init_context()) {}
  NfsContext(const NfsContext&) = delete;
  NfsContext& operator=(const NfsContext&) = delete;
  ~NfsContext() override { nfs_.reset(); }  // before what its callbacks write to

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

  NfsCall* new_call();
  void drop(const NfsCall* call) {
    calls_.remove_if([call](const NfsCall& one) { return &one == call; });
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
  [[nodiscard]] Failure refused(const NfsCall& call, std::string_view doing, const std::string& path) const;

 private:
  Result<std::unique_ptr<File>> open(const std::string& path, int flags, std::string_view doing);
  [[nodiscard]] uint16_t first_port() const;
  Status reach(uint16_t port, const Deadline& deadline) const;
  Status wait(const Deadline& deadline, std::string_view doing);
  [[nodiscard]] size_t unanswered() const {
    return static_cast<size_t>(std::ranges::count(calls_, false, &NfsCall::done));
  }

  NfsTarget target_;
  std::string peer_;
  std::list<NfsCall> calls_;
  std::optional<Error> dead_;  // after it every call fails in the same way
  std::unique_ptr<nfs_context, DestroyNfsContext> nfs_;
};

template <typename Ready>
Status NfsContext::serve(Deadline deadline, std::string_view doing, Ready ready) {
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

template <typename Start>
Status NfsContext::perform(const Deadline& deadline, std::string_view doing, const std::string& path,
                           Start start, std::function<void(int, void*)> take) {
  if (dead_) return Failure(*dead_);
  NfsCall* call = new_call();
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
  const NfsCall outcome = *call;
  drop(call);
  if (outcome.code < 0) return refused(outcome, doing, path);
  return {};
}

// `raw` has been opened by the context, which must outlive the result.
std::unique_ptr<NfsClient::File> open_nfs_file(NfsContext& client, nfsfh* raw, std::string path);

}  // namespace kdump
