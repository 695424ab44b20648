import unittest

from lab import overlay


class SysconfigTest(unittest.TestCase):
    def appended_to(self, shipped: str) -> str:
        return overlay.sysconfig(shipped).splitlines()[-1]

    def test_adds_to_what_is_set(self):
        self.assertEqual(self.appended_to('A=1\nKDUMP_COMMANDLINE_APPEND="x y"\n'),
                         'KDUMP_COMMANDLINE_APPEND="x y rdinit=/lab/init"')

    def test_adds_to_the_default_that_is_shown_as_a_comment(self):
        self.assertEqual(self.appended_to('#KDUMP_COMMANDLINE_APPEND="x"\n'), 'KDUMP_COMMANDLINE_APPEND="x rdinit=/lab/init"')
