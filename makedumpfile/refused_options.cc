// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/refused_options.h"

namespace kdump {
namespace {

constexpr auto kNone = Argument::none;
constexpr auto kRequired = Argument::required;

constexpr const char* kXen =
    "dumps of Xen are not supported: they are read and filtered by the makedumpfile of the kexec-tools "
    "project";
constexpr const char* kUnusedVmemmap =
    "not supported: a debugger that looks at a page's struct page would find a hole; -d 31 with -z gives a "
    "small "
    "dump";
constexpr const char* kDiskset =
    "dumps of sadump are not supported: convert them with the makedumpfile of the kexec-tools project";
constexpr const char* kScripts =
    "programs that choose what is erased are not supported: --config has rules for members and symbols";

constexpr RefusedOption kRefused[] = {
    {{'X', nullptr, kNone, nullptr, ""}, kXen},
    {{0, "xen-syms", kRequired, "FILE", ""}, kXen},
    {{0, "xen-vmcoreinfo", kRequired, "FILE", ""}, kXen},
    {{0, "xen_phys_start", kRequired, "ADDRESS", ""}, kXen},
    {{0, "diskset", kRequired, "VMCORE", ""}, kDiskset},
    {{'e', nullptr, kNone, nullptr, ""}, kUnusedVmemmap},
    {{0, "eppic", kRequired, "FILE", ""}, kScripts},
    {{0, "extension", kRequired, "FILE", ""}, kScripts},
};

}  // namespace

std::span<const RefusedOption> refused_options() { return kRefused; }

}  // namespace kdump
