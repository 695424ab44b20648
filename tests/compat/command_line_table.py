# SPDX-License-Identifier: GPL-2.0-or-later
"""The command lines that the packaged makedumpfile and ours are compared on, and why they differ where they do.

A row has the words (as a shell splits them; "< FILE" is standard input, {symbol} its address in the core), and for each
aspect that differs the key of a reason. They run in a folder with: core (a raw core), vmlinux, old and text (no dumps),
info-other (VMCOREINFO of another kernel), stream (a flattened dump), dump (a kdump-compressed one), part1 and part2
(split), rules (a --config file without -x).
"""
from typing import NamedTuple

ASPECTS = ("status", "messages", "errors", "files")


class Row(NamedTuple):
    words: str
    differs: dict[str, str] = {}


# Lines that one of them prints on many command lines; one that no row sees any more fails the test.
THEIRS_ALONE = {}
OURS_ALONE = {}

REASONS = {}

ROWS = [Row(words) for words in """

-h
-v
-v core
core
core out more
-F core out
-k core out
--non-cyclic core out
--num core out
-d 32 core out
-d -1 core out
--check-params -d abc core out
--check-params -d 31 -l core out
--check-params -d 99 core out
--check-params --message-level 99 core out
--check-params --num-threads many core out
--check-params -b x core out
--message-level 32 core out
-d
-c -E core out
-R -F out
-R -d 31 out
-g info
-g info -x vmlinux -c
-x vmlinux -i info-other core out
--dump-dmesg core log
--dump-dmesg core
--dump-dmesg -F core
--dump-dmesg --dry-run core log
--dump-dmesg core old
--partial-dmesg core out
--dump-dmesg --partial-dmesg core log
-d 31 core old
-f -l -d 31 core old
-l -d 31 core out
-c -d 31 --num-threads 2 core out
-p -d 31 core out
-z -d 31 core out
-E -d 31 core out
-F -l -d 31 core
--dry-run -d 31 core out
--show-stats --dry-run -d 31 core out
--message-level 0 -l -d 31 core out
--message-level 1 -l -d 31 core out
-D --dry-run -d 31 core out
-b 8 --cyclic-buffer 1024 -l -d 31 core out
--work-dir . -l -d 31 core out
--non-mmap -l -d 31 core out
--vtop 0xffffffff81000000 --dry-run -d 31 core out
--vtop {init_uts_ns} --dry-run -d 31 core out
--vtop zzz --dry-run -d 31 core out
-d 31 none out
-d 31 text out
-R back < stream
-R old < stream
-R back < text
-i info-other core out
-x text core out
-g info -x vmlinux
-X core out
-e core out
--eppic x core out
--extension x core out
--diskset=none out
--mem-usage core
--split -l -d 31 core p1 p2
--split core p1
--reassemble part1 part2 whole
--reassemble whole
-L 0 core out
-L 2M -l -d 31 core out
-L 2M -l -d 0,31 core out
-d 31 -l dump out
-E dump out
--config rules core out
""".split("\n")[1:-1]]
