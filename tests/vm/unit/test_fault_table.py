import tempfile
import unittest
from pathlib import Path

from lab import fault_table
from lab.fault_rows import FAULTS, Fault
from lab.faults import Outcome

ROWS = (Fault("one", "does this", "no dump: .*dead"), Fault("two | three", "does <that>", "another"))
OUTCOMES = [Outcome(ROWS[0], said="no dump: it is | dead", seconds=12.4), Outcome(ROWS[1], said="another <b>", seconds=3.5)]


class TableTest(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)
        self.readme = Path(self._folder.name) / "README.md"
        self.readme.write_text(f"before\n{fault_table.BEGIN}\nold\n{fault_table.END}\nafter\n")

    def test_a_written_table_is_that_of_the_rows_and_the_rest_stays(self):
        fault_table.write(OUTCOMES, self.readme)
        fault_table.check(self.readme, ROWS)
        text = self.readme.read_text()
        self.assertTrue(text.startswith("before\n") and text.endswith("\nafter\n") and "old" not in text)

    def test_a_row_that_changed_is_named(self):
        fault_table.write(OUTCOMES, self.readme)
        self.readme.write_text(self.readme.read_text().replace(ROWS[0].made, "does something else", 1))
        with self.assertRaisesRegex(fault_table.Disagrees, ROWS[0].name):
            fault_table.check(self.readme, ROWS)

    def test_a_console_line_that_is_not_the_expected_one_disagrees(self):
        fault_table.write([OUTCOMES[0], Outcome(ROWS[1], said="all is well", seconds=1)], self.readme)
        with self.assertRaisesRegex(fault_table.Disagrees, "two"):
            fault_table.check(self.readme, ROWS)

    def test_a_missing_row_disagrees(self):
        fault_table.write(OUTCOMES[1:], self.readme)
        with self.assertRaisesRegex(fault_table.Disagrees, "rows"):
            fault_table.check(self.readme, ROWS)

    def test_a_readme_without_the_marks_disagrees(self):
        self.readme.write_text("nothing\n")
        with self.assertRaisesRegex(fault_table.Disagrees, "has no"):
            fault_table.check(self.readme, ROWS)


class SavedTest(unittest.TestCase):
    def test_says_what_is_where(self):
        by_name = {fault.name: fault_table.saved(fault) for fault in FAULTS}
        self.assertEqual(by_name["worker killed"], "what there was of it on the local disk")
        self.assertEqual(by_name["SSH: server killed at half"],
                         "what there was of it on the SSH server; the dump on the local disk")
        self.assertEqual(by_name["plan.json damaged"], "nothing but the console")
