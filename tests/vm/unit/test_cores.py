import sys
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from lab import kernels, rawcore
from tiers import cores
from tiers.counts import Counts


class CoresTest(unittest.TestCase):
    def test_name_series_and_variants_that_there_are(self):
        self.assertLessEqual({core.series for core in cores.CORES}, kernels.SERIES.keys())
        self.assertLessEqual({core.variant for core in cores.CORES}, rawcore.VARIANTS.keys())

    def test_the_ordinary_tier_has_every_series(self):
        self.assertEqual({core.series for core in cores.CORES if core.ordinary}, set(kernels.SERIES))

    def test_what_is_left_out_is_named_by_series(self):
        left = [cores.Core("6.1", "la57"), cores.Core("6.12", "hvo"), cores.Core("6.1", "numa")]
        self.assertEqual(cores.described(left), "6.1 (la57, numa), 6.12 (hvo)")


class RunTest(unittest.TestCase):
    def test_a_core_that_cannot_be_made_is_a_failure_of_its_own(self):
        def get(series, variant):
            if series == "6.12":
                raise RuntimeError("no such kernel in the archive")
            return Path("/cores", series)

        with mock.patch.object(rawcore, "get", get), mock.patch("builtins.print"), \
                mock.patch("lab.tools.command", lambda name: ["/bin/" + name]), \
                mock.patch.object(cores.builds, "ctest", lambda *arguments: Counts(passed=1)):
            counts = cores.run(full=False)
        self.assertEqual(counts.failures, ("compat: the core of 6.12",))
        self.assertEqual(counts.passed, 4)
