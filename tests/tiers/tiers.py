"""What `tests/run` runs: the tiers by name, in the order they run in."""

import subprocess
import sys

from . import builds, checks, cores, fuzzing, mutated
from .builds import ROOT
from .counts import Counts, one

VM = ROOT / "tests/vm"
sys.path.insert(0, str(VM))

def unit(full: bool) -> Counts:
    """Sources' checks, the lab's own tests, unit tests under ASan+UBSan and TSan."""
    total = checks.formatting() + checks.tidy(full) + _lab_tests()
    for preset in ("asan", "tsan"):
        built = builds.build(preset)
        total += built if built.failures else built + builds.ctest(preset, "unit")
    return total


def cli(_full: bool) -> Counts:
    """The programs as users call them."""
    built = builds.build("release")
    return built if built.failures else built + builds.ctest("release", "cli")


def compat(full: bool) -> Counts:
    """Other tools read our dumps and we read theirs, on the raw vmcores of real panics of every kernel series."""
    built = builds.build("release")
    return built if built.failures else built + cores.run(full)


def vm(full: bool) -> Counts:
    """Real panics of real kernels."""
    from lab import build, suite

    built = builds.build("release", build.PROGRAMS)
    if built.failures:
        return built
    return sum((one(f"vm {name}", passed) for name, passed in suite.run(full)), built)


def fuzz(full: bool) -> Counts:
    """Every parser under libFuzzer with ASan+UBSan, and whole dumps of mutated inputs with the same."""
    built = builds.build("fuzz") + builds.build("asan", ("mutated_dumps",))
    return built if built.failures else built + fuzzing.run(full) + mutated.run(full)


def left_out() -> str:
    """What only --full runs, for people."""
    from lab import fault_rows, suite, targets

    panics = (" ".join(panic) for panic in suite.panics(full=True) if panic not in suite.panics(full=False))
    others = "".join(f"\n    {name};" for name in suite.FULL)
    return f"""left to `tests/run --full`:
  unit: clang-tidy on sources that did not change
  compat: page sets at all 32 levels (here a few), every codec in every form of the table; the guests made differently:
    {cores.described([core for core in cores.CORES if not core.ordinary])}
  fuzz: {fuzzing.RUNS["full"]} runs of every target (here {fuzzing.RUNS["ordinary"]}), {mutated.CASES["full"]} mutated dumps
    (here {mutated.CASES["ordinary"]})
  vm: panics of {", ".join(panics)};{others}
    dumps of {", ".join(suite.TARGET_SERIES)} to {"; ".join(case.name for case in targets.CASES)};
    the faults {", ".join(fault.name for fault in fault_rows.FAULTS if not fault.ordinary)}"""


TIERS = {tier.__name__: tier for tier in (unit, cli, compat, fuzz, vm)}


def _lab_tests() -> Counts:
    done = subprocess.run([sys.executable, "-m", "unittest", "discover", "-q", "-s", "unit", "-t", "."], cwd=VM, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        print(done.stdout)
    return one("the VM lab's own tests", done.returncode == 0)
