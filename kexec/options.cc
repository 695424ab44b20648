// SPDX-License-Identifier: GPL-2.0-or-later
#include "kexec/options.h"

namespace kdump::kexec {
namespace {

using Row = Option<KexecOptions>;

template <bool KexecOptions::* Flag>
Status set(KexecOptions& options, std::string_view /*argument*/) {
  options.*Flag = true;
  return {};
}

Status nothing(KexecOptions& /*options*/, std::string_view /*argument*/) { return {}; }

Status set_initrd(KexecOptions& options, std::string_view path) {
  if (path.empty()) return fail(ErrorKind::usage, "the path is empty");
  options.initrd = path;
  return {};
}

Status set_command_line(KexecOptions& options, std::string_view text) {
  options.command_line = text;
  return {};
}

Status refuse_classic(KexecOptions& options, std::string_view /*argument*/) {
  options.not_built =
      "-c: loading through kexec_load(2) is not built: that call verifies no signature and is refused under "
      "lockdown; use -s";
  return {};
}

Status refuse_exec(KexecOptions& options, std::string_view /*argument*/) {
  options.not_built = "-e and -f: jumping into a loaded kernel is not built; use systemctl kexec";
  return {};
}

// Order as in the man page.
constexpr Row kRows[] = {
    {{'p', "load-panic", Argument::none, nullptr, "load the kernel to be started by a panic"},
     set<&KexecOptions::panic>},
    {{'u', "unload", Argument::none, nullptr, "unload the image for reboot, or with -p the crash image"},
     set<&KexecOptions::unload>},
    {{'S', "status", Argument::none, nullptr,
      "exit 1 when the crash image (with -l: the image for reboot) is loaded, else 0"},
     set<&KexecOptions::status>},
    {{'l', "load", Argument::none, nullptr, "with -S or -u: the image for reboot; loading one is not built"},
     set<&KexecOptions::reboot>},
    {{'s', "kexec-file-syscall", Argument::none, nullptr, "load through kexec_file_load(2); always so"},
     nothing},
    {{'a', "kexec-syscall-auto", Argument::none, nullptr, "the same as -s: there is no call to fall back to"},
     nothing},
    {{'c', "kexec-syscall", Argument::none, nullptr, "refused: kexec_load(2) is not built"}, refuse_classic},
    {{'e', "exec", Argument::none, nullptr, "refused: not built"}, refuse_exec},
    {{'f', "force", Argument::none, nullptr, "refused: not built"}, refuse_exec},
    {{0, "initrd", Argument::required, "FILE", "initial RAM file system"}, set_initrd},
    {{0, "ramdisk", Argument::required, "FILE", "the same as --initrd"}, set_initrd},
    {{0, "command-line", Argument::required, "TEXT", "command line of the loaded kernel"}, set_command_line},
    {{0, "append", Argument::required, "TEXT", "the same as --command-line"}, set_command_line},
    {{0, "reuse-cmdline", Argument::none, nullptr, "start from the running kernel's command line"},
     set<&KexecOptions::reuse_command_line>},
    {{0, "hotplug", Argument::none, nullptr, "accepted: the kernel follows hotplug by itself"}, nothing},
    {{0, "print-ckr-size", Argument::none, nullptr,
      "print the size in bytes of the memory crash images go into"},
     set<&KexecOptions::print_ckr_size>},
    {{'d', "debug", Argument::none, nullptr, "tell on standard error what is done"},
     set<&KexecOptions::debug>},
    {{'h', "help", Argument::none, nullptr, "print this"}, set<&KexecOptions::help>},
    {{'v', "version", Argument::none, nullptr, "print the version"}, set<&KexecOptions::version>},
};

bool only_asks(const KexecOptions& options) {
  return options.help || options.version || options.status || options.print_ckr_size;
}

Status check(const KexecOptions& options, size_t kernels) {
  if (only_asks(options)) return {};
  if (!options.not_built.empty()) return fail(ErrorKind::unsupported, "{}", options.not_built);
  if (options.unload) return {};
  if (!options.panic) {
    return fail(ErrorKind::unsupported,
                "loading a kernel for reboot is not built; give -p to load the crash image");
  }
  if (kernels == 0) return fail(ErrorKind::usage, "no kernel is given");
  return {};
}

}  // namespace

Result<KexecOptions> parse_kexec_options(std::span<char* const> arguments) {
  KexecOptions options;
  const std::vector<std::string> positional =
      TRY(parse_options(std::span<const Row>(kRows), arguments, options));
  if (positional.size() > 1)
    return fail(ErrorKind::usage, "one kernel can be loaded, {} are given", positional.size());
  TRY(check(options, positional.size()));
  if (!positional.empty()) options.kernel = positional[0];
  return options;
}

std::string kexec_usage() {
  return "Usage: kexec -p [OPTION]... KERNEL\n"
         "       kexec -p -u\n"
         "Load the kernel that is started by a panic, or unload it.\n\n" +
         option_help(option_names(std::span<const Row>(kRows)));
}

}  // namespace kdump::kexec
