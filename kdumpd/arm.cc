// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/arm.h"

#include <sys/stat.h>

#include <algorithm>

#include "common/file.h"
#include "common/text.h"
#include "kdumpd/prepare.h"
#include "kdumpd/previous_image.h"
#include "kdumpd/target/dump_estimate.h"

namespace kdump::service {
namespace {

// One attempt: what it has found out so far.
class Attempt {
 public:
  explicit Attempt(const Context& context)
      : context_(context), effects_(context.effects), status_(read_status(context.host)) {
    status_.errors.clear();
    status_.warnings.clear();
    loaded_before_ = effects_.loaded().value_or(false);
    if (!loaded_before_) forget_loaded();
  }

  // Each step returns whether the next can be taken.
  bool reserved() {
    const auto bytes = problems_.take(effects_.check_reservation());
    status_.reserved_bytes = bytes.value_or(0);
    return bytes.has_value();
  }

  bool prepared() {
    preparation_ = prepare(context_.host, effects_.probes, problems_);
    status_.target = describe_targets(preparation_);
    return problems_.none();
  }

  bool prepared_to_reload() {
    preparation_ = prepare_reload(context_.host, problems_);
    if (problems_.none() && !file_exists(image_path(preparation_)))
      problems_.errors.push_back(
          fmt::format("there is no image {}; kdumpctl restart builds it", image_path(preparation_)));
    return problems_.none();
  }

  // Whether there is a target that takes dumps. One that does not is tried all the same after a panic: it may
  // be back by then, and the others come after it.
  bool proved() {
    std::vector<std::string> failed;
    status_.targets.clear();
    for (const ResolvedTarget& target : preparation_.targets) {
      const auto proof = effects_.prove(target, preparation_.settings.config.core_collector);
      if (proof) check_space(target, *proof);
      if (!proof) failed.push_back(fmt::format("{}: {}", target.described, proof.error().message()));
      status_.targets.push_back({.described = target.described,
                                 .problem = proof ? "" : proof.error().message(),
                                 .free_bytes = proof ? proof->free_bytes : std::nullopt});
    }
    const bool some = failed.size() < preparation_.targets.size();
    auto& list = some ? problems_.warnings : problems_.errors;
    list.insert(list.end(), failed.begin(), failed.end());
    return some;
  }

  // Whether `when` says that the machine is armed well enough.
  bool nothing_to_do(When when) {
    if (!loaded_before_ || when == When::always) return false;
    if (when == When::not_loaded) {
      context_.announce(Level::warning, "Kdump already running: [WARNING] (kdumpctl restart loads it anew)");
      return true;
    }
    return status_.armed == ArmedState::wanted && status_.loaded == wanted_record() && why_build().empty();
  }

  bool image_ready() {
    const std::string why = why_build();
    return problems_.none() && (why.empty() || build(why));
  }

  bool build(const std::string& why) {
    context_.announce(Level::info, fmt::format("Building {} ({})", image_path(preparation_), why));
    if (!problems_.check(make_directories(preparation_.image_directory, 0700))) return false;
    const auto image = problems_.take(with_context(
        effects_.build(preparation_.request, preparation_.image_directory), "cannot build the image"));
    if (!image) return false;
    problems_.warnings.insert(problems_.warnings.end(), image->warnings.begin(), image->warnings.end());
    context_.announce(Level::info,
                      fmt::format("Built {}: {}, {} unpacked", image->path,
                                  human_size(image->compressed_bytes), human_size(image->unpacked_bytes)));
    return true;
  }

  void load() {
    const kexec::CrashImage wanted = wanted_image();
    const auto previous = previous_image(wanted, preparation_.image_directory, status_.loaded);
    const kexec::LoadOutcome outcome = effects_.load(wanted, previous);
    take_findings(outcome);
    if (outcome.armed == kexec::Armed::wanted) took(ArmedState::wanted, wanted);
    // A refusal before the kernel was called leaves in place what was there, be it nothing.
    if (outcome.armed == kexec::Armed::previous && previous && !refused(outcome))
      took(ArmedState::previous, *previous);
    if (outcome.error && previous && !effects_.loaded().value_or(true)) fall_back(*previous);
    verify();
  }

  ServiceStatus finish() {
    for (const std::string& warning : problems_.warnings) context_.announce(Level::warning, warning);
    for (const std::string& error : problems_.errors) context_.announce(Level::error, error);
    status_.errors = problems_.errors;
    status_.warnings = problems_.warnings;
    if (const Status written = write_status(context_.host, status_); !written)
      context_.announce(Level::warning, "status not written: " + written.error().message());
    return status_;
  }

  void unload() {
    if (problems_.check(with_context(effects_.unload(), "cannot unload the image"))) forget_loaded();
  }

 private:
  void check_space(const ResolvedTarget& target, const Proof& proof) {
    const conf::Config& config = preparation_.settings.config;
    const auto meminfo = context_.host.read("/proc/meminfo");
    if (!meminfo || !proof.free_bytes) return;
    const auto estimate = estimate_dump(*meminfo, config.core_collector);
    if (!estimate || *proof.free_bytes >= estimate->bytes + min_free_of(target)) return;
    problems_.warnings.push_back(fmt::format(
        "{}: {} are free; a dump now would take up to {} (level {}, not compressed), and {} are to "
        "stay free",
        target.described, human_size(*proof.free_bytes), human_size(estimate->bytes), estimate->level,
        human_size(min_free_of(target))));
  }

  // A bare device is all for the dump.
  [[nodiscard]] uint64_t min_free_of(const ResolvedTarget& target) const {
    return target.target.kind == plan::TargetKind::raw ? 0 : preparation_.settings.config.min_free;
  }

  [[nodiscard]] kexec::CrashImage wanted_image() const {
    return {context_.host.at(preparation_.kernel.path), image_path(preparation_), preparation_.command_line};
  }

  [[nodiscard]] LoadedImage wanted_record() const {
    const kexec::CrashImage image = wanted_image();
    return {preparation_.kernel.release, image.kernel, image.initrd, image.command_line};
  }

  // Why the image has to be built, empty when it has not.
  std::string why_build() {
    const conf::Config& config = preparation_.settings.config;
    if (!file_exists(image_path(preparation_))) return "image missing";
    if (config.force_no_rebuild) return {};
    if (config.force_rebuild) return "force_rebuild is set";
    return problems_.take(effects_.why_rebuild(preparation_.request, preparation_.image_directory))
        .value_or("");
  }

  void took(ArmedState armed, const kexec::CrashImage& image) {
    status_.armed = armed;
    status_.loaded = {preparation_.kernel.release, image.kernel, image.initrd, image.command_line};
    struct stat info{};
    if (stat(image.initrd.c_str(), &info) == 0) status_.image_bytes = static_cast<uint64_t>(info.st_size);
    if (armed != ArmedState::wanted) return;
    if (const Status kept = remember_armed(image.initrd, preparation_.image_directory); !kept)
      problems_.warnings.push_back(kept.error().message());
  }

  static bool refused(const kexec::LoadOutcome& outcome) {
    return std::ranges::any_of(outcome.findings, &kexec::Finding::refuses);
  }

  // Nothing is armed: the image before is better than that.
  void fall_back(const kexec::CrashImage& previous) {
    if (effects_.load(previous, std::nullopt).armed != kexec::Armed::wanted) return;
    problems_.warnings.push_back("loaded the image before instead, " + previous.initrd);
    took(ArmedState::previous, previous);
  }

  void take_findings(const kexec::LoadOutcome& outcome) {
    if (outcome.error) problems_.errors.push_back("cannot load the image: " + outcome.error->message());
    if (!outcome.restoration.empty()) problems_.warnings.push_back(outcome.restoration);
    for (const kexec::Finding& finding : outcome.findings)
      if (!finding.refuses) problems_.warnings.push_back(finding.text());
  }

  // The kernel has the last word on whether it is armed.
  void verify() {
    const auto loaded = problems_.take(effects_.loaded());
    if (!loaded || *loaded) return;
    if (problems_.none())
      problems_.errors.emplace_back("the kernel took the image, but kexec_crash_loaded does not read 1");
    forget_loaded();
  }

  void forget_loaded() {
    status_.armed = ArmedState::nothing;
    status_.loaded.reset();
    status_.image_bytes = 0;
  }

  const Context& context_;
  const Effects& effects_;
  ServiceStatus status_;
  Problems problems_;
  Preparation preparation_;
  bool loaded_before_ = false;
};

}  // namespace

ServiceStatus arm(const Context& context, When when) {
  Attempt attempt(context);
  const bool reserved = attempt.reserved();
  // Even then: whoever has to reboot for the reservation wants to know what else is in the way.
  const bool prepared = attempt.prepared();
  const bool wanted = reserved && prepared && !attempt.nothing_to_do(when);
  if (wanted && attempt.proved() && attempt.image_ready()) attempt.load();
  return attempt.finish();
}

ServiceStatus reload(const Context& context) {
  Attempt attempt(context);
  if (attempt.reserved() && attempt.prepared_to_reload()) attempt.load();
  return attempt.finish();
}

ServiceStatus rebuild(const Context& context) {
  Attempt attempt(context);
  if (attempt.prepared()) attempt.build("rebuild asked for");
  return attempt.finish();
}

ServiceStatus disarm(const Context& context) {
  Attempt attempt(context);
  attempt.unload();
  return attempt.finish();
}

}  // namespace kdump::service
