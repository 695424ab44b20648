// SPDX-License-Identifier: GPL-2.0-or-later
// Variables of kernel/printk/printk.c that logs before 5.10 are found by.
#pragma once

#include <string_view>

#include "common/endian.h"
#include "makedumpfile/arch/address_space.h"
#include "makedumpfile/kernel/facts.h"

namespace kdump {

// The value of a variable, of type le32 or le64. Errors name it.
template <typename T>
Result<uint64_t> log_variable(const Facts& facts, VirtualReader& memory, std::string_view name) {
  const VirtAddr symbol = TRY(facts.need_symbol(name));
  return TRY(with_context(memory.read_value<T>(symbol), "{}", name));
}

}  // namespace kdump
