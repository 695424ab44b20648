"""A dump to each kind of local filesystem that is not the root's: xfs by label, a subvolume of btrfs by path, vfat by UUID."""

from dataclasses import dataclass
from pathlib import Path

from . import cache, crashrun, dumpdir, guest, kernels
from .run import run as run_program

DISK_BYTES = 600 << 20
COLLECTOR = "core_collector makedumpfile -z -d 31"
# Linux, include/uapi/linux/btrfs.h, BTRFS_IOC_SUBVOL_CREATE: the guest has perl and no btrfs-progs.
MAKE_SUBVOLUME = ("""perl -e '$name = pack("q a4088", 0, "inner"); open(D, "<", "/mnt/top") or die "$!";"""
                  """ ioctl(D, 0x5000940e, $name) or die "$!"'""")


@dataclass(frozen=True)
class Case:
    """One row: how the disk is made, what is done in the guest before the panic and after it."""

    name: str
    mkfs: tuple[str, ...]
    device: str  # of the disk in the guest
    config: str
    prepare: str  # makes the dump's directory
    found: str  # where the dump's directory is after the panic, once `prepare`'s mounts are made again by `mount`
    mount: str
    modes: bool = True  # whether the filesystem keeps them


CASES = (
    Case("xfs, mounted by nobody, by its label", ("mkfs.xfs", "-q", "-f", "-L", "dumps"), "/dev/vdb",
         "xfs LABEL=dumps\npath /dumps", "mount /dev/vdb /mnt && mkdir /mnt/dumps && umount /mnt", "/mnt/dumps",
         "mount /dev/vdb /mnt"),
    Case("btrfs, a subvolume, by path", ("mkfs.btrfs", "-q", "-f", "-L", "sub"), "/dev/vdc", "path /srv/here/dumps",
         f"mkdir -p /mnt/top && mount /dev/vdc /mnt/top && {MAKE_SUBVOLUME} && mount -o subvol=inner /dev/vdc /srv"
         " && mkdir -p /srv/here/dumps && umount /mnt/top", "/srv/here/dumps", "mount -o subvol=inner /dev/vdc /srv"),
    Case("vfat, by its UUID", ("mkfs.vfat", "-i", "1234ABCD"), "/dev/vdd", "vfat UUID=1234-ABCD\npath /dumps",
         "mount /dev/vdd /mnt && mkdir /mnt/dumps && umount /mnt", "/mnt/dumps", "mount /dev/vdd /mnt", modes=False),
)


def check(folder: Path) -> None:
    """Raise what is wrong: a GuestError of a command, dumpdir.Incomplete of a dump."""
    machine, disks = guest.make(kernels.get("6.1"), folder, config=COLLECTOR), [_disk(folder, case) for case in CASES]
    log = cache.path("logs", "filesystems.log")
    log.unlink(missing_ok=True)
    with crashrun.booted(machine, log, disks=disks) as run:
        run.command("cp /etc/kdump.conf /etc/kdump.conf.shipped; mkdir /saved")
        for number, case in enumerate(CASES):
            _dump(run, case, number)
        run.power_off()
    guest.extract(machine.disk, "/saved", folder)
    for number in range(len(CASES)):
        dumpdir.verified(dumpdir.only_one_in(folder / "saved" / str(number)))


def _dump(run: crashrun.Run, case: Case, number: int) -> None:
    run.command(f"{case.prepare} && sync")
    lines = "\\n".join(case.config.splitlines())
    run.command(f"{{ grep -v '^path' /etc/kdump.conf.shipped; printf '{lines}\\n'; }} > /etc/kdump.conf")
    run.command("kdumpctl restart", crashrun.START_TIMEOUT)
    run.panic(300)
    run.command(case.mount)
    run.command(f"cp -a {case.found} /saved/{number}", 120)
    if not case.modes:
        # What vfat has instead of them is the mount's; the name has no colons.
        colons = "sed 's/-\\(..\\)-\\(..\\)-\\(..\\)$/-\\1:\\2:\\3/'"
        run.command(f"cd /saved/{number} && chmod 700 127* && chmod 600 127*/* && mv 127* $(echo 127* | {colons})")
    run.command("sync; umount /mnt /srv 2>/dev/null; true")


def _disk(folder: Path, case: Case) -> Path:
    disk = folder / f"{Path(case.device).name}.img"
    with open(disk, "wb") as file:
        file.truncate(DISK_BYTES)
    run_program(*case.mkfs, disk)
    return disk
