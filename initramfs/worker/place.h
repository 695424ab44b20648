// SPDX-License-Identifier: GPL-2.0-or-later
// Where one dump goes: its directory on a target, whatever the target is.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/error.h"
#include "initramfs/plan/plan.h"
#include "initramfs/plan/protocol.h"
#include "initramfs/worker/channel.h"
#include "makedumpfile/dump.h"
#include "makedumpfile/sink/sink.h"

namespace kdump::worker {

// What one run of the worker is about.
struct Errand {
  const protocol::Request& request;
  const plan::Plan& plan;
  const plan::Target& target;
  Channel& channel;
};

// The file that takes a dump. What stays empty is not used: the engine makes the file itself where the
// request names it.
struct DumpFile {
  std::string name;  // "vmcore", or "vmcore.flat" where it is a flattened stream
  std::unique_ptr<RandomAccess> place;
  std::unique_ptr<Stream> stream;
};

class Place {
 public:
  virtual ~Place() = default;

  // As kdump-capture is told it, and tells it to the workers that come later for the same dump.
  [[nodiscard]] virtual const std::string& directory() const = 0;
  // Directs the dump of `request` to a file here; the result must outlive the dump.
  virtual Result<DumpFile> take_dump(DumpRequest& request) = 0;
  // A file that has its name when finish() was right. `size`: the bytes that will come, where they are known.
  virtual Result<std::unique_ptr<Stream>> create(const std::string& name, std::optional<uint64_t> size) = 0;
  // After a file got its name.
  virtual Status settle(const std::string& /*name*/) { return {}; }
  // The bytes that a file may have at most, where that can be told.
  virtual Result<std::optional<uint64_t>> room() { return std::optional<uint64_t>(); }
  // A path that other programs can write to; ErrorKind::unsupported where there is none.
  virtual Result<std::string> path_of(const std::string& name);
  // For long times in which nothing is written.
  virtual Status keep_alive() { return {}; }
};

// A small file, told and settled.
Status save_file(Place& place, const std::string& name, Bytes content, Channel& channel);
// The same for one that is there already.
void tell_saved(Place& place, const std::string& name, uint64_t bytes, Channel& channel);

// The directory for a new dump is made, or that of the request is found again.
using OpenPlace = Result<std::unique_ptr<Place>> (*)(const Errand& errand);

}  // namespace kdump::worker
