import tempfile
import unittest
from pathlib import Path
from unittest import mock

from lab import cache, tools


class CommandTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        patch = mock.patch.object(cache, "ROOT", Path(folder.name))
        patch.start()
        self.addCleanup(patch.stop)
        self.root = cache.path("tools", "sid-drgn", "version").parent
        (self.root / "version").write_text("0.3.0-1\n")
        (self.root / "usr/bin").mkdir(parents=True)

    def test_is_started_by_the_loader_of_its_own_folder_with_the_arguments_after_its_own(self):
        (self.root / "usr/bin/python3").touch()
        loader, _, libraries, *rest = tools.command("drgn", "-c", Path("core"))
        self.assertEqual(loader, f"{self.root}/usr/lib64/ld-linux-x86-64.so.2")
        self.assertTrue(libraries.startswith(str(self.root)))
        self.assertEqual(rest, [f"{self.root}/usr/bin/python3", f"{self.root}/usr/bin/drgn", "-c", "core"])
        self.assertEqual(tools.environment("drgn")["PYTHONHOME"], f"{self.root}/usr")

    def test_follows_links_within_the_folder(self):
        (self.root / "usr/bin/python3").symlink_to("/etc/alternatives/python3")
        (self.root / "etc/alternatives").mkdir(parents=True)
        (self.root / "etc/alternatives/python3").symlink_to("../../usr/bin/python3.14")
        (self.root / "usr/bin/python3.14").touch()
        self.assertEqual(Path(tools.command("drgn")[3]).resolve(), (self.root / "usr/bin/python3.14").resolve())

    def test_its_version_is_recorded_beside_it(self):
        self.assertEqual(tools.version("drgn"), "0.3.0-1")

    def test_an_unknown_tool_is_named(self):
        with self.assertRaisesRegex(KeyError, "gdb"):
            tools.get("gdb")
