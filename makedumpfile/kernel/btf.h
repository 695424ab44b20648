// SPDX-License-Identifier: GPL-2.0-or-later
// BTF (Documentation/bpf/btf.rst): the types of the dead kernel, which it carries between __start_BTF and
// __stop_BTF with CONFIG_DEBUG_INFO_BTF. It has no macros, and of variables only per-CPU ones.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "common/bytes.h"
#include "common/error.h"
#include "makedumpfile/arch/address_space.h"
#include "makedumpfile/kernel/wanted_facts.h"

namespace kdump {

// The bytes of the section. Errors: it is longer than any kernel's (64 MiB), or cannot be read.
Result<ByteVector> read_btf(const AddressSpace& address_space, VirtAddr start, VirtAddr stop);

// What `raw` says of each of `places`, in their order; nullopt: nothing, or two types of the same name say
// different things. Members of anonymous structs and unions count as the outer one's. Bit-fields have no
// offset. `raw` is given up early: parsing takes as much memory again. Errors: the bytes are no BTF.
Result<std::vector<std::optional<int64_t>>> ask_btf(ByteVector raw, std::span<const FactPlace> places);

}  // namespace kdump
