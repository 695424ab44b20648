// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/worker/local_place.h"

#include <sys/statvfs.h>

#include <ctime>

#include "initramfs/worker/directory.h"
#include "makedumpfile/sink/file_sink.h"
#include "makedumpfile/sink/remote/net_connect.h"

namespace kdump::worker {
namespace {

class FileStream final : public Stream {
 public:
  explicit FileStream(std::unique_ptr<FileSink> file) : file_(std::move(file)) {}

  Status write(Bytes data) override {
    TRY(file_->write_at(size_, data));
    size_ += data.size();
    return {};
  }
  Status finish() override { return file_->finish(); }

 private:
  std::unique_ptr<FileSink> file_;
  uint64_t size_ = 0;
};

class LocalPlace final : public Place {
 public:
  LocalPlace(std::string directory, uint64_t min_free)
      : directory_(std::move(directory)), min_free_(min_free) {}

  [[nodiscard]] const std::string& directory() const override { return directory_; }
  Result<DumpFile> take_dump(DumpRequest& request) override {
    reserve_ = reserve_space(directory_);
    request.output = inside("vmcore");
    request.min_free = min_free_;
    return DumpFile{.name = "vmcore", .place = nullptr, .stream = nullptr};
  }
  Result<std::unique_ptr<Stream>> create(const std::string& name, std::optional<uint64_t>) override {
    return std::make_unique<FileStream>(TRY(FileSink::create(inside(name), true)));
  }
  Status settle(const std::string& name) override {
    reserve_.reset();
    return copy_label(directory_, inside(name));
  }
  Result<std::optional<uint64_t>> room() override;
  Result<std::string> path_of(const std::string& name) override { return inside(name); }

 private:
  [[nodiscard]] std::string inside(const std::string& name) const { return directory_ + "/" + name; }

  std::string directory_;
  uint64_t min_free_;
  UniqueFd reserve_;
};

Result<std::optional<uint64_t>> LocalPlace::room() {
  struct statvfs status{};
  if (statvfs(directory_.c_str(), &status) != 0)
    return fail_errno(errno, "cannot tell the free space of {}", directory_);
  const uint64_t free = uint64_t{status.f_bavail} * status.f_frsize;
  return std::optional(free - std::min(free, min_free_));
}

// The name of a directory that several machines may share says which one it was.
std::string source_of(const plan::Target& target) {
  for (const std::string& address : target.server.addresses) {
    std::string source = source_address_to(address);
    if (!source.empty()) return source;
  }
  return kThisMachine;
}

}  // namespace

Result<std::unique_ptr<Place>> open_local_place(const Errand& errand) {
  const std::string& parent = errand.request.directory;
  if (const std::string& known = errand.request.dump_directory; !known.empty())
    return std::make_unique<LocalPlace>(known, errand.plan.min_free);
  const std::string name =
      directory_name(source_of(errand.target), time(nullptr), errand.plan.utc_offset_seconds);
  const std::string path = TRY(make_dump_directory(parent, name));
  const Status labelled = copy_label(parent, path);
  if (!labelled) errand.channel.note(labelled.error().message());
  return std::make_unique<LocalPlace>(path, errand.plan.min_free);
}

}  // namespace kdump::worker
