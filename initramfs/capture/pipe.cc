// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/pipe.h"

#include <fcntl.h>
#include <unistd.h>

namespace kdump::capture {

Result<Pipe> make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return fail_errno(errno, "cannot create a pipe");
  Pipe pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
  if (fcntl(pipe.read_end.get(), F_SETFL, O_NONBLOCK) != 0) return fail_errno(errno, "cannot set up a pipe");
  return pipe;
}

}  // namespace kdump::capture
