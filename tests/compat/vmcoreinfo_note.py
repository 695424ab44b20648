# SPDX-License-Identifier: GPL-2.0-or-later
"""The VMCOREINFO note of an ELF core, and what the core's headers say of virtual addresses; for copies to be altered."""
import mmap
import struct
import sys

from raw_core import vmcoreinfo_place

PT_LOAD = 1
NAME = b"VMCOREINFO\0\0"  # padded


def segments(core):
    """(p_type, p_offset, p_vaddr, p_paddr, p_filesz) of each program header."""
    core.seek(0)
    header = core.read(64)
    phoff, = struct.unpack_from("<Q", header, 32)
    phnum, = struct.unpack_from("<H", header, 56)
    core.seek(phoff)
    headers = core.read(56 * phnum)
    for number in range(phnum):
        kind, _, offset, vaddr, paddr, size = struct.unpack_from("<IIQQQQ", headers, 56 * number)
        yield kind, offset, vaddr, paddr, size


def place(core):
    """Offset and size of the note's text."""
    core.seek(0)
    return vmcoreinfo_place(core)


def read(path):
    """Its lines, KEY -> VALUE."""
    with open(path, "rb") as core:
        offset, size = place(core)
        core.seek(offset)
        lines = core.read(size).rstrip(b"\0").decode().split("\n")
    return dict(line.split("=", 1) for line in lines if "=" in line)


def replace(path, lines):
    """Other lines in its place, of at most its size; what is left of the note becomes zeros."""
    text = "".join(f"{key}={value}\n" for key, value in lines.items()).encode()
    with open(path, "r+b") as core:
        offset, size = place(core)
        if len(text) > size:
            sys.exit(f"{len(text)} bytes do not fit into the {size} of the note")
        core.seek(offset)
        core.write(text.ljust(size, b"\0"))


def wipe_in_memory(path):
    """Zeros over what the kernel itself has of the note, of which the one among the core's notes is a copy."""
    with open(path, "r+b") as core, mmap.mmap(core.fileno(), 0) as content:
        own, _ = place(core)
        found, at = 0, -1
        while (at := content.find(NAME + b"OSRELEASE=", at + 1)) >= 0:
            if at + len(NAME) != own:
                content[at:at + len(NAME)] = bytes(len(NAME))
                found += 1
    if not found:
        sys.exit(f"{path}: no note in the kernel's memory")


def wipe(path, vaddr, size):
    """Zeros over memory at a virtual address that a program header has, in every segment that holds it: the kernel's
    image lies in two."""
    with open(path, "r+b") as core:
        loads = [segment[1:] for segment in segments(core) if segment[0] == PT_LOAD]
        places = [paddr + vaddr - start for _, start, paddr, length in loads if start <= vaddr < start + length]
        if not places:
            sys.exit(f"no program header maps {vaddr:#x}")
        for offset, _, paddr, length in loads:
            if paddr <= places[0] and places[0] + size <= paddr + length:
                core.seek(offset + places[0] - paddr)
                core.write(bytes(size))
