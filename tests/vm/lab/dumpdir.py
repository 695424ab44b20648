"""What a finished capture must have left in its directory, and what the files say."""

import json
import stat
from dataclasses import dataclass
from pathlib import Path

FILES = ("vmcore-dmesg.txt", "vmcore", "kexec-dmesg.log", "kdump-result.json", "kdump.conf")
TIME_PATTERN = "????-??-??-??[:-]??[:-]??"  # vfat has no colons
# Of what is dumped by makedumpfile to a file, of a flattened stream, of a copy of /proc/vmcore.
SIGNATURES = {"vmcore": (b"KDUMP   ", b"\x7fELF"), "vmcore.flat": (b"makedumpfile\0",)}


class Incomplete(RuntimeError):
    """Something is missing or wrong in a dump's directory; the text names it."""


@dataclass(frozen=True)
class DumpDirectory:
    """One dump: `path` is its directory, `result` the content of kdump-result.json."""

    path: Path
    result: dict

    @property
    def log(self) -> str:
        return (self.path / "vmcore-dmesg.txt").read_text(errors="replace")


def files(vmcore: str) -> tuple[str, ...]:
    """The names of the files where the dump is not called vmcore."""
    return tuple(vmcore if name == "vmcore" else name for name in FILES)


def only_one_in(crash: Path, address: str = "127.0.0.1") -> Path:
    """The one dump directory, named after `address`, in a copy of /var/crash; raises Incomplete."""
    pattern = f"{address}-{TIME_PATTERN}"
    found = sorted(crash.glob(pattern))
    if len(found) != 1:
        names = ", ".join(sorted(p.name for p in crash.iterdir())) or "nothing"
        raise Incomplete(f"one directory {pattern} expected in {crash}, found {names}")
    return found[0]


def check_names(path: Path, wanted) -> None:
    """The directory has these files and no others; raises Incomplete."""
    names = {entry.name for entry in path.iterdir()}
    if names != set(wanted):
        raise Incomplete(f"{path.name}: expected {sorted(wanted)}, found {sorted(names)}")


def verified(path: Path, wanted: tuple[str, ...] = FILES, modes: bool = True) -> DumpDirectory:
    """The dump directory when it is complete: every file, modes 0700/0600, the formats' signatures; raises Incomplete."""
    check_names(path, wanted)
    if modes:
        _check_mode(path, 0o700)
    for name in wanted:
        if modes:
            _check_mode(path / name, 0o600)
        if (path / name).stat().st_size == 0:
            raise Incomplete(f"{path.name}/{name} is empty")
    vmcore = next(name for name in wanted if name in SIGNATURES)
    with open(path / vmcore, "rb") as file:
        start = file.read(16)
    if not start.startswith(SIGNATURES[vmcore]):
        raise Incomplete(f"{path.name}/{vmcore} begins with {start!r}, expected {SIGNATURES[vmcore]!r}")
    dump = DumpDirectory(path, json.loads((path / "kdump-result.json").read_text()))
    if not dump.result.get("saved"):
        raise Incomplete(f"kdump-result.json says that no dump was saved: {dump.result.get('failure')}")
    if "Kernel panic - not syncing" not in dump.log:
        raise Incomplete("vmcore-dmesg.txt does not have the panic message")
    return dump


def _check_mode(path: Path, wanted: int) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode != wanted:
        raise Incomplete(f"{path.name} has mode {mode:04o}, expected {wanted:04o}")
