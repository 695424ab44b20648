"""Debian packages of any suite: resolved and downloaded by apt with lists of our own, never installed on the host."""

import re
import time
from pathlib import Path

from . import cache
from .run import run

MIRROR = "http://deb.debian.org"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
LISTS_FRESH_SECONDS = 24 * 3600


def sources_of(suite: str) -> str:
    """The sources.list of `suite`, with its security and update archives where it has them."""
    lines = [("debian", suite)]
    if suite != "sid":
        lines += [("debian", f"{suite}-updates"), ("debian-security", f"{suite}-security")]
    return "".join(f"deb [arch=amd64 signed-by={KEYRING}] {MIRROR}/{archive} {name} main\n" for archive, name in lines)


class Archive:
    """One suite's archive. The host's proxy settings hold; its sources, lists and installed packages play no part."""

    def __init__(self, suite: str):
        self._folder = cache.path("apt", suite)
        self._suite = suite

    def update(self) -> None:
        """Fetch the lists when they are older than a day; keep the old ones when the archive cannot be reached."""
        stamp = self._folder / "updated"
        if stamp.exists() and time.time() - stamp.stat().st_mtime < LISTS_FRESH_SECONDS:
            return
        for name in ("state/lists/partial", "cache/archives/partial"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        (self._folder / "state/status").touch()
        (self._folder / "sources.list").write_text(sources_of(self._suite))
        run("apt-get", *self._options(), "-q", "update")
        stamp.touch()

    def fields(self, package: str) -> dict[str, str]:
        """The candidate's control fields by name."""
        text = run("apt-cache", *self._options(), "show", "--no-all-versions", package)
        return dict(re.findall(r"^([\w-]+): (.*)$", text, re.MULTILINE))

    def names(self, prefix: str) -> list[str]:
        """The names of all packages that begin with `prefix`."""
        return run("apt-cache", *self._options(), "pkgnames", prefix).split()

    def download(self, package: str, folder: Path, version: str | None = None) -> Path:
        """Download one package file into `folder` and return its path."""
        name = f"{package}={version}" if version else package
        before = set(folder.glob("*.deb"))
        run("apt-get", *self._options(), "-q", "download", name, cwd=folder)
        (file,) = set(folder.glob("*.deb")) - before
        return file

    def download_all(self, package: str, folder: Path) -> list[Path]:
        """Download into `folder` a package and all that it depends on, as if nothing were installed."""
        (folder / "partial").mkdir(exist_ok=True)
        run("apt-get", *self._options(), "-o", f"Dir::Cache::archives={folder}", "-q", "-y", "--no-install-recommends",
            "--download-only", "install", package)
        return sorted(folder.glob("*.deb"))

    def _options(self) -> list[str]:
        settings = {
            "Dir::Etc::SourceList": self._folder / "sources.list",
            "Dir::Etc::SourceParts": "/dev/null",
            "Dir::State": self._folder / "state",
            "Dir::State::status": self._folder / "state/status",
            "Dir::Cache": self._folder / "cache",
            "APT::Sandbox::User": "root",
            "APT::Architecture": "amd64",
            "Acquire::Languages": "none",
            "Acquire::Retries": "3",
        }
        return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
