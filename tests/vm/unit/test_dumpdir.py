import json
import tempfile
import unittest
from pathlib import Path

from lab import dumpdir


class DumpDirectoryTest(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)
        self.crash = Path(self._folder.name)
        self.path = self.crash / "192.0.2.10-2026-11-21-03:00:07"

    def make(self, vmcore: str, start: bytes):
        self.path.mkdir(mode=0o700)
        contents = {vmcore: start, "vmcore-dmesg.txt": b"Kernel panic - not syncing", "kexec-dmesg.log": b"x", "kdump.conf": b"x",
                    "kdump-result.json": json.dumps({"saved": True}).encode()}
        for name, data in contents.items():
            (self.path / name).write_bytes(data)
            (self.path / name).chmod(0o600)

    def test_takes_a_whole_one(self):
        self.make("vmcore", b"KDUMP   and so on")
        self.assertTrue(dumpdir.verified(dumpdir.only_one_in(self.crash, "192.0.2.10")).result["saved"])

    def test_takes_a_flattened_one_where_that_is_wanted(self):
        self.make("vmcore.flat", b"makedumpfile\0\0\0\0")
        dumpdir.verified(self.path, dumpdir.files("vmcore.flat"))
        with self.assertRaisesRegex(dumpdir.Incomplete, "expected"):
            dumpdir.verified(self.path)

    def test_sees_another_format(self):
        self.make("vmcore.flat", b"KDUMP   ")
        with self.assertRaisesRegex(dumpdir.Incomplete, "begins with"):
            dumpdir.verified(self.path, dumpdir.files("vmcore.flat"))

    def test_sees_a_mode_that_lets_others_in(self):
        self.make("vmcore", b"KDUMP   ")
        (self.path / "vmcore").chmod(0o644)
        with self.assertRaisesRegex(dumpdir.Incomplete, "mode 0644"):
            dumpdir.verified(self.path)
        dumpdir.verified(self.path, modes=False)

    def test_sees_the_name_of_another_machine(self):
        self.make("vmcore", b"KDUMP   ")
        with self.assertRaisesRegex(dumpdir.Incomplete, "127.0.0.1"):
            dumpdir.only_one_in(self.crash)
