// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdint>
#include <cstdlib>

#include "kexec/command_line.h"

using kdump::kexec::CommandLine;

// What was written is read as the same, what was appended is there, and what was removed is gone.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CommandLine line = CommandLine::parse(text);
  const std::string once = line.text();
  if (CommandLine::parse(once).text() != once) std::abort();
  line.append("kdump_probe=1");
  if (!CommandLine::parse(line.text()).has("kdump-probe")) std::abort();
  line.remove("kdump_probe");
  if (line.has("kdump_probe")) std::abort();
  static_cast<void>(kdump::kexec::check_length(once));
  return 0;
}
