"""CMake presets: configuring, building, and ctest with its results counted."""

import os
import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from .counts import Counts, one

ROOT = Path(__file__).resolve().parents[2]
# A test program compiled with ThreadSanitizer cannot place its shadow memory under the kernel's widest address
# randomisation; without randomisation it can, on every kernel.
WITHOUT_RANDOMISATION = ["setarch", "-R"]


def build(preset: str, targets: tuple[str, ...] = ()) -> Counts:
    """Bring build/PRESET up to date, or only some targets; the result is a test of its own, shown in full when it fails."""
    only = ["--target", *targets] if targets else []
    for command in (["cmake", "--preset", preset], ["cmake", "--build", "--preset", preset, *only]):
        done = subprocess.run(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode != 0:
            print(done.stdout[-20000:])
            return one(f"build of preset {preset}", False)
    return one(f"build of preset {preset}", True)


def ctest(preset: str, label: str, environment: dict[str, str] | None = None, of: str = "") -> Counts:
    """Run the tests of one label of a built preset, with `environment` added to ours. That there are none is a failure.

    `of` says in the names of the failed ones what they were run on.
    """
    name = f"{preset} {of}".rstrip()
    prefix = WITHOUT_RANDOMISATION if preset == "tsan" else []
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [*prefix, "ctest", "--preset", preset, "-L", f"^{label}$", f"-j{os.cpu_count()}", "--no-tests=error",
                   "--output-junit", str(report)]
        done = subprocess.run(command, cwd=ROOT, text=True, env={**os.environ, **(environment or {})},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode != 0:
            print(done.stdout[-20000:])
        if not report.exists():
            return one(f"{name} {label}: ctest gave no results", False)
        return _count(ElementTree.parse(report).getroot(), f"{name}: ")


def _count(suite: ElementTree.Element, prefix: str) -> Counts:
    total = Counts()
    for case in suite.iter("testcase"):
        if case.get("status") in ("notrun", "disabled") or case.find("skipped") is not None:
            print(f"skipped: {prefix}{case.get('name')}")
            total += Counts(skipped=1)
        else:
            total += one(prefix + case.get("name", "?"), case.find("failure") is None)
    return total
