// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/sink/remote/remote_file.h"

#include <algorithm>

namespace kdump {

Status RemoteFile::write_at(uint64_t offset, Bytes data) {
  size_ = std::max(size_, offset + data.size());
  return put(offset, data);
}

// Neither SFTP nor NFS before 4.2 has another way to be sure of the space.
Status RemoteFile::allocate(uint64_t offset, uint64_t size) {
  static const ByteVector zeros(262144);
  for (uint64_t done = 0; done < size;) {
    const Bytes part = Bytes(zeros).first(std::min<uint64_t>(zeros.size(), size - done));
    TRY(write_at(offset + done, part));
    done += part.size();
  }
  return drain();
}

Status RemoteFile::restart() {
  // Each write that the server refused is told once.
  Status drained = drain();
  while (!drained && drained.error().kind() == ErrorKind::no_space) drained = drain();
  TRY(std::move(drained));
  TRY(truncate(0));
  size_ = 0;
  return {};
}

Status RemoteFile::discard() {
  TRY(restart());
  TRY(close());
  TRY(remove(growing_));
  growing_.clear();
  return {};
}

Status RemoteFile::finish() {
  TRY(sync());
  const uint64_t there = TRY(size_there());
  if (there != size_) {
    return fail("{}: {} has {} bytes on the server, expected the {} that were written", peer_, growing_,
                there, size_);
  }
  TRY(close());
  TRY(rename(growing_, path_));
  growing_ = path_;
  return {};
}

}  // namespace kdump
