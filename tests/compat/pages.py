# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of page sets know of dumps and struct pages; nothing of it is from our own readers.

A set of pages is an integer: bit n is pfn n.
"""
import collections
import os
import struct
import subprocess
import sys

import kdumpfile

from kdump_bitmaps import bitmaps

PACKAGED = os.environ.get("KDUMP_TEST_PACKAGED", "/usr/bin/makedumpfile").split()
ANON = 1
MAPCOUNT_NONE = 0xffffffff
SECTION_IS_VMEMMAP_PREINIT = 1 << 5
# Of bits that page.flags has in every series: names are shown, values come from VMCOREINFO.
FLAGS = ("PG_lru", "PG_private", "PG_swapcache", "PG_swapbacked", "PG_slab", "PG_hwpoison", "PG_hugetlb")
TYPES = ("BUDDY", "OFFLINE", "SLAB", "HUGETLB", "UNACCEPTED")
SHOWN = 3  # pages of a group
COLUMNS = "{:16} {:>5} {:>9} {:>9} {:>9} {:>11}  {}"


def dumped(program, core, level, path):
    """The bitmaps of the dump of the core at `level` that `program`, a list of words, makes."""
    done = subprocess.run([*program, "--message-level", "4", "-l", "-d", str(level), core, path], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        sys.exit(f"{' '.join(program)} -d {level} {core}: status {done.returncode}\n{done.stdout}")
    found = bitmaps(path)
    path.unlink()
    return found


def set_bits(number):
    """The pfns of a set, ascending."""
    for at, byte in enumerate(number.to_bytes((number.bit_length() + 7) // 8, "little")):
        while byte:
            low = byte & -byte
            yield at * 8 + low.bit_length() - 1
            byte ^= low


class StructPages:
    """The dead kernel's struct pages by pfn, read by libkdumpfile (sparse memory with roots)."""

    def __init__(self, core):
        self.memory = kdumpfile.kdumpfile(str(core))
        self.memory.attr["addrxlat.ostype"] = "linux"
        lines = bytes(memoryview(self.memory.attr["linux.vmcoreinfo.raw"])).decode(errors="replace").split("\n")
        self.facts = dict(line.split("=", 1) for line in lines if "=" in line)

    def number(self, kind, name):
        """A SYMBOL, NUMBER, OFFSET… of VMCOREINFO, None when it has none."""
        text = self.facts.get(f"{kind}({name})")
        return None if text is None else int(text, 16 if kind == "SYMBOL" else 10)

    def bytes(self, addr, size):
        return self.memory.read(kdumpfile.KDUMP_KVADDR, addr, size)

    def u64(self, addr):
        return struct.unpack("<Q", self.bytes(addr, 8))[0]

    def pages_of_section(self):
        return 1 << (self.number("NUMBER", "SECTION_SIZE_BITS") - 12)

    def section(self, number):
        """section_mem_map of a section, 0 when there is none."""
        size = self.number("SIZE", "mem_section")
        per_root = 4096 // size
        root = self.u64(self.number("SYMBOL", "mem_section") + number // per_root * 8)
        return self.u64(root + number % per_root * size + self.number("OFFSET", "mem_section.section_mem_map")) if root else 0

    def address(self, pfn):
        """The address of a page's struct page."""
        per_section = self.pages_of_section()
        coded = self.section(pfn // per_section)
        return (coded & ~(min(per_section, 4096) - 1)) + pfn * self.number("SIZE", "page")

    def member(self, raw, name):
        return struct.unpack_from("<Q", raw, self.number("OFFSET", f"page.{name}"))[0]

    def compound(self, raw):
        """The word that says "tail" in bit 0; compound_head was renamed to compound_info in 7.1."""
        return self.member(raw, "compound_head" if self.number("OFFSET", "page.compound_head") is not None else "compound_info")

    def head_of(self, addr, compound):
        """A tail's head: its address, or from 7.1 on the mask that makes it out of the tail's (compound_head())."""
        target = compound & ~1
        is_mask = ((1 << 64) - target).bit_count() == 1
        return addr & target if is_mask else target

    def page(self, pfn):
        """What the rules look at. `head`: the pfn's distance from its head, and what is said there."""
        addr, size = self.address(pfn), self.number("SIZE", "page")
        raw = self.bytes(addr, size)
        page = self._words(raw) | {"pfn": pfn}
        compound = self.compound(raw)
        page["tail"] = bool(compound & 1)
        if page["tail"]:
            head = self.head_of(addr, compound)
            page["head page"] = self._words(self.bytes(head, size)) | {"distance": (addr - head) // size}
        return page

    def _words(self, raw):
        flags, mapping = self.member(raw, "flags"), self.member(raw, "mapping")
        mapcount = struct.unpack_from("<i", raw, self.number("OFFSET", "page._mapcount"))[0]
        return {"flags": flags, "mapping": mapping, "mapcount": mapcount, "anon": bool(mapping & ANON),
                "head": bool(flags & (self.number("NUMBER", "PG_head_mask") or 0)),
                "bits": {name for name in FLAGS if (bit := self.number("NUMBER", name)) is not None and flags >> bit & 1},
                "types": {name for name in TYPES if mapcount == self.number("NUMBER", f"PAGE_{name}_MAPCOUNT_VALUE")}}


def _is_offline_below_2(kernel, page, level):
    return "OFFLINE" in page["types"] and level < 2 and kernel.number("NUMBER", "PG_hwpoison") is None


def _is_poisoned_tail(kernel, page, level):
    return page["tail"] and "PG_hwpoison" in page["bits"]


def _has_waiters(kernel, page, level):
    return page["flags"] >> 7 & 1 and kernel.number("NUMBER", "PAGE_SLAB_MAPCOUNT_VALUE") is not None


def _is_tail_by_compound_info(kernel, page, level):
    """The first tail of a compound page that is neither anonymous nor hugetlb's, and whose mapping's place holds counts."""
    if kernel.number("OFFSET", "page.compound_head") is not None or not page["tail"] or not level & 8:
        return False
    head = page["head page"]
    kept = not head["anon"] or "SLAB" in head["types"]
    return (head["head"] and head["distance"] == 1 and kept and "HUGETLB" not in head["types"]
            and page["mapping"] & MAPCOUNT_NONE == MAPCOUNT_NONE)


def _is_in_preinit_section(kernel, page, level):
    return kernel.section(page["pfn"] // kernel.pages_of_section()) & SECTION_IS_VMEMMAP_PREINIT


# Differences that kernel source proves right, by name: whether a page belongs to the row, who dumps it (None: any of
# the two), and why.
EXPLAINED = {
    "offline": (_is_offline_below_2, "theirs",
                "offline at levels 0 and 1: theirs looks for such pages only when the kernel tells PG_hwpoison; they have no "
                "content (PageOffline of include/linux/page-flags.h) and reading one may hang the hypervisor"),
    "poisoned tail": (_is_poisoned_tail, "theirs",
                      "PG_hwpoison is set on the page that is damaged (mm/memory-failure.c); theirs looks at heads only"),
    "waiters": (_has_waiters, "theirs",
                "bit 7 of flags is PG_waiters where slab is a page type (46df8e73a4a3, 6.10); theirs takes it for PG_slab"),
    "compound_info": (_is_tail_by_compound_info, "ours",
                      "first tail page of a slab or page cache folio: page.compound_head is compound_info since d50569612c29 "
                      "(7.1), which theirs does not know, so that it sees no tail there; in mapping's place the first tail "
                      "has _entire_mapcount, -1 (prep_compound_head() of mm/internal.h), which theirs takes for an anonymous "
                      "page's. Here each has bit 0 of compound_info set, and a head right before it, found as compound_head() "
                      "does since 8c846c879e22"),
    "section flags": (_is_in_preinit_section, None,
                      "the section's section_mem_map has the sixth flag, SECTION_IS_VMEMMAP_PREINIT (enum of "
                      "include/linux/mmzone.h, 6.15): theirs masks five, and looks for the section's struct pages 32 bytes "
                      "beside the real ones"),
}


def explanation(kernel, page, who, level):
    """The name of the row that explains why only `who` dumps the page, None when none does."""
    return next((name for name, (applies, by, _) in EXPLAINED.items() if by in (who, None) and applies(kernel, page, level)),
                None)


def shape(page):
    """What is special in a page's struct page, in words."""
    words = sorted(page["bits"]) + sorted(page["types"]) + [w for w in ("anon", "tail", "head") if page[w]]
    return " ".join(words) or "none of the flags and types"


class Table:
    """One row a level and core; what is explained, and by what, is counted; what is not is shown page by page."""

    def __init__(self):
        self.unexplained, self.used = 0, set()
        print(COLUMNS.format("series", "level", "ours", "theirs", "only ours", "only theirs", "explained as"))

    def row(self, series, level, ours, theirs, kernel):
        """Compares the bitmaps of two dumps of one core; `kernel` is its StructPages."""
        (our_max, our_existing, our_pages), (their_max, their_existing, their_pages) = ours, theirs
        if our_max != their_max or our_existing != their_existing:
            sys.exit(f"{series} level {level}: max_mapnr {our_max:#x} and {their_max:#x}, or the first bitmaps, differ")
        if not our_pages:
            sys.exit(f"{series} level {level}: no page at all is in the dump")
        groups = self._groups(our_pages & ~their_pages, "ours", level, kernel)
        groups |= self._groups(their_pages & ~our_pages, "theirs", level, kernel)
        found = collections.Counter()
        for (name, _, _), members in groups.items():
            found[name or "NOT EXPLAINED"] += len(members)
        print(COLUMNS.format(series, level, our_pages.bit_count(), their_pages.bit_count(),
                             (our_pages & ~their_pages).bit_count(), (their_pages & ~our_pages).bit_count(),
                             ", ".join(f"{name}: {count}" for name, count in sorted(found.items())) or "-"), flush=True)
        self._show_unexplained(groups)
        self.used |= found.keys()

    def finish(self):
        """The proofs of the rows that were used; ends the test when a page is not explained."""
        for name, (_, who, why) in EXPLAINED.items():
            if name in self.used:
                print(f"{name}, {f'only in {who}' if who else 'in one of the two'}: {why}")
        if self.unexplained:
            sys.exit(f"{self.unexplained} pages differ without an explanation")

    @staticmethod
    def _groups(only, who, level, kernel):
        groups = collections.defaultdict(list)
        for pfn in set_bits(only):
            page = kernel.page(pfn)
            groups[explanation(kernel, page, who, level), who, shape(page)].append(page)
        return groups

    def _show_unexplained(self, groups):
        for (name, who, words), members in groups.items():
            if name is not None:
                continue
            self.unexplained += len(members)
            shown = ", ".join(f"{p['pfn']:#x} (flags {p['flags']:#x}, _mapcount {p['mapcount']:#x}, mapping {p['mapping']:#x})"
                              for p in members[:SHOWN])
            print(f"  {len(members)} pages only in {who}, NOT EXPLAINED: {words}: {shown}")
