"""Initramfs images in the kernel's newc format: Documentation/driver-api/early-userspace/buffer-format.rst."""

import stat
from dataclasses import dataclass
from pathlib import Path

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
