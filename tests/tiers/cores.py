"""The raw cores of real panics that the compat tests run on, and which of the tests each is for."""

import os
import shlex
from dataclasses import dataclass

from . import builds
from .counts import Counts, one


@dataclass(frozen=True)
class Core:
    """A core that `tests/vm/vmcore` makes, and the ctest labels of what runs on it: "compat" has what is asked of one
    core, "series" what is asked of every kernel; "variant", what is asked of guests made differently, needs no naming."""

    series: str
    variant: str = ""
    labels: tuple[str, ...] = ("series",)
    ordinary: bool = False

    @property
    def name(self) -> str:
        return f"{self.series} {self.variant}".rstrip()


# To add a core: a row here, nothing else.
CORES = (
    Core("6.1", labels=("compat", "series"), ordinary=True),
    Core("5.10", ordinary=True),
    Core("6.12", ordinary=True),
    Core("newest", ordinary=True),
    Core("6.1", "la57", labels=("compat", "series")),
    Core("6.12", "la57"),
    Core("newest", "la57"),
    Core("6.1", "numa"),
    Core("6.1", "balloon"),
    Core("6.12", "gigantic"),
    Core("6.1", "hvo"),
    Core("6.12", "hvo"),
    Core("newest", "hvo"),
    Core("newest", "hole"),
    Core("newest", "hotadd"),
    Core("newest", "cpus16"),
    Core("6.1", "unnoted"),
    Core("newest", "unnoted"),
)


def run(full: bool) -> Counts:
    """The tests of every core of the tier; one that cannot be made is a failure that names it, and the others are."""
    total = Counts()
    for core in CORES:
        if full or core.ordinary:
            total += _run_one(core, full)
    return total


def _run_one(core: Core, full: bool) -> Counts:
    try:
        variables = environment(core, full)
    except (RuntimeError, OSError) as error:
        print(f"core {core.name}: {error}")
        return one(f"compat: the core of {core.name}", False)
    labels = (*core.labels, "variant") if core.variant else core.labels
    return sum((builds.ctest("release", label, variables, core.name) for label in labels), Counts())


def environment(core: Core, full: bool) -> dict[str, str]:
    """What the tests are told: the core (its vmlinux lies beside it), where it is from, the tier, the words that run the
    newest packaged makedumpfile, and where debug information of modules is. Makes and downloads what is missing."""
    from lab import rawcore, tools

    vmcore = rawcore.get(core.series, core.variant) / "vmcore"
    return {
        "KDUMP_TEST_VMCORE": str(vmcore),
        "KDUMP_TEST_SERIES": core.series,
        "KDUMP_TEST_VARIANT": core.variant,
        "KDUMP_TEST_FULL": "1" if full else "",
        "KDUMP_TEST_PACKAGED": shlex.join(tools.command("makedumpfile")),
        "KDUMP_TEST_MODULE_SYMBOLS": _module_symbols(core),
    }


def _module_symbols(core: Core) -> str:
    """Where the debug information of the core's modules is; empty, which fails what needs it, where it cannot be had."""
    from lab import kernels

    try:
        return str(kernels.module_symbols(core.series))
    except (RuntimeError, OSError) as error:
        print(f"core {core.name}: the debug information of its modules: {error}")
        return ""


def described(cores: list[Core]) -> str:
    """The names of some cores, by series: "6.1 (la57, numa), newest (hole)"."""
    variants = {}
    for core in cores:
        variants.setdefault(core.series, []).append(core.variant)
    return ", ".join(f"{series} ({', '.join(names)})" for series, names in variants.items())
