"""Runs the tests of the tiers named, or of all."""

import argparse
import sys
import time
import traceback

from .counts import Counts, one
from .tiers import TIERS, left_out


def run_tier(name: str, full: bool) -> Counts:
    """One tier between two lines that say so; an exception in it is a failure of its own."""
    began = time.monotonic()
    print(f"== {name}", flush=True)
    try:
        counts = TIERS[name](full)
    except Exception as error:  # noqa: BLE001: whatever it was, the other tiers still run
        traceback.print_exc(file=sys.stdout)
        counts = one(f"{name}: {error}", False)
    print(f"== {name}: {counts.line()} in {time.monotonic() - began:.0f} s", flush=True)
    return counts


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests/run", description=__doc__)
    parser.add_argument("tiers", nargs="*", metavar="|".join(TIERS), help="all of them when none is named")
    parser.add_argument("--full", action="store_true", help="everything, as long as it takes")
    options = parser.parse_args()
    unknown = set(options.tiers) - TIERS.keys()
    if unknown:
        parser.error(f"no tier {', '.join(sorted(unknown))}: choose from {', '.join(TIERS)}")
    total = sum((run_tier(name, options.full) for name in TIERS if name in (options.tiers or TIERS)), Counts())
    for failure in total.failures:
        print(f"FAILED: {failure}")
    if not options.full:
        print(left_out())
    print(total.line())
    return 1 if total.failures or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
