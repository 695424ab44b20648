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


class PagesTest(unittest.TestCase):
    def test_names_what_was_left_out_and_leaves_out_what_is_none(self):
        lines = summary._pages({"total": 200, "written": 50, "kept": 50, "zero": 150, "hwpoison": 0})
        self.assertEqual([line.split() for line in lines], [["in", "the", "vmcore", "200", "100.0", "%"],
                                                            ["written", "50", "25.0", "%"],
                                                            ["left", "out:", "zero", "150", "75.0", "%"]])
