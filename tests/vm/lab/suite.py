"""The VM tests: names and outcomes, for tests/run."""

import tempfile
from pathlib import Path

from . import cache, faults, other_disk, verify


def run(full: bool):
    """Yield (name, passed) of each VM test, having said on standard output what went wrong."""
    for cpu, paging in (("Nehalem", "4-level"), ("max", "5-level")):
        if cpu == "Nehalem" or full:
            yield f"panic, {paging} paging: crash says the same of dump and raw vmcore", _told(lambda cpu=cpu: _verified(cpu))
    if full:
        yield "a disk that is not mounted, by its label, with crashkernel=96M", _told(_saved_elsewhere)
    chosen = [fault for fault in faults.FAULTS if full or fault.ordinary]
    with _scratch() as folder:
        for fault, error in faults.run(chosen, Path(folder)):
            print(f"fault {fault.name}: {error or 'survived'}", flush=True)
            yield f"fault: {fault.name}", error is None


def _verified(cpu: str) -> None:
    with _scratch() as folder:
        verify.check(verify.panic(Path(folder), cpu))


def _saved_elsewhere() -> None:
    with _scratch() as folder:
        other_disk.check(Path(folder))


def _told(test) -> bool:
    try:
        test()
        return True
    except (RuntimeError, OSError) as error:
        print(f"failed: {error}", flush=True)
        return False


def _scratch():
    return tempfile.TemporaryDirectory(dir=cache.path("tmp", "x").parent)
