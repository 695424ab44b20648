// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/machine/reservation.h"

#include <algorithm>
#include <iterator>

#include "common/text.h"
#include "kexec/command_line.h"
#include "kexec/loader.h"

namespace kdump::service {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr uint64_t kGiB = uint64_t{1} << 30;

struct Tier {
  uint64_t below;  // bytes of RAM
  const char* crashkernel;
};

// The capture kernel and its image need about 100 MB on a small machine; what grows with RAM is the kernel's
// own bookkeeping for devices and CPUs. MemTotal is less than what is installed, so limits are below the
// round numbers.
constexpr Tier kTiers[] = {{3 * kGiB, "128M"}, {60 * kGiB, "256M"}, {UINT64_MAX, "512M"}};
constexpr uint64_t kSmallest = 700 * kMiB;

// How each way of setting kernel parameters is recognised, and used.
struct BootSetup {
  const char* program;
  const char* steps;  // {} is the parameter
};

constexpr BootSetup kBootSetups[] = {
    {"/usr/sbin/update-grub",
     "add {} to GRUB_CMDLINE_LINUX in /etc/default/grub, run update-grub, and reboot"},
    {"/usr/sbin/grubby", "run grubby --update-kernel=ALL --args={}, and reboot"},
    {"/usr/sbin/grub2-mkconfig",
     "add {} to GRUB_CMDLINE_LINUX in /etc/default/grub, run grub2-mkconfig -o /boot/grub2/grub.cfg, and "
     "reboot"},
};
constexpr const char* kAnyBootSetup =
    "add {} to the kernel command line in the boot loader's configuration, and reboot";

uint64_t memory_of(const Host& host) {
  const std::string meminfo = host.read("/proc/meminfo").value_or("");
  for (const std::string_view line : split_lines(meminfo)) {
    const auto words = split_words(line);
    if (words.size() >= 2 && words[0] == "MemTotal:") return parse_u64(words[1]).value_or(0) * 1024;
  }
  return 0;
}

std::string how_to_reserve(const Host& host) {
  const std::string parameter = "crashkernel=" + recommended_crashkernel(memory_of(host));
  const auto* const setup =
      std::ranges::find_if(kBootSetups, [&](const BootSetup& s) { return host.exists(s.program); });
  const char* const steps = setup == std::end(kBootSetups) ? kAnyBootSetup : setup->steps;
  return fmt::format(fmt::runtime(steps), parameter);
}

std::string crashkernel_parameter(const Host& host) {
  const std::string command_line = host.read("/proc/cmdline").value_or("");
  for (const std::string_view word : split_words(command_line))
    if (word.starts_with("crashkernel=")) return std::string(word);
  return {};
}

std::string why_nothing_is_reserved(const Host& host) {
  const uint64_t ram = memory_of(host);
  if (ram != 0 && ram < kSmallest)
    return fmt::format("this machine has {} of memory, too little for a second kernel", human_size(ram));
  const std::string given = crashkernel_parameter(host);
  if (given.empty()) return "crashkernel= is not on the kernel command line; " + how_to_reserve(host);
  return fmt::format("the kernel could not honour \"{}\" (dmesg | grep -i crashkernel says why); instead, {}",
                     given, how_to_reserve(host));
}

}  // namespace

std::string recommended_crashkernel(uint64_t ram) {
  return std::ranges::find_if(kTiers, [&](const Tier& tier) { return ram < tier.below; })->crashkernel;
}

bool crashkernel_on_command_line(const Host& host) { return !crashkernel_parameter(host).empty(); }

Result<uint64_t> check_reservation(const Host& host) {
  constexpr const char* kPlaces[] = {"/sys/kernel/kexec_crash_size", "/sys/kernel/kexec/crash_size"};
  if (std::ranges::none_of(kPlaces, [&](const char* place) { return host.exists(place); }))
    return fail(ErrorKind::unsupported,
                "Kdump is not supported on this kernel: there is no {}; boot one with CONFIG_CRASH_DUMP and "
                "CONFIG_KEXEC_FILE",
                kPlaces[0]);
  const uint64_t size = TRY(kexec::crash_size({host.root()}));
  if (size == 0) return fail("No memory reserved for crash kernel: {}", why_nothing_is_reserved(host));
  return size;
}

}  // namespace kdump::service
