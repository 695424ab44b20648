"""What a finished capture must have left in its directory, and what the files say."""

import json
import stat
from dataclasses import dataclass
from pathlib import Path

FILES = ("vmcore-dmesg.txt", "vmcore", "kexec-dmesg.log", "kdump-result.json", "kdump.conf")
NAME_PATTERN = "127.0.0.1-????-??-??-??:??:??"
SIGNATURE = b"KDUMP   "


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


def only_one_in(crash: Path) -> Path:
    """The one dump directory in a copy of /var/crash; raises Incomplete."""
    found = sorted(crash.glob(NAME_PATTERN))
    if len(found) != 1:
        names = ", ".join(sorted(p.name for p in crash.iterdir())) or "nothing"
        raise Incomplete(f"one directory {NAME_PATTERN} expected in {crash}, found {names}")
    return found[0]


def verified(path: Path) -> DumpDirectory:
    """The dump directory when it is complete: every file, modes 0700/0600, the formats' signatures; raises Incomplete."""
    names = {entry.name for entry in path.iterdir()}
    if names != set(FILES):
        raise Incomplete(f"{path.name}: expected {sorted(FILES)}, found {sorted(names)}")
    _check_mode(path, 0o700)
    for name in FILES:
        _check_mode(path / name, 0o600)
        if (path / name).stat().st_size == 0:
            raise Incomplete(f"{path.name}/{name} is empty")
    with open(path / "vmcore", "rb") as file:
        start = file.read(len(SIGNATURE))
    if start != SIGNATURE:
        raise Incomplete(f"{path.name}/vmcore begins with {start!r}, expected {SIGNATURE!r}")
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
