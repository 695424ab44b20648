"""Raw copies of /proc/vmcore, made by a real panic of a 2 GiB guest full of pages of every kind."""

import tempfile
from pathlib import Path

from . import cache, cpio, initramfs, kernels, qemu
from .run import run

DISK_BYTES = 1 << 30
# Paging variants: folder suffix -> CPU model. Without LA57 the kernel uses 4 levels.
CPUS = {"": "Nehalem", "-la57": "max"}
PANIC_TIMEOUT = 240
COPY_TIMEOUT = 180


def get(series: str, variant: str = "") -> Path:
    """The folder vmcores/SERIES+VARIANT in the cache, with vmcore, vmlinux (a link) and console.log; made if missing."""
    kernel = kernels.get(series)
    folder = cache.path("vmcores", series + variant)
    with cache.locked(f"vmcore-{series}{variant}"):
        if not _is_of(kernel, folder):
            with cache.new_folder(folder) as work, cache.locked("vm"):
                _make(kernel, CPUS[variant], work)
    return folder


def _is_of(kernel: kernels.Kernel, folder: Path) -> bool:
    """Whether the copy is there and was made by the kernel that is cached now, whose vmlinux belongs to it."""
    version = folder / "version"
    return version.exists() and version.read_text().strip() == kernel.version


def _make(kernel: kernels.Kernel, cpu: str, work: Path) -> None:
    # Outside `work`, so that it outlives a failure.
    log = cache.path("logs", f"vmcore-{kernel.series}-{cpu}.log")
    log.unlink(missing_ok=True)
    core, filesystem = work / "vmcore", work / "filesystem"
    _sparse(core, 2 * DISK_BYTES + DISK_BYTES)
    _sparse(filesystem, DISK_BYTES)
    run("mkfs.ext4", "-q", "-F", filesystem)
    with tempfile.NamedTemporaryFile(dir=work) as initrd:
        initrd.write(_main_image(kernel))
        initrd.flush()
        config = qemu.Config(emulator=kernel.emulator(), kernel=kernel.vmlinuz, initrd=Path(initrd.name), log=log, cpu=cpu,
                             append="console=ttyS0 crashkernel=192M panic=5", disks=[filesystem, core])
        _truncate(core, qemu.twice(lambda: _run_to_copy(config)))
    filesystem.unlink()
    (work / "console.log").write_bytes(log.read_bytes())
    (work / "vmlinux").symlink_to(f"../../kernels/{kernel.series}/vmlinux")
    (work / "version").write_text(f"{kernel.version}\n")


def _run_to_copy(config: qemu.Config) -> int:
    """Run the guest through its panic and the copy; returns the length of /proc/vmcore."""
    with qemu.Machine(config) as machine:
        machine.wait_line(r"^lab: panic now", PANIC_TIMEOUT)
        _, found = machine.wait_line(r"^lab: vmcore bytes: (\d+)", COPY_TIMEOUT)
        machine.wait_end(60)
    return int(found[1])


def _main_image(kernel: kernels.Kernel) -> bytes:
    return initramfs.build(kernel, "raw-main.sh", extra=[
        cpio.file("crash/vmlinuz", kernel.vmlinuz.read_bytes()),
        cpio.file("crash/capture.img", initramfs.build(kernel, "raw-capture.sh")),
        initramfs.guest_program("arm"),
        initramfs.guest_program("hold"),
    ])


def _sparse(path: Path, size: int) -> None:
    with open(path, "wb") as file:
        file.truncate(size)


def _truncate(path: Path, size: int) -> None:
    with open(path, "r+b") as file:
        file.truncate(size)
