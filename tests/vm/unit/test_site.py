import tempfile
import threading
import unittest
from pathlib import Path

from lab import site


class WatchTest(unittest.TestCase):
    def test_acts_once_when_there_is_enough(self):
        sizes, acted = iter([0, 10, 49, 50, 60, 70]), threading.Event()
        with site.Watch(lambda: next(sizes), 50, acted.set) as watch:
            self.assertTrue(acted.wait(10))
        self.assertEqual(watch.acted_at, 50)

    def test_does_nothing_when_there_never_is(self):
        with site.Watch(lambda: 49, 50, self.fail) as watch:
            pass
        self.assertIsNone(watch.acted_at)


class AllocatedTest(unittest.TestCase):
    def test_counts_what_is_written_of_an_incomplete_dump(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            self.assertEqual(site.allocated(folder), 0)
            (folder / "dir").mkdir()
            (folder / "dir/vmcore").write_bytes(bytes(1 << 20))
            self.assertEqual(site.allocated(folder), 0)
            with open(folder / "dir/vmcore-incomplete", "wb") as file:
                file.truncate(1 << 30)
                file.write(b"x" * 40960)
            self.assertTrue(40960 <= site.allocated(folder) < 1 << 20)
