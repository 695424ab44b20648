// SPDX-License-Identifier: GPL-2.0-or-later
// x86 bzImages: the conditions of bzImage64_probe() and bzImage64_load() in
// arch/x86/kernel/kexec-bzimage64.c, each with a message of its own.
#pragma once

#include "kexec/image_type.h"

namespace kdump::kexec {

// The magic "HdrS" is where a bzImage has it.
bool is_bzimage(Bytes head);
Result<ImageFacts> examine_bzimage(Bytes head, uint64_t file_size, const Host& host);

}  // namespace kdump::kexec
