"""The demo's closing summary, as text."""

import re
import stat

from .crashrun import Timeline
from .dumpdir import FILES, DumpDirectory

MIB = 1 << 20
STAMP = re.compile(r"^\[ *\d+\.\d+\]( *\[[^]]*\])? ?")


def text(dump: DumpDirectory, times: Timeline, memory_mib: int) -> str:
    """Files and modes, sizes, pages, times, and what the kernel said last."""
    parts = [("Files", _files(dump)), ("Size", _size(dump, memory_mib)), ("Pages", _pages(dump.result["dump"]["pages"])),
             ("Times", _times(dump, times)), ("The panic, from vmcore-dmesg.txt", panic_lines(dump.log))]
    return "\n".join(f"{title}\n" + "".join(f"    {line}\n" for line in lines) for title, lines in parts)


def panic_lines(log: str) -> list[str]:
    """The panic message and its call trace, without time stamps."""
    lines = [STAMP.sub("", line) for line in log.splitlines()]
    start = next(i for i, line in enumerate(lines) if "Kernel panic - not syncing" in line)
    # Kernels before 5.16 do not mark the end; there the last register of the system call is it.
    ends = [i for mark in ("</TASK>", "R15: ") for i in range(start, len(lines)) if mark in lines[i]]
    end = ends[0] if ends else start
    return [line for line in lines[start:end + 1] if line.strip()]


def _files(dump: DumpDirectory) -> list[str]:
    lines = [f"{dump.path.name}/  {_mode(dump.path)}"]
    for name in FILES:
        path = dump.path / name
        lines.append(f"  {name:<20} {_mode(path)}  {path.stat().st_size:>12,} bytes")
    return lines


def _mode(path) -> str:
    return stat.filemode(path.stat().st_mode)


def _size(dump: DumpDirectory, memory_mib: int) -> list[str]:
    size = (dump.path / "vmcore").stat().st_size
    return [f"{memory_mib:,} MiB of RAM became a dump of {size / MIB:.1f} MiB: {100 * size / (memory_mib * MIB):.1f} %"]


def _pages(pages: dict[str, int]) -> list[str]:
    """Each page of the vmcore is in one class: kept ones are written, unreadable ones lost, the others left out."""
    titles = {"total": "in the vmcore", "written": "written", "unreadable": "could not be read",
              "protected": "written at every level"}
    rows = [(titles.get(name, f"left out: {name}"), count) for name, count in pages.items()
            if name == "total" or (count and name != "kept")]
    return [f"{title:<32} {count:>9,}  {100 * count / pages['total']:5.1f} %" for title, count in rows]


def _times(dump: DumpDirectory, times: Timeline) -> list[str]:
    steps = {step["name"]: step["seconds"] for step in dump.result["steps"]}
    rows = [("panic to capture kernel", times.capture_kernel - times.panic)]
    if times.capture_program is not None:
        rows.append(("panic to kdump-capture", times.capture_program - times.panic))
    rows += [("for the dump", steps["save the dump"]), ("panic to restart", times.restart - times.panic),
             ("panic to a booted system", times.booted - times.panic)]
    memory = dump.result.get("memory", {})
    lines = [f"{title:<32} {seconds:>9.1f} s" for title, seconds in rows]
    if "available_min_kib" in memory:
        lines.append(f"{'least memory available there':<32} {memory['available_min_kib'] / 1024:>9.1f} MiB")
    return lines
