// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as kdump.conf and as /etc/sysconfig/kdump: no crash, and each complaint belongs to a line.
#include <cstdlib>

#include "conf/kdump_conf.h"
#include "conf/sysconfig.h"

namespace {

void check_lines(const kdump::conf::Diagnostics& diagnostics, std::string_view text) {
  size_t lines = 1;
  for (const char c : text) lines += c == '\n' ? 1U : 0U;
  for (const kdump::conf::Diagnostic& diagnostic : diagnostics)
    if (diagnostic.line < 1 || diagnostic.line > lines || diagnostic.text.empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const kdump::conf::ParsedConfig parsed = kdump::conf::parse_config(text);
  check_lines(parsed.diagnostics, text);
  if (parsed.config.path.empty() || parsed.config.path.front() != '/') std::abort();
  if (parsed.config.core_collector.empty()) std::abort();
  check_lines(kdump::conf::parse_sysconfig(text).diagnostics, text);
  return 0;
}
