# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps in parts, and one dump of them."""
import pathlib
import struct

from case import COMPLETED, Case, limited_to
from small_core import PAGE, small_core


class Parts(Case):
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
            done = self.fail_with("file too large", "--split", "--num-threads", threads, self.core, *parts,
                                  preexec_fn=limited_to(300000))
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
