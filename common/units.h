// SPDX-License-Identifier: GPL-2.0-or-later
// Page frame numbers, physical and virtual addresses as types of their own: they are all 64-bit numbers, and
// mixing them up is the classic mistake of this field.
#pragma once

#include <compare>
#include <cstdint>

namespace kdump {

template <typename Tag>
class Quantity {
 public:
  constexpr Quantity() = default;
  constexpr explicit Quantity(uint64_t value) : value_(value) {}

  [[nodiscard]] constexpr uint64_t value() const { return value_; }

  constexpr auto operator<=>(const Quantity&) const = default;
  // Wraps like the kernel's own arithmetic; callers that take foreign values check for it.
  constexpr Quantity operator+(uint64_t n) const { return Quantity(value_ + n); }
  constexpr Quantity operator-(uint64_t n) const { return Quantity(value_ - n); }
  // Distance between two of a kind.
  constexpr uint64_t operator-(Quantity other) const { return value_ - other.value_; }
  constexpr Quantity& operator+=(uint64_t n) {
    value_ += n;
    return *this;
  }
  constexpr Quantity& operator++() {
    ++value_;
    return *this;
  }

 private:
  uint64_t value_ = 0;
};

using Pfn = Quantity<struct PfnTag>;            // page frame number
using PhysAddr = Quantity<struct PhysAddrTag>;  // bytes
using VirtAddr = Quantity<struct VirtAddrTag>;  // bytes

// Half-open ranges, as everywhere in this project.
template <typename T>
struct Range {
  T begin;
  T end;

  [[nodiscard]] constexpr uint64_t size() const { return end.value() - begin.value(); }
  [[nodiscard]] constexpr bool empty() const { return end <= begin; }
  [[nodiscard]] constexpr bool contains(T value) const { return begin <= value && value < end; }
  constexpr bool operator==(const Range&) const = default;
};

using PfnRange = Range<Pfn>;
using PhysRange = Range<PhysAddr>;
using VirtRange = Range<VirtAddr>;

}  // namespace kdump
