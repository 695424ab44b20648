import subprocess
import unittest

from lab import cpio

MEMBERS = [cpio.folder("dir"), cpio.file("dir/a", b"12345", 0o600), cpio.link("l", "dir/a"), cpio.file("x/y/z", b"z" * 9)]


def as_listed_by_cpio(members: list[cpio.Member]) -> list[tuple[str, str]]:
    """(mode, name) of each member, as Debian's cpio reads our archive."""
    done = subprocess.run(["cpio", "-tv", "--quiet"], input=cpio.pack(members), capture_output=True, check=True)
    lines = [line.split(None, 8) for line in done.stdout.decode().splitlines()]
    return [(words[0], words[8]) for words in lines]


class CpioTest(unittest.TestCase):
    def test_is_read_by_the_cpio_program(self):
        self.assertEqual(as_listed_by_cpio(MEMBERS[:3]),
                         [("drwxr-xr-x", "dir"), ("-rw-------", "dir/a"), ("lrwxrwxrwx", "l -> dir/a")])

    def test_makes_the_folders_of_a_file(self):
        self.assertEqual([name for _, name in as_listed_by_cpio(MEMBERS[3:])], ["x", "x/y", "x/y/z"])

    def test_members_are_aligned(self):
        self.assertEqual(len(cpio.pack(MEMBERS)) % 4, 0)
