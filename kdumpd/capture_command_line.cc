// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/capture_command_line.h"

#include <algorithm>
#include <optional>

#include "common/text.h"
#include "kexec/command_line.h"

namespace kdump::service {
namespace {

// Always gone: what belongs to the root filesystem and the boot of the running system, none of which the
// capture image has, and what would run something else than its /init.
constexpr const char* kRemoved[] = {
    "crashkernel",        "panic_on_warn", "root",       "rootflags", "rootfstype", "rd.lvm.lv",
    "rd.luks.uuid",       "rd.dm.uuid",    "rd.md.uuid", "fcoe",      "netroot",    "rd.iscsi.initiator",
    "iscsi_initiator",    "BOOT_IMAGE",    "initrd",     "init",      "rdinit",     "resume",
    "disable_cpu_apicid", "elfcorehdr",
};

// Always there, unless the administrator's own addition has the name already.
constexpr const char* kMandatory[] = {"panic=10", "reset_devices", "nr_cpus=1", "irqpoll"};

std::string_view name_of(std::string_view parameter) { return parameter.substr(0, parameter.find('=')); }

// Names whose value is empty, as in "rd.luks.uuid=": parameters of an installer that had nothing to say.
std::vector<std::string> empty_parameters(std::string_view text) {
  std::vector<std::string> names;
  for (const std::string_view word : split_words(text))
    if (word.ends_with('=') && word.size() > 1) names.emplace_back(word.substr(0, word.size() - 1));
  return names;
}

// The crash may happen on any CPU. Should the capture kernel, on another one, wake the boot CPU with INIT,
// the machine would reset (x86); this tells it not to. Documentation/admin-guide/kdump/kdump.rst.
std::optional<uint64_t> boot_cpu_apicid(const Host& host) {
  const std::string cpuinfo = host.read("/proc/cpuinfo").value_or("");
  bool boot_cpu = false;
  for (const std::string_view line : split_lines(cpuinfo)) {
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view key = trim(line.substr(0, colon));
    const std::string_view value = trim(line.substr(colon + 1));
    if (key == "processor") boot_cpu = value == "0";
    if (key == "apicid" && boot_cpu) return parse_u64(value);
  }
  return std::nullopt;
}

}  // namespace

Result<std::string> capture_command_line(const Host& host, const conf::Sysconfig& sysconfig) {
  const bool given = !sysconfig.KDUMP_COMMANDLINE.empty();
  const std::string base = given ? sysconfig.KDUMP_COMMANDLINE : TRY(host.read("/proc/cmdline"));
  kexec::CommandLine line = kexec::CommandLine::parse(base);
  for (const char* name : kRemoved) line.remove(name);
  for (const std::string& name : empty_parameters(base)) line.remove(name);
  for (const std::string_view word : split_words(sysconfig.KDUMP_COMMANDLINE_REMOVE))
    line.remove(name_of(word));

  const kexec::CommandLine addition = kexec::CommandLine::parse(sysconfig.KDUMP_COMMANDLINE_APPEND);
  for (const char* parameter : kMandatory) {
    if (addition.has(name_of(parameter))) continue;
    line.remove(name_of(parameter));
    line.append(parameter);
  }
  line.append(sysconfig.KDUMP_COMMANDLINE_APPEND);
  if (const auto apicid = boot_cpu_apicid(host); apicid && !addition.has("disable_cpu_apicid"))
    line.append(fmt::format("disable_cpu_apicid={}", *apicid));

  std::string text = line.text();
  TRY(with_context(kexec::check_length(text), "capture kernel's command line"));
  return text;
}

}  // namespace kdump::service
