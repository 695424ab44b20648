// SPDX-License-Identifier: GPL-2.0-or-later
// How PID 1 hears what its children say.
#pragma once

#include "common/error.h"
#include "common/fd.h"

namespace kdump::capture {

struct Pipe {
  UniqueFd read_end;  // non-blocking; the other is not, since no program's stdio expects that
  UniqueFd write_end;
};

// Both ends are closed by execve(2).
Result<Pipe> make_pipe();

}  // namespace kdump::capture
