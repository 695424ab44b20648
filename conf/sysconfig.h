// SPDX-License-Identifier: GPL-2.0-or-later
// The reader of /etc/sysconfig/kdump: the shell's assignments, read but never executed.
#pragma once

#include <string>
#include <string_view>

#include "common/error.h"
#include "conf/diagnostic.h"

namespace kdump::conf {

// The defaults of an empty file, which are the incumbents' for x86_64.
struct Sysconfig {
  std::string KDUMP_KERNELVER;    // empty: the running kernel
  std::string KDUMP_COMMANDLINE;  // empty: /proc/cmdline
  std::string KDUMP_COMMANDLINE_REMOVE =
      "hugepages hugepagesz slub_debug quiet log_buf_len swiotlb hugetlb_cma ignition.firstboot cma";
  std::string KDUMP_COMMANDLINE_APPEND =
      "novmcoredd hugetlb_cma=0 kfence.sample_interval=0 initramfs_options=size=90% irqpoll nr_cpus=1 "
      "reset_devices cgroup_disable=memory mce=off numa=off udev.children-max=2 panic=10 acpi_no_memhotplug "
      "transparent_hugepage=never nokaslr hest_disable cma=0 pcie_ports=compat";
  std::string KEXEC_ARGS = "-s";
};

struct ParsedSysconfig {
  Sysconfig settings;
  Diagnostics diagnostics;

  [[nodiscard]] bool valid() const { return !has_errors(diagnostics); }
};

ParsedSysconfig parse_sysconfig(std::string_view text);

// A file that does not exist is an empty one.
Result<ParsedSysconfig> read_sysconfig(const std::string& path);

}  // namespace kdump::conf
