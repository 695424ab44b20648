"""Stock Debian cloud kernels by series, with the debug information of the same build."""

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import cache, tools
from .apt import Archive
from .run import CommandFailed, run


@dataclass(frozen=True)
class Series:
    """Where a series' kernels come from, and what runs them."""

    suite: str
    versions: str  # a regular expression that the version begins with
    emulator: str | None = None  # a name in tools.TOOLS where the host's QEMU does not emulate well enough
    image: str = "boot/vmlinuz-{release}"  # where its packages install it
    five_level: bool = True  # built with CONFIG_X86_5LEVEL


# To add a series: a row here, nothing else. QEMU 7.2 (bookworm) oopses or double-faults under 6.12 and later.
SERIES = {
    "5.10": Series("bullseye", r"5\.10\.", five_level=False),
    "6.1": Series("bookworm", r"6\.1\."),
    "6.12": Series("trixie", r"6\.12\.", emulator="qemu"),
    "newest": Series("sid", r"(7\.([2-9]|\d\d)|[89]|\d\d)\b", emulator="qemu", image="usr/lib/modules/{release}/vmlinuz"),
}
FLAVOUR = "cloud-amd64"
# Where the packages of one release or another have the files that the cache has by one name.
PLACES = {
    "vmlinuz": ("boot/vmlinuz-{release}", "usr/lib/modules/{release}/vmlinuz"),
    "config": ("boot/config-{release}", "usr/lib/modules/{release}/config"),
    "vmlinux": ("usr/lib/debug/boot/vmlinux-{release}", "usr/lib/debug/lib/modules/{release}/vmlinux"),
    "System.map": ("usr/lib/debug/boot/System.map-{release}", "usr/lib/debug/lib/modules/{release}/System.map"),
}
# Modules that the guests load, whose debug information the cache has, too: of all modules it is gigabytes.
MODULE_SYMBOLS = "usr/lib/debug/lib/modules/{release}/kernel/drivers/block/virtio_blk.ko"


@dataclass(frozen=True)
class Kernel:
    """One kernel in the cache: `folder` holds vmlinuz, vmlinux, System.map, config, lib/modules/RELEASE and
    debug/lib/modules/RELEASE, the debug information of a few modules."""

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

    @property
    def installed_image(self) -> str:
        """Where a machine that has this kernel installed keeps its image, from the root folder."""
        return SERIES[self.series].image.format(release=self.release)

    def emulator(self) -> tuple[str, ...]:
        """The words that start a QEMU which runs this kernel; downloads it where it is not the host's."""
        name = SERIES[self.series].emulator
        return tuple(tools.command(name)) if name else ("qemu-system-x86_64",)


def get(series: str, refresh: bool = False) -> Kernel:
    """The cached kernel of `series`, downloaded when there is none; with `refresh`, also when the suite has a newer one.

    A cached kernel serves even when the archive no longer has it. Raises CommandFailed or KeyError naming the series.
    """
    if series not in SERIES:
        raise KeyError(f"kernel series {series} is not known, choose from {', '.join(SERIES)}")
    folder = cache.path("kernels", series)
    with cache.locked(f"kernel-{series}"):
        if refresh or not (folder / "kernel.json").exists():
            _download(series, folder)
    return Kernel(series=series, folder=folder, **json.loads((folder / "kernel.json").read_text()))


def module_symbols(series: str) -> Path:
    """The kernel's folder debug/, made where the cached kernel is from before there was one. Raises CommandFailed."""
    kernel = get(series)
    folder = kernel.folder / "debug"
    with cache.locked(f"kernel-{series}"):
        if not folder.exists():
            archive = Archive(SERIES[series].suite)
            archive.update()
            with cache.new_folder(kernel.folder / "symbols") as work:
                package = archive.download(f"linux-image-{kernel.release}-dbg", work, kernel.version)
                _unpack(package, work, MODULE_SYMBOLS.format(release=kernel.release))
                (work / "usr/lib/debug").rename(folder)
            shutil.rmtree(kernel.folder / "symbols")
    return folder


def _download(series: str, folder: Path) -> None:
    """Bring the newest kernel of the suite that the archive still has whole, image and debug information, into `folder`."""
    suite, reasons = SERIES[series].suite, []
    archive = Archive(suite)
    try:
        archive.update()
        for release, version in _candidates(archive, series):
            if _is_cached(folder, release, version):
                return
            try:
                return _download_one(archive, release, version, folder)
            except CommandFailed as error:  # security archives drop debug packages early
                reasons.append(f"{release}: {str(error).splitlines()[-1]}")
    except CommandFailed as error:
        reasons.append(str(error))
    if not (folder / "kernel.json").exists():
        raise CommandFailed(f"kernel series {series}: {suite} has no kernel that can be downloaded whole, and none is cached"
                            f" in {folder}: {'; '.join(reasons) or 'no package matches'}")


def _candidates(archive: Archive, series: str) -> list[tuple[str, str]]:
    """Release and package version of the suite's kernels of that series, the newest first."""
    pattern = re.compile(rf"linux-image-(\d[\w.+]*(?:-\d+)?-{FLAVOUR})")
    named = [found[1] for name in archive.names("linux-image-") if (found := pattern.fullmatch(name))]
    dated = [(release, archive.fields(f"linux-image-{release}")["Version"]) for release in named]
    right = [pair for pair in dated if re.match(SERIES[series].versions, pair[1])]
    return sorted(right, key=lambda pair: [int(number) for number in re.findall(r"\d+", pair[1])], reverse=True)


def _is_cached(folder: Path, release: str, version: str) -> bool:
    record = folder / "kernel.json"
    return record.exists() and json.loads(record.read_text()) == {"release": release, "version": version}


def _download_one(archive: Archive, release: str, version: str, folder: Path) -> None:
    image = f"linux-image-{release}"
    with cache.new_folder(folder) as work:
        _take_symbols(archive.download(f"{image}-dbg", work, version), release, work)
        # From 7.x on the image package is empty, and what it depends on has the files.
        depends = re.findall(r"(linux-[\w.+-]+) \(= ", archive.fields(image).get("Depends", ""))
        for package in (image, *(name for name in depends if name.endswith(release))):
            run("dpkg-deb", "-x", archive.download(package, work, version), work / "image")
        _take_image(release, work)
        for package in work.glob("*.deb"):
            package.unlink()
        (work / "kernel.json").write_text(json.dumps({"release": release, "version": version}) + "\n")


def _take_image(release: str, work: Path) -> None:
    image = work / "image"
    for name in ("vmlinuz", "config"):
        _first_of(image, name, release).rename(work / name)
    (work / "lib").mkdir()
    next(path for path in (image / "lib/modules", image / "usr/lib/modules") if path.exists()).rename(work / "lib/modules")
    for link in ("build", "source"):
        (work / "lib/modules" / release / link).unlink(missing_ok=True)
    shutil.rmtree(image)
    run("depmod", "-b", work, release)


def _take_symbols(package: Path, release: str, work: Path) -> None:
    """Take the kernel's two files out of the debug package, which unpacks to gigabytes of module symbols."""
    symbols = work / "symbols"
    symbols.mkdir()
    places = (place for name in ("vmlinux", "System.map") for place in PLACES[name])
    _unpack(package, symbols, *(place.format(release=release) for place in (*places, MODULE_SYMBOLS)))
    for name in ("vmlinux", "System.map"):
        _first_of(symbols, name, release).rename(work / name)
    module = MODULE_SYMBOLS.format(release=release)
    (work / module.replace("usr/lib/", "")).parent.mkdir(parents=True)
    (symbols / module).rename(work / module.replace("usr/lib/", ""))
    shutil.rmtree(symbols)


def _unpack(package: Path, folder: Path, *names: str) -> None:
    """Take those of the files that are there; which came is for the caller to see, since tar calls a missing one a failure."""
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as tar:
        subprocess.run(["tar", "-x", "-C", folder, *(f"./{name}" for name in names)], stdin=tar.stdout,
                       stderr=subprocess.DEVNULL, check=False)


def _first_of(folder: Path, name: str, release: str) -> Path:
    places = [folder / place.format(release=release) for place in PLACES[name]]
    for path in places:
        if path.is_file() and not path.is_symlink():
            return path
    raise CommandFailed(f"{release}: the packages have no {name} at {' or '.join(str(p.relative_to(folder)) for p in places)}")
