// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/module_name.h"

#include <algorithm>

namespace kdump {

std::string module_name(std::string_view name) {
  std::string text(name);
  std::ranges::replace(text, '-', '_');
  return text;
}

}  // namespace kdump
