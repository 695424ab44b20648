"""Initramfs images in the kernel's newc format: Documentation/driver-api/early-userspace/buffer-format.rst."""

import os
import stat
from dataclasses import dataclass, replace
from pathlib import Path

HEADER_BYTES = 110
MAGIC = b"070701"
TRAILER = "TRAILER!!!"


@dataclass(frozen=True)
class Member:
    """One file of an image; `mode` holds the type bits too, `data` is a link's target or a file's bytes."""

    name: str
    mode: int
    data: bytes = b""
    device: tuple[int, int] = (0, 0)


def folder(name: str) -> Member:
    return Member(name, stat.S_IFDIR | 0o755)


def file(name: str, data: bytes, mode: int = 0o755) -> Member:
    return Member(name, stat.S_IFREG | mode, data)


def link(name: str, target: str) -> Member:
    return Member(name, stat.S_IFLNK | 0o777, target.encode())


def character_device(name: str, major: int, minor: int) -> Member:
    return Member(name, stat.S_IFCHR | 0o600, device=(major, minor))


def pack(members: list[Member]) -> bytes:
    """The members as one uncompressed archive, in the given order, with the folders they lie in made first."""
    all_members = [*_with_parents(members), Member(TRAILER, 0)]
    return b"".join(_pack_one(inode, member) for inode, member in enumerate(all_members, 1))


def unpack(data: bytes) -> list[Member]:
    """The members of an uncompressed archive; raises ValueError naming the offset where it is damaged."""
    members, offset = [], 0
    while True:
        member, offset = _unpack_one(data, offset)
        if member.name == TRAILER:
            return members
        members.append(member)


def with_changes(members: list[Member], changes: dict[str, bytes | None]) -> list[Member]:
    """The members with the named files' data replaced, or the file left out where it is None; unknown names raise KeyError."""
    absent = changes.keys() - {member.name for member in members}
    if absent:
        raise KeyError(f"the image has no {', '.join(sorted(absent))}")
    kept = [member for member in members if changes.get(member.name, b"") is not None]
    return [replace(m, data=changes[m.name]) if m.name in changes else m for m in kept]


def tree(root: Path, under: str = "") -> list[Member]:
    """The regular files and links below `root`, named below `under`."""
    members = []
    for path in sorted(root.rglob("*")):
        name = os.path.join(under, path.relative_to(root))
        if path.is_symlink():
            members.append(link(name, os.readlink(path)))
        elif path.is_file():
            members.append(file(name, path.read_bytes(), path.stat().st_mode & 0o777))
    return members


def _with_parents(members: list[Member]) -> list[Member]:
    seen, result = {member.name for member in members if stat.S_ISDIR(member.mode)}, []
    for member in members:
        for parent in reversed(Path(member.name).parents[:-1]):
            if str(parent) not in seen:
                seen.add(str(parent))
                result.append(folder(str(parent)))
        result.append(member)
    return result


def _padding(length: int) -> int:
    return -length % 4


def _pack_one(inode: int, member: Member) -> bytes:
    name = member.name.encode() + b"\0"
    fields = (inode, member.mode, 0, 0, 1, 0, len(member.data), 0, 0, *member.device, len(name), 0)
    head = MAGIC + b"".join(b"%08x" % field for field in fields) + name
    return head + bytes(_padding(len(head))) + member.data + bytes(_padding(len(member.data)))


def _unpack_one(data: bytes, offset: int) -> tuple[Member, int]:
    head = data[offset:offset + HEADER_BYTES]
    if len(head) < HEADER_BYTES or head[:6] != MAGIC:
        raise ValueError(f"no newc header at offset {offset}: {head[:6]!r}")
    fields = [int(head[at:at + 8], 16) for at in range(6, HEADER_BYTES, 8)]
    mode, size, device, name_size = fields[1], fields[6], (fields[9], fields[10]), fields[11]
    name_end = offset + HEADER_BYTES + name_size
    name = data[offset + HEADER_BYTES:name_end - 1].decode()
    start = name_end + _padding(HEADER_BYTES + name_size)
    end = start + size
    return Member(name, mode, data[start:end], device), end + _padding(size)
