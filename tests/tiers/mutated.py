"""Whole dumps of inputs that are wrong: cores that are made (tests/cores), and dumps of them, mutated."""

import concurrent.futures
import os
import re
import subprocess

from .builds import ROOT
from .counts import Counts, one

PROGRAM = ROOT / "build/asan/tests/cores/mutated_dumps"
DESCRIPTIONS = [ROOT / "tests/cores" / name for name in ("cpus.core", "zones.core")]
CASES = {"ordinary": 400, "full": 10_000}
# Each of so many processes has its share of the cases, with a seed of its own.
SEEDS = (1, 2)
TIMEOUT_SECONDS = 4 * 3600
FIGURES = re.compile(r"^mutated dumps: seed \d+, (\d+) cases .*?(\d+) dumps, (\d+) partial dumps, (\d+) errors, "
                     r".*?(\d+) complaints", re.MULTILINE)


def run(full: bool) -> Counts:
    """All cases; a process prints its figures, and of each complaint what runs that case alone."""
    cases = CASES["full" if full else "ordinary"] // len(SEEDS)
    with concurrent.futures.ThreadPoolExecutor(min(len(SEEDS), os.cpu_count() or 1)) as pool:
        results = list(pool.map(lambda seed: _run_one(seed, cases), SEEDS))
    told = [[int(number) for number in figures] for _, figures in results if figures]
    total, dumps, partial, errors, complaints = map(sum, zip(*told)) if told else (0,) * 5
    print(f"fuzz mutated dumps: {total} cases, {dumps} dumps, {partial} partial dumps, {errors} errors; {complaints} complaints",
          flush=True)
    all_ran = one("fuzz mutated dumps: as many cases as asked for", total == cases * len(SEEDS))
    return sum((counts for counts, _ in results), all_ran)


def _run_one(seed: int, cases: int) -> tuple[Counts, tuple[str, ...] | None]:
    """The result, and the numbers of FIGURES."""
    command = [PROGRAM, "--seed", str(seed), "--cases", str(cases), *DESCRIPTIONS]
    done = subprocess.run(command, text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=TIMEOUT_SECONDS, check=False)
    print(done.stdout[-20000:], end="", flush=True)
    if done.returncode != 0:
        print(f"one case alone: {PROGRAM} --seed {seed} --only CASE {' '.join(map(str, DESCRIPTIONS))}")
    figures = FIGURES.search(done.stdout)
    return one(f"fuzz mutated dumps, seed {seed}", done.returncode == 0), figures.groups() if figures else None
