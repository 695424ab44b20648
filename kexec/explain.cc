// SPDX-License-Identifier: GPL-2.0-or-later
#include "kexec/explain.h"

#include <cerrno>

#include "common/text.h"
#include "kexec/preflight.h"

namespace kdump::kexec {
namespace {

constexpr int kEnotsupp =
    524;  // ENOTSUPP, include/linux/errno.h: never meant for user space, yet it gets out

using Context = const FailureContext&;

bool always(Context /*context*/) { return true; }
bool lacks_capability(Context context) { return !context.facts.may_boot; }
bool is_disabled(Context context) { return context.facts.load_disabled.value_or(false); }
bool is_used_up(Context context) { return context.facts.loads_left == 0; }
bool is_locked_down(Context context) { return context.facts.locked_down(); }
bool need_is_known(Context context) { return context.needed != 0; }
bool nothing_reserved(Context context) {
  return context.facts.reservation && context.facts.reservation->ranges.empty();
}

// The first row whose errno and condition hold. Texts may use {lockdown}, {needed}, {available}, {suggested}.
struct Row {
  int errno_value;
  bool (*applies)(Context);
  const char* cause;
  const char* remedy;
};

constexpr Row kRows[] = {
    {EPERM, lacks_capability, "this process lacks CAP_SYS_BOOT", "run it as root, outside of containers"},
    {EPERM, is_disabled, "kernel.kexec_load_disabled is 1",
     "reboot, and have kdump load before that sysctl is set"},
    {EPERM, is_used_up, "kernel.kexec_load_limit_panic is used up",
     "reboot, and set a higher limit (every attempt counts, unloading too)"},
    {EPERM, is_locked_down,
     "the kernel is locked down ({lockdown}) and could not verify the image's signature",
     "give a kernel signed by a key this machine trusts, or enrol its key (mokutil --import)"},
    {EPERM, always,
     "a user namespace, a container's seccomp profile or a security module (LoadPin) forbids it",
     "load from the host itself; the kernel log and the audit log name the module"},
    {EACCES, always, "IMA or SELinux does not accept the kernel or the initrd",
     "see the audit log; sign the file (security.ima) or allow kexec_image_load in the policy"},
    {ENOKEY, always, "the image is signed with a key this machine does not trust",
     "enrol the key (mokutil --import), or give the kernel this machine booted"},
    {EKEYREJECTED, always,
     "the image's signature is bad, its key is revoked, or it has none and this kernel insists",
     "install the kernel again from a trusted source"},
    {ENODATA, always, "the image carries no signature and this kernel insists on one",
     "give a signed kernel"},
    {ELIBBAD, always, "the image's PE structure is damaged", "install the kernel again"},
    {EBADMSG, always, "the image's signature is damaged", "install the kernel again"},
    {EMSGSIZE, always, "the image's signature is damaged", "install the kernel again"},
    {ENOPKG, always, "this kernel lacks the algorithm the image is signed with",
     "load the crypto module it names in its log, or give a kernel signed otherwise"},
    {kEnotsupp, always, "the image's signature is not of a kind this kernel reads (PE certificate, PKCS#7)",
     "sign it again, e.g. with sbsign"},
    {ENOEXEC, always, "this kernel does not load images of that kind", "give the bzImage of a 64-bit kernel"},
    {EINVAL, always, "the kernel found a fault in the image or the command line, and says so only in its log",
     "see dmesg, and load again with -d"},
    {EADDRNOTAVAIL, nothing_reserved, "no memory is reserved for a capture kernel",
     "add crashkernel=256M to the kernel command line and reboot"},
    {EADDRNOTAVAIL, need_is_known,
     "kernel and initrd do not fit into the crash kernel memory: {available}, of which they need at least "
     "{needed}",
     "boot with crashkernel={suggested} or more, or give a smaller initrd"},
    {EADDRNOTAVAIL, always, "kernel and initrd do not fit into the crash kernel memory: {available}",
     "boot with crashkernel={suggested} or more, or give a smaller initrd"},
    {ENOMEM, always,
     "the kernel has not enough free memory to read the images, or no room for a control page",
     "free memory and load again"},
    {EBUSY, always, "another process is loading or resizing crash kernel memory all the time",
     "find it (ps, systemctl status kdump), and load again"},
    {EFBIG, always, "the kernel or the initrd is larger than the kernel reads", "give a smaller one"},
    {EIO, always, "reading the kernel or the initrd failed", "see dmesg, and check the disk"},
    {ETXTBSY, always, "the kernel or the initrd is open for writing",
     "wait for the writer to finish (fuser -v FILE)"},
    {ENOSYS, always, "this kernel has no kexec_file_load(2)", "run one built with CONFIG_KEXEC_FILE"},
    {EBADF, always, "a file was closed in between, which is a fault of this program", "report it"},
    {EFAULT, always, "a wrong address was passed, which is a fault of this program", "report it"},
};

std::string fill_in(const char* text, Context context) {
  const uint64_t available = context.facts.reservation ? context.facts.reservation->main_size() : 0;
  return fmt::format(fmt::runtime(text), fmt::arg("lockdown", context.facts.lockdown),
                     fmt::arg("needed", human_size(context.needed)),
                     fmt::arg("available", human_size(available)),
                     fmt::arg("suggested", suggested_reservation(std::max(context.needed, available), 0)));
}

}  // namespace

Explanation explain(int errno_value, const FailureContext& context) {
  for (const Row& row : kRows) {
    if (row.errno_value != errno_value || !row.applies(context)) continue;
    return {fill_in(row.cause, context), fill_in(row.remedy, context)};
  }
  return {"not an answer kexec_file_load(2) is known for", "see dmesg"};
}

}  // namespace kdump::kexec
