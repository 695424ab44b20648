"""The VM tests: names and outcomes, for tests/run."""

import tempfile
import time
from pathlib import Path

from . import cache, faults, kernels, other_disk, previous_image, verify


def run(full: bool):
    """Yield (name, passed) of each VM test, having said on standard output what went wrong."""
    for series, variant in panics(full):
        name = f"panic of {series} {variant}".rstrip()
        yield _told(f"{name}: debuggers say the same of dump and raw vmcore", lambda: _verified(series, variant))
    yield _told("a load that the kernel refuses goes back to the previous image", _went_back)
    if full:
        yield _told("a disk that is not mounted, by its label, with crashkernel=96M", _saved_elsewhere)
    chosen = [fault for fault in faults.FAULTS if full or fault.ordinary]
    with _scratch() as folder:
        for fault, error in faults.run(chosen, Path(folder)):
            print(f"fault {fault.name}: {error or 'survived'}", flush=True)
            yield f"fault: {fault.name}", error is None


def panics(full: bool) -> list[tuple[str, str]]:
    """Series and variant (see rawcore) of each panic: 4 levels of page tables, in full also 5 where the kernel has them."""
    la57 = [(series, "la57") for series, row in kernels.SERIES.items() if row.five_level]
    return [(series, "") for series in kernels.SERIES] + (la57 if full else [])


def _verified(series: str, variant: str) -> None:
    with _scratch() as folder:
        verify.check(verify.panic(Path(folder), series, variant))


def _went_back() -> None:
    with _scratch() as folder:
        previous_image.check(Path(folder))


def _saved_elsewhere() -> None:
    with _scratch() as folder:
        other_disk.check(Path(folder))


def _told(name: str, test) -> tuple[str, bool]:
    """The test's name and whether it passed, which is said on standard output with its time and its reason."""
    began, error = time.monotonic(), None
    try:
        test()
    except (RuntimeError, OSError) as failure:
        error = failure
    print(f"{name}: {error or 'passed'} ({time.monotonic() - began:.0f} s)", flush=True)
    return name, error is None


def _scratch():
    return tempfile.TemporaryDirectory(dir=cache.path("tmp", "x").parent)
