"""The VM tests: names and outcomes, for tests/run."""

import tempfile
import time
from pathlib import Path

from . import (cache, chain, fault_table, faults, hooks, kernels, mem_usage, other_disk, previous_image, raw_device, targets,
               verify, watchdog)
from .fault_rows import FAULTS

TARGET_SERIES = ("6.1", "6.12")
# To add a test of the full tier: a module with a check(folder) that raises what is wrong, and a row.
FULL = {
    "a disk that is not mounted, by its label, with crashkernel=96M": other_disk,
    "what the first target does not take goes to the second, or to the third": chain,
    "hooks that say no, hang, and are told 0 and 1; dump_to_rootfs": hooks,
    "a raw device is not written over, and what is on it is taken whole or not at all": raw_device,
    "--mem-usage of a running kernel is what the packaged makedumpfile says": mem_usage,
    "a hardware watchdog is fed in a long capture, and ends one that hangs": watchdog,
}


def run(full: bool):
    """Yield (name, passed) of each VM test, having said on standard output what went wrong."""
    for series, variant in panics(full):
        name = f"panic of {series} {variant}".rstrip()
        yield _told(f"{name}: debuggers say the same of dump and raw vmcore", lambda: _verified(series, variant))
    yield _told("a load that the kernel refuses goes back to the previous image", lambda: _in_scratch(previous_image))
    if full:
        for name, test in FULL.items():
            yield _told(name, lambda test=test: _in_scratch(test))
    for series in TARGET_SERIES:
        yield from _targets(series, full)
    yield from _faults(full)


def _targets(series: str, full: bool):
    chosen = [case for case in targets.CASES if full or series in case.ordinary]
    if not chosen:
        return
    with _scratch() as folder:
        began = time.monotonic()
        for case, error in targets.run(series, chosen, Path(folder)):
            name = f"dump of {series} to {case.name}"
            print(f"{name}: {error or 'passed'} ({time.monotonic() - began:.0f} s)", flush=True)
            yield name, error is None
            began = time.monotonic()


def _faults(full: bool):
    if not full:  # which writes it
        yield _told("the README's table of faults is that of a run of these rows", fault_table.check)
    outcomes = []
    with _scratch() as folder:
        for outcome in faults.run([fault for fault in FAULTS if full or fault.ordinary], Path(folder)):
            outcomes.append(outcome)
            print(f"fault {outcome.fault.name}: {outcome}", flush=True)
            yield f"fault: {outcome.fault.name}", not outcome.error
    if full and not any(outcome.error for outcome in outcomes):
        fault_table.write(outcomes)


def panics(full: bool) -> list[tuple[str, str]]:
    """Series and variant (see rawcore) of each panic: 4 levels of page tables, in full also 5 where the kernel has them."""
    la57 = [(series, "la57") for series, row in kernels.SERIES.items() if row.five_level]
    return [(series, "") for series in kernels.SERIES] + (la57 if full else [])


def _verified(series: str, variant: str) -> None:
    with _scratch() as folder:
        verify.check(verify.panic(Path(folder), series, variant))


def _in_scratch(test) -> None:
    with _scratch() as folder:
        test.check(Path(folder))


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
