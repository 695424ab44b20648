"""Checks of the sources themselves: clang-format on all of them, clang-tidy on the changed ones."""

import concurrent.futures
import hashlib
import os
import re
import subprocess
from pathlib import Path

from .builds import ROOT
from .counts import Counts, one

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
STAMPS = ROOT / "build/clang-tidy"
DATABASE = ROOT / "build/dev"


def formatting() -> Counts:
    """Every source is as clang-format writes it."""
    done = subprocess.run(["clang-format-19", "--dry-run", "-Werror", *_sources("*.cc", "*.h")], cwd=ROOT, text=True,
                          capture_output=True, check=False)
    print(done.stderr[-4000:], end="")
    return one("clang-format", done.returncode == 0)


def tidy(everything: bool) -> Counts:
    """clang-tidy has nothing to say about the changed sources, or about all; one that was clean is not looked at again."""
    changed = None if everything else _changed()
    wanted = [name for name in _sources("*.cc") if changed is None or name in changed]
    todo = [name for name in wanted if not _stamp(name).exists() and "/fuzz/" not in name]
    if todo and subprocess.run(["cmake", "--preset", "dev"], cwd=ROOT, stdout=subprocess.DEVNULL, check=False).returncode:
        return one("clang-tidy: configuring preset dev", False)
    print(f"clang-tidy: {len(todo)} of {len(wanted)} {'sources' if everything else 'changed sources'} to look at")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(_tidy_one, todo))
    return sum(results, Counts(passed=len(wanted) - len(todo)))


def _tidy_one(name: str) -> Counts:
    done = subprocess.run(["clang-tidy-19", "--quiet", "-p", DATABASE, name], cwd=ROOT, text=True, capture_output=True,
                          check=False)
    if done.returncode != 0:
        print(done.stdout[-4000:], end="")
        return one(f"clang-tidy {name}", False)
    stamp = _stamp(name)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.touch()
    return one(f"clang-tidy {name}", True)


def _sources(*patterns: str) -> list[str]:
    shown = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns], cwd=ROOT, text=True,
                           capture_output=True, check=True)
    return [name for name in shown.stdout.splitlines() if (ROOT / name).exists()]


def _changed() -> set[str]:
    """Names changed since this branch left main; on main itself, by the last commit; and not committed yet."""
    base = _git("merge-base", "HEAD", "main") or _git("merge-base", "HEAD", "origin/main")
    if not base or base == _git("rev-parse", "HEAD"):
        base = _git("rev-parse", "--verify", "--quiet", "HEAD~1") or "HEAD"
    untracked = _git("ls-files", "--others", "--exclude-standard")
    return set(_git("diff", "--name-only", base).split("\n")) | set(untracked.split("\n"))


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, text=True, capture_output=True, check=False).stdout.strip()


def _stamp(name: str) -> Path:
    """The file whose presence says that this source, with all of ours that it includes, was found clean."""
    state = hashlib.sha256((ROOT / ".clang-tidy").read_bytes())
    for part in sorted(_with_includes(name, set())):
        state.update(part.encode() + b"\0" + (ROOT / part).read_bytes())
    return STAMPS / state.hexdigest()


def _with_includes(name: str, seen: set[str]) -> set[str]:
    if name not in seen and (ROOT / name).is_file():
        seen.add(name)
        for included in INCLUDE.findall((ROOT / name).read_text()):
            _with_includes(included, seen)
    return seen
