import tempfile
import unittest
from pathlib import Path

from lab import kernels, rawcore
from lab.qemu import MachineError

KERNEL = kernels.Kernel("6.1", "6.1.0-1-cloud-amd64", "6.1.1-1", Path("/kernels/6.1"))


class ConfigTest(unittest.TestCase):
    def test_the_plain_guest_has_no_monitor_and_nothing_else_of_a_variant(self):
        config = rawcore._config(KERNEL, rawcore.VARIANTS[""], Path("/somewhere"))
        self.assertIsNone(config.agent_socket)
        self.assertEqual(config.extra, [])
        self.assertNotIn("lab.monitor", config.append)

    def test_a_guest_that_qemu_dumps_waits_for_the_monitor(self):
        config = rawcore._config(KERNEL, rawcore.VARIANTS["cpus16"], Path("/somewhere"))
        self.assertEqual((config.cpus, config.agent_socket), (16, Path("/somewhere/port")))
        self.assertIn("vmcoreinfo", config.extra)
        self.assertIn("lab.monitor", config.append.split())

    def test_both_numa_nodes_together_have_the_machine_s_memory(self):
        words = " ".join(rawcore.VARIANTS["numa"].machine)
        self.assertEqual(words.count(f"size={rawcore.MEMORY_MIB // 2}M"), 2)

    def test_a_core_that_is_not_what_the_variant_is_for_is_an_error_naming_the_series(self):
        with tempfile.NamedTemporaryFile() as core:
            core.write(b"NUMBER(pgtable_l5_enabled)=0\n")
            core.flush()
            with self.assertRaisesRegex(MachineError, r"series 6\.1: .*pgtable_l5_enabled\)=1"):
                rawcore.check_expected(Path(core.name), rawcore.VARIANTS["la57"], KERNEL)

    def test_an_unknown_variant_is_named(self):
        with self.assertRaisesRegex(KeyError, "vax"):
            rawcore.get("6.1", "vax")
