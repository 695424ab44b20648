// SPDX-License-Identifier: GPL-2.0-or-later
// A directory on a server with the connection it needs, or why there is none.
#pragma once

#include <memory>

#include "makedumpfile/sink/remote/remote_directory.h"

namespace kdump::test {

struct Opened {
  std::shared_ptr<void> connection;  // goes after the directory
  std::unique_ptr<RemoteDirectory> directory;
  Error error{ErrorKind::failure, 0, "none"};

  // `opened` or its error.
  void take(Result<std::unique_ptr<RemoteDirectory>> opened) {
    if (opened)
      directory = std::move(*opened);
    else
      error = opened.error();
  }
};

}  // namespace kdump::test
