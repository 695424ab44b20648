// SPDX-License-Identifier: GPL-2.0-or-later
#include "kexec/program.h"

#include "common/file.h"
#include "kexec/command_line.h"
#include "kexec/crash_loader.h"
#include "kexec/options.h"

namespace kdump::kexec {
namespace {

std::string line(std::string_view text) { return fmt::format("kexec: {}\n", text); }

Answer failure(int exit_status, const Error& error) { return {exit_status, {}, line(error.message())}; }

Answer usage_failure(const Error& error) {
  Answer answer = failure(kExitUsage, error);
  if (error.kind() == ErrorKind::usage) answer.messages += "Try 'kexec --help'.\n";
  return answer;
}

// kexec-tools' way: the status is the flag itself.
Answer status(const KexecOptions& options, const SystemRoot& root) {
  const Result<bool> loaded = options.reboot ? reboot_image_loaded(root) : crash_image_loaded(root);
  if (!loaded) return failure(kExitLoadFailed, loaded.error());
  return {*loaded ? 1 : 0, {}, {}};
}

Answer print_ckr_size(const SystemRoot& root) {
  const Result<Reservation> reservation = read_reservation(root);
  if (!reservation) return failure(kExitUsage, reservation.error());
  return {kExitSuccess, fmt::format("{}\n", reservation->main_size()), {}};
}

Answer unload(const KexecOptions& options, CrashLoader& loader) {
  const Status unloaded = options.panic ? loader.unload() : loader.unload_reboot_image();
  return unloaded ? Answer{} : failure(kExitLoadFailed, unloaded.error());
}

Result<std::string> command_line(const KexecOptions& options, const SystemRoot& root) {
  if (!options.reuse_command_line) return options.command_line.value_or("");
  CommandLine running = CommandLine::parse(TRY(read_text_file(root.prefix + "/proc/cmdline")));
  // The boot loader's word, and memory for a capture kernel's own capture kernel.
  running.remove("BOOT_IMAGE");
  running.remove("crashkernel");
  running.append(options.command_line.value_or(""));
  return running.text();
}

std::string describe(const LoadOutcome& outcome) {
  std::string text;
  bool refused = false;
  for (const Finding& finding : outcome.findings) {
    text += line(finding.refuses ? finding.text() : "warning: " + finding.text());
    refused = refused || finding.refuses;
  }
  if (outcome.error && !refused) text += line(outcome.error->message());
  if (!outcome.restoration.empty()) text += line(outcome.restoration);
  return text;
}

// kexec-tools dies before it tries when nothing is reserved.
int failed_status(const SystemRoot& root) {
  const Result<Reservation> reservation = read_reservation(root);
  return reservation && !reservation->ranges.empty() ? kExitLoadFailed : kExitUsage;
}

Answer load(const KexecOptions& options, CrashLoader& loader, const SystemRoot& root) {
  const Result<std::string> text = command_line(options, root);
  if (!text) return failure(kExitLoadFailed, text.error());
  const LoadOutcome outcome = loader.load({*options.kernel, options.initrd, *text}, std::nullopt);
  Answer answer;
  if (options.debug) {
    for (const std::string& step : outcome.trace) answer.messages += step + "\n";
  }
  answer.messages += describe(outcome);
  if (outcome.armed != Armed::wanted) answer.exit_status = failed_status(root);
  return answer;
}

}  // namespace

Answer run_kexec(std::span<char* const> arguments, KernelCalls& kernel, const SystemRoot& root) {
  const Result<KexecOptions> options = parse_kexec_options(arguments);
  if (!options) return usage_failure(options.error());
  if (options->help) return {kExitSuccess, kexec_usage(), {}};
  if (options->version) return {kExitSuccess, "kexec (kdump) " KDUMP_VERSION "\n", {}};
  if (options->status) return status(*options, root);
  if (options->print_ckr_size) return print_ckr_size(root);

  CrashLoader loader(kernel, root, options->debug);
  return options->unload ? unload(*options, loader) : load(*options, loader, root);
}

}  // namespace kdump::kexec
