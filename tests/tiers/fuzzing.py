"""Every libFuzzer target, from its seed corpus."""

import concurrent.futures
import os
import re
import subprocess
import tempfile
from pathlib import Path

from .builds import ROOT
from .counts import Counts, one

FOLDER = ROOT / "build/fuzz/tests/fuzz"
CORPUS = ROOT / "tests/fuzz/corpus"
RUNS = {"ordinary": 5000, "full": 1_000_000}
TIMEOUT_SECONDS = 4 * 3600  # of a target
COVERAGE = re.compile(r"cov: (\d+) ft: (\d+)")
STATISTICS = re.compile(r"stat::(\w+): +(\d+)")


def run(full: bool) -> Counts:
    """Run all the targets, two at a time; that there are none is a failure."""
    targets = sorted(path for path in FOLDER.rglob("*_fuzz") if os.access(path, os.X_OK) and path.is_file())
    if not targets:
        return one(f"fuzz: no targets in {FOLDER}", False)
    runs = RUNS["full" if full else "ordinary"]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return sum(pool.map(lambda target: _run_one(target, runs), targets), Counts())


def _run_one(target: Path, runs: int) -> Counts:
    name = target.name.removesuffix("_fuzz")
    seeds = [CORPUS / name] if (CORPUS / name).is_dir() else []
    with tempfile.TemporaryDirectory() as scratch:
        command = [target, f"-runs={runs}", "-timeout=20", "-rss_limit_mb=2048", "-verbosity=1", "-print_final_stats=1",
                   f"-artifact_prefix={scratch}/", f"{scratch}", *seeds]
        done = subprocess.run(command, text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=TIMEOUT_SECONDS, check=False)
        if done.returncode != 0:
            print(done.stdout[-6000:])
            _keep_artifacts(name, Path(scratch))
    print(f"fuzz {name}: {_figures(done.stdout)}, {'clean' if done.returncode == 0 else 'FAILED'}", flush=True)
    return one(f"fuzz {name}", done.returncode == 0)


def _figures(output: str) -> str:
    """What libFuzzer says at its end: runs, runs a second, edges and features reached, the most memory."""
    told = dict(STATISTICS.findall(output))
    edges, features = (COVERAGE.findall(output) or [("?", "?")])[-1]
    return (f"{told.get('number_of_executed_units', '?')} runs, {told.get('average_exec_per_sec', '?')}/s, {edges} edges, "
            f"{features} features, {told.get('peak_rss_mb', '?')} MB")


def _keep_artifacts(name: str, scratch: Path) -> None:
    """Inputs that broke the target go to build/fuzz-failures, where they outlive the run."""
    kept = ROOT / "build/fuzz-failures"
    kept.mkdir(parents=True, exist_ok=True)
    for artifact in scratch.glob("*-*"):
        if artifact.name.split("-")[0] in ("crash", "leak", "timeout", "oom", "slow"):
            (kept / f"{name}-{artifact.name}").write_bytes(artifact.read_bytes())
            print(f"kept {kept}/{name}-{artifact.name}")
