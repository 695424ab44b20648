// SPDX-License-Identifier: GPL-2.0-or-later
// Where a dump goes.
#pragma once

#include <memory>
#include <vector>

#include "makedumpfile/dump.h"
#include "makedumpfile/sink/sink.h"

namespace kdump {

// A place to write to, and what it stands on.
struct Target {
  std::unique_ptr<Stream> stream;
  std::unique_ptr<RandomAccess> opened;
  std::unique_ptr<Stream> limited_stream;  // DumpRequest::size_limit
  std::unique_ptr<RandomAccess> limited;
  RandomAccess* place = nullptr;  // what to write to
};

// What can be told of the outputs before any work is done.
Status check_targets(const DumpRequest& request);
// One, but for --split.
Result<std::vector<Target>> open_targets(const DumpRequest& request);

// The error, with what is left of the output: "… (the incomplete dump stays in D-incomplete)".
Failure with_remains(Error error, std::string_view remains, std::string_view what);

}  // namespace kdump
