"""A real panic for every kind of target, and the dump that arrives there held against the local one of the same crash.

Each case arms the guest, panics it, and takes the raw /proc/vmcore of that crash too, from which the host makes the dump
that a local file would have got. To add a target: a row in CASES.
"""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import cache, crashrun, dumpdir, guest, initramfs, kernels, network, overlay, pages, servers
from . import site as sites
from .run import run as run_program
from .site import Site
from .verify import COPY_RAW

MEMORY_MIB = 768
RAW_DISK_BYTES = 1 << 30
DISK_BYTES = 600 << 20
OPTIONS = "-z -d 31"
COLLECTOR = f"core_collector makedumpfile {OPTIONS}"
MIB = 1 << 20
LOCAL_IMAGE, SSH_IMAGE, NFS_IMAGE = 8 * MIB, 12 * MIB, 10 * MIB
WITHOUT_SFTP = "# no Subsystem"
ONLY_SFTP = "Subsystem sftp internal-sftp\nForceCommand internal-sftp"

# Linux, include/uapi/linux/btrfs.h, BTRFS_IOC_SUBVOL_CREATE: the guest has perl and no btrfs-progs.
MAKE_SUBVOLUME = ("""perl -e '$name = pack("q a4088", 0, "inner"); open(D, "<", "/mnt/top") or die "$!";"""
                  """ ioctl(D, 0x5000940e, $name) or die "$!"'""")


class TooLarge(RuntimeError):
    """A capture image is larger than it may be."""


@dataclass(frozen=True)
class Case:
    """One row: what kdump.conf says, and where the dump is to be found after the panic."""

    name: str
    config: str
    found: str  # the folder that dumps get their directories in: one of the site's, or one of the guest's
    image_budget: int | None = None  # compressed bytes
    sshd: str = "Subsystem sftp internal-sftp"
    disk: str = ""  # vdc or later
    mkfs: tuple[str, ...] = ("wipefs", "-qa")  # makes that disk
    prepare: str = ":"  # in the guest, before kdump is armed
    after: str = ":"  # in the guest that is up again, before the dump is looked for
    vmcore: str = "vmcore"
    whole: bool = False  # the dump is a copy of /proc/vmcore
    files: frozenset[str] | None = None  # None: all that a dump's directory has
    modes: bool = True  # whether the file system keeps them
    address: str = "127.0.0.1"  # what the directory is named after
    ordinary: frozenset[str] = frozenset()  # the series of which it is in the ordinary tier too


def _ssh(name: str, config: str = sites.SSH, **others) -> Case:
    return Case(f"SSH, {name}", config, sites.SSH_FOLDER, others.pop("image_budget", SSH_IMAGE),
                address=others.pop("address", network.GUEST), **others)


CASES = (
    Case("ext4", "path /var/crash", "/var/crash", LOCAL_IMAGE),
    Case("xfs, mounted by nobody, by its label", "xfs LABEL=dumps\npath /dumps", "/mnt/dumps", LOCAL_IMAGE,
         disk="vdc", mkfs=("mkfs.xfs", "-q", "-L", "dumps"), prepare="mount /dev/vdc /mnt && mkdir /mnt/dumps && umount /mnt",
         after="mount /dev/vdc /mnt"),
    Case("btrfs, a subvolume, by path", "path /mnt/sub/here/dumps", "/mnt/sub/here/dumps", LOCAL_IMAGE,
         disk="vdd", mkfs=("mkfs.btrfs", "-q", "-L", "sub"),
         prepare=f"mkdir -p /mnt/top /mnt/sub && mount /dev/vdd /mnt/top && {MAKE_SUBVOLUME} && umount /mnt/top"
                 " && mount -o subvol=inner /dev/vdd /mnt/sub && mkdir -p /mnt/sub/here/dumps",
         after="mount -o subvol=inner /dev/vdd /mnt/sub"),
    Case("vfat, by its UUID", "vfat UUID=1234-ABCD\npath /dumps", "/mnt/dumps", LOCAL_IMAGE, modes=False,
         disk="vde", mkfs=("mkfs.vfat", "-i", "1234ABCD"), prepare="mount /dev/vde /mnt && mkdir /mnt/dumps && umount /mnt",
         after="mount /dev/vde /mnt"),
    Case("raw, extracted at the next start", "raw /dev/vdf\npath /var/crash", "/var/crash", LOCAL_IMAGE,
         disk="vdf", after="systemctl start kdump && kdumpctl start"),
    _ssh("SFTP", ordinary=frozenset({"6.12"})),
    _ssh("SFTP and nothing else (ForceCommand internal-sftp)", sshd=ONLY_SFTP),
    _ssh("cat, no SFTP subsystem", sshd=WITHOUT_SFTP, vmcore="vmcore.flat"),
    _ssh("cat, a collector with -F", f"{sites.SSH}\ncore_collector makedumpfile -F {OPTIONS}", vmcore="vmcore.flat"),
    _ssh("scp", f"{sites.SSH}\ncore_collector scp", whole=True),
    _ssh("SFTP over IPv6", sites.SSH.replace(network.SERVER, network.SERVER_V6), address=network.GUEST_V6),
    _ssh("SFTP to a name behind the gateway", sites.SSH.replace(network.SERVER, "crash.example"),
         prepare=f"echo {network.SERVER_BEHIND} crash.example >> /etc/hosts"
                 f" && sed -i 's/^{network.SERVER},/crash.example,&/' /root/.ssh/known_hosts"),
    Case("NFS 3", sites.NFS3, sites.NFS3_FOLDER, NFS_IMAGE, address=network.GUEST),
    Case("NFS 3 over IPv6", sites.NFS3.replace(network.SERVER, f"[{network.SERVER_V6}]"), sites.NFS3_FOLDER, NFS_IMAGE,
         address=network.GUEST_V6),
    Case("NFS 4", sites.NFS4, sites.NFS4_FOLDER, address=network.GUEST),
)


def run(series: str, cases: list[Case], folder: Path):
    """Run cases one after the other in one guest made in `folder`; yields (case, None or an error's text)."""
    machine = _guest(series, folder)
    raw, disks = _empty_file(folder / "raw", RAW_DISK_BYTES), _disks(folder)
    log = cache.path("logs", f"targets-{series}.log")
    log.unlink(missing_ok=True)
    left = list(cases)
    with sites.site(folder) as site:
        while left:
            with crashrun.booted(machine, log, disks=[raw, *disks], net=site.net, memory_mib=MEMORY_MIB) as run_:
                site.introduce(run_)
                while left:
                    case = left.pop(0)
                    error = _attempt(_Trial(case, site, run_, raw))
                    yield case, error
                    if error:
                        break  # the state of the guest is not known: the others get a fresh boot


def _guest(series: str, folder: Path) -> guest.Guest:
    kernel = kernels.get(series)
    files = initramfs.module_members(kernel, initramfs.VIRTIO_BLK, under="lab")
    return guest.make(kernel, folder, sysconfig=overlay.sysconfig,
                      extra={"lab/overlay": overlay.archive(COPY_RAW, files)})


def _disks(folder: Path) -> list[Path]:
    """The disks vdc and so on."""
    disks = []
    for case in sorted((case for case in CASES if case.disk), key=lambda case: case.disk):
        disks.append(_empty_file(folder / case.disk, DISK_BYTES))
        run_program(*case.mkfs, disks[-1])
    return disks


def _empty_file(path: Path, size: int) -> Path:
    with open(path, "wb") as file:
        file.truncate(size)
    return path


@dataclass(frozen=True)
class _Trial:
    """A case in its surroundings."""

    case: Case
    site: Site
    run: crashrun.Run
    raw: Path


def _attempt(trial: _Trial) -> str | None:
    try:
        _carry_out(trial)
        return None
    except (RuntimeError, OSError) as error:
        return f"{error} (console log: {trial.run.log})"


def _carry_out(trial: _Trial) -> None:
    case, run_ = trial.case, trial.run
    trial.site.renew(case.sshd)
    run_.command(f"umount -R /mnt 2>/dev/null; rm -rf /var/crash; mkdir /var/crash; {{ {case.prepare}; }} && sync")
    _check_image(trial, overlay.arm(run_, "/lab/overlay", guest.with_directives(COLLECTOR, case.config)))
    times = run_.panic(300)
    run_.machine.wait_line(r"^lab: vmcore bytes: (\d+)", 1, times.capture_kernel)
    run_.command(case.after, crashrun.START_TIMEOUT)
    with tempfile.TemporaryDirectory(dir=trial.raw.parent) as scratch:
        _check_dump(trial, _fetch(trial, Path(scratch)), Path(scratch))


def _check_image(trial: _Trial, image: str) -> None:
    size, budget = int(trial.run.command(f"stat -c %s {image}")), trial.case.image_budget
    print(f"{trial.case.name}: capture image of {size} bytes", flush=True)
    if budget and size > budget:
        raise TooLarge(f"the capture image takes {size} bytes, at most {budget} are to be")


def _fetch(trial: _Trial, scratch: Path) -> Path:
    """The folder with the dump's directory, on the host; the guest hands over its own by NFS."""
    found = scratch / "found"
    if trial.case.found.startswith("/srv/"):
        shutil.copytree(trial.site.folder(trial.case.found), found)
        return found
    found.mkdir()
    run_program("tar", "-xpf", trial.site.hand_over(trial.run, trial.case.found), "-C", found)
    return found


def _check_dump(trial: _Trial, found: Path, scratch: Path) -> None:
    case = trial.case
    directory = dumpdir.only_one_in(found, case.address)
    if case.files:
        dumpdir.check_names(directory, case.files)
    else:
        dumpdir.verified(directory, dumpdir.files(case.vmcore), modes=case.modes)
    vmcore = directory / case.vmcore
    count = (pages.check_whole(vmcore, trial.raw) if case.whole
             else pages.check_equal(vmcore, trial.raw, OPTIONS, scratch))
    print(f"{case.name}: {vmcore.stat().st_size} bytes, {count} pages as in the local dump", flush=True)
