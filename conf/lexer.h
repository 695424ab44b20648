// SPDX-License-Identifier: GPL-2.0-or-later
// The lexical grammar of kdump.conf, which is that of the incumbents: a directive a line, a word and the
// rest; everything from the first # is a comment, even inside a value; a value that starts and ends with "
// loses that one pair. No escapes, no continuation lines, no includes.
#pragma once

#include <string_view>
#include <vector>

#include "conf/diagnostic.h"

namespace kdump::conf {

struct Line {
  unsigned number;         // from 1
  std::string_view word;   // never empty
  std::string_view value;  // may be empty
};

// Lines that say something. Lines with control characters are reported and left out.
std::vector<Line> lex(std::string_view text, Diagnostics& diagnostics);

}  // namespace kdump::conf
