"""Raw copies of /proc/vmcore, made by a real panic of a 2 GiB guest full of pages of every kind."""

import contextlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import cache, cpio, initramfs, kernels, qemu
from .monitor import Monitor
from .run import run

DISK_BYTES = 1 << 30
MEMORY_MIB = 2048
# qemu_fw_cfg tells QEMU where VMCOREINFO lies, for its own dumps.
MODULES = (*initramfs.VIRTIO_BLK, "virtio_balloon", "qemu_fw_cfg")
NOTES_BYTES = 1 << 20  # the notes lie at the beginning of /proc/vmcore
PANIC = r"Kernel panic - not syncing: sysrq"  # by the kernel: what a program has just written may get lost
PANIC_TIMEOUT = 300
MONITOR_TIMEOUT = 240
COPY_TIMEOUT = 300


@dataclass(frozen=True)
class Variant:
    """How a guest differs from the plain one. Its QEMU takes `machine`, its kernel `append`; a `balloon` leaves it that
    many MiB; `dumps` are the files that QEMU's dump-guest-memory makes just before the panic, and their options, with
    VMCOREINFO if the guest can hand it on (`noted`). What the kernel must have made of it is the line `expected` of
    VMCOREINFO."""

    cpu: str = "Nehalem"  # has no LA57: 4 levels of page tables
    cpus: int = 2
    machine: tuple[str, ...] = ()
    append: str = ""
    balloon: int | None = None
    dumps: tuple[tuple[str, str], ...] = (("qemu.elf", ""),)
    noted: bool = True
    expected: str = ""


def _half(number: int) -> tuple[str, ...]:
    return ("-object", f"memory-backend-ram,id=half{number},size={MEMORY_MIB // 2}M",
            "-numa", f"node,nodeid={number},cpus={number},memdev=half{number}")


# To add a guest: a row here, nothing else.
VARIANTS = {
    "": Variant(dumps=()),
    "la57": Variant(cpu="max", expected="NUMBER(pgtable_l5_enabled)=1"),
    # Most struct pages of hugetlb pages are freed (from 5.14 on), those of the 1 GiB page never made (from 6.15 on).
    "hvo": Variant(cpu="Nehalem,+pdpe1gb", machine=("-m", str(MEMORY_MIB + 1024)),
                   append="hugetlb_free_vmemmap=on hugepagesz=1G hugepages=1 default_hugepagesz=2M"),
    "numa": Variant(machine=(*_half(0), *_half(1))),
    "hole": Variant(machine=("-machine", "max-ram-below-4g=1G")),
    # A DIMM that the firmware's memory map leaves out is added by the ACPI driver while the kernel runs.
    "hotadd": Variant(machine=("-m", f"{MEMORY_MIB},slots=2,maxmem=8G", "-object", "memory-backend-ram,id=dimm,size=512M",
                               "-device", "pc-dimm,memdev=dimm"), append="memhp_default_state=online"),
    "gigantic": Variant(cpu="Nehalem,+pdpe1gb", machine=("-m", str(MEMORY_MIB + 1024)),
                        append="hugepagesz=1G hugepages=1 default_hugepagesz=2M"),
    "balloon": Variant(balloon=1792, dumps=(("qemu.kdump", "-z"), ("qemu.elf", ""))),
    "cpus16": Variant(cpus=16),
    "unnoted": Variant(noted=False, dumps=(("qemu.kdump", "-z"), ("qemu.elf", ""))),
}


def get(series: str, variant: str = "") -> Path:
    """The folder vmcores/SERIES[-VARIANT] in the cache: vmcore, vmlinux (a link), console.log, and the variant's dumps.

    Made when it is missing, lacks a dump, or was made by another kernel than the cached one of the series.
    """
    if variant not in VARIANTS:
        raise KeyError(f"variant {variant} is not known, choose from {', '.join(VARIANTS)}")
    kernel = kernels.get(series)
    name = f"{series}-{variant}".rstrip("-")
    folder = cache.path("vmcores", name)
    with cache.locked(f"vmcore-{name}"):
        if not _is_of(kernel, folder, VARIANTS[variant]):
            with cache.new_folder(folder) as work, cache.locked("vm"):
                _make(kernel, variant, work)
    return folder


def _is_of(kernel: kernels.Kernel, folder: Path, variant: Variant) -> bool:
    """Whether the copy is there, whole, and made by the kernel that is cached now, whose vmlinux belongs to it."""
    version = folder / "version"
    whole = version.exists() and all((folder / name).exists() for name, _ in variant.dumps)
    return whole and version.read_text().strip() == kernel.version


def _make(kernel: kernels.Kernel, name: str, work: Path) -> None:
    # Outside `work`, so that it outlives a failure.
    log = cache.path("logs", f"vmcore-{kernel.series}-{name}".rstrip("-") + ".log")
    log.unlink(missing_ok=True)
    variant, core, filesystem = VARIANTS[name], work / "vmcore", work / "filesystem"
    _sparse(core, 4 * DISK_BYTES)
    _sparse(filesystem, DISK_BYTES)
    run("mkfs.ext4", "-q", "-F", filesystem)
    with tempfile.NamedTemporaryFile(dir=work) as initrd:
        initrd.write(_main_image(kernel))
        initrd.flush()
        config = _config(kernel, variant, work)
        config.initrd, config.log, config.disks = Path(initrd.name), log, [filesystem, core]
        _truncate(core, qemu.twice(lambda: _run_to_copy(config, variant, work)))
    check_expected(core, variant, kernel)
    for left in (filesystem, work / "monitor", work / "port"):
        left.unlink(missing_ok=True)
    (work / "console.log").write_bytes(log.read_bytes())
    (work / "vmlinux").symlink_to(f"../../kernels/{kernel.series}/vmlinux")
    (work / "version").write_text(f"{kernel.version}\n")


def check_expected(core: Path, variant: Variant, kernel: kernels.Kernel) -> None:
    """Raises MachineError when the kernel did not become what the variant is for, as 5.10 has no 5-level paging."""
    with open(core, "rb") as file:
        notes = file.read(NOTES_BYTES)
    if variant.expected.encode() not in notes:
        raise qemu.MachineError(f"kernel series {kernel.series}: its vmcore's VMCOREINFO has no {variant.expected}")


def _config(kernel: kernels.Kernel, variant: Variant, work: Path) -> qemu.Config:
    append = f"console=ttyS0 crashkernel=192M panic=5 {variant.append}"
    config = qemu.Config(emulator=kernel.emulator(), kernel=kernel.vmlinuz, initrd=Path(), log=Path(), append=append,
                         memory_mib=MEMORY_MIB, cpu=variant.cpu, cpus=variant.cpus, extra=list(variant.machine))
    if _is_monitored(variant):
        config.append += " lab.monitor"
        config.agent_socket = work / "port"
        config.extra += [*Monitor.options(work / "monitor"), "-device", "virtio-balloon-pci"]
        config.extra += ["-device", "vmcoreinfo"] if variant.noted else []
    return config


def _is_monitored(variant: Variant) -> bool:
    return bool(variant.dumps or variant.balloon)


def _run_to_copy(config: qemu.Config, variant: Variant, work: Path) -> int:
    """Run the guest through its panic and the copy; returns the length of /proc/vmcore."""
    with qemu.Machine(config) as machine:
        if _is_monitored(variant):
            machine.wait_line(r"^lab: monitor now", PANIC_TIMEOUT)
            _use_monitor(variant, work)
        machine.wait_line(PANIC, PANIC_TIMEOUT)
        _, found = machine.wait_line(r"^lab: vmcore bytes: (\d+)", COPY_TIMEOUT)
        machine.wait_end(60)
    return int(found[1])


def _use_monitor(variant: Variant, work: Path) -> None:
    """What the variant wants of QEMU while the guest waits; then let the guest go on."""
    with contextlib.closing(Monitor(work / "monitor", MONITOR_TIMEOUT)) as monitor:
        if variant.balloon:
            monitor.balloon(variant.balloon)
        for name, options in variant.dumps:
            monitor.dump(work / name, options)
    qemu.send_line(work / "port", "go")


def _main_image(kernel: kernels.Kernel) -> bytes:
    return initramfs.build(kernel, "raw-main.sh", modules=MODULES, extra=[
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
