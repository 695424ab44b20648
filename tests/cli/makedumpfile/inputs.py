# SPDX-License-Identifier: GPL-2.0-or-later
"""What is read: cores, dumps, and the files that the user names."""
from case import COMPLETED, FAILED, Case
from small_core import PAGE, small_core


class Inputs(Case):
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

    def test_an_input_that_was_cut_off(self):
        self.succeed("-d", "1", self.core, self.path("whole"))
        self.path("cut").write_bytes(self.path("whole").read_bytes()[:-PAGE * 10])
        done = self.succeed("-d", "1", self.path("cut"), self.out)
        self.assertRegex(done.stdout.decode(), "[0-9]+ pages could not be read and are missing in the dump")
        strict = self.run_it("--strict-exit", "-f", "-d", "1", self.path("cut"), self.out)
        self.assertEqual(strict.returncode, 11)
        self.assertTrue(strict.stdout.decode().endswith(COMPLETED))
        self.assertEqual(self.run_it("verify", self.out).returncode, 3)

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

    def test_levels_that_need_struct_pages_say_what_is_missing(self):
        done = self.fail_with("", "-d", "31", self.core, self.out)
        self.assertGreater(len(done.stderr.splitlines()[0]), 20)

    def test_memory_usage_needs_struct_pages(self):
        self.fail_with("dump level 31", "--mem-usage", self.core)

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
