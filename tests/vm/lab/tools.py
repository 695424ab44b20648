"""Programs of newer Debian releases, unpacked into folders of the cache and run there by their own loader.

Nothing is installed: the packages and all that they depend on are unpacked, and the folder's own ld.so starts the program
with the folder's libraries. It sees the host's files, as any program does."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from . import cache
from .apt import Archive
from .run import run

LOADER = "usr/lib64/ld-linux-x86-64.so.2"
LIBRARIES = ("usr/lib/x86_64-linux-gnu",)


@dataclass(frozen=True)
class Tool:
    """A program of a Debian suite. {root} in `arguments`, which come before the caller's, is the folder's path."""

    suite: str
    package: str
    program: str
    arguments: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)


# To add a tool: a row here, nothing else.
TOOLS = {
    "makedumpfile": Tool("sid", "makedumpfile", "usr/bin/makedumpfile"),
    "crash": Tool("sid", "crash", "usr/bin/crash"),
    "drgn": Tool("sid", "python3-drgn", "usr/bin/python3", ("{root}/usr/bin/drgn",),
                 {"PYTHONHOME": "{root}/usr", "DEBUGINFOD_URLS": ""}),
    "qemu": Tool("sid", "qemu-system-x86", "usr/bin/qemu-system-x86_64", ("-L", "{root}/usr/share/qemu")),
}


def get(name: str) -> Path:
    """The folder that the tool is unpacked in; downloaded when it is not cached. Raises CommandFailed or KeyError."""
    if name not in TOOLS:
        raise KeyError(f"tool {name} is not known, choose from {', '.join(TOOLS)}")
    tool = TOOLS[name]
    folder = cache.path("tools", f"{tool.suite}-{name}")
    with cache.locked(f"tool-{name}"):
        if not (folder / "version").exists():
            _download(tool, folder)
    return folder


def version(name: str) -> str:
    """The Debian version of the tool that `command` runs."""
    return (get(name) / "version").read_text().strip()


def command(name: str, *arguments) -> list[str]:
    """The words that run the tool with `arguments`, in an environment that `environment` extends."""
    root, tool = get(name), TOOLS[name]
    given = [word.format(root=root) for word in tool.arguments]
    return [str(root / LOADER), "--library-path", ":".join(str(root / folder) for folder in LIBRARIES),
            str(_inside(root, tool.program)), *given, *map(str, arguments)]


def environment(name: str) -> dict[str, str]:
    """This process's environment, with what the tool needs."""
    root = get(name)
    return {**os.environ, **{key: value.format(root=root) for key, value in TOOLS[name].environment.items()}}


def _download(tool: Tool, folder: Path) -> None:
    archive = Archive(tool.suite)
    archive.update()
    with cache.new_folder(folder) as work:
        packages = work / "packages"
        packages.mkdir()
        for package in archive.download_all(tool.package, packages):
            run("dpkg-deb", "-x", package, work)
            package.unlink()
        run("rm", "-r", packages)
        (work / "version").write_text(f"{archive.fields(tool.package)['Version']}\n")


def _inside(root: Path, program: str) -> Path:
    """The file that a link of the unpacked system leads to, where absolute targets begin at `root`."""
    path = root / program
    while path.is_symlink():
        target = os.readlink(path)
        path = root / target.lstrip("/") if target.startswith("/") else path.parent / target
    return path
