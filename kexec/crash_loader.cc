// SPDX-License-Identifier: GPL-2.0-or-later
#include "kexec/crash_loader.h"

#include <algorithm>
#include <cerrno>

#include "kexec/explain.h"
#include "kexec/image_file.h"
#include "kexec/record.h"

namespace kdump::kexec {
namespace {

using std::chrono::milliseconds;

// The kernel only tries the lock (kexec_trylock), so a busy one is asked again: 14 times within 5 seconds.
constexpr milliseconds kFirstPause{20};
constexpr milliseconds kLongestPause{640};
constexpr milliseconds kPatience{5000};

// Every reason of a refusal, in one line.
Error refusal(const CrashImage& image, const std::vector<Finding>& findings) {
  std::string reasons;
  for (const Finding& finding : findings) {
    if (!finding.refuses) continue;
    if (!reasons.empty()) reasons += ". also: ";
    reasons += finding.text();
  }
  return {ErrorKind::failure, 0, fmt::format("{} was not loaded: {}", image.kernel, reasons)};
}

Failure explained(int errno_value, std::string_view what, const FailureContext& context) {
  const Explanation why = explain(errno_value, context);
  return make_failure(ErrorKind::failure, errno_value,
                      fmt::format("{}: {}: {}; {}", what, errno_text(errno_value), why.cause, why.remedy));
}

unsigned long load_flags(int initrd_fd) {
  return initrd_fd < 0 ? kFileOnCrash | kFileNoInitramfs : kFileOnCrash;
}

void warn(LoadOutcome& outcome, const Status& status, const char* remedy) {
  if (!status) outcome.findings.push_back({false, status.error().message(), remedy});
}

}  // namespace

LoadOutcome CrashLoader::load(const CrashImage& image, const std::optional<CrashImage>& previous) {
  Preflight checked = preflight(image, root_, kernel_);
  LoadOutcome outcome;
  outcome.findings = std::move(checked.findings);
  trace_ = std::move(checked.trace);

  if (std::ranges::any_of(outcome.findings, &Finding::refuses)) {
    outcome.error = refusal(image, outcome.findings);
    if (crash_image_loaded(root_).value_or(false)) {
      outcome.armed = Armed::previous;
      outcome.restoration = "the previous image is still loaded";
    }
  } else if (const Status loaded = load_checked(image, checked)) {
    outcome.armed = Armed::wanted;
    warn(outcome, write_record(image, root_), "should the next load fail, this image cannot be loaded again");
  } else {
    outcome.error = loaded.error();
    restore(previous, outcome);
  }
  trace_.emplace_back(fmt::format("result: {}", outcome.error ? outcome.error->message() : "loaded"));
  outcome.trace = std::move(trace_);
  return outcome;
}

Status CrashLoader::load_checked(const CrashImage& image, const Preflight& checked) {
  const int result = load_files(checked.kernel.get(), checked.initrd.get(), image);
  const std::string what = fmt::format("cannot load {}", image.kernel);
  if (result != 0) return explained(result, what, {checked.facts, checked.needed});
  return confirm_loaded(what);
}

Status CrashLoader::confirm_loaded(std::string_view what) const {
  if (TRY(crash_image_loaded(root_))) return {};
  return fail("{}: the kernel reported success, but kexec_crash_loaded is 0; see dmesg", what);
}

int CrashLoader::load_files(int kernel_fd, int initrd_fd, const CrashImage& image) {
  const unsigned long flags = load_flags(initrd_fd);
  if (debug_) {
    const int result = call_patiently(kernel_fd, initrd_fd, image.command_line, flags | kFileDebug);
    // Before 6.8 the flag is unknown: EINVAL, before anything was freed.
    if (result != EINVAL) return result;
    trace_.emplace_back("KEXEC_FILE_DEBUG is refused, trying without");
  }
  return call_patiently(kernel_fd, initrd_fd, image.command_line, flags);
}

int CrashLoader::call_patiently(int kernel_fd, int initrd_fd, const std::string& command_line,
                                unsigned long flags) {
  milliseconds pause = kFirstPause;
  milliseconds waited{0};
  while (true) {
    const int result = kernel_.kexec_file_load(kernel_fd, initrd_fd, command_line, flags);
    trace_.push_back(
        fmt::format("kexec_file_load(flags {:#x}): {}", flags, result == 0 ? "success" : errno_text(result)));
    if (result != EBUSY || waited >= kPatience) return result;
    kernel_.pause(pause);
    waited += pause;
    pause = std::min(2 * pause, kLongestPause);
  }
}

// The error of the load is in `outcome`; this adds what became of the image before.
void CrashLoader::restore(const std::optional<CrashImage>& previous, LoadOutcome& outcome) {
  std::string& story = outcome.restoration;
  if (crash_image_loaded(root_).value_or(false)) {
    outcome.armed = Armed::previous;
    story = "the previous image is still loaded";
    return;
  }
  const std::optional<CrashImage> known = previous ? previous : recorded();
  if (!known) {
    story = "no capture kernel is loaded now, and no previous image is known";
    return;
  }
  trace_.push_back(fmt::format("loading the previous image again: {} {}", known->kernel, known->initrd));
  const Status restored = load_unchecked(*known);
  if (restored) {
    outcome.armed = Armed::previous;
    story = fmt::format("the previous image is loaded again ({})", known->kernel);
    warn(outcome, write_record(*known, root_),
         "should the next load fail, this image cannot be loaded again");
  } else {
    story = fmt::format("no capture kernel is loaded now: {}", restored.error().message());
  }
}

// Without a preflight: nothing is armed any more that it could save.
Status CrashLoader::load_unchecked(const CrashImage& image) {
  const ImageFile kernel = TRY(open_image_file(image.kernel));
  ImageFile initrd;
  if (!image.initrd.empty()) initrd = TRY(open_image_file(image.initrd));
  const int result = load_files(kernel.fd.get(), initrd.fd.get(), image);
  const std::string what = fmt::format("cannot load the previous image {} again", image.kernel);
  if (result != 0) return explained(result, what, {read_system_facts(root_, kernel_)});
  return confirm_loaded(what);
}

std::optional<CrashImage> CrashLoader::recorded() const {
  const Result<std::optional<CrashImage>> record = read_record(root_);
  return record ? *record : std::nullopt;
}

Status CrashLoader::unload() {
  TRY(unload_image(kFileUnload | kFileOnCrash));
  if (TRY(crash_image_loaded(root_)))
    return fail("the kernel reported success, but kexec_crash_loaded is still 1; see dmesg");
  return remove_record(root_);
}

Status CrashLoader::unload_reboot_image() { return unload_image(kFileUnload); }

Status CrashLoader::unload_image(unsigned long flags) {
  const int result = call_patiently(-1, -1, "", flags);
  if (result == 0) return {};
  return explained(result, "cannot unload", {read_system_facts(root_, kernel_)});
}

}  // namespace kdump::kexec
