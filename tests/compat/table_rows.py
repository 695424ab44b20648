# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of dumps: how each is made, of which kernel's core, at which level and with which codec, and who reads it.

To add an option or a form: a row here, nothing else.
"""
import re
from typing import NamedTuple

SERIES = ("5.10", "6.1", "6.12", "newest")
CODECS = {"c": "-c", "l": "-l", "p": "-p", "z": "-z", "n": ""}
ELF = "E"  # in a codec's place
THEIR_CODECS = "cln"  # Debian builds it without snappy, and 1.7.2 without zstd
# The packaged makedumpfile of Debian 12 and of sid, and the series whose pages each tells apart as ours does.
PROGRAMS = {"1.7.2": ("5.10", "6.1"), "1.7.8": ("5.10", "6.1", "6.12")}
THOROUGH = "6.1"  # the series whose core meets both of PROGRAMS in the ordinary tier


class Form(NamedTuple):
    """Made by commands in a folder: `ours` and `theirs` are the programs, "> FILE" and "< FILE" as in a shell, `core` is the
    raw core, OPTIONS are the row's with level and codec, CODEC and LEVEL are those alone. `dump`, or `parts`, is what is read.

    `like`: it has the "same" bytes as our dump of the core, in one file, with the row's codec and level; or its "pages"; of a
    kernel that the program which filtered does not know, "less" of them, or "others"; or the bytes of the file "other". What
    none of these says, the debuggers do.
    """
    commands: tuple[str, ...]
    like: str = ""
    crash: bool = False  # crash and drgn read it
    drgn: bool = False
    parts: tuple[str, ...] = ("dump",)
    both: bool = False  # of PROGRAMS with the core of every series; else in the ordinary tier with THOROUGH's alone


def _filtered_again(words):
    """At levels 0 and 1 theirs tells no pages apart that a kernel it does not know could be wrong about."""
    knows = re.search("-d [01] ", words)
    return Form((f"theirs {words}", "ours OPTIONS first dump"), "same" if knows else "same, or less where theirs filtered",
                both=True)


STREAM = "ours -F OPTIONS core > stream"
PARTS = ("part1", "part2", "part3")
OUR_PARTS, THEIR_PARTS = (f"{who} --split OPTIONS core {' '.join(PARTS)}" for who in ("ours", "theirs"))
FORMS = {
    "file": Form(("ours OPTIONS core dump",), "same", crash=True, drgn=True),
    "stream": Form(("ours -F OPTIONS core > dump",), crash=True, drgn=True),
    "parts": Form((OUR_PARTS,), "pages", crash=True, parts=("part2", "part3", "part1")),
    "ELF": Form(("ours OPTIONS core dump", "ours verify --against core dump"), "pages", crash=True, drgn=True),
    "ELF stream": Form(("ours -F OPTIONS core > dump",), crash=True, drgn=True),
    # What comes to the bytes of "file", which all have read.
    "file again": Form(("ours OPTIONS core dump",), "same"),
    "rearranged": Form((STREAM, "ours -R dump < stream"), "same"),
    "rearranged by theirs": Form((STREAM, "theirs -R dump < stream"), "same"),
    "reassembled": Form((OUR_PARTS, "ours --reassemble part2 part3 part1 dump"), "same"),
    "reassembled by theirs": Form((OUR_PARTS, "theirs --reassemble part1 part2 part3 dump"), "same"),
    "filtered again": Form(("ours CODEC -d 1 core first", "ours OPTIONS first dump"), "same"),
    "filtered again by theirs": Form(("ours CODEC -d 1 core first", "theirs OPTIONS first dump"),
                                     "pages, or others where theirs filtered"),
    "ELF, filtered again by theirs": Form(("ours -E LEVEL core first", "theirs OPTIONS first dump"), "others"),
    "ELF stream, rearranged": Form((STREAM, "ours -R dump < stream", "ours -E LEVEL core other"), "other"),
    "ELF stream, rearranged by theirs": Form((STREAM, "theirs -R dump < stream", "ours -E LEVEL core other"), "other"),
    # Theirs into ours.
    "their file": Form(("theirs OPTIONS core dump", "ours verify --against core dump"),
                       "pages, or others where theirs filtered"),
    "their file is ours": Form(("theirs OPTIONS core dump",), "same, or others where theirs filtered"),
    "their stream": Form(("theirs -F OPTIONS core > stream", "ours verify --against core stream", "ours -R dump < stream",
                          "theirs -R other < stream"), "other"),
    "their parts": Form((THEIR_PARTS, "ours verify part1 part2 part3", "ours --reassemble part3 part1 part2 dump",
                         "theirs --reassemble part1 part2 part3 other"), "other"),
    "their level 0, filtered again": _filtered_again("-l -d 0 core first"),
    "their level 17, filtered again": _filtered_again("-c -d 17 core first"),
    "their level 31, filtered again": _filtered_again("-c -d 31 core first"),
    "their stream of level 1, filtered again": _filtered_again("-F -l -d 1 core > first"),
    "their stream of level 31, filtered again": _filtered_again("-F -d 31 core > first"),
}


class Row(NamedTuple):
    """`cells`: for the core of each of SERIES the codecs in the ordinary tier; debuggers read the first of them, crash in
    the series named alone. In --full the cells of the series in `product` have every codec, and debuggers read all of them
    whose form is what they were made for."""
    form: str
    level: str  # of several, the last is the one that is to come out
    cells: tuple[str, str, str, str]
    options: str = ""
    crash: tuple[str, ...] = ()
    product: tuple[str, ...] = SERIES


READERS = (
    #    form             level  5.10     6.1      6.12     newest
    Row("file",           "31", ("clpzn", "lpznc", "pzncl", "znclp"), crash=("5.10", "6.1", "6.12")),
    Row("file",            "1", ("z",     "clpzn", "l",     "p"), product=()),
    Row("stream",         "31", ("l",     "p",     "z",     "n"), crash=("6.1",)),
    Row("parts",          "31", ("p",     "z",     "n",     "c"), crash=("6.1",)),
    Row("parts",          "31", ("n",     "c",     "l",     "z"), "--splitblock-size 65536 --num-threads 2", ("6.12",), ()),
    Row("ELF",            "31", ("E",     "E",     "E",     "E"), crash=("5.10", "6.1", "6.12")),
    Row("ELF",             "1", ("",      "",      "",      "E"), "--num-threads 3"),
    Row("ELF stream",     "31", ("E",     "E",     "E",     "E"), crash=("6.12",)),
    Row("file again",     "31", ("clpzn", "clpzn", "clpzn", "clpzn"), "--num-threads 2", product=()),
    Row("file again",     "31", ("",      "clpzn", "",      ""), "--num-threads 5", product=()),
    Row("file again",      "1", ("",      "clpzn", "",      ""), "--num-threads 2", product=()),
    Row("file again",      "1", ("",      "clpzn", "",      ""), "--num-threads 5", product=()),
    Row("file again",   "1,31", ("l",     "c",     "z",     "p"), "-L 150M", product=()),
    Row("file again",     "31", ("z",     "n",     "c",     "l"), "--non-mmap -b 4 --cyclic-buffer 256 --work-dir .", product=()),
)
EXCHANGE = (
    Row("rearranged",                "31", ("p", "cln", "z", "l")),
    Row("rearranged by theirs",      "31", ("z", "cln", "p", "c")),
    Row("ELF stream, rearranged",    "31", ("E", "E",   "E", "E")),
    Row("ELF stream, rearranged by theirs", "31", ("E", "E", "E", "E"), "--num-threads 3"),
    Row("reassembled",               "31", ("n", "l",   "c", "p")),
    Row("reassembled by theirs",     "31", ("l", "z",   "n", "c")),
    Row("reassembled by theirs",      "1", ("",  "l",   "",  ""), "--num-threads 3", product=("6.1",)),
    Row("filtered again",            "31", ("l", "p",   "l", "n")),
    Row("filtered again by theirs",  "31", ("l", "c",   "n", "l"), product=()),
    Row("ELF, filtered again by theirs", "31", ("n", "l",   "c", "l"), product=()),
    Row("their file is ours",        "31", ("l", "ln",  "l", "n"), product=()),
    Row("their file is ours",         "1", ("",  "ln",  "",  ""), product=()),
    Row("their file",                "31", ("l", "c",   "n", "l")),
    Row("their stream",              "31", ("l", "cln", "l", "n")),
    Row("their stream",              "31", ("E", "E",   "E", "E")),
    Row("their parts",               "31", ("l", "c",   "n", "l"), "--splitblock-size 65536"),
    Row("their level 0, filtered again",            "31", ("l", "l", "l", "l"), product=()),
    Row("their level 17, filtered again",           "31", ("l", "l", "l", "l"), product=()),
    Row("their level 31, filtered again",           "31", ("l", "l", "l", "l"), product=()),
    Row("their stream of level 1, filtered again",  "31", ("l", "l", "l", "l"), product=()),
    Row("their stream of level 31, filtered again", "31", ("l", "l", "l", "l"), product=()),
)
TABLES = {"readers": READERS, "exchange": EXCHANGE}

# What the ordinary tier does not show, since it cannot be.
IMPOSSIBLE = {
    ("-F", "libkdumpfile"): "Debian 12's libkdumpfile opens no stream (the test tells when it does)",
    ("--split", "drgn"): "drgn opens one file",
    ("--splitblock-size", "drgn"): "drgn opens one file",
}
