// SPDX-License-Identifier: GPL-2.0-or-later
// The command line of kexec(8). Names and meanings are kexec-tools'; what is not built here is known by name,
// so that it is refused with a reason and not as a misspelling.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "common/options.h"

namespace kdump::kexec {

struct KexecOptions {
  bool help = false;
  bool version = false;
  bool status = false;          // -S, before every other action
  bool print_ckr_size = false;  // size of the crash kernel range images go into
  bool unload = false;
  bool panic = false;   // -p: the crash image is meant
  bool reboot = false;  // -l: the image for reboot is meant
  bool debug = false;
  bool reuse_command_line = false;
  std::optional<std::string> command_line;
  std::string initrd;
  std::string not_built;  // why an option that was given is refused
  std::optional<std::string> kernel;
};

// Errors are ErrorKind::usage, or ErrorKind::unsupported for what is not built.
Result<KexecOptions> parse_kexec_options(std::span<char* const> arguments);

std::string kexec_usage();

}  // namespace kdump::kexec
