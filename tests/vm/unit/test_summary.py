import unittest

from lab import summary

LOG = """[    9.1] something before
[   10.000000] sysrq: Trigger a crash
[   10.000001] Kernel panic - not syncing: sysrq triggered crash
[   10.000002] Call Trace:
[   10.000003]  <TASK>
[   10.000004]  panic+0x118/0x2f4
[   10.000005]  </TASK>
[   10.000006] after
"""


class PanicLinesTest(unittest.TestCase):
    def test_takes_the_message_to_the_end_of_the_trace(self):
        self.assertEqual(summary.panic_lines(LOG), ["Kernel panic - not syncing: sysrq triggered crash", "Call Trace:",
                                                    " <TASK>", " panic+0x118/0x2f4", " </TASK>"])

    def test_takes_an_older_kernel_s_trace_to_the_last_register(self):
        older = LOG.replace("<TASK>", "x+0x1/0x2").replace("</TASK>", "x").replace("[   10.000006]", "[   10.000005] R15: 0")
        lines = summary.panic_lines(older + "[   10.000007] rebooting\n")
        self.assertEqual((lines[0], lines[-1]), ("Kernel panic - not syncing: sysrq triggered crash", "R15: 0 after"))


class PagesTest(unittest.TestCase):
    def test_names_what_was_left_out_and_leaves_out_what_is_none(self):
        lines = summary._pages({"total": 200, "written": 50, "kept": 50, "zero": 150, "hwpoison": 0})
        self.assertEqual([line.split() for line in lines], [["in", "the", "vmcore", "200", "100.0", "%"],
                                                            ["written", "50", "25.0", "%"],
                                                            ["left", "out:", "zero", "150", "75.0", "%"]])
