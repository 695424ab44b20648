"""Every libFuzzer target, from its seed corpus."""

import concurrent.futures
import os
import re
import subprocess
import tempfile
import time
from pathlib import Path

from .builds import ROOT
from .counts import Counts, one

FOLDER = ROOT / "build/fuzz/tests/fuzz"
CORPUS = ROOT / "tests/fuzz/corpus"
RUNS = {"ordinary": 5000, "full": 1_000_000}
TIMEOUT_SECONDS = 4 * 3600  # of a target
HANG_SECONDS = 9  # of an input: under the ten that a dump may take
# Small inputs are fast ones; each length has room for its seeds. A target that is not here: libFuzzer's own choice.
LONGEST = {
    "btf": 6656, "command_line": 2304, "elf_core": 2560, "erase_rules": 1024, "erase_walk": 1024, "flattened_source": 1024,
    "free_lists": 2048, "iomem": 1024, "kallsyms_search": 1088, "kdump_conf": 1728, "kernel_image": 1024, "notes": 1024,
    "page_descriptors": 1024, "plan": 3072, "printk_ring": 1024, "split_set": 18, "vmcoreinfo": 3300, "vmcoreinfo_search": 4352,
    "worker_event": 512}
# The slowest, slowest first: two that run beside each other then end together.
SLOWEST = ["old_logs", "protected_pages", "page_filter", "kdump_conf", "free_lists", "page_descriptors", "printk_ring",
           "vmcoreinfo", "kallsyms", "split_set", "erase_walk", "kdump_file", "plan", "worker_event"]
# What is freed stays poisoned for so long, and so much of a stack is kept of each allocation: defaults are for larger programs.
SANITIZER = {"ASAN_OPTIONS": "quarantine_size_mb=16:malloc_context_size=6"}
COVERAGE = re.compile(r"cov: (\d+) ft: (\d+)")
STATISTICS = re.compile(r"stat::(\w+): +(\d+)")


def run(full: bool) -> Counts:
    """Run all the targets, two at a time; that there are none is a failure."""
    targets = sorted(path for path in FOLDER.rglob("*_fuzz") if os.access(path, os.X_OK) and path.is_file())
    if not targets:
        return one(f"fuzz: no targets in {FOLDER}", False)
    targets.sort(key=_place_in_order)
    runs = RUNS["full" if full else "ordinary"]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return sum(pool.map(lambda target: _run_one(target, runs), targets), Counts())


def _place_in_order(target: Path) -> int:
    name = _name(target)
    return SLOWEST.index(name) if name in SLOWEST else len(SLOWEST)


def _name(target: Path) -> str:
    return target.name.removesuffix("_fuzz")


def _run_one(target: Path, runs: int) -> Counts:
    name = _name(target)
    seeds = [CORPUS / name] if (CORPUS / name).is_dir() else []
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        command = [target, f"-runs={runs}", f"-timeout={HANG_SECONDS}", "-rss_limit_mb=2048", "-verbosity=1",
                   f"-max_len={LONGEST.get(name, 0)}", "-print_final_stats=1", f"-artifact_prefix={scratch}/", f"{scratch}", *seeds]
        done = subprocess.run(command, text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=TIMEOUT_SECONDS, check=False, env=os.environ | SANITIZER)
        told = dict(STATISTICS.findall(done.stdout))
        made = int(told.get("number_of_executed_units", 0))
        clean = done.returncode == 0 and made >= runs
        if not clean:
            print(done.stdout[-6000:])
            _keep_artifacts(name, Path(scratch))
    edges, features = (COVERAGE.findall(done.stdout) or [("?", "?")])[-1]
    seconds = max(time.monotonic() - started, 0.01)
    print(f"fuzz {name}: {made} runs, {seconds:.1f} s, {made / seconds:.0f}/s, {edges} edges, {features} features, "
          f"{told.get('peak_rss_mb', '?')} MB, {'clean' if clean else 'FAILED'}", flush=True)
    return one(f"fuzz {name}", clean)


def _keep_artifacts(name: str, scratch: Path) -> None:
    """Inputs that broke the target go to build/fuzz-failures, where they outlive the run."""
    kept = ROOT / "build/fuzz-failures"
    kept.mkdir(parents=True, exist_ok=True)
    for artifact in scratch.glob("*-*"):
        if artifact.name.split("-")[0] in ("crash", "leak", "timeout", "oom", "slow"):
            (kept / f"{name}-{artifact.name}").write_bytes(artifact.read_bytes())
            print(f"kept {kept}/{name}-{artifact.name}")
