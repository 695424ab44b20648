// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/sink/remote/remote_directory.h"

#include <algorithm>

namespace kdump {

Status put_file(RemoteDirectory& directory, const std::string& name, Bytes content) {
  const std::unique_ptr<Stream> file = TRY(directory.create_stream(name, content.size()));
  TRY(file->write(content));
  return file->finish();
}

Status prove(RemoteDirectory& directory) {
  constexpr std::string_view kText = "kdump was here to see whether a dump can be saved\n";
  const std::string name = "kdump-probe";
  TRY(put_file(directory, name, bytes_of(kText)));
  const ByteVector back = TRY(directory.read(name, 2 * kText.size()));
  if (!std::ranges::equal(back, bytes_of(kText)))
    return fail("{}/{}: read back {} bytes that differ from the {} written", directory.path(), name,
                back.size(), kText.size());
  return directory.remove(name);
}

std::string numbered_name(const std::string& name, int attempt) {
  return attempt == 1 ? name : fmt::format("{}-{}", name, attempt);
}

}  // namespace kdump
