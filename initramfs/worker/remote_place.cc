// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/worker/remote_place.h"

#include <ctime>

#include "initramfs/worker/attended.h"
#include "initramfs/worker/directory.h"

namespace kdump::worker {
namespace {

class RemotePlace final : public Place {
 public:
  RemotePlace(const Errand& errand, std::shared_ptr<void> connection,
              std::unique_ptr<RemoteDirectory> directory)
      : connection_(std::move(connection)),
        directory_(std::move(directory)),
        channel_(errand.channel),
        min_free_(errand.plan.min_free) {}

  [[nodiscard]] const std::string& directory() const override { return directory_->path(); }
  Result<DumpFile> take_dump(DumpRequest& request) override;
  Result<std::unique_ptr<Stream>> create(const std::string& name, std::optional<uint64_t> size) override {
    return attended(TRY(directory_->create_stream(name, size)), channel_);
  }
  Result<std::optional<uint64_t>> room() override;
  Status keep_alive() override { return directory_->keep_alive(); }

 private:
  std::shared_ptr<void> connection_;  // goes after the directory
  std::unique_ptr<RemoteDirectory> directory_;
  Channel& channel_;
  uint64_t min_free_;
};

Result<DumpFile> RemotePlace::take_dump(DumpRequest& request) {
  DumpFile file{.name = "vmcore", .place = nullptr, .stream = nullptr};
  auto place = directory_->create(file.name);
  if (place) {
    file.place = attended(std::move(*place), channel_);
    request.destination = file.place.get();
    return file;
  }
  if (place.error().kind() != ErrorKind::unsupported) return Failure(place.error());
  file.name = "vmcore.flat";
  file.stream = TRY(create(file.name, std::nullopt));
  request.destination_stream = file.stream.get();
  return file;
}

Result<std::optional<uint64_t>> RemotePlace::room() {
  const std::optional<uint64_t> free = TRY(directory_->free_bytes());
  if (!free) return free;
  return std::optional(*free - std::min(*free, min_free_));
}

}  // namespace

std::unique_ptr<Place> remote_place(const Errand& errand, std::shared_ptr<void> connection,
                                    std::unique_ptr<RemoteDirectory> directory) {
  return std::make_unique<RemotePlace>(errand, std::move(connection), std::move(directory));
}

std::string remote_name(const Errand& errand, const std::string& source) {
  return directory_name(source.empty() ? kThisMachine : source, time(nullptr),
                        errand.plan.utc_offset_seconds);
}

}  // namespace kdump::worker
