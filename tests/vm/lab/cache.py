"""Where downloads and generated images are kept, and how an entry appears there only when it is whole."""

import contextlib
import fcntl
import os
import shutil
from pathlib import Path

ROOT = Path(os.environ.get("KDUMP_TESTS_CACHE", "/var/cache/kdump-tests"))


def path(*parts: str) -> Path:
    """The path of a cache entry; its parent exists afterwards."""
    result = ROOT.joinpath(*parts)
    result.parent.mkdir(parents=True, exist_ok=True)
    return result


@contextlib.contextmanager
def locked(name: str):
    """Hold the lock `name`, so that one process at a time makes an entry, or runs a VM."""
    with open(path("locks", name), "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def new_folder(final: Path):
    """Yield an empty folder that becomes `final` (replacing it) only when the block ends without an exception."""
    work = final.with_name(f".{final.name}.{os.getpid()}")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        yield work
        shutil.rmtree(final, ignore_errors=True)
        work.rename(final)
    finally:
        shutil.rmtree(work, ignore_errors=True)
