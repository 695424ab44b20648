"""Changes to a capture image without touching the programs in it: a second archive is appended to the image, whose
init does what a hook says and then becomes the image's own."""

import re

from . import cpio, initramfs

# For /etc/sysconfig/kdump: the capture kernel starts our init, and the changed image is loaded as it is.
COMMAND_LINE = "rdinit=/lab/init"
CONFIG = "force_no_rebuild 1"
IMAGE = "/var/lib/kdump/$(uname -r)/initramfs.img"
PRISTINE = "/lab/pristine.img"


def archive(hook: str, extra: list[cpio.Member] = ()) -> bytes:
    """The archive to append for `hook`, a shell script run with busybox's commands before the image's /init."""
    return cpio.pack([
        cpio.file("lab/busybox", initramfs.BUSYBOX.read_bytes()),
        cpio.file("lab/init", (initramfs.GUEST / "overlay-init.sh").read_bytes()),
        cpio.file("lab/hook", f"{hook}\n".encode()),
        *extra,
    ])


def sysconfig(shipped: str) -> str:
    """The text of an /etc/sysconfig/kdump with COMMAND_LINE appended to what the capture kernel gets."""
    # A line that is commented out shows the default.
    found = re.findall(r"^#? *KDUMP_COMMANDLINE_APPEND=(.*)$", shipped, re.MULTILINE)
    before = found[-1].strip().strip("\"'") if found else ""
    return f'{shipped}\nKDUMP_COMMANDLINE_APPEND="{before} {COMMAND_LINE}"\n'


def arm(run, archive_path: str) -> None:
    """Arm the guest with its own image and the archive at `archive_path` in the guest behind it.

    The image is built by the first start in the guest; the one without additions is kept for later calls, and synced, so
    that it outlives the panic.
    """
    run.command(f"[ -e {PRISTINE} ] || {{ systemctl start kdump && cp {IMAGE} {PRISTINE} && sync; }}", 120)
    run.command("systemctl stop kdump")
    # The kernel wants the next archive on a multiple of 4, and skips zeros before it.
    run.command(f"cp {PRISTINE} /lab/changed.img && truncate -s %512 /lab/changed.img"
                f" && cat {archive_path} >> /lab/changed.img && cat /lab/changed.img > {IMAGE}")
    run.command("systemctl start kdump && kdumpctl status", 120)
