// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/worker/place.h"

namespace kdump::worker {

Result<std::string> Place::path_of(const std::string& name) {
  return fail(ErrorKind::unsupported, "{}/{} can only be written by this program", directory(), name);
}

void tell_saved(Place& place, const std::string& name, uint64_t bytes, Channel& channel) {
  const Status settled = place.settle(name);
  if (!settled) channel.note(settled.error().message());
  channel.saved(name, bytes);
}

Status save_file(Place& place, const std::string& name, Bytes content, Channel& channel) {
  const std::unique_ptr<Stream> file = TRY(place.create(name, content.size()));
  TRY(file->write(content));
  TRY(file->finish());
  tell_saved(place, name, content.size(), channel);
  return {};
}

}  // namespace kdump::worker
