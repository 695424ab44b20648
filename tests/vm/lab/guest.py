"""The Debian guest: a systemd machine with an ext4 root disk and a stock kernel, and our toolchain installed in it."""

import hashlib
import inspect
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from . import apt, cache, cpio, initramfs, network
from .kernels import Kernel
from .run import run

REPOSITORY = Path(__file__).resolve().parents[3]
BUILD = REPOSITORY / "build/release"
DISK_BYTES = 3 << 30
SUITE = "bookworm"

# What an administrator has on such a machine, and the libraries that our programs are linked to.
PACKAGES = (
    "systemd", "systemd-sysv", "udev", "kmod", "dbus", "procps",
    "libarchive13", "libblkid1", "libbpf1", "libdeflate0", "libdw1", "libelf1", "libfmt9", "libkmod2", "liblzo2-2",
    "libmount1", "libnfs13", "libnl-route-3-200", "libsnappy1v5", "libssh2-1", "libssl3", "libstdc++6", "libsystemd0", "libzstd1",
    "zlib1g",
)

HOST_NAME = "guest"
AGENT_UNIT = """[Unit]
Description=The test lab's root shell on the second serial port
After=multi-user.target

[Service]
ExecStart=/lab/agent
Restart=no

[Install]
WantedBy=multi-user.target
"""


@dataclass(frozen=True)
class Guest:
    """A guest ready to boot: `disk` is its root file system, `initrd` mounts it."""

    kernel: Kernel
    disk: Path
    initrd: Path


def base(say=lambda text: None) -> Path:
    """The cached root folder of a guest without kernel and toolchain; bootstrapped when there is none or PACKAGES changed."""
    folder = cache.path("guests", SUITE)
    wanted = _fingerprint()
    with cache.locked("guest"):
        stamp = folder / "fingerprint"
        if not stamp.exists() or stamp.read_text() != wanted:
            say(f"bootstrapping a Debian {SUITE} guest into {folder}")
            with cache.new_folder(folder) as work:
                _bootstrap(work / "root")
                (work / "fingerprint").write_text(wanted)
    return folder / "root"


def make(kernel: Kernel, folder: Path, config: str | None = None, sysconfig=None,
         extra: dict[str, bytes] | None = None, say=lambda text: None) -> Guest:
    """A fresh guest in `folder` with build/release installed in it.

    `config` replaces the lines of the shipped /etc/kdump.conf that set the same directives (others stay); `sysconfig` is a
    function of the shipped text of /etc/sysconfig/kdump to the one wanted; `extra` are files by path in the guest, all
    executable.
    """
    root = folder / "root"
    run("cp", "-a", "--reflink=auto", base(say), root)
    _install_kernel(kernel, root)
    run("cmake", "--install", BUILD, env={**os.environ, "DESTDIR": str(root)})
    _install_agent(root)
    if config:
        conf = root / "etc/kdump.conf"
        conf.write_text(with_directives(conf.read_text(), config))
    if sysconfig:
        settings = root / "etc/sysconfig/kdump"
        settings.write_text(sysconfig(settings.read_text()))
    for name, data in (extra or {}).items():
        _write(root / name, data, 0o755)
    _configure_network(root)
    disk, initrd = folder / "guest.ext4", folder / "boot.img"
    with open(disk, "wb") as file:
        file.truncate(DISK_BYTES)
    run("mkfs.ext4", "-q", "-F", "-d", root, disk)
    shutil.rmtree(root)
    initrd.write_bytes(initramfs.build(kernel, "boot.sh", extra=[cpio.folder("new-root")]))
    return Guest(kernel, disk, initrd)


def with_directives(shipped: str, lines: str) -> str:
    """The text of a kdump.conf with `lines` in place of the lines that set the same directives."""
    names = {line.split()[0] for line in lines.splitlines() if line.strip()}
    kept = [line for line in shipped.splitlines() if not line.split() or line.split()[0] not in names]
    return "\n".join([*kept, *lines.splitlines()]) + "\n"


def extract(disk: Path, path: str, folder: Path) -> None:
    """Copy `path` out of a guest's disk that no machine uses any more, with modes and times."""
    folder.mkdir(parents=True, exist_ok=True)
    said = run("debugfs", "-R", f"rdump {path} {folder}", disk)
    if not (folder / Path(path).name).exists():
        raise FileNotFoundError(f"{path} is not on the guest's disk {disk}: {said}")


def _fingerprint() -> str:
    parts = (*PACKAGES, inspect.getsource(_bootstrap))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest() + "\n"


def _bootstrap(root: Path) -> None:
    downloads = cache.path("debootstrap", "packages")
    downloads.mkdir(exist_ok=True)
    run("debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", f"--cache-dir={downloads}",
        f"--keyring={apt.KEYRING}", SUITE, root, f"{apt.MIRROR}/debian")
    shutil.rmtree(root / "var/lib/apt/lists")
    shutil.rmtree(root / "usr/share/doc")
    (root / "var/lib/apt/lists/partial").mkdir(parents=True)
    _write(root / "etc/hostname", f"{HOST_NAME}\n".encode(), 0o644)
    _write(root / "etc/fstab", b"/dev/vda / ext4 errors=remount-ro 0 1\n", 0o644)
    # With an id of its own the guest's first boot is one like any other.
    _write(root / "etc/machine-id", hashlib.md5(os.urandom(16)).hexdigest().encode() + b"\n", 0o444)


def _install_kernel(kernel: Kernel, root: Path) -> None:
    """Put the kernel where the packages of its series have it."""
    modules = root / "usr/lib/modules"
    modules.mkdir(exist_ok=True)
    run("cp", "-a", kernel.modules, modules)
    shutil.copy(kernel.vmlinuz, root / kernel.installed_image)


def _install_agent(root: Path) -> None:
    units = root / "etc/systemd/system"
    _write(root / "lab/agent", (initramfs.GUEST / "agent.sh").read_bytes(), 0o755)
    _write(units / "lab-agent.service", AGENT_UNIT.encode(), 0o644)
    (units / "multi-user.target.wants").mkdir(exist_ok=True)
    (units / "multi-user.target.wants/lab-agent.service").symlink_to("../lab-agent.service")


def _configure_network(root: Path) -> None:
    """Addresses for the interface that a machine at the lab's cable has; others do not mind."""
    _write(root / "etc/systemd/network/10-lab.network", network.GUEST_CONFIG.encode(), 0o644)
    wants = root / "etc/systemd/system/multi-user.target.wants"
    (wants / "systemd-networkd.service").symlink_to("/lib/systemd/system/systemd-networkd.service")


def _write(path: Path, data: bytes, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(mode)
