// SPDX-License-Identifier: GPL-2.0-or-later
#include "kexec/system_facts.h"

#include <algorithm>
#include <numeric>

#include "common/file.h"
#include "common/text.h"
#include "kexec/iomem.h"

namespace kdump::kexec {
namespace {

// The content without its newline, or nothing when there is no such file (or none we may read).
std::optional<std::string> read_value(const SystemRoot& root, const std::string& path) {
  const Result<std::string> text = read_text_file(root.prefix + path);
  if (!text) return std::nullopt;
  return std::string(trim(*text));
}

// A file of /sys/kernel/kexec/ (6.19), by its older name /sys/kernel/kexec_… where that does not exist.
Result<std::string> read_kexec_value(const SystemRoot& root, const std::string& name) {
  for (const char* start : {"/sys/kernel/kexec/", "/sys/kernel/kexec_"}) {
    const std::string path = root.prefix + start + name;
    if (file_exists(path)) return std::string(trim(TRY(read_text_file(path))));
  }
  return fail(ErrorKind::unsupported,
              "{}/sys/kernel/kexec_{}: no such file; this kernel is built without CONFIG_KEXEC_CORE (and "
              "CONFIG_CRASH_DUMP)",
              root.prefix, name);
}

Result<bool> read_kexec_flag(const SystemRoot& root, const std::string& name) {
  const Result<std::string> value = read_kexec_value(root, name);
  if (!value) return Failure(value.error());
  if (*value == "0" || *value == "1") return *value == "1";
  return fail(ErrorKind::corrupt, "/sys/kernel/kexec_{}: '{}' is neither 0 nor 1", name, *value);
}

std::optional<int64_t> read_limit(const SystemRoot& root) {
  const auto text = read_value(root, "/proc/sys/kernel/kexec_load_limit_panic");
  const auto limit = text ? parse_i64(*text) : std::nullopt;
  return limit && *limit >= 0 ? limit : std::nullopt;
}

// The kernel clears the flag in /proc/cpuinfo when it boots with no5lvl.
bool uses_five_levels(const SystemRoot& root) {
  const auto text = read_value(root, "/proc/cpuinfo");
  if (!text) return false;
  const size_t flags = text->find("\nflags");
  if (flags == std::string::npos) return false;
  const std::string line = text->substr(flags, text->find('\n', flags + 1) - flags);
  return std::ranges::count(split_words(line), "la57") != 0;
}

template <typename T>
std::optional<T> value_or_nothing(Result<T> result) {
  return result ? std::optional<T>(*result) : std::nullopt;
}

}  // namespace

uint64_t Reservation::total() const {
  return std::accumulate(ranges.begin(), ranges.end(), uint64_t{0},
                         [](uint64_t sum, const PhysRange& range) { return sum + range.size(); });
}

uint64_t Reservation::main_size() const { return ranges.empty() ? 0 : ranges.back().size(); }

Result<Reservation> read_reservation(const SystemRoot& root) {
  const std::string path = root.prefix + "/proc/iomem";
  const std::string text = TRY(read_text_file(path));
  const std::vector<IomemEntry> entries = parse_iomem(text);
  if (addresses_masked(entries)) {
    return make_failure(
        ErrorKind::failure, EPERM,
        fmt::format("{}: the kernel hides the addresses from this process; run it as root, with "
                    "CAP_SYS_ADMIN outside of any user namespace",
                    path));
  }
  return Reservation{crash_kernel_ranges(entries)};
}

Result<bool> crash_image_loaded(const SystemRoot& root) { return read_kexec_flag(root, "crash_loaded"); }

Result<bool> reboot_image_loaded(const SystemRoot& root) { return read_kexec_flag(root, "loaded"); }

Result<uint64_t> crash_size(const SystemRoot& root) {
  const std::string value = TRY(read_kexec_value(root, "crash_size"));
  const auto size = parse_u64(value);
  if (!size) return fail(ErrorKind::corrupt, "/sys/kernel/kexec_crash_size: '{}' is not a number", value);
  return *size;
}

bool SystemFacts::locked_down() const { return !lockdown.empty() && lockdown != "none"; }

std::string lockdown_state(const std::string& text) {
  const size_t open = text.find('[');
  const size_t close = text.find(']', open == std::string::npos ? 0 : open);
  if (open == std::string::npos || close == std::string::npos) return {};
  return text.substr(open + 1, close - open - 1);
}

SystemFacts read_system_facts(const SystemRoot& root, KernelCalls& kernel) {
  const auto disabled = read_value(root, "/proc/sys/kernel/kexec_load_disabled");
  auto elfcorehdr = read_value(root, "/sys/kernel/kexec/crash_elfcorehdr_size");
  if (!elfcorehdr) elfcorehdr = read_value(root, "/sys/kernel/crash_elfcorehdr_size");
  return {
      .machine = kernel.machine(),
      .may_boot = kernel.may_boot(),
      .image_loaded = value_or_nothing(crash_image_loaded(root)),
      .load_disabled = disabled ? std::optional(*disabled == "1") : std::nullopt,
      .loads_left = read_limit(root),
      .lockdown = lockdown_state(read_value(root, "/sys/kernel/security/lockdown").value_or("")),
      .reservation = read_reservation(root),
      .elfcorehdr_size = elfcorehdr ? parse_u64(*elfcorehdr) : std::nullopt,
      .five_level_paging = uses_five_levels(root),
  };
}

}  // namespace kdump::kexec
