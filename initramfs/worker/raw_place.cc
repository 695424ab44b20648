// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/worker/raw_place.h"

#include <ctime>

#include "initramfs/worker/directory.h"
#include "makedumpfile/format/flattener.h"
#include "makedumpfile/sink/raw/raw_device.h"

namespace kdump::worker {
namespace {

constexpr std::string_view kVmcore = "vmcore";

// The bytes of a whole file as records of a flattened stream.
class FlatteningStream final : public Stream {
 public:
  explicit FlatteningStream(std::unique_ptr<Stream> stream) : stream_(std::move(stream)), place_(*stream_) {}

  Status write(Bytes data) override {
    TRY(place_.write_at(size_, data));
    size_ += data.size();
    return {};
  }
  Status restart() override {
    size_ = 0;
    return place_.restart();
  }
  Status finish() override { return place_.finish(); }

 private:
  std::unique_ptr<Stream> stream_;
  Flattener place_;
  uint64_t size_ = 0;
};

class RawPlace final : public Place {
 public:
  RawPlace(RawDevice device, std::string directory)
      : device_(std::move(device)), directory_(std::move(directory)) {}

  [[nodiscard]] const std::string& directory() const override { return directory_; }
  Result<DumpFile> take_dump(DumpRequest& request) override {
    DumpFile file{.name = std::string(kVmcore), .place = nullptr, .stream = TRY(device_.create_dump())};
    request.destination_stream = file.stream.get();
    return file;
  }
  Result<std::unique_ptr<Stream>> create(const std::string& name, std::optional<uint64_t>) override {
    if (name != kVmcore) return device_.create_attachment(name);
    return std::make_unique<FlatteningStream>(TRY(device_.create_dump()));
  }

  RawDevice& device() { return device_; }

 private:
  RawDevice device_;
  std::string directory_;
};

}  // namespace

Result<std::unique_ptr<Place>> open_raw_place(const Errand& errand) {
  const protocol::Request& request = errand.request;
  const bool known = !request.dump_directory.empty();
  const std::string directory =
      known ? request.dump_directory
            : directory_name(kThisMachine, time(nullptr), errand.plan.utc_offset_seconds);
  // Where it stays: streams hold on to the device.
  auto place = std::make_unique<RawPlace>(TRY(RawDevice::open(request.directory)), directory);
  TRY(known ? place->device().resume(directory) : place->device().begin(directory));
  return place;
}

}  // namespace kdump::worker
