// SPDX-License-Identifier: GPL-2.0-or-later
// The words of a file of erase rules.
#pragma once

#include <string_view>
#include <vector>

#include "makedumpfile/erase/rules.h"

namespace kdump {

struct RuleWord {
  enum class Kind { word, section, end };

  Kind kind = Kind::end;
  std::string_view text;  // of a section: the name; of the end: nothing
  RulePlace place;
};

// Comments are left out; the last word is the end, which stands behind the last line. The result refers to
// `text`.
Result<std::vector<RuleWord>> split_rules(std::string_view text, const std::string& file);

}  // namespace kdump
