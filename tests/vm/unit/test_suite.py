import unittest

from lab import rawcore, suite


class PanicsTest(unittest.TestCase):
    def test_ordinarily_every_series_once(self):
        self.assertEqual([series for series, _ in suite.panics(full=False)], ["5.10", "6.1", "6.12", "newest"])

    def test_in_full_with_five_levels_wherever_the_kernel_has_them(self):
        self.assertEqual([series for series, variant in suite.panics(full=True) if variant == "la57"],
                         ["6.1", "6.12", "newest"])

    def test_are_of_variants_that_there_are(self):
        self.assertLessEqual({variant for _, variant in suite.panics(full=True)}, rawcore.VARIANTS.keys())
