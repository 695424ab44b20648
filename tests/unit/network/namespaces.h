// SPDX-License-Identifier: GPL-2.0-or-later
// Network namespaces: machines of their own, as far as the network goes, joined by pairs of interfaces.
#pragma once

#include <string>

#include "common/fd.h"

namespace kdump {

// An empty one (with a loopback that is down). Ends the test program when this system gives none, as root or
// by a user namespace.
class Namespace {
 public:
  Namespace();

  // A shell script in it, every command of which has to succeed; what it printed.
  std::string shell(const std::string& script) const;

  [[nodiscard]] const UniqueFd& fd() const { return fd_; }
  [[nodiscard]] std::string path() const;  // for "ip link … netns PATH"

 private:
  UniqueFd fd_;
};

// The test is in the namespace as long as this lives.
class Inside {
 public:
  explicit Inside(const Namespace& there);
  ~Inside();
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  UniqueFd before_;
};

// Interfaces that are the two ends of one cable.
void connect(const Namespace& a, const std::string& a_name, const Namespace& b, const std::string& b_name);

}  // namespace kdump
