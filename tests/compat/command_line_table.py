# SPDX-License-Identifier: GPL-2.0-or-later
"""The command lines that the packaged makedumpfile and ours are compared on, and why they differ where they do.

A row has the words (as a shell splits them; "< FILE" is standard input, {symbol} its address in the core), and for each
aspect that differs the key of a reason. They run in a folder with: core (a raw core), vmlinux, old and text (no dumps),
info-other (VMCOREINFO of another kernel), stream (a flattened dump), dump (a kdump-compressed one), part1 and part2
(a split one).
"""
from typing import NamedTuple

ASPECTS = ("status", "messages", "errors", "files")


class Row(NamedTuple):
    words: str
    differs: dict[str, str] = {}


REASONS = {
    "own words": "an error is one line that says what is wrong, where, and what to do; the original names a function of its own, or nothing",
    "hint": "a number that is none is a wrong command line like any other, with the hint at --help",
    "checked": "the original takes a word for the number 0, and goes on",
    "help": "another program's help: a line an option, without those left out",
    "codecs": "every codec is there, zlib among them",
    "report": "the original's report has other steps, and no line for protected pages",
    "debug": "debugging messages are about how each works",
    "vtop": "an address that is not mapped has no physical address ffffffffffffffff, and the reason stands beside it",
    "vtop once": "the original prints the levels a second time while it opens the dump",
    "left out": "options left out on purpose say so; the original looks at other things first",
    "remedy": "the reason is in the error, not before the hint",
    "no parts": "a set of no parts is a wrong command line, which the original finds out later",
    "limit": "the error says what was reached, and a smaller dump is tried whatever levels there are",
    "remains": "what is not whole is called -incomplete, or is not there",
}

OWN = {"errors": "own words"}

ROWS = (
    Row("", OWN),
    Row("-h", {"messages": "help"}),
    Row("-v", {"messages": "codecs"}),
    Row("-v core", {"messages": "codecs"}),
    Row("core", OWN),
    Row("core out more", OWN),
    Row("-F core out", OWN),
    Row("-k core out", OWN),
    Row("--non-cyclic core out", OWN),
    Row("--num core out", OWN),
    Row("-d 32 core out", {**OWN, "messages": "hint"}),
    Row("-d -1 core out", {**OWN, "messages": "hint"}),
    Row("--check-params -d abc core out", {**OWN, "messages": "hint", "status": "checked"}),
    Row("--check-params -d 31 -l core out"),
    Row("--check-params -d 99 core out", {**OWN, "messages": "hint"}),
    Row("--check-params --message-level 99 core out", {**OWN, "messages": "hint"}),
    Row("--check-params --num-threads many core out", {**OWN, "messages": "hint", "status": "checked"}),
    Row("--check-params -b x core out", {**OWN, "messages": "hint", "status": "checked"}),
    Row("--message-level 32 core out", {**OWN, "messages": "hint"}),
    Row("-d", OWN),
    Row("-c -E core out", OWN),
    Row("-R -F out", OWN),
    Row("-R -d 31 out", OWN),
    Row("-g info", OWN),
    Row("-g info -x vmlinux -c", OWN),
    Row("-x vmlinux -i info-other core out", OWN),
    Row("--dump-dmesg core log"),
    Row("--dump-dmesg core", OWN),
    Row("--dump-dmesg -F core"),
    Row("--dump-dmesg --dry-run core log", {**OWN, "messages": "remedy"}),
    Row("--dump-dmesg core old", OWN),
    Row("--partial-dmesg core out", OWN),
    Row("--dump-dmesg --partial-dmesg core log"),
    Row("-d 31 core old", OWN),
    Row("-f -l -d 31 core old"),
    Row("-l -d 31 core out"),
    Row("--check-params -c --num-threads 2 core out"),
    Row("-z -d 31 core out"),
    Row("-E -d 31 core out"),
    Row("-F -l -d 31 core"),
    Row("--dry-run -d 31 core out"),
    Row("--show-stats --dry-run -d 31 core out", {"messages": "report"}),
    Row("--message-level 0 -l -d 31 core out"),
    Row("-D --dry-run -d 31 core out", {"messages": "debug"}),
    Row("-b 8 --cyclic-buffer 1024 --dry-run -l -d 31 core out"),
    Row("--work-dir . --dry-run -d 31 core out"),
    Row("--non-mmap --dry-run -l -d 31 core out"),
    Row("--vtop 0xffffffff81000000 --dry-run -d 31 core out", {**OWN, "messages": "vtop"}),
    Row("--vtop {init_uts_ns} --dry-run -d 31 core out", {"messages": "vtop once"}),
    Row("--vtop zzz --dry-run -d 31 core out", {**OWN, "messages": "hint", "status": "checked"}),
    Row("-d 31 none out", OWN),
    Row("-d 31 text out", OWN),
    Row("-R back < stream"),
    Row("-R old < stream", OWN),
    Row("-R back < text", {**OWN, "files": "remains"}),
    Row("-i info-other core out", OWN),
    Row("-x text core out", OWN),
    Row("-X core out", {**OWN, "messages": "left out"}),
    Row("-e core out", {**OWN, "messages": "left out"}),
    Row("--diskset=none out", OWN),
    Row("-d 31 -l dump out"),
    Row("-E dump out", {**OWN, "messages": "remedy"}),
    Row("--config rules core out", OWN),
    Row("--split -l -d 31 core p1 p2"),
    Row("--split core p1", OWN),
    Row("--reassemble part1 part2 whole"),
    Row("--reassemble whole", {**OWN, "messages": "no parts"}),
    Row("-L 0 core out", {**OWN, "messages": "hint"}),
    Row("-L 2M -l -d 31 core out", {**OWN, "messages": "limit", "files": "remains"}),
    Row("-L 2M -l -d 31,0 core out", {**OWN, "messages": "limit", "files": "remains"}),
)
