// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/filter/page_class.h"

namespace kdump {

std::string_view page_class_name(PageClass page_class) {
  constexpr std::array<std::string_view, kPageClassCount> kNames = {
      "kept",       "zero",     "cache",   "private cache", "user",       "free",
      "unaccepted", "hwpoison", "offline", "protected",     "unreadable", "earlier"};
  return kNames[std::to_underlying(page_class)];
}

}  // namespace kdump
