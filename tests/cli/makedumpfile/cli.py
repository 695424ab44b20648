#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""makedumpfile(8) as users and scripts see it: exit status, last words, streams, what is left on disk.

usage: cli.py MAKEDUMPFILE MAN_PAGE [unittest options]
Runs on little ELF cores made here, so it needs nothing else.
"""
import json
import os
import pathlib
import re
import resource
import struct
import subprocess
import sys
import tempfile
import unittest

PROGRAM = ""
MAN_PAGE = ""
GIVEN = set()  # the options of runs that went well
# What needs a real kernel's core: the tests that run it, to whom it must be of use.
ELSEWHERE = {"-x": "compat/named_files", "-i": "compat/named_files", "-g": "compat/named_files", "--config": "compat/erase",
             "--mem-usage": "compat/same_text", "--dump-dmesg": "compat/same_text",
             "--partial-dmesg": "compat/same_text"}
PAGE = 4096
COMPLETED, FAILED = "\nmakedumpfile Completed.\n", "\nmakedumpfile Failed.\n"


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


class CommandLine(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="makedumpfile-cli.")
        self.addCleanup(self.folder.cleanup)
        self.core = self.path("core")
        self.core.write_bytes(small_core())
        self.out = self.path("vmcore")

    def path(self, name):
        return pathlib.Path(self.folder.name) / name

    def run_it(self, *options, **more):
        done = subprocess.run([PROGRAM, *map(str, options)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                              timeout=60, **more)
        if done.returncode == 0:
            GIVEN.update(str(option).split("=")[0] for option in options if str(option).startswith("-"))
        return done

    def succeed(self, *options, **more):
        done = self.run_it(*options, **more)
        self.assertEqual(done.returncode, 0, done.stderr.decode(errors="replace"))
        return done

    def fail_with(self, message, *options, **more):
        """Status 1, the last words, and an error of one line with `message` on standard error."""
        done = self.run_it(*options, **more)
        self.assertEqual(done.returncode, 1, done)
        error = done.stderr.decode()
        self.assertIn(message, error)
        words = done.stdout.decode() or error
        self.assertTrue(words.endswith(FAILED), done)
        return done

    def status_field(self, path):
        return struct.unpack_from("<I", path.read_bytes(), 424)[0]

    # What goes well.

    def test_a_dump(self):
        for option, bit in (("-c", 1), ("-l", 2), ("-p", 4), ("-z", 0x20)):
            done = self.succeed(option, "-d", "1", "-f", self.core, self.out)
            words = done.stdout.decode()
            self.assertTrue(words.endswith(f"\nThe dumpfile is saved to {self.out}.\n{COMPLETED}"), words)
            self.assertEqual(self.status_field(self.out), bit)
            self.assertEqual(self.out.stat().st_mode & 0o7777, 0o600)
            self.assertFalse(self.path("vmcore-incomplete").exists())

    def test_progress_is_on_standard_error(self):
        done = self.succeed(self.core, self.out)
        self.assertIn(b"\rCopying data", done.stderr)
        self.assertRegex(done.stderr.decode(), r"Copying data +: \[100\.0 %\] . +eta: \ds")
        self.assertNotIn(b"Copying data", done.stdout)

    def test_the_last_codec_wins(self):
        self.succeed("-c", "-z", "-l", self.core, self.out)
        self.assertEqual(self.status_field(self.out), 2)

    def test_a_stream_and_back(self):
        self.succeed("-c", "-d", "1", self.core, self.out)
        for threads in ("1", "4"):
            stream = self.succeed("-F", "-c", "-d", "1", "--num-threads", threads, self.core)
            self.assertEqual(stream.stdout[:12], b"makedumpfile")
            words = stream.stderr.decode()
            self.assertTrue(words.endswith(f"\nThe dumpfile is saved to STDOUT.\n{COMPLETED}"), words)
            back = self.path("back")
            done = self.succeed("-R", "-f", back, input=stream.stdout)
            self.assertTrue(done.stdout.decode().endswith(f"\nThe dumpfile is saved to {back}.\n{COMPLETED}"))
            self.assertEqual(back.read_bytes(), self.out.read_bytes())

    def sub_header(self, path):
        """split, start_pfn and end_pfn, and start_pfn_64 and end_pfn_64."""
        block = path.read_bytes()[PAGE:2 * PAGE]
        return struct.unpack_from("<iQQ", block, 12), struct.unpack_from("<QQ", block, 80)

    def test_a_dump_in_parts(self):
        parts = [self.path(f"part{i}") for i in range(3)]
        self.succeed("-l", "-d", "1", self.core, self.out)
        for threads in ("1", "7"):
            done = self.succeed("-f", "--split", "-l", "-d", "1", "--num-threads", threads, self.core, *parts)
            self.assertTrue(done.stdout.decode().endswith(
                f"\nThe dumpfiles are saved to {parts[0]}, {parts[1]}, and {parts[2]}.\n{COMPLETED}"), done)
            next_pfn = 0
            for part in parts:
                # All but what is the part's own is as in the whole dump: header, notes and bitmaps.
                head, whole = bytearray(part.read_bytes()[:4 * PAGE]), bytearray(self.out.read_bytes()[:4 * PAGE])
                for at, size in ((12, 20), (80, 16)):
                    head[PAGE + at:PAGE + at + size] = whole[PAGE + at:PAGE + at + size] = bytes(size)
                self.assertEqual(head, whole)
                (split, start, end), wide = self.sub_header(part)
                self.assertEqual((split, start, (start, end)), (1, next_pfn, wide))
                self.assertEqual(start % 64, 0)  # crash counts from whole words of the bitmap
                next_pfn = end
            self.assertEqual(next_pfn, 256 + 300)
            self.assertFalse(list(pathlib.Path(self.folder.name).glob("*-incomplete")))

    def test_parts_begin_at_blocks(self):
        parts = [self.path(f"part{i}") for i in range(2)]
        self.succeed("--split", "--splitblock-size", "256", "-l", "-d", "1", self.core, *parts)
        (_, _, end), _ = self.sub_header(parts[0])
        (_, start, _), _ = self.sub_header(parts[1])
        self.assertEqual((end, start % 64), (start, 0))

    def test_parts_become_one_file(self):
        parts = [self.path(f"part{i}") for i in range(5)]
        for codec in ("-l", "-c", "-p", "-z", None):
            options = ["-d", "1", "-f"] + ([codec] if codec else [])
            self.succeed(*options, self.core, self.out)
            self.succeed("--split", *options, self.core, *parts)
            done = self.succeed("--reassemble", "-f", *reversed(parts), self.path("one"))
            self.assertTrue(done.stdout.decode().endswith(f"\nThe dumpfile is saved to {self.path('one')}.\n{COMPLETED}"))
            self.assertEqual(self.path("one").read_bytes(), self.out.read_bytes())

    def test_parts_that_do_not_make_one_file(self):
        parts = [self.path(f"part{i}") for i in range(3)]
        self.succeed("--split", "-d", "1", self.core, *parts)
        self.succeed("--split", "-c", "-d", "1", self.core, self.path("other0"), self.path("other1"))
        self.succeed("-d", "1", self.core, self.path("whole"))
        short = parts[2].read_bytes()[:-100]
        self.path("short").write_bytes(short)
        for given, named in (((parts[0], parts[2]), "part"), ((parts[0], parts[1]), "part"),
                             ((parts[0], parts[0], parts[1], parts[2]), "part0"),
                             ((parts[0], self.path("other1")), "other1"), ((parts[0], self.path("whole")), "whole"),
                             ((parts[0], parts[1], self.path("short")), "short"), ((parts[0], self.core), "core"),
                             ((parts[0], parts[1], self.path("missing")), "missing")):
            with self.subTest(given=given):
                self.fail_with(named, "--reassemble", *given, self.out)
                self.assertFalse(self.out.exists())
                self.assertFalse(self.path("vmcore-incomplete").exists())
        self.fail_with("2 file names where 3 belong", "--reassemble", parts[0], self.out)

    def test_parts_of_which_one_is_incomplete(self):
        parts = [self.path(f"part{i}") for i in range(3)]
        self.succeed("--split", "-d", "1", self.core, *parts)
        incomplete = bytearray(parts[1].read_bytes())
        incomplete[424] |= 8
        parts[1].write_bytes(incomplete[:-5000])
        self.assertEqual(self.run_it("--strict-exit", "--reassemble", *parts, self.out).returncode, 11)
        done = self.succeed("-f", "--reassemble", *parts, self.out)
        self.assertIn(f"{parts[1]} is marked incomplete: pages of it may be missing", done.stdout.decode())
        self.assertEqual(self.out.read_bytes()[424] & 8, 8)
        verified = self.run_it("verify", self.out)
        self.assertEqual(verified.returncode, 3, verified.stdout)

    def test_a_dump_of_an_incomplete_one_is_marked_too(self):
        self.succeed("-d", "1", self.core, self.path("first"))
        incomplete = bytearray(self.path("first").read_bytes())
        incomplete[424] |= 8
        self.path("first").write_bytes(incomplete)
        done = self.succeed("-c", "-d", "1", self.path("first"), self.out)
        self.assertIn("and the new dump is marked so, too", done.stdout.decode())
        self.assertEqual(self.out.read_bytes()[424] & 8, 8)
        self.assertFalse(self.path("vmcore-incomplete").exists())
        self.assertEqual(self.run_it("verify", self.out).returncode, 3)

    def test_a_size_limit_and_a_list_of_levels(self):
        self.succeed("-d", "1", self.core, self.path("level1"))
        size = self.path("level1").stat().st_size
        done = self.succeed("-d", "0,1", "-L", size + 8192, self.core, self.out)
        self.assertIn(b"dump level raised from 0 to 1", done.stdout)
        self.assertEqual(self.out.read_bytes(), self.path("level1").read_bytes())
        self.fail_with("the size limit of -L is reached", "-d", "0,1", "-L", "500K", self.core, self.path("small"))
        self.assertLessEqual(self.path("small-incomplete").stat().st_size, 500 << 10)
        self.fail_with("Limit size(1X) is invalid.", "-L", "1X", self.core, self.path("none"))
        self.fail_with("the size limit of -L is reached", "-E", "-L", "1M", self.core, self.path("elf"))
        incomplete = self.path("elf-incomplete").read_bytes()
        self.assertEqual(struct.unpack_from("<I", incomplete, 48), (1,))
        offset, paddr, _, _ = self.loads_of(incomplete)[1]  # the page before is all zeros
        self.assertEqual((paddr, incomplete[offset:offset + PAGE]), (0x101000, page(1)))

    def test_more_parts_than_pages(self):
        self.core.write_bytes(small_core(3))
        with open(self.core, "r+b") as core:
            core.truncate(8192 + 3 * PAGE)
        parts = [self.path(f"part{i}") for i in range(9)]
        self.succeed("--split", "-d", "1", self.core, *parts)
        self.assertEqual(self.sub_header(parts[-1])[1][1], 256 + 3)

    def test_parts_that_do_not_fit_leave_nothing_whole(self):
        for threads in ("1", "4"):
            parts = [self.path(f"small{threads}.{i}") for i in range(3)]
            done = self.fail_with("file too large", "--split", "--num-threads", threads, self.core, *parts, restore_signals=False,
                                  preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300000, 300000)))
            self.assertIn("-incomplete", done.stderr.decode())
            self.assertFalse([part for part in parts if part.exists()])

    def test_wrong_words_about_parts(self):
        for message, options in (("is named twice", ["--split", self.core, self.out, self.out]),
                                 ("2 file names where 3 belong", ["--split", self.core, self.out]),
                                 ("--split and -E exclude each other", ["--split", "-E", self.core, self.out, self.path("b")]),
                                 ("no multiple of the page size", ["--split", "--splitblock-size", "5", self.core, self.out,
                                                                   self.path("b")]),
                                 ("is no splitblock size", ["--split", "--splitblock-size", "4k", self.core, self.out,
                                                            self.path("b")]),
                                 ("goes with --split only", ["--splitblock-size", "4", self.core, self.out])):
            with self.subTest(options=options):
                self.fail_with(message, *options)
                self.assertFalse(self.out.exists())

    def loads_of(self, core):
        """(file offset, paddr, filesz, memsz) of each PT_LOAD of an ELF core's bytes."""
        count, = struct.unpack_from("<H", core, 56)
        headers = [struct.unpack_from("<IIQQQQQQ", core, 64 + 56 * i) for i in range(count)]
        return [(header[2], header[4], header[5], header[6]) for header in headers if header[0] == 1]

    def test_an_elf_core(self):
        memory = [bytes(PAGE) if 300 <= pfn < 700 else page(3 * pfn + 1) for pfn in range(1000)]
        self.core.write_bytes(small_core()[:8192] + b"".join(memory))
        with open(self.core, "r+b") as core:
            for at in (32, 40):  # p_filesz and p_memsz
                core.seek(64 + 56 + at)
                core.write(struct.pack("<Q", 1000 * PAGE))
        for threads in ("1", "3"):
            self.succeed("-f", "-E", "-d", "1", "--num-threads", threads, self.core, self.out)
            written = self.out.read_bytes()
            found = {}
            for offset, paddr, filesz, _ in self.loads_of(written):
                for at in range(0, filesz, PAGE):
                    found[(paddr - 0x100000 + at) // PAGE] = written[offset + at:offset + at + PAGE]
            self.assertEqual(sorted(found), [pfn for pfn in range(1000) if not 300 <= pfn < 700])
            self.assertTrue(all(found[pfn] == memory[pfn] for pfn in found))
            self.assertEqual(sum(memsz for *_, memsz in self.loads_of(written)), 1000 * PAGE)
        stream = self.succeed("-F", "-E", "-d", "1", self.core).stdout
        self.succeed("-R", "-f", self.path("back"), input=stream)
        self.assertEqual(self.path("back").read_bytes(), written)
        # No record goes backward.
        position, end = 4096, 0
        while True:
            offset, size = struct.unpack_from(">qq", stream, position)
            if offset == -1:
                break
            self.assertGreaterEqual(offset, end)
            position, end = position + 16 + size, offset + size
        self.fail_with("-E goes with none of", "-E", "-l", self.core, self.path("other"))

    def test_every_number_of_threads_gives_the_same_dump(self):
        self.succeed("-z", "-d", "1", self.core, self.out)
        for threads in ("0", "2", "3", "16"):
            other = self.path(f"threads-{threads}")
            self.succeed("-z", "-d", "1", "--num-threads", threads, self.core, other)
            self.assertEqual(other.read_bytes(), self.out.read_bytes())

    def test_the_report(self):
        words = self.succeed("--show-stats", "-d", "1", self.core, self.out).stdout.decode()
        self.assertIn("Original pages  : 0x000000000000012c", words)
        self.assertIn("Pages filled with zero  : 0x0000000000000064", words)
        self.assertIn("Remaining pages  : 0x00000000000000c8", words)
        self.assertNotIn("Original pages", self.succeed("-f", self.core, self.out).stdout.decode())

    def json_of(self, *options, fails=False):
        """The JSON report of a run."""
        read_end, write_end = os.pipe()
        done = self.run_it("--json", write_end, *options, pass_fds=[write_end])
        os.close(write_end)
        with os.fdopen(read_end) as report:
            text = report.read()
        self.assertEqual(done.returncode, 1 if fails else 0, done)
        self.assertEqual(text.count("\n"), 1)
        return json.loads(text)

    def test_the_report_as_json(self):
        report = self.json_of("-z", "-d", "1", self.core, self.out)
        self.assertEqual((report["version"], report["ok"], report["error"]), (1, True, ""))
        self.assertEqual((report["input"], report["output"]), (str(self.core), str(self.out)))
        self.assertEqual(report["kernel_release"], "6.1.0-test")
        self.assertEqual((report["requested_level"], report["dump_level"], report["reasons"]), (1, 1, []))
        self.assertEqual((report["pages"]["total"], report["pages"]["written"]), (300, 300))
        self.assertEqual(report["pages"]["classes"]["zero"], 100)
        self.assertEqual(sorted(report["pages"]["classes"]), sorted((
            "kept", "zero", "cache", "private_cache", "user", "free", "unaccepted", "hwpoison", "offline", "protected",
            "unreadable", "earlier")))
        self.assertEqual(report["bytes_written"], self.out.stat().st_size)
        self.assertEqual(report["bytes_erased"], 0)
        self.assertEqual((report["codec"], report["threads"], report["page_size"]), ("zstd", 1, PAGE))

    def test_the_json_report_of_a_dump_that_failed(self):
        report = self.json_of("-d", "31", self.core, self.out, fails=True)
        self.assertFalse(report["ok"])
        self.assertIn("dump level 31", report["error"])
        self.assertEqual(report["kernel_release"], "6.1.0-test")
        report = self.json_of("-f", self.core, "/dev/full", fails=True)
        self.assertIn("no space", report["error"])

    def test_json_needs_an_open_descriptor_and_a_dump(self):
        self.fail_with("file descriptor 77 is not open", "--json", "77", self.core, self.out)
        self.fail_with("file descriptor", "--json", "out.json", self.core, self.out)
        self.fail_with("--json goes with making a dump only", "--json", "1", "-R", self.out)
        self.fail_with("exclude each other", "--json", "1", "-F", self.core)
        self.assertFalse(self.out.exists())

    def test_debugging_messages(self):
        words = self.succeed("-D", self.core, self.out).stdout.decode()
        self.assertIn("memory 0x100000 to 0x22c000", words)
        self.assertIn("kernel '6.1.0-test'", words)
        self.assertIn(f"command line: makedumpfile -D {self.core} {self.out}\n", words)
        self.assertNotIn("memory 0x", self.succeed("-f", self.core, self.out).stdout.decode())

    def test_message_level_zero_is_silent(self):
        done = self.succeed("--message-level", "0", self.core, self.out)
        self.assertEqual((done.stdout, done.stderr), (b"", b""))

    def test_a_dry_run_writes_nothing(self):
        done = self.succeed("--dry-run", "-d", "1", self.core, self.out)
        self.assertTrue(done.stdout.decode().endswith(COMPLETED))
        self.assertEqual(sorted(p.name for p in self.out.parent.iterdir()), ["core"])

    def test_check_params_is_silent_and_touches_nothing(self):
        done = self.succeed("--check-params", "-l", "-d", "31", "/no/such/core", self.out)
        self.assertEqual((done.stdout, done.stderr), (b"", b""))
        self.assertFalse(self.out.exists())
        self.succeed("--check-params", "-l", "-d", "31")

    def test_help_and_version(self):
        self.assertIn("--num-threads", self.succeed("--help").stdout.decode())
        self.assertIn("-R [-f] DUMPFILE", self.succeed("-h").stdout.decode())
        version = self.succeed("-v").stdout.decode()
        self.assertRegex(version, r"^makedumpfile: version \d")
        self.assertIn("lzo\tenabled", version)

    def test_options_are_abbreviated_and_bundled(self):
        self.succeed("-zf", "-d1", "--message=7", "--num-thr", "2", self.core, self.out)

    def test_options_without_effect(self):
        self.succeed("-b", "8", "--cyclic-buffer", "1024", "--work-dir", "/tmp", "--non-mmap", self.core, self.out)

    # What goes wrong.

    def test_invalid_command_lines(self):
        for message, *options in (
                ("dump level", "-d", "abc", self.core, self.out), ("dump level", "-d", "32", self.core, self.out),
                ("dump level", "-d", "-1", self.core, self.out), ("dump level", "-d", "1x", self.core, self.out),
                ("dump level", "-d", "", self.core, self.out),
                ("message level", "--message-level", "32", self.core, self.out),
                ("message level", "--message-level", "0x7", self.core, self.out),
                ("size", "-b", "4k", self.core, self.out), ("size", "--cyclic-buffer", "-1", self.core, self.out),
                ("address", "--vtop", "ffffffff81000000", self.core, self.out), ("address", "--vtop", "", self.core, self.out),
                ("address", "--vtop", "0x1ffffffffffffffff", self.core, self.out),
                ("--vtop goes with", "--vtop", "0x1000", "-R", self.out),
                ("--partial-dmesg goes with", "--partial-dmesg", self.core, self.out),
                ("threads", "--num-threads", "many", self.core, self.out),
                ("needs an argument", self.core, self.out, "-d"), ("unknown", "--non-cyclic", self.core, self.out),
                ("unknown", "-k", self.core, self.out), ("0 file names where 2 belong",),
                ("1 file names where 2 belong", self.core), ("2 file names where 1 belong", "-F", self.core, self.out),
                ("exclude each other", "-R", "-F", self.out), ("--dry-run", "-R", "--dry-run", self.out)):
            with self.subTest(options=options):
                done = self.fail_with(message, *options)
                self.assertIn(b"Commandline parameter is invalid.", done.stderr if "-F" in options else done.stdout)
                self.assertFalse(self.out.exists())

    def test_messages_stay_out_of_a_stream(self):
        for options in (["-F", "-d", "99", self.core], ["-lF", "--no-such"], ["-F", "-X", self.core], ["-F", "/no/such/core"]):
            with self.subTest(options=options):
                self.assertEqual(self.fail_with("", *options).stdout, b"")

    def test_the_strict_exit_status(self):
        self.out.write_text("precious")
        damaged = self.path("damaged")
        damaged.write_bytes(small_core()[:100])
        with open("/dev/zero", "rb") as zero:
            for status, *options in ((3, "-d", "99", self.core, self.out), (3, "--no-such"), (4, "-X"), (5, "/no/such", self.path("a")),
                                     (6, damaged, self.path("a")), (7, self.core, self.out), (8, "-f", self.core, "/dev/full"),
                                     (2, "-i", self.info_file("6.12.0"), self.core, self.path("a")),
                                     (6, "-R", self.path("a")), (5, "--reassemble", self.path("p"), self.path("q"), self.path("a"))):
                with self.subTest(options=options):
                    self.assertEqual(self.run_it("--strict-exit", *options, stdin=zero).returncode, status)
                    self.assertEqual(self.run_it(*options, stdin=zero).returncode, 2 if status == 2 else 1)
        self.assertEqual(self.run_it("--strict-exit", "-f", self.core, self.out).returncode, 0)

    def test_an_incomplete_dump_in_the_strict_exit_status(self):
        def limited():
            resource.setrlimit(resource.RLIMIT_FSIZE, (150 * PAGE, 150 * PAGE))
            import signal
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        done = self.run_it("--strict-exit", "-d", "1", self.core, self.out, preexec_fn=limited)
        self.assertEqual(done.returncode, 9)
        self.assertIn("This is an incomplete dumpfile, but might analyzable.\n", done.stdout.decode())

    def test_an_input_that_was_cut_off(self):
        self.succeed("-d", "1", self.core, self.path("whole"))
        self.path("cut").write_bytes(self.path("whole").read_bytes()[:-PAGE * 10])
        done = self.succeed("-d", "1", self.path("cut"), self.out)
        self.assertRegex(done.stdout.decode(), "[0-9]+ pages could not be read and are missing in the dump")
        strict = self.run_it("--strict-exit", "-f", "-d", "1", self.path("cut"), self.out)
        self.assertEqual(strict.returncode, 11)
        self.assertTrue(strict.stdout.decode().endswith(COMPLETED))
        self.assertEqual(self.run_it("verify", self.out).returncode, 3)

    def test_memory_usage_needs_struct_pages(self):
        self.fail_with("dump level 31", "--mem-usage", self.core)

    def test_a_check_of_parameters_has_no_last_words(self):
        done = self.run_it("--check-params", "-d", "99", self.core, self.out)
        self.assertEqual((done.returncode, done.stdout),
                         (1, b"Commandline parameter is invalid.\nTry `makedumpfile --help' for more information.\n"))
        self.assertIn(b"dump level", done.stderr)

    LEFT_OUT = (("Xen", "-X"), ("Xen", "--xen-syms", "x"), ("Xen", "--xen-vmcoreinfo", "x"), ("Xen", "--xen_phys_start", "0"),
                ("sadump", "--diskset", "d"), ("struct page", "-e"), ("--config", "--eppic", "e"),
                ("--config", "--extension", "e"))

    def test_options_left_out_on_purpose_say_so(self):
        section = pathlib.Path(MAN_PAGE).read_text().split("\n.Sh OPTIONS LEFT OUT\n")[1].split("\n.Sh ")[0]
        for words, *options in self.LEFT_OUT:
            with self.subTest(options=options):
                self.fail_with(f"{options[0]}: ", *options, self.core, self.out)
                self.fail_with(words, *options, self.core, self.out)
                self.assertFalse(self.out.exists())
                self.assertRegex(section, rf"(?m)^\.It.* Fl {re.escape(options[0][1:])}\b")

    def test_an_existing_output_is_left_alone(self):
        self.out.write_text("precious")
        self.fail_with("File exists", "-d", "1", self.core, self.out)
        self.fail_with("File exists", "-R", self.out, input=b"")
        self.assertEqual(self.out.read_text(), "precious")
        self.succeed("-f", "-d", "1", self.core, self.out)
        self.assertEqual(self.out.read_bytes()[:5], b"KDUMP")

    def test_an_existing_output_is_found_before_any_work(self):
        self.out.write_text("precious")
        done = self.fail_with("File exists", "/no/such/core", self.out)
        self.assertNotIn(b"/no/such/core", done.stderr)

    def test_inputs_that_are_no_core(self):
        self.fail_with("no such file or directory", "/no/such/core", self.out)
        for name, content in (("empty", b""), ("text", b"hello" * 1000), ("header", small_core()[:40]),
                              ("headers", small_core()[:100])):
            self.path(name).write_bytes(content)
            self.fail_with(name, self.path(name), self.out)
        self.assertFalse(self.out.exists())

    def test_a_truncated_core_loses_its_pages_or_is_refused(self):
        cut = self.path("cut")
        cut.write_bytes(small_core()[:8192 + 200 * PAGE])
        done = self.run_it("-d", "1", cut, self.out)
        words = done.stdout.decode() + done.stderr.decode()
        if done.returncode == 0:
            self.assertRegex(words, r"100 pages could not be read")
        else:
            self.assertEqual(done.returncode, 1)
            self.assertIn("cut", words)

    def test_levels_that_need_struct_pages_say_what_is_missing(self):
        done = self.fail_with("", "-d", "31", self.core, self.out)
        self.assertGreater(len(done.stderr.splitlines()[0]), 20)

    def test_damaged_streams_end_with_the_offset(self):
        stream = self.succeed("-F", "-l", "-d", "1", self.core).stdout
        cases = {"the stream ends": stream[:len(stream) // 2], "no flattened stream": b"x" * 8192,
                 "record header: the stream ends": stream[:-16],
                 "impossible offset": stream[:4096] + struct.pack(">qq", -5, 10) + b"y" * 10}
        for message, content in cases.items():
            with self.subTest(message=message):
                done = self.fail_with(message, "-R", self.path("damaged"), input=content)
                self.assertIn(b"offset 0x", done.stderr)
                self.assertFalse(self.path("damaged").exists())

    def test_a_stream_of_an_incomplete_dump_is_said_to_be_one(self):
        stream = bytearray(self.succeed("-F", "-l", self.core).stdout)
        self.assertEqual(struct.unpack_from("<I", stream, 4096 + 16 + 424)[0], 2)
        struct.pack_into("<I", stream, 4096 + 16 + 424, 2 | 8)
        self.assertIn(b"incomplete", self.succeed("-R", self.out, input=bytes(stream)).stdout)
        struct.pack_into("<I", stream, 4096 + 16 + 436, 0xffffffff)
        self.fail_with("bitmap_blocks", "-R", "-f", self.out, input=bytes(stream))

    def test_a_reader_that_goes_away_is_an_error(self):
        with subprocess.Popen([PROGRAM, "-F", self.core], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            process.stdout.close()
            error = process.stderr.read().decode()
        self.assertEqual(process.returncode, 1)
        self.assertIn("broken pipe", error)

    def test_a_full_device(self):
        done = self.fail_with("no space left on device", "-f", self.core, "/dev/full")
        self.assertLessEqual(len([line for line in done.stderr.splitlines() if b"no space" in line]), 1)

    def test_what_fits_stays_readable(self):
        """A limit of the file's size stands for the full disk: the table is there, the header says incomplete."""
        limit = 150 * PAGE

        def limited():
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            import signal
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

        for threads in ("1", "4"):
            self.fail_with("file too large", "-d", "1", "--num-threads", threads, self.core, self.out, preexec_fn=limited)
            self.assertFalse(self.out.exists())
            left = self.path("vmcore-incomplete")
            self.assertEqual(self.status_field(left), 8)
            content = left.read_bytes()
            self.assertLessEqual(len(content), limit)
            sub_blocks, bitmap_blocks = struct.unpack_from("<iI", content, 432)
            table = (1 + sub_blocks + bitmap_blocks) * PAGE
            kept = 0
            for index in range(300):
                offset, size, flags, _ = struct.unpack_from("<qIIQ", content, table + 24 * index)
                if offset == 0:
                    self.assertEqual((size, flags), (0, 0))
                    continue
                kept += 1
                self.assertEqual(content[offset:offset + size], page(index))
            self.assertGreater(kept, 100)

    # Files that the user names.

    def info_file(self, release):
        path = self.path(f"info-{release}")
        path.write_text(f"OSRELEASE={release}\nPAGESIZE=4096\nSYMBOL(_stext)=ffffffff81000000\n")
        return path

    def test_a_vmcoreinfo_file_of_another_release_ends_with_status_2(self):
        done = self.run_it("-i", self.info_file("6.12.0"), self.core, self.out)
        self.assertEqual(done.returncode, 2, done)
        self.assertTrue(done.stdout.decode().endswith(FAILED), done)
        error = done.stderr.decode()
        self.assertEqual(len(error.splitlines()), 1, error)
        for words in ("info-6.12.0", "6.12.0", "6.1.0-test", str(self.core)):
            self.assertIn(words, error)
        self.assertFalse(self.out.exists())

    def test_a_dump_that_does_not_tell_where_its_kernel_was(self):
        for options in ((self.core, self.out), ("--dump-dmesg", self.core, self.path("log"))):
            self.fail_with("nothing tells where its kernel was", "-i", self.info_file("6.1.0-test"), *options)

    def test_named_files_that_are_none(self):
        self.path("text").write_text("hello\n")
        for message, *options in (
                ("-i: cannot open /no/such/info", "-i", "/no/such/info"), ("line 1", "-i", self.path("text")),
                ("-x: cannot open /no/such/vmlinux", "-x", "/no/such/vmlinux"), ("no ELF file", "-x", self.path("text")),
                ("is a core", "-x", self.core), ("debug information", "-x", "/bin/true")):
            with self.subTest(options=options):
                done = self.fail_with(message, *options, self.core, self.out)
                self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
                self.assertFalse(self.out.exists())

    def test_invalid_command_lines_about_named_files(self):
        for message, *options in (
                ("exclude each other", "-x", "vmlinux", "-i", "info", self.core, self.out),
                ("not with -R", "-R", "-x", "vmlinux", self.out), ("-g needs -x", "-g", "info"),
                ("-g needs -x", "-g", "info", "-i", "other"), ("needs an argument", "-g"), ("empty file name", "-g", ""),
                ("2 file names where 0 belong", "-g", "info", "-x", "vmlinux", self.core, self.out),
                *(("-g takes only", "-g", "info", "-x", "vmlinux", *more) for more in (
                    ["-c"], ["-l"], ["-p"], ["-z"], ["-d", "1"], ["-F"], ["--dry-run"], ["--dump-dmesg"], ["--show-facts"]))):
            with self.subTest(options=options):
                done = self.fail_with(message, *options)
                self.assertIn(b"Commandline parameter is invalid.", done.stdout + done.stderr)

    def test_facts_are_not_saved_over_a_file_nor_by_halves(self):
        info = self.path("info")
        info.write_text("precious")
        self.fail_with("File exists", "-g", info, "-x", "/no/such/vmlinux")
        self.fail_with("/no/such/vmlinux", "-f", "-g", info, "-x", "/no/such/vmlinux")
        self.assertEqual(info.read_text(), "precious")
        self.fail_with("debug information", "-g", self.path("new"), "-x", "/bin/true")
        self.assertEqual(sorted(p.name for p in info.parent.iterdir()), ["core", "info"])

    def test_bad_erase_rules(self):
        rules = self.path("rules")
        self.fail_with("--config needs -x VMLINUX", "--config", rules, self.core, self.out)
        self.fail_with("--config goes with making a dump only", "--config", rules, "-x", rules, "--dump-dmesg", self.core, self.out)
        self.fail_with("no such file or directory", "--config", rules, "-x", rules, self.core, self.out)
        for text, message in (("erase", "2:1: the file ends where a symbol with members belongs"),
                              ("scrub a", "1:1: 'scrub' where 'erase', 'for' or a section belongs"),
                              ("for i in a\n  erase i\n", "3:1: the file ends where 'erase' or the 'endfor' of the loop in line 1"),
                              ("erase a size none.\n", "1:14: 'none.' is no symbol with members")):
            with self.subTest(text=text):
                rules.write_text(text)
                done = self.fail_with(f"--config: {rules}:{message}", "--config", rules, "-x", "/no/such/file", self.core, self.out)
                self.assertEqual(len(done.stderr.splitlines()), 1)
                self.assertFalse(self.out.exists())

    # Addresses, the log and the man page.

    def test_an_address_without_page_tables_is_not_mapped(self):
        words = self.succeed("--vtop", "0xffffffff81000000", "-d", "1", self.core, self.out).stdout.decode()
        self.assertIn("\nTranslating virtual address ffffffff81000000 to physical address.\n"
                      "VIRTUAL           PHYSICAL\nffffffff81000000  (not mapped)\n", words)
        self.assertIn("page tables cannot be found", words)
        self.assertTrue(words.endswith(COMPLETED), words)
        self.assertTrue(self.out.exists())

    def test_a_log_that_cannot_be_found(self):
        for options in ([], ["--partial-dmesg"]):
            self.fail_with("", "--dump-dmesg", *options, self.core, self.path("log"))
        self.path("log2").write_text("old")
        self.fail_with("File exists", "--dump-dmesg", self.core, self.path("log2"))

    def test_facts_are_shown_with_their_source_and_what_is_missing(self):
        shown = self.succeed("--show-facts", self.core).stdout.decode()
        self.assertRegex(shown, r"(?m)^NUMBER\(SECTION_SIZE_BITS\)=27  inferred$")
        self.assertRegex(shown, r"(?m)^SIZE\(page\)  missing$")
        self.assertIn("What follows for a dump:", shown)
        self.assertRegex(shown, "(?s)Who could not tell:\n  no facts from the kernel's own memory: .*page tables")
        self.fail_with("2 file names where 1 belong", "--show-facts", self.core, self.out)

    def listed_options(self):
        """As --help has them, with their dashes."""
        listed = set()
        for line in self.succeed("--help").stdout.decode().splitlines():
            if re.match(r"^  (-\w|    --)", line):
                listed.update(re.findall(r"(?<![\w-])--?[\w-]+", re.match(r"^ +((?:-\w)?(?:, )?(?: *--[\w-]+)?)", line)[1]))
        self.assertGreater(len(listed), 15)
        return listed

    def test_the_man_page_is_sound(self):
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", MAN_PAGE], stdout=subprocess.PIPE, check=False)
        self.assertEqual((done.returncode, done.stdout.decode()), (0, ""))

    def test_every_option_is_in_the_man_page(self):
        man = pathlib.Path(MAN_PAGE).read_text().split("\n.Sh OPTIONS LEFT OUT\n")[0]
        documented = set(re.findall(r"^\.It Fl ([\w-]+)", man, re.MULTILINE))
        documented |= set(re.findall(r"^\.It Fl [\w-]+ , Fl ([\w-]+)", man, re.MULTILINE))
        listed = {name[1:] for name in self.listed_options()}
        self.assertEqual(listed - documented, set(), "in --help, not in the man page")
        self.assertEqual(documented - listed, set(), "in the man page, not in --help")

    @classmethod
    def tearDownClass(cls):
        """Once all tests have run: each option was in a run that went well, or is in the test that is named for it."""
        if len(sys.argv) > 1:
            return
        listed, tests = cls().listed_options(), pathlib.Path(__file__).resolve().parents[2]
        elsewhere = {name for name, path in ELSEWHERE.items() if re.search(rf"""["' ]{name}["'= ,]""", (tests / path).read_text())}
        if untested := sorted(listed - GIVEN - elsewhere):
            raise AssertionError(f"in --help, in no test: {', '.join(untested)}")
        if needless := sorted(ELSEWHERE.keys() & GIVEN):
            raise AssertionError(f"named as tested elsewhere, and tested here: {', '.join(needless)}")


if __name__ == "__main__":
    PROGRAM, MAN_PAGE = sys.argv.pop(1), sys.argv.pop(1)
    unittest.main()
