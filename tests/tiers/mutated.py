"""Whole dumps of inputs that are wrong: cores that are made (tests/cores), and dumps of them, mutated."""

import concurrent.futures
import os
import subprocess

from .builds import ROOT
from .counts import Counts, one

PROGRAM = ROOT / "build/asan/tests/cores/mutated_dumps"
DESCRIPTIONS = [ROOT / "tests/cores" / name for name in ("cpus.core", "zones.core")]
CASES = {"ordinary": 400, "full": 10_000}
# Each of so many processes has its share of the cases, with a seed of its own.
SEEDS = (1, 2)
TIMEOUT_SECONDS = 4 * 3600


def run(full: bool) -> Counts:
    """All cases; a process prints its figures, and of each complaint what runs that case alone."""
    cases = CASES["full" if full else "ordinary"] // len(SEEDS)
    with concurrent.futures.ThreadPoolExecutor(min(len(SEEDS), os.cpu_count() or 1)) as pool:
        return sum(pool.map(lambda seed: _run_one(seed, cases), SEEDS), Counts())


def _run_one(seed: int, cases: int) -> Counts:
    command = [PROGRAM, "--seed", str(seed), "--cases", str(cases), *DESCRIPTIONS]
    done = subprocess.run(command, text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=TIMEOUT_SECONDS, check=False)
    print(done.stdout[-20000:], end="", flush=True)
    if done.returncode != 0:
        print(f"one case alone: {PROGRAM} --seed {seed} --only CASE {' '.join(map(str, DESCRIPTIONS))}")
    return one(f"fuzz mutated dumps, seed {seed}", done.returncode == 0)
