# SPDX-License-Identifier: GPL-2.0-or-later
"""A run of makedumpfile, and what it left."""
import pathlib
import resource
import signal
import struct
import subprocess
import tempfile
import unittest

from small_core import small_core

COMPLETED, FAILED = "\nmakedumpfile Completed.\n", "\nmakedumpfile Failed.\n"
PROGRAM, MAN_PAGE = "", ""  # the paths that cli.py is given
GIVEN = set()  # the options of runs that went well


def limited_to(size):
    """For a run's preexec_fn: a file of more bytes cannot be written, as if the disk were full."""
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    return limit


class Case(unittest.TestCase):
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

    def loads_of(self, core):
        """(file offset, paddr, filesz, memsz) of each PT_LOAD of an ELF core's bytes."""
        count, = struct.unpack_from("<H", core, 56)
        headers = [struct.unpack_from("<IIQQQQQQ", core, 64 + 56 * i) for i in range(count)]
        return [(header[2], header[4], header[5], header[6]) for header in headers if header[0] == 1]

    def info_file(self, release):
        path = self.path(f"info-{release}")
        path.write_text(f"OSRELEASE={release}\nPAGESIZE=4096\nSYMBOL(_stext)=ffffffff81000000\n")
        return path
