# SPDX-License-Identifier: GPL-2.0-or-later
"""A raw core (a copy of /proc/vmcore of an x86_64 kernel) that a test reads and changes in place."""
import os
import struct
import sys

PT_LOAD, PT_NOTE = 1, 4
IMAGE_BASE = 0xffffffff80000000
PRESENT, HUGE = 1, 0x80
# Lines that nobody needs, where others need the room.
DISPENSABLE = ("SYMBOL(vmap_area_list)", "OFFSET(vmap_area.va_start)", "OFFSET(vmap_area.list)", "SIZE(nodemask_t)")


def segments_of(core):
    """(kind, offset, physical address, size) of each segment of an ELF core."""
    core.seek(0)
    header = core.read(64)
    phoff, = struct.unpack_from("<Q", header, 32)
    phnum, = struct.unpack_from("<H", header, 56)
    core.seek(phoff)
    table = core.read(56 * phnum)
    for number in range(phnum):
        kind, _, offset, _, paddr, size = struct.unpack_from("<IIQQQQ", table, 56 * number)
        yield kind, offset, paddr, size


def vmcoreinfo_place(core):
    """Offset and size of the text of the VMCOREINFO note in an ELF core."""
    for kind, offset, _, size in segments_of(core):
        if kind != PT_NOTE:
            continue
        core.seek(offset)
        notes = core.read(size)
        at = 0
        while at + 12 <= size:
            namesz, descsz, _ = struct.unpack_from("<III", notes, at)
            desc = at + 12 + (namesz + 3) // 4 * 4
            if notes[at + 12:at + 12 + namesz] == b"VMCOREINFO\0":
                return offset + desc, descsz
            at = desc + (descsz + 3) // 4 * 4
    sys.exit("the core has no VMCOREINFO")


class RawCore:
    """Every change can be taken back."""

    def __init__(self, path):
        self.path, self.file, self.undo = path, open(path, "r+b"), []
        self.loads = [s[1:] for s in segments_of(self.file) if s[0] == PT_LOAD]
        self.note = vmcoreinfo_place(self.file)
        self.root = self.fact("SYMBOL(init_top_pgt)", 16) - IMAGE_BASE + self.fact("NUMBER(phys_base)")

    def lines(self):
        """VMCOREINFO as a dictionary."""
        text = self._read(*self.note).rstrip(b"\0").decode()
        return dict(line.split("=", 1) for line in text.split("\n") if "=" in line)

    def fact(self, key, base=10):
        """A number of VMCOREINFO, None when it has none."""
        text = self.lines().get(key)
        return None if text is None else int(text, base)

    def set_facts(self, changes):
        """Changes lines of VMCOREINFO, adds them, and removes those whose value is None."""
        lines = {key: value for key, value in (self.lines() | changes).items() if value is not None and key not in DISPENSABLE}
        text = "".join(f"{key}={value}\n" for key, value in lines.items()).encode()
        if len(text) > self.note[1]:
            sys.exit(f"VMCOREINFO has no room: {len(text)} bytes where {self.note[1]} are")
        self._write(self.note[0], text.ljust(self.note[1], b"\0"))

    def read(self, vaddr, size):
        """Bytes by virtual address, inside one page of the kernel's."""
        return self._read(self._places(self.physical(vaddr))[0], size)

    def u64(self, vaddr):
        return struct.unpack("<Q", self.read(vaddr, 8))[0]

    def write(self, vaddr, content):
        """Bytes by virtual address."""
        for at in range(0, len(content), 8):
            for place in self._places(self.physical(vaddr + at)):
                self._write(place, content[at:at + 8])

    def restore(self):
        """As the core was when it was opened."""
        while self.undo:
            offset, content = self.undo.pop()
            self.file.seek(offset)
            self.file.write(content)
        self.file.flush()

    def physical(self, vaddr):
        """The physical address of a virtual one."""
        table = self.root
        for shift in (48, 39, 30, 21, 12)[0 if self.fact("NUMBER(pgtable_l5_enabled)") else 1:]:
            entry, = struct.unpack("<Q", self._read(self._places(table + (vaddr >> shift & 511) * 8)[0], 8))
            if not entry & PRESENT:
                sys.exit(f"{vaddr:#x} is not mapped")
            table = entry & 0x000ffffffffff000
            if shift == 12 or entry & HUGE:
                return (table & -(1 << shift)) + (vaddr & (1 << shift) - 1)
        raise AssertionError("the last level has no others below it")

    def _places(self, paddr):
        """The offsets in the file of a physical address: the kernel image is there twice."""
        places = [offset + paddr - start for offset, start, size in self.loads if start <= paddr < start + size]
        return places or sys.exit(f"physical address {paddr:#x} is not in the core")

    def _read(self, offset, size):
        return os.pread(self.file.fileno(), size, offset)

    def _write(self, offset, content):
        self.undo.append((offset, self._read(offset, len(content))))
        os.pwrite(self.file.fileno(), content, offset)
