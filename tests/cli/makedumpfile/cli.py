#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""makedumpfile(8) as users and scripts see it: exit status, last words, streams, what is left on disk.

usage: cli.py MAKEDUMPFILE MAN_PAGE [unittest options]
Runs on little ELF cores made here, so it needs nothing else.
"""
import pathlib
import re
import sys
import unittest

import case
from dumps import Dumps  # noqa: F401
from inputs import Inputs  # noqa: F401
from parts import Parts  # noqa: F401
from words import Words, listed_options  # noqa: F401

# What needs a real kernel's core: the tests that run it, to whom it must be of use.
ELSEWHERE = {"-x": "compat/named_files", "-i": "compat/named_files", "-g": "compat/named_files", "--config": "compat/erase",
             "--mem-usage": "compat/same_text", "--dump-dmesg": "compat/same_text",
             "--partial-dmesg": "compat/same_text"}


def options_without_test():
    """Each option was in a run that went well, or is in the test that is named for it; what is wrong with that."""
    listed, tests = listed_options(), pathlib.Path(__file__).resolve().parents[2]
    elsewhere = {name for name, path in ELSEWHERE.items() if re.search(rf"""["' ]{name}["'= ,]""", (tests / path).read_text())}
    if untested := sorted(listed - case.GIVEN - elsewhere):
        yield f"in --help, in no test: {', '.join(untested)}"
    if needless := sorted(ELSEWHERE.keys() & case.GIVEN):
        yield f"named as tested elsewhere, and tested here: {', '.join(needless)}"


if __name__ == "__main__":
    case.PROGRAM, case.MAN_PAGE = sys.argv.pop(1), sys.argv.pop(1)
    all_run = len(sys.argv) == 1
    if not unittest.main(exit=False).result.wasSuccessful():
        sys.exit(1)
    sys.exit(all_run and ", ".join(options_without_test()) or None)
