"""Stock Debian cloud kernels by series, with the debug information of the same build."""

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import cache
from .apt import Archive
from .run import CommandFailed, run

# To add a series: a row here, nothing else.
SUITES = {"6.1": "bookworm"}
META_PACKAGE = "linux-image-cloud-amd64"


@dataclass(frozen=True)
class Kernel:
    """One kernel in the cache: `folder` holds vmlinuz, vmlinux, System.map, config and lib/modules/RELEASE."""

    series: str
    release: str
    version: str
    folder: Path

    @property
    def vmlinuz(self) -> Path:
        return self.folder / "vmlinuz"

    @property
    def vmlinux(self) -> Path:
        return self.folder / "vmlinux"

    @property
    def modules(self) -> Path:
        return self.folder / "lib/modules" / self.release


def get(series: str) -> Kernel:
    """The cached kernel of `series`, downloaded when there is none. Raises CommandFailed or KeyError naming the series."""
    if series not in SUITES:
        raise KeyError(f"kernel series {series} is not known, choose from {', '.join(SUITES)}")
    folder = cache.path("kernels", series)
    with cache.locked(f"kernel-{series}"):
        if not (folder / "kernel.json").exists():
            _download(series, folder)
    return Kernel(series=series, folder=folder, **json.loads((folder / "kernel.json").read_text()))


def _download(series: str, folder: Path) -> None:
    archive = Archive(SUITES[series])
    archive.update()
    image, version = _newest(archive, series)
    release = image.removeprefix("linux-image-")
    with cache.new_folder(folder) as work:
        _unpack_image(archive.download(image, work, version), release, work)
        _unpack_symbols(archive.download(f"{image}-dbg", work, version), release, work)
        for package in work.glob("*.deb"):
            package.unlink()
        (work / "kernel.json").write_text(json.dumps({"release": release, "version": version}) + "\n")


def _newest(archive: Archive, series: str) -> tuple[str, str]:
    """The image package that the suite's meta package depends on, and its version."""
    depends = archive.fields(META_PACKAGE).get("Depends", "")
    found = re.search(r"(linux-image-[\w.+-]+) \(= ([^)]+)\)", depends)
    if not found or not found[2].startswith(f"{series}."):
        raise CommandFailed(f"kernel series {series}: {META_PACKAGE} of {SUITES[series]} depends on {depends!r}")
    return found[1], found[2]


def _unpack_image(package: Path, release: str, work: Path) -> None:
    run("dpkg-deb", "-x", package, work / "image")
    for name in ("vmlinuz", "config"):
        (work / "image/boot" / f"{name}-{release}").rename(work / name)
    (work / "image/lib").rename(work / "lib")
    run("rm", "-r", work / "image")
    run("depmod", "-b", work, release)


def _unpack_symbols(package: Path, release: str, work: Path) -> None:
    """Take the kernel's two files out of the debug package, which unpacks to gigabytes of module symbols."""
    names = ("vmlinux", "System.map")
    members = [f"./usr/lib/debug/boot/{name}-{release}" for name in names]
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as tar:
        run("tar", "-x", "-C", work, "--transform=s,.*/,,", *members, stdin=tar.stdout)
    for name in names:
        (work / f"{name}-{release}").rename(work / name)
