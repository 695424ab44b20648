# SPDX-License-Identifier: GPL-2.0-or-later
"""A little ELF core, of which every page is known."""
import struct

PAGE = 4096


def note(name, kind, desc):
    def padded(data):
        return data + b"\0" * (-len(data) % 4)
    return struct.pack("<III", len(name) + 1, len(desc), kind) + padded(name + b"\0") + padded(desc)


def page(pfn):
    """Zero, text or noise."""
    if pfn % 3 == 0:
        return bytes(PAGE)
    if pfn % 3 == 1:
        return (b"page %d of a small core " % pfn * 200)[:PAGE]
    seed, out = pfn * 2654435761 + 1, bytearray()
    while len(out) < PAGE:
        seed = seed * 6364136223846793005 + 1442695040888963407 & 2**64 - 1
        out += struct.pack("<Q", seed)
    return bytes(out)


def small_core(pages=300):
    """An x86_64 ELF core of `pages` pages from 1 MiB on, without struct pages: levels 0 and 1 work on it."""
    notes = note(b"CORE", 1, bytes(336)) + note(b"VMCOREINFO", 0, b"OSRELEASE=6.1.0-test\nPAGESIZE=4096\nCRASHTIME=1700000000\n")
    memory = b"".join(page(pfn) for pfn in range(pages))
    notes_at, memory_at = 64 + 2 * 56, 8192
    header = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 4, 62, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    headers = struct.pack("<IIQQQQQQ", 4, 0, notes_at, 0, 0, len(notes), len(notes), 0)
    headers += struct.pack("<IIQQQQQQ", 1, 7, memory_at, 0xffff888000100000, 0x100000, len(memory), len(memory), 0)
    return (header + headers + notes).ljust(memory_at, b"\0") + memory
