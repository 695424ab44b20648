// SPDX-License-Identifier: GPL-2.0-or-later
// The table of kdump.conf's directives. A new directive is a row here and an entry in kdump.conf.5; a test
// fails without the latter.
#pragma once

#include <span>
#include <string_view>

#include "common/error.h"
#include "conf/config.h"

namespace kdump::conf {

struct Directive {
  std::string_view name;
  std::string_view slot;  // of several directives with one slot, one may be given, once; empty: any number
  Status (*apply)(Config& config, std::string_view name, std::string_view value);
  std::string_view deprecated;  // what to write instead; empty when it is not
};

std::span<const Directive> directives();

// Words that are known but do nothing: not built yet, or gone for good.
struct UnsupportedDirective {
  std::string_view name;
  std::string_view why;  // continues the sentence that starts with the quoted name
};

std::span<const UnsupportedDirective> unsupported_directives();

std::string_view action_word(Action action);

}  // namespace kdump::conf
