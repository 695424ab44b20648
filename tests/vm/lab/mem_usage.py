"""`makedumpfile --mem-usage /proc/kcore` in a running guest: against what the kernel says, and beside the packaged one."""

import base64
import io
import re
import struct
import tarfile

from pathlib import Path

from . import cache, crashrun, guest, kernels, tools

ARCHIVE = "lab/packaged.tar"  # what the packaged one needs, in the guest
PATIENCE = 300  # the packaged one reads /proc/kcore for half a minute
PAGE, PT_LOAD = 4096, 1
IMAGE_BASE, NOT_MAPPED = 0xffffffff80000000, (1 << 64) - 1
TOTAL = "Total pages on system:"
ROWS = ("ZERO", "NON_PRI_CACHE", "PRI_CACHE", "USER", "FREE", "KERN_DATA", TOTAL)
# The guest goes on between two looks at it: pages change their kind, but none comes or goes.
SHARE, FEW = 0.1, 2000  # of the pages of a kind
# tail holds so much memory of its own that there is something to count.
HOLD = r"""(head -c 40000000 /dev/zero | tr '\0' x; touch /run/held; sleep 100) | tail -c 40000001 > /dev/null 2>&1 &
echo $! > /run/holder; while [ ! -e /run/held ]; do sleep 0.1; done"""
HELD = 40000000 // PAGE
SERIES = ("6.1", "6.12")


class Different(RuntimeError):
    """The table tells of another memory than the kernel or the packaged makedumpfile."""


def packaged() -> bytes:
    """The packaged makedumpfile with its loader and libraries."""
    root, out = tools.get("makedumpfile"), io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for folder in tools.LIBRARIES:
            for library in sorted((root / folder).glob("lib*.so*")):
                if re.match(r"lib(c|m|z|dw|elf|bz2|lzma|lzo2|zstd|gcc_s)[-.]", library.name):
                    archive.add(library, f"packaged/{library.name}")
        archive.add((root / tools.LOADER).resolve(), "packaged/ld.so")
        archive.add((root / tools.TOOLS["makedumpfile"].program).resolve(), "packaged/makedumpfile")
    return out.getvalue()


def table(text: str) -> dict[str, int]:
    """The numbers of a table as either prints it. Raises Different when a row is not there."""
    found = {name: re.search(rf"^{name}\s+(\d+)", text, re.MULTILINE) for name in ROWS}
    if missing := [name for name, match in found.items() if not match]:
        raise Different(f"no {', '.join(missing)} in:\n{text}")
    return {name: int(match[1]) for name, match in found.items()}


def check(folder: Path) -> None:
    """The packaged makedumpfile says the same of running guests. Raises Different, or what the steps raise."""
    for series in SERIES:
        (folder / series).mkdir()
        machine = guest.make(kernels.get(series), folder / series, extra={ARCHIVE: packaged()})
        with crashrun.booted(machine, cache.path("logs", f"mem-usage-{series}.log")) as run:
            hold_against_kernel(run)
            hold_against_packaged(run)
            run.power_off()


def hold_against_kernel(run) -> None:
    """The table of the running guest has what its kernel has in /proc. Raises Different, or what the run raises."""
    run.command(HOLD)
    told, ours = _told_by_kernel(run), table(run.command("makedumpfile --mem-usage /proc/kcore"))
    run.command("kill $(cat /run/holder); rm /run/held")
    if told["AnonPages"] < HELD:
        raise Different(f"the guest's processes have {told['AnonPages']} pages, {HELD} were to be held")
    cached = ours["NON_PRI_CACHE"] + ours["PRI_CACHE"]
    if ours[TOTAL] != told["System RAM"]:
        raise Different(f"{ours[TOTAL]} pages of memory, /proc/iomem has {told['System RAM']}")
    _hold({"FREE": (ours["FREE"], told["MemFree"]), "USER": (ours["USER"], told["AnonPages"]),
           "caches": (cached, told["Cached"] + told["Buffers"])}, "/proc/meminfo")


def hold_against_packaged(run) -> None:
    """The packaged makedumpfile says the same of the guest but for what it did between, and for the kernel's image, which
    that one counts twice: /proc/kcore maps it a second time. Raises Different, or what the run raises."""
    run.command(f"tar -C /run -xf /{ARCHIVE}")
    line = "cd /run/packaged && ./ld.so --library-path . ./makedumpfile --mem-usage /proc/kcore"
    theirs = table(run.command(line, PATIENCE))
    ours = table(run.command("makedumpfile --mem-usage /proc/kcore"))
    image = image_pages(base64.b64decode(run.command("head -c 8192 /proc/kcore | base64")))
    if theirs[TOTAL] != ours[TOTAL] + image:
        raise Different(f"{ours[TOTAL]} pages of memory, the packaged makedumpfile has {theirs[TOTAL]}, {image} of them twice")
    ours["KERN_DATA"] += image
    _hold({name: (ours[name], theirs[name]) for name in ROWS[:-1]},
          f"the packaged makedumpfile, {image} pages of the image twice")


def image_pages(headers: bytes) -> int:
    """Pages of the kernel's image by the program headers of /proc/kcore."""
    count, = struct.unpack_from("<H", headers, 56)
    loads = [struct.unpack_from("<IIQQQQQQ", headers, 64 + 56 * number) for number in range(count)]
    return sum(memsz // PAGE for kind, _, _, vaddr, paddr, _, memsz, _ in loads
               if kind == PT_LOAD and vaddr >= IMAGE_BASE and paddr != NOT_MAPPED)


def _told_by_kernel(run) -> dict[str, int]:
    """Pages by the names of /proc/meminfo, and the whole pages of System RAM."""
    text = run.command("cat /proc/meminfo")
    told = {name: int(kib) * 1024 // PAGE for name, kib in re.findall(r"^(\w+): +(\d+) kB$", text, re.MULTILINE)}
    ram = re.findall(r"^(\w+)-(\w+) : System RAM$", run.command("cat /proc/iomem"), re.MULTILINE)
    return told | {"System RAM": sum((int(end, 16) + 1) // PAGE - -(-int(begin, 16) // PAGE) for begin, end in ram)}


def _hold(rows: dict[str, tuple[int, int]], other: str) -> None:
    """Each row's two numbers are about the same."""
    said = ", ".join(f"{name} {ours} ({told})" for name, (ours, told) in rows.items())
    print(f"pages of the running guest (by {other}): {said}")
    for name, (ours, told) in rows.items():
        if abs(ours - told) > SHARE * told + FEW:
            raise Different(f"{name}: {ours} pages, by {other} {told}")
