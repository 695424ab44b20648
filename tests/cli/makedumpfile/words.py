# SPDX-License-Identifier: GPL-2.0-or-later
"""What is said: reports, messages, exit statuses, help and the man page."""
import json
import os
import pathlib
import re
import subprocess

import case
from case import COMPLETED, Case
from small_core import PAGE, small_core


def listed_options():
    """As --help has them, with their dashes."""
    said = subprocess.run([case.PROGRAM, "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout
    listed = set()
    for line in said.splitlines():
        if re.match(r"^  (-\w|    --)", line):
            listed.update(re.findall(r"(?<![\w-])--?[\w-]+", re.match(r"^ +((?:-\w)?(?:, )?(?: *--[\w-]+)?)", line)[1]))
    return listed


class Words(Case):
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

    def test_a_check_of_parameters_has_no_last_words(self):
        done = self.run_it("--check-params", "-d", "99", self.core, self.out)
        self.assertEqual((done.returncode, done.stdout),
                         (1, b"Commandline parameter is invalid.\nTry `makedumpfile --help' for more information.\n"))
        self.assertIn(b"dump level", done.stderr)

    def test_the_man_page_is_sound(self):
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", case.MAN_PAGE], stdout=subprocess.PIPE, check=False)
        self.assertEqual((done.returncode, done.stdout.decode()), (0, ""))

    def test_every_option_is_in_the_man_page(self):
        man = pathlib.Path(case.MAN_PAGE).read_text().split("\n.Sh OPTIONS LEFT OUT\n")[0]
        documented = set(re.findall(r"^\.It Fl ([\w-]+)", man, re.MULTILINE))
        documented |= set(re.findall(r"^\.It Fl [\w-]+ , Fl ([\w-]+)", man, re.MULTILINE))
        listed = {name[1:] for name in listed_options()}
        self.assertGreater(len(listed), 15)
        self.assertEqual(listed - documented, set(), "in --help, not in the man page")
        self.assertEqual(documented - listed, set(), "in the man page, not in --help")

    LEFT_OUT = (("Xen", "-X"), ("Xen", "--xen-syms", "x"), ("Xen", "--xen-vmcoreinfo", "x"), ("Xen", "--xen_phys_start", "0"),
                ("sadump", "--diskset", "d"), ("struct page", "-e"), ("--config", "--eppic", "e"),
                ("--config", "--extension", "e"))

    def test_options_left_out_on_purpose_say_so(self):
        section = pathlib.Path(case.MAN_PAGE).read_text().split("\n.Sh OPTIONS LEFT OUT\n")[1].split("\n.Sh ")[0]
        for words, *options in self.LEFT_OUT:
            with self.subTest(options=options):
                self.fail_with(f"{options[0]}: ", *options, self.core, self.out)
                self.fail_with(words, *options, self.core, self.out)
                self.assertFalse(self.out.exists())
                self.assertRegex(section, rf"(?m)^\.It.* Fl {re.escape(options[0][1:])}\b")
