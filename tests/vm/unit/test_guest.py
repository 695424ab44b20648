import unittest

from lab import guest


class WithDirectivesTest(unittest.TestCase):
    def test_replaces_the_same_directive_and_keeps_the_rest(self):
        shipped = "# comment\npath /var/crash\ncore_collector old -d 31\n"
        changed = guest.with_directives(shipped, "core_collector new\nfinal_action reboot")
        self.assertEqual(changed, "# comment\npath /var/crash\ncore_collector new\nfinal_action reboot\n")
