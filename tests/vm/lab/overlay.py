"""Changes to a capture image without touching the programs in it: a second archive is appended to the image, whose
init does what a hook says and then becomes the image's own."""

import base64
import hashlib
import re

from . import cpio, initramfs

# For /etc/sysconfig/kdump: the capture kernel starts our init, and the changed image is loaded as it is.
COMMAND_LINE = "rdinit=/lab/init"
CONFIG = "force_no_rebuild 1"
IMAGE = "/var/lib/kdump/$(uname -r)/initramfs.img"


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


def configure(run, lines: str) -> str:
    """Have the image for this text of kdump.conf built, unless an earlier call had, and return its path in the guest.

    The configuration then keeps kdump from building another. The image outlives panics.
    """
    pristine = f"/lab/{hashlib.sha256(lines.encode()).hexdigest()[:16]}.img"
    data = base64.b64encode(f"{lines}\n".encode()).decode()
    run.command(f"echo {data} | base64 -d > /etc/kdump.conf")
    run.command(f"[ -e {pristine} ] || {{ systemctl restart kdump && cp {IMAGE} {pristine} && sync; }}", 120)
    run.command(f"echo '{CONFIG}' >> /etc/kdump.conf")
    return pristine


def arm(run, archive_path: str, lines: str) -> str:
    """Arm the guest with the image for this text of kdump.conf and the archive at `archive_path` in the guest behind it.

    Returns the path of the image without the archive.
    """
    pristine = configure(run, lines)
    run.command("systemctl stop kdump")
    # The kernel wants the next archive on a multiple of 4, and skips zeros before it.
    run.command(f"cp {pristine} /lab/changed.img && truncate -s %512 /lab/changed.img"
                f" && cat {archive_path} >> /lab/changed.img && cat /lab/changed.img > {IMAGE}")
    run.command("systemctl start kdump && kdumpctl status && sync", 120)
    return pristine
