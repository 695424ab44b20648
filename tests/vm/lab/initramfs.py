"""The lab's own small initramfs: busybox, a few kernel modules and an init script from tests/vm/guest."""

import lzma
import tempfile
from pathlib import Path

from . import cache, cpio
from .kernels import Kernel
from .run import run

GUEST = Path(__file__).parent.parent / "guest"
BUSYBOX = Path("/bin/busybox")
VIRTIO_BLK = ("virtio_blk", "virtio_pci")


def build(kernel: Kernel, init: str, modules=VIRTIO_BLK, extra: list[cpio.Member] = ()) -> bytes:
    """An uncompressed image whose /init is guest/`init`; it loads `modules` in order from /modules.order by itself."""
    members = [
        cpio.character_device("dev/console", 5, 1),
        cpio.file("init", (GUEST / init).read_bytes()),
        cpio.file("bin/busybox", BUSYBOX.read_bytes()),
        cpio.link("bin/sh", "busybox"),
        *module_members(kernel, modules),
        *(cpio.folder(name) for name in ("proc", "sys", "tmp", "mnt", "root")),
        *extra,
    ]
    return cpio.pack(members)


def module_members(kernel: Kernel, modules, under: str = "") -> list[cpio.Member]:
    """The modules and what they depend on as UNDER/modules/*, and UNDER/modules.order that lists them in load order."""
    files = module_files(kernel, modules)
    order = "".join(f"{path.name}\n" for path in files).encode()
    return [cpio.file(str(Path(under, "modules.order")), order, 0o644),
            *(cpio.file(str(Path(under, "modules", path.name)), _decompressed(path), 0o644) for path in files)]


def module_files(kernel: Kernel, modules) -> list[Path]:
    """The files of `modules` and of all that they depend on, in load order; built-in modules have none."""
    found = []
    for module in modules:
        shown = run("modprobe", "-d", kernel.folder, "-S", kernel.release, "--show-depends", module)
        for line in shown.splitlines():
            kind, _, rest = line.partition(" ")
            if kind == "insmod" and Path(rest.strip()) not in found:
                found.append(Path(rest.strip()))
    return found


def guest_program(name: str) -> cpio.Member:
    """guest/`name`.c as a static program at bin/`name`."""
    return cpio.file(f"bin/{name}", _compiled(name, "-static"))


def guest_library(name: str) -> bytes:
    """guest/`name`.c as a shared library."""
    return _compiled(name, "-D_GNU_SOURCE", "-shared", "-fPIC")


def _compiled(name: str, *options: str) -> bytes:
    with tempfile.TemporaryDirectory(dir=cache.path("tmp", "x").parent) as folder:
        output = Path(folder) / name
        run("gcc", "-std=gnu17", "-O2", "-Wall", "-Wextra", "-Werror", *options, "-s", "-o", output, GUEST / f"{name}.c")
        return output.read_bytes()


def _decompressed(path: Path) -> bytes:
    return lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes()
