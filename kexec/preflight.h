// SPDX-License-Identifier: GPL-2.0-or-later
// Everything that can be known of a crash load before kexec_file_load(2), which frees the image loaded so far
// before it looks at the new one.
#pragma once

#include <string>
#include <vector>

#include "common/fd.h"
#include "kexec/image_type.h"
#include "kexec/kernel_calls.h"
#include "kexec/loader.h"
#include "kexec/system_facts.h"

namespace kdump::kexec {

struct Preflight {
  SystemFacts facts;
  // The very files that were looked at; the load uses them, so nothing can be swapped in between.
  UniqueFd kernel;
  UniqueFd initrd;      // invalid without an initrd
  ImageFacts image;     // type is empty when the kernel was refused
  uint64_t needed = 0;  // bytes of the main range the load takes, 0 when not known
  std::vector<Finding> findings;
  std::vector<std::string> trace;

  [[nodiscard]] bool refused() const;
};

Preflight preflight(const CrashImage& image, const SystemRoot& root, KernelCalls& kernel);

// A value for crashkernel= that leaves the capture kernel room to work.
std::string suggested_reservation(uint64_t needed, uint64_t initrd_size);

}  // namespace kdump::kexec
