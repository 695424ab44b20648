"""A dump held against the local one of the same crash, page for page."""

import re
import shlex
from pathlib import Path

from . import guest
from .run import run

MAKEDUMPFILE = guest.BUILD / "makedumpfile/makedumpfile"
COMPARE = guest.BUILD / "tests/compat/compare_pages"


class Different(RuntimeError):
    """The dump lacks pages that the local one has, or has others."""


def check_equal(dump: Path, raw: Path, options: str, folder: Path) -> int:
    """`dump` has every page that a dump to a local file with these options of makedumpfile has, and no other, byte for byte.

    `raw` is the raw vmcore of the same crash; `folder` is for files that go away. Returns the number of pages.
    """
    local, plain = folder / "local", folder / "plain"
    run(MAKEDUMPFILE, "-f", *shlex.split(options), raw, local)
    if dump.suffix == ".flat":
        with open(dump, "rb") as stream:
            run(MAKEDUMPFILE, "-f", "-R", plain, stdin=stream)
        dump = plain
    count = check_whole(dump, local)
    for path in (local, plain):
        path.unlink(missing_ok=True)
    return count


def check_whole(dump: Path, other: Path) -> int:
    """Both have the same pages, byte for byte; returns their number."""
    ours, theirs = _compare(dump, other), _compare(other, dump)
    if ours != theirs or not ours[0]:
        raise Different(f"{dump.name}: {ours[0]} pages of {other.name}, {ours[1]} are missing; the other way {theirs}")
    return ours[0]


def _compare(dump: Path, other: Path) -> tuple[int, int]:
    """Pages that both have and that are equal, and pages that are not in `dump`."""
    said = run(COMPARE, dump, other)
    found = re.search(r"^pages (\d+) excluded (\d+) different 0 lost 0$", said, re.MULTILINE)
    if not found:
        raise Different(f"{dump.name} and {other.name}: {said.strip()}")
    return int(found[1]), int(found[2])
