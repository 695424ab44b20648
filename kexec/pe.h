// SPDX-License-Identifier: GPL-2.0-or-later
// The little that matters here of a PE file (Microsoft's "PE Format"): kernels with an EFI stub are PE files,
// so are unified kernel images, and signatures lie in the certificate table.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/bytes.h"

namespace kdump::kexec {

struct PeFacts {
  bool has_certificates;
  std::vector<std::string> sections;

  [[nodiscard]] bool has_section(std::string_view name) const;
};

// `head` is the start of the file; nothing when it is no PE file or its headers do not lie within.
std::optional<PeFacts> read_pe(Bytes head);

}  // namespace kdump::kexec
