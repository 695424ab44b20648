# SPDX-License-Identifier: GPL-2.0-or-later
"""What the program headers of an ELF core say of its file."""
import struct

PAGE, PT_LOAD = 4096, 1


def loads(path):
    """Offset, paddr and filesz of each PT_LOAD of an ELF core with fewer than 65535 program headers."""
    with open(path, "rb") as file:
        count, = struct.unpack_from("<H", file.read(64), 56)
        headers = [struct.unpack("<IIQQQQQQ", file.read(56)) for _ in range(count)]
    return [(header[2], header[4], header[5]) for header in headers if header[0] == PT_LOAD]


def what_is_wrong(path):
    """Why the file is larger than it must be: a page is stored twice, or something that no PT_LOAD names."""
    stored = sorted({(offset, size) for offset, _, size in loads(path) if size})
    end = max(offset + size for offset, size in stored)
    if path.stat().st_size != end:
        return f"the PT_LOADs end at {end}, the file at {path.stat().st_size}"
    physical = {}
    for offset, paddr, size in loads(path):
        for at in range(0, size, PAGE):
            if physical.setdefault(paddr + at, offset + at) != offset + at:
                return f"{paddr + at:#x} is stored twice"
    return None
