# SPDX-License-Identifier: GPL-2.0-or-later
"""What is written: a file, a stream, an ELF core, and what is left when that goes wrong."""
import struct
import subprocess

import case
from case import COMPLETED, Case, limited_to
from small_core import PAGE, page, small_core


class Dumps(Case):
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

    def test_every_number_of_threads_gives_the_same_dump(self):
        self.succeed("-z", "-d", "1", self.core, self.out)
        for threads in ("0", "2", "3", "16"):
            other = self.path(f"threads-{threads}")
            self.succeed("-z", "-d", "1", "--num-threads", threads, self.core, other)
            self.assertEqual(other.read_bytes(), self.out.read_bytes())

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

    def test_a_dry_run_writes_nothing(self):
        done = self.succeed("--dry-run", "-d", "1", self.core, self.out)
        self.assertTrue(done.stdout.decode().endswith(COMPLETED))
        self.assertEqual(sorted(p.name for p in self.out.parent.iterdir()), ["core"])

    def test_options_without_effect(self):
        self.succeed("-b", "8", "--cyclic-buffer", "1024", "--work-dir", "/tmp", "--non-mmap", self.core, self.out)

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

    def test_a_full_device(self):
        done = self.fail_with("no space left on device", "-f", self.core, "/dev/full")
        self.assertLessEqual(len([line for line in done.stderr.splitlines() if b"no space" in line]), 1)

    def test_what_fits_stays_readable(self):
        """A limit of the file's size stands for the full disk: the table is there, the header says incomplete."""
        limit = 150 * PAGE
        for threads in ("1", "4"):
            self.fail_with("file too large", "-d", "1", "--num-threads", threads, self.core, self.out, preexec_fn=limited_to(limit))
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

    def test_an_incomplete_dump_in_the_strict_exit_status(self):
        done = self.run_it("--strict-exit", "-d", "1", self.core, self.out, preexec_fn=limited_to(150 * PAGE))
        self.assertEqual(done.returncode, 9)
        self.assertIn("This is an incomplete dumpfile, but might analyzable.\n", done.stdout.decode())

    def test_a_reader_that_goes_away_is_an_error(self):
        with subprocess.Popen([case.PROGRAM, "-F", self.core], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            process.stdout.close()
            error = process.stderr.read().decode()
        self.assertEqual(process.returncode, 1)
        self.assertIn("broken pipe", error)

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
