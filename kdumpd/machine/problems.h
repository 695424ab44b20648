// SPDX-License-Identifier: GPL-2.0-or-later
// What stands in the way of a dump: everything is collected, so that the administrator sees it in one run.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/error.h"

namespace kdump::service {

struct Problems {
  std::vector<std::string> errors;    // keep kdump from starting
  std::vector<std::string> warnings;  // do not

  [[nodiscard]] bool none() const { return errors.empty(); }
  void add(const Error& error) { errors.push_back(error.message()); }

  // The value; or nothing, and the error is added.
  template <typename T>
  std::optional<T> take(Result<T> result) {
    if (result) return std::move(*result);
    add(result.error());
    return std::nullopt;
  }
  bool check(const Status& status) {
    if (!status) add(status.error());
    return status.has_value();
  }
};

}  // namespace kdump::service
