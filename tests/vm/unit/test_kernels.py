import json
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from lab import cache, kernels
from lab.run import CommandFailed


class FakeArchive:
    """An archive with these packages by version; none can be downloaded."""

    def __init__(self, packages):
        self._packages = packages

    def update(self):
        pass

    def names(self, prefix):
        return [name for name in self._packages if name.startswith(prefix)]

    def fields(self, package):
        return {"Version": self._packages[package]}

    def download(self, package, folder, version=None):
        raise CommandFailed(f"{package}: 404  Not Found")


class CandidatesTest(unittest.TestCase):
    def test_are_of_the_flavour_and_series_with_the_newest_first(self):
        archive = FakeArchive({
            "linux-image-5.10.0-9-cloud-amd64": "5.10.70-1", "linux-image-5.10.0-46-cloud-amd64": "5.10.262-1",
            "linux-image-5.10.0-46-cloud-amd64-dbg": "5.10.262-1", "linux-image-5.10.0-46-amd64": "5.10.262-1",
            "linux-image-6.1.0-1-cloud-amd64": "6.1.90-1", "linux-image-cloud-amd64": "5.10.262-1"})
        self.assertEqual(kernels._candidates(archive, "5.10"), [
            ("5.10.0-46-cloud-amd64", "5.10.262-1"), ("5.10.0-9-cloud-amd64", "5.10.70-1")])

    def test_the_newest_series_begins_at_7_2(self):
        versions = ("6.19.1-1", "7.1.9-1", "7.2.1-1", "7.10.1-1", "8.0.1-1", "10.0.1-1")
        archive = FakeArchive({f"linux-image-{v[:-2]}+deb14-cloud-amd64": v for v in versions})
        self.assertEqual([v for _, v in kernels._candidates(archive, "newest")], ["10.0.1-1", "8.0.1-1", "7.10.1-1", "7.2.1-1"])


class GoneFromTheArchiveTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        archive = FakeArchive({"linux-image-6.12.9+deb13-cloud-amd64": "6.12.9-1"})
        for patch in (mock.patch.object(cache, "ROOT", Path(folder.name)),
                      mock.patch.object(kernels, "Archive", lambda suite: archive)):
            patch.start()
            self.addCleanup(patch.stop)

    def test_fails_naming_the_series_and_each_kernel_when_none_is_cached(self):
        with self.assertRaisesRegex(CommandFailed, r"kernel series 6\.12: trixie .*6\.12\.9\+deb13-cloud-amd64: .*404"):
            kernels.get("6.12")

    def test_serves_the_cached_kernel_even_when_a_refresh_fails(self):
        record = {"release": "6.12.1-cloud-amd64", "version": "6.12.1-1"}
        cache.path("kernels", "6.12", "kernel.json").write_text(json.dumps(record))
        self.assertEqual(kernels.get("6.12", refresh=True).version, "6.12.1-1")

    def test_an_unknown_series_is_named(self):
        with self.assertRaisesRegex(KeyError, "4.19"):
            kernels.get("4.19")


class FirstOfTest(unittest.TestCase):
    def test_finds_the_file_of_a_7_2_package_and_not_the_link_to_it(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "usr/lib/debug/lib/modules/7.2/vmlinux")
            link = Path(folder, "usr/lib/debug/boot/vmlinux-7.2")
            file.parent.mkdir(parents=True), link.parent.mkdir(parents=True)
            file.write_text("ELF"), link.symlink_to("../lib/modules/7.2/vmlinux")
            self.assertEqual(kernels._first_of(Path(folder), "vmlinux", "7.2"), file)

    def test_says_where_it_looked(self):
        with tempfile.TemporaryDirectory() as folder, self.assertRaisesRegex(CommandFailed, "boot/vmlinuz-5.10 or usr/lib/modules/5.10"):
            kernels._first_of(Path(folder), "vmlinuz", "5.10")
