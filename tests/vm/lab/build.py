"""Builds the toolchain that goes into the guest, and what looks at its dumps."""

from .guest import REPOSITORY
from .run import run

PROGRAMS = ("makedumpfile", "kexec", "kdumpd", "kdumpctl", "kdump-capture",
            "kdump-capture-worker", "kdump-capture-worker-ssh", "kdump-capture-worker-nfs", "compare_pages")


def release() -> None:
    """Bring build/release up to date: the programs, not the unit tests. Raises CommandFailed with the compiler's words."""
    run("cmake", "--preset", "release", cwd=REPOSITORY)
    run("cmake", "--build", "--preset", "release", "--target", *PROGRAMS, cwd=REPOSITORY)
