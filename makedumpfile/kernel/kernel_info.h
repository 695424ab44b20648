// SPDX-License-Identifier: GPL-2.0-or-later
// What is known of the kernel that crashed: typed optional facts merged from their providers, and what
// follows from them. This header is what the writers and reports need; the providers are this folder's own
// business.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/layout/diskdump.h"
#include "common/units.h"
#include "makedumpfile/kernel/named_facts.h"
#include "makedumpfile/vmcore/vmcore.h"

namespace kdump {

class AddressSpace;  // makedumpfile/arch: reads by virtual address
class Facts;         // makedumpfile/kernel: symbols, sizes, offsets, numbers by name

class KernelInfo {
 public:
  KernelInfo(const Vmcore& vmcore, std::unique_ptr<Facts> facts, std::unique_ptr<AddressSpace> address_space);
  KernelInfo(KernelInfo&&) noexcept;
  KernelInfo& operator=(KernelInfo&&) noexcept;
  ~KernelInfo();

  [[nodiscard]] const Vmcore& vmcore() const { return *vmcore_; }
  [[nodiscard]] const Facts& facts() const { return *facts_; }
  [[nodiscard]] const AddressSpace& address_space() const { return *address_space_; }

  [[nodiscard]] unsigned page_shift() const { return page_shift_; }
  [[nodiscard]] uint64_t page_size() const { return uint64_t{1} << page_shift_; }
  [[nodiscard]] uint64_t phys_base() const { return phys_base_; }
  [[nodiscard]] const std::string& release() const { return release_; }
  // init_uts_ns of the dead kernel; zeros where it could not be read.
  [[nodiscard]] const diskdump::UtsName& utsname() const { return utsname_; }
  // CRASHTIME of VMCOREINFO: seconds since the epoch.
  [[nodiscard]] int64_t crash_time() const { return crash_time_; }
  // What became of the providers of facts that could not tell theirs, a line each: for who asks, no alarm.
  [[nodiscard]] const std::vector<std::string>& provider_notes() const { return provider_notes_; }

 private:
  friend Result<KernelInfo> read_kernel_info(const Vmcore& vmcore, const NamedFacts& named);

  void take_earlier(const EarlierDump* earlier);

  const Vmcore* vmcore_;
  std::unique_ptr<Facts> facts_;
  std::unique_ptr<AddressSpace> address_space_;
  unsigned page_shift_ = 12;
  uint64_t phys_base_ = 0;
  std::string release_;
  diskdump::UtsName utsname_{};
  int64_t crash_time_ = 0;
  std::vector<std::string> provider_notes_;
};

// Where struct new_utsname of the dead kernel lies; nullopt: nothing tells.
std::optional<VirtAddr> utsname_place(const Facts& facts);

// Gathers the facts. `vmcore` must outlive the result. A dump without VMCOREINFO gives what the headers alone
// tell; what needs more says so when it is asked for.
// `named`: facts from a file of the user's, which must be of the same kernel (named_facts.h).
Result<KernelInfo> read_kernel_info(const Vmcore& vmcore, const NamedFacts& named = {});

}  // namespace kdump
