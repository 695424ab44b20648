"""The admin's mistakes and a dump to a disk that is not mounted, named by its label, with a small reservation."""

from pathlib import Path

from . import cache, crashrun, dumpdir, guest, kernels
from .run import run as run_program

CONFIG = "ext4 LABEL=dumps\npath /dumps\ncore_collector makedumpfile -z -d 31\n"
CRASHKERNEL = "96M"
DISK_BYTES = 600 << 20
MISTAKE = "failur_action reboot"

# Commands in the guest, one after the other: the exit status, and words that the answer must have.
ADMIN = (
    ("systemctl start kdump", 0, ""),
    ("kdumpctl status", 0, "Kdump is operational"),
    ("kdumpctl showmem", 0, "96"),
    ("kdumpctl rebuild", 0, ""),
    ("kdumpctl restart", 0, "[OK]"),
    ("kdumpctl start", 0, "already running"),
    (f"echo '{MISTAKE}' >> /etc/kdump.conf; kdumpctl restart", 1, 'did you mean "failure_action"?'),
    ("kdumpctl status", 0, "armed with what was loaded before"),
    ("kdumpctl stop", 0, ""),
    ("kdumpctl status", 3, "not operational"),
    (f"sed -i '/^{MISTAKE}$/d' /etc/kdump.conf; kdumpctl start", 0, "[OK]"),
    ("! grep /dev/vdb /proc/mounts", 0, ""),
)


def check(folder: Path) -> None:
    """Raise what is wrong: a GuestError of the admin's commands, dumpdir.Incomplete of the dump."""
    kernel, disk = kernels.get("6.1"), _labelled_disk(folder)
    machine = guest.make(kernel, folder, config=CONFIG)
    log = cache.path("logs", "other-disk.log")
    log.unlink(missing_ok=True)
    with crashrun.booted(machine, log, crashkernel=CRASHKERNEL, disks=[disk]) as run:
        for command, status, words in ADMIN:
            run.expect(command, status, words)
        run.panic(300)
        run.power_off()
    guest.extract(disk, "/dumps", folder / "saved")
    dumpdir.verified(dumpdir.only_one_in(folder / "saved/dumps"))


def _labelled_disk(folder: Path) -> Path:
    tree, disk = folder / "disk-root", folder / "dumps.ext4"
    (tree / "dumps").mkdir(parents=True)
    with open(disk, "wb") as file:
        file.truncate(DISK_BYTES)
    run_program("mkfs.ext4", "-q", "-F", "-L", "dumps", "-d", tree, disk)
    return disk
