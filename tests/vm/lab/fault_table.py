"""The README's table of faults: written by the run of all of them; `check` holds it against the rows."""

import re
from pathlib import Path

from . import guest, site as sites
from .fault_rows import DISK, FAULTS, LOCAL, Fault
from .faults import Outcome

README = guest.REPOSITORY / "README.md"
BEGIN, END = "<!-- written by tests/run vm --full: begin -->", "<!-- end -->"
HEAD = ("| what goes wrong | how: the test … | the console says | what is saved, where | restart, at most |",
        "|---|---|---|---|---|")
PLACES = {LOCAL: "the local disk", DISK: "the other disk", sites.SSH_FOLDER: "the SSH server",
          sites.NFS3_FOLDER: "the NFS server", sites.NFS4_FOLDER: "the NFS server"}
KINDS = {"vmcore": "the dump", "vmcore-incomplete": "what there was of it", "vmcore-dmesg.txt": "the log and the reason"}
LONGEST = 160
CELL = re.compile(r" \| ")


class Disagrees(RuntimeError):
    """The README's table is not that of the rows."""


def write(outcomes: list[Outcome], readme: Path = README) -> None:
    """Replace the table in the README by that of a run of all faults."""
    before, _, after = _split(readme.read_text())
    rows = [row(outcome.fault, outcome.said, f"{outcome.seconds:.0f} s") for outcome in outcomes]
    readme.write_text("\n".join((before + BEGIN, *HEAD, *rows, END + after)))


def check(readme: Path = README, wanted: tuple[Fault, ...] = FAULTS) -> None:
    """The table has these rows in their order, each as a run of it was; raises Disagrees."""
    lines = _split(readme.read_text())[1].strip().splitlines()
    found = [line for line in lines if line not in HEAD]
    if len(found) != len(wanted):
        raise Disagrees(f"the README's table of faults has {len(found)} rows, there are {len(wanted)}: "
                        "run tests/run vm --full")
    for line, fault in zip(found, wanted):
        said, seconds = _measured(line)
        if line != row(fault, said, seconds) or not re.search(fault.console, said):
            raise Disagrees(f"the README's table of faults has '{line}' for '{fault.name}': run tests/run vm --full")


def row(fault: Fault, said: str, seconds: str) -> str:
    """One line of the table."""
    return f"| {_cell(fault.name)} | {_cell(fault.made)} | {_cell(said)} | {saved(fault)} | {seconds}, {fault.deadline} s |"


def saved(fault: Fault) -> str:
    """What there is afterwards, for people."""
    parts = [f"{kind} on {PLACES[folder]}" for folder, names in fault.left.items()
             if (kind := next((text for name, text in KINDS.items() if name in names), None))]
    return "; ".join(parts) or "nothing but the console"


def _measured(line: str) -> tuple[str, str]:
    cells = CELL.split(line.strip("| "))
    return (_plain(cells[2]), cells[-1].split(",")[0]) if len(cells) == len(HEAD[0].split(" | ")) else ("", "")


def _cell(text: str) -> str:
    return text[:LONGEST].replace("|", "\\|").replace("<", "&lt;")


def _plain(cell: str) -> str:
    return cell.replace("\\|", "|").replace("&lt;", "<")


def _split(text: str) -> tuple[str, str, str]:
    before, begin, rest = text.partition(BEGIN)
    table, end, after = rest.partition(END)
    if not begin or not end:
        raise Disagrees(f"the README has no '{BEGIN}' … '{END}'")
    return before, table, after
