// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/worker/copy.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "common/fd.h"
#include "common/file.h"
#include "common/process.h"
#include "common/text.h"

namespace kdump::worker {
namespace {

constexpr size_t kCopyStep = size_t{1} << 20;
constexpr const char* kName = "vmcore";

Status check_room(const Errand& errand, Place& place, uint64_t needed) {
  const std::optional<uint64_t> room = TRY(place.room());
  if (!room || *room >= needed) return {};
  return make_failure(ErrorKind::no_space, ENOSPC,
                      fmt::format("{}: {} has {}, there is room for {} (min_free is {})", place.directory(),
                                  errand.request.vmcore, human_size(needed), human_size(*room),
                                  human_size(errand.plan.min_free)));
}

Status copy_all(const UniqueFd& from, Stream& to, Channel& channel) {
  ByteVector buffer(kCopyStep);
  for (uint64_t done = 0;;) {
    const size_t n = TRY(with_context(read_up_to(from.get(), buffer), "offset {:#x}", done));
    if (n == 0) return {};
    TRY(with_context(to.write(Bytes(buffer).first(n)), "offset {:#x}", done));
    done += n;
    channel.progress(done);
  }
}

// The bytes that a file takes on its disk so far: what shows that a program which seeks still writes.
uint64_t blocks_of(const std::string& path) {
  struct stat status{};
  return stat(path.c_str(), &status) == 0 ? static_cast<uint64_t>(status.st_blocks) : 0;
}

// kdump-capture ends a program that stalls together with this one.
Result<ExitState> watch(Child& child, const std::string& output, Channel& channel) {
  constexpr std::chrono::seconds kLook{1};
  for (uint64_t before = 0;;) {
    const std::chrono::milliseconds wait(kLook);
    pollfd item{child.pidfd(), POLLIN, 0};
    if (poll(&item, 1, static_cast<int>(wait.count())) > 0) return child.wait();
    const uint64_t now = blocks_of(output);
    if (now != before) channel.progress(now);
    before = now;
  }
}

Status make_final(const std::string& growing, const std::string& path) {
  {
    const UniqueFd fd = TRY(open_file(growing, O_RDONLY));
    if (fsync(fd.get()) != 0) return fail_errno(errno, "cannot sync {}", growing);
  }
  if (rename(growing.c_str(), path.c_str()) != 0)
    return fail_errno(errno, "cannot rename {} to {}", growing, path);
  return sync_directory_of(path);
}

}  // namespace

Result<Collected> copy_vmcore(const Errand& errand, Place& place) {
  const UniqueFd from = TRY(open_file(errand.request.vmcore, O_RDONLY));
  const uint64_t size = TRY(file_size(from.get()));
  TRY(check_room(errand, place, size));
  const std::unique_ptr<Stream> to = TRY(place.create(kName, size));
  errand.channel.step("Copying vmcore", size);
  TRY(with_context(copy_all(from, *to, errand.channel), "cannot copy {} to {}", errand.request.vmcore,
                   place.directory()));
  errand.channel.step("Syncing", 0);
  TRY(to->finish());
  return Collected{.name = kName, .bytes = size};
}

Result<Collected> run_own_program(const Errand& errand, Place& place) {
  std::vector<std::string> argv = errand.plan.collector;
  const std::string path = TRY(with_context(place.path_of(kName), "core_collector {}", argv[0]));
  const std::string growing = path + "-incomplete";
  argv.push_back(errand.request.vmcore);
  argv.push_back(growing);
  errand.channel.step("Running " + argv[0], 0);
  Child child = TRY(spawn({.argv = argv, .environment = {}}));
  const ExitState ended = TRY(watch(child, growing, errand.channel));
  if (!ended.succeeded()) return fail("core_collector {}: {}", argv[0], ended.describe());
  TRY(make_final(growing, path));
  const UniqueFd fd = TRY(open_file(path, O_RDONLY));
  return Collected{.name = kName, .bytes = TRY(file_size(fd.get()))};
}

}  // namespace kdump::worker
