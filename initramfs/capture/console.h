// SPDX-License-Identifier: GPL-2.0-or-later
// What a person at the console sees: "kdump: " lines and one progress bar. Lines go to /dev/kmsg too, so that
// the saved log of the capture kernel has them in place.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "common/fd.h"
#include "common/process.h"

namespace kdump::capture {

class Console {
 public:
  // Either may be invalid: then that output is left out. Both must be non-blocking.
  Console(UniqueFd console, UniqueFd kmsg) : console_(std::move(console)), kmsg_(std::move(kmsg)) {}

  // One line; unprintable bytes become '?'.
  void say(std::string_view text);
  // A line that is not ours ("[  1.0] …" of the dead kernel), without the prefix and not repeated to kmsg.
  void print(std::string_view text);

  // Waits until everything is out, which may take forever: for a child.
  void drain() const;

  // The bar is redrawn in place at most once a second, and once more at its end. A bar of nothing (total 0)
  // is not drawn.
  void start_progress(std::string_view name, uint64_t total);
  void progress(uint64_t done);
  // Ends the bar where it stands; finish_progress at 100%.
  void end_progress();
  void finish_progress();

 private:
  void write_console(std::string_view text);
  void draw();

  struct Progress {
    std::string name;
    uint64_t total = 0;
    uint64_t done = 0;
    SteadyTime started;
    SteadyTime drawn;
    bool active = false;
    bool on_screen = false;  // the cursor stands behind a bar
  };

  UniqueFd console_;
  UniqueFd kmsg_;
  Progress progress_;
  bool blocked_ = false;
};

// "copying data [#####     ]  50%  3s left", without the line's end.
std::string progress_bar(std::string_view name, uint64_t done, uint64_t total,
                         std::chrono::milliseconds elapsed);

// Control characters and bytes above 0x7e as '?', at most `limit` bytes.
std::string printable(std::string_view text, size_t limit = 1000);

}  // namespace kdump::capture
