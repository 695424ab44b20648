// SPDX-License-Identifier: GPL-2.0-or-later
#include "kexec/preflight.h"

#include <algorithm>

#include "common/text.h"
#include "kexec/command_line.h"
#include "kexec/image_file.h"

namespace kdump::kexec {
namespace {

constexpr uint64_t kPageSize = 4096;
constexpr uint64_t kMiB = uint64_t{1} << 20;
// Purgatory and boot parameters, at the top of the range, and the control page at its start; at least.
constexpr uint64_t kSmallSegments = 24 << 10;
constexpr uint64_t kControlPage = 8 << 10;
// Without hotplug support the ELF core header is as long as CPUs and memory ranges make it, at least this.
constexpr uint64_t kSmallestElfcorehdr = 8 << 10;
// What the capture kernel and its programs need beside the kernel image and the unpacked initrd.
constexpr uint64_t kWorkingMemory = 32 * kMiB;
// Unpacked size of an initrd against its own: compressed kernels modules and libraries, about.
constexpr uint64_t kInitrdExpansion = 3;

uint64_t round_up(uint64_t value, uint64_t step) { return (value + step - 1) / step * step; }

// Where bzImage64_load() and locate_mem_hole_top_down() put things: small segments at the top, the kernel
// below them at a multiple of its alignment, the initrd in the gap between them or below the kernel, the ELF
// core header at the start. The bytes this takes of the range.
uint64_t space_needed(PhysRange range, const ImageFacts& image, uint64_t initrd, uint64_t elfcorehdr) {
  const uint64_t kernel = round_up(image.memory, kPageSize);
  const uint64_t rest = elfcorehdr + kControlPage;
  if (range.size() < kSmallSegments + kernel) return kSmallSegments + kernel + initrd + rest;
  const uint64_t top = range.end.value() - kSmallSegments;
  const uint64_t start = (top - kernel) / image.alignment * image.alignment;
  const uint64_t gap = top - kernel - start;
  return range.end.value() - start + (initrd <= gap ? 0 : initrd) + rest;
}

const char* yes_or_no(std::optional<bool> fact) {
  if (!fact) return "unknown";
  return *fact ? "yes" : "no";
}

class Checks {
 public:
  Checks(const CrashImage& image, Preflight& report) : image_(image), report_(report) {}

  void permissions();
  void reservation();
  void kernel();
  void initrd();
  void command_line();
  void memory();

 private:
  template <typename... Args>
  void trace(fmt::format_string<Args...> format, Args&&... args) {
    report_.trace.push_back(fmt::format(format, std::forward<Args>(args)...));
  }
  void refuse(std::string what, std::string remedy) {
    report_.findings.push_back({true, std::move(what), std::move(remedy)});
  }
  void warn(std::string what, std::string remedy) {
    report_.findings.push_back({false, std::move(what), std::move(remedy)});
  }
  Result<ImageFacts> identify(int fd) const;
  void check_signature(int fd);
  void trace_permissions();

  const CrashImage& image_;
  Preflight& report_;
  uint64_t kernel_size_ = 0;
  uint64_t initrd_size_ = 0;
};

void Checks::trace_permissions() {
  const SystemFacts& facts = report_.facts;
  trace("CAP_SYS_BOOT: {}", facts.may_boot ? "yes" : "no");
  trace("kernel.kexec_load_disabled: {}", yes_or_no(facts.load_disabled));
  trace("kernel.kexec_load_limit_panic: {}",
        facts.loads_left ? std::to_string(*facts.loads_left) : "unlimited");
  trace("lockdown: {}", facts.lockdown.empty() ? "not built in" : facts.lockdown);
  trace("crash image loaded: {}", yes_or_no(facts.image_loaded));
}

void Checks::permissions() {
  trace_permissions();
  const SystemFacts& facts = report_.facts;
  if (!facts.image_loaded) {
    refuse("this kernel has no kexec", "run one built with CONFIG_KEXEC_FILE and CONFIG_CRASH_DUMP");
  }
  if (!facts.may_boot) refuse("this process lacks CAP_SYS_BOOT", "run it as root, outside of containers");
  if (facts.load_disabled.value_or(false)) {
    refuse("kernel.kexec_load_disabled is 1, which only a reboot clears",
           "reboot, and have kdump load before that sysctl is set");
  }
  if (facts.loads_left == 0) {
    refuse("kernel.kexec_load_limit_panic is used up, which only a reboot clears",
           "reboot, and set a higher limit (every attempt counts, unloading too)");
  }
  if (facts.loads_left == 1 && facts.image_loaded.value_or(false)) {
    warn(
        "kernel.kexec_load_limit_panic allows one more attempt: should it fail, the previous image cannot be "
        "loaded again",
        "set a higher limit at the next boot");
  }
}

void Checks::reservation() {
  const Result<Reservation>& reservation = report_.facts.reservation;
  if (!reservation) {
    refuse(reservation.error().message(), "");
    return;
  }
  for (const PhysRange& range : reservation->ranges) {
    trace("crash kernel memory: {:#x}-{:#x} ({})", range.begin.value(), range.end.value(),
          human_size(range.size()));
  }
  if (reservation->ranges.empty()) {
    refuse("no memory is reserved for a capture kernel",
           "add crashkernel=256M (or what kdumpctl showmem suggests) to the kernel command line and reboot");
  }
}

Result<ImageFacts> Checks::identify(int fd) const {
  ByteVector head(std::min<uint64_t>(kImageHeadSize, kernel_size_));
  head.resize(TRY(pread_up_to(fd, head, 0)));
  return identify_image(head, kernel_size_, {report_.facts.machine, report_.facts.five_level_paging});
}

void Checks::kernel() {
  Result<ImageFile> file = open_image_file(image_.kernel);
  if (!file) {
    refuse(file.error().message(), "");
    return;
  }
  kernel_size_ = file->size;
  report_.kernel = std::move(file->fd);
  const int fd = report_.kernel.get();
  Result<ImageFacts> facts = identify(fd);
  if (!facts) {
    refuse(fmt::format("{}: {}", image_.kernel, facts.error().message()), "");
    return;
  }
  report_.image = std::move(*facts);
  trace("kernel {}: {}, {} bytes, {}", image_.kernel, report_.image.type, kernel_size_,
        report_.image.details);
  check_signature(fd);
}

// Under lockdown the kernel takes an image whose signature it can verify, or that IMA appraises.
void Checks::check_signature(int fd) {
  const bool signed_somehow = report_.image.has_certificates || has_detached_signature(fd, kernel_size_);
  trace("kernel signature: {}", signed_somehow ? "present (not verified here)" : "none");
  if (signed_somehow || !report_.facts.locked_down()) return;
  refuse(fmt::format("{} carries no signature and the kernel is locked down ({})", image_.kernel,
                     report_.facts.lockdown),
         "give a kernel signed by a key this machine trusts");
}

void Checks::initrd() {
  if (image_.initrd.empty()) {
    trace("initrd: none");
    return;
  }
  Result<ImageFile> file = open_image_file(image_.initrd);
  if (!file) {
    refuse(file.error().message(), "");
    return;
  }
  initrd_size_ = file->size;
  report_.initrd = std::move(file->fd);
  trace("initrd {}: {} bytes", image_.initrd, initrd_size_);
}

void Checks::command_line() {
  const std::string& text = image_.command_line;
  trace("command line ({} bytes with its end): {}", text.size() + 1, text);
  const uint64_t most = report_.image.type.empty() ? kMaxCommandLine : report_.image.max_command_line;
  if (text.size() + 1 > most) {
    refuse(
        fmt::format("the command line takes {} bytes with its end, {} are possible", text.size() + 1, most),
        fmt::format("shorten it by {}", text.size() + 1 - most));
  }
  if (text.find('\0') != std::string::npos) refuse("the command line contains a NUL byte", "take it out");
  const CommandLine line = CommandLine::parse(text);
  if (line.has("elfcorehdr")) {
    refuse("the command line has elfcorehdr=, which the kernel adds itself and would be overridden",
           "take it out");
  }
  if (line.has("crashkernel")) {
    warn("the command line has crashkernel=, which takes memory from the capture kernel", "take it out");
  }
}

void Checks::memory() {
  if (report_.image.type.empty() || !report_.facts.reservation) return;
  const Reservation& reservation = *report_.facts.reservation;
  if (reservation.ranges.empty()) return;
  const uint64_t kernel = round_up(report_.image.memory, kPageSize);
  const uint64_t initrd = round_up(initrd_size_, kPageSize);
  const uint64_t elfcorehdr = report_.facts.elfcorehdr_size.value_or(kSmallestElfcorehdr);
  report_.needed = space_needed(reservation.ranges.back(), report_.image, initrd, elfcorehdr);
  trace("memory: needs {} (kernel {}, initrd {}, ELF core header {}) of {}", human_size(report_.needed),
        human_size(kernel), human_size(initrd), human_size(elfcorehdr), human_size(reservation.main_size()));
  const std::string remedy =
      fmt::format("boot with crashkernel={} or more", suggested_reservation(report_.needed, initrd_size_));
  if (report_.needed > reservation.main_size()) {
    refuse(fmt::format("kernel and initrd need {}, the crash kernel memory they go into has {}",
                       human_size(report_.needed), human_size(reservation.main_size())),
           remedy);
  } else if (kernel + kInitrdExpansion * initrd + kWorkingMemory > reservation.total()) {
    warn(fmt::format("the capture kernel may run out of memory: {} are reserved, {} of it for its image",
                     human_size(reservation.total()), human_size(kernel)),
         remedy);
  }
}

}  // namespace

std::string Finding::text() const { return remedy.empty() ? what : what + "; " + remedy; }

bool Preflight::refused() const { return std::ranges::any_of(findings, &Finding::refuses); }

std::string suggested_reservation(uint64_t needed, uint64_t initrd_size) {
  constexpr uint64_t kStep = 32 * kMiB;
  const uint64_t size = needed + (kInitrdExpansion - 1) * initrd_size + 2 * kWorkingMemory;
  return fmt::format("{}M", round_up(size, kStep) / kMiB);
}

Preflight preflight(const CrashImage& image, const SystemRoot& root, KernelCalls& kernel) {
  Preflight report;
  report.facts = read_system_facts(root, kernel);
  Checks checks(image, report);
  checks.permissions();
  checks.reservation();
  checks.kernel();
  checks.initrd();
  checks.command_line();
  checks.memory();
  return report;
}

}  // namespace kdump::kexec
