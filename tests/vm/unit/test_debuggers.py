import tempfile
import unittest
from pathlib import Path

from lab import debuggers, kernels
from lab.debuggers import MARK, CRASH_ANSWERS, Debugger, NotAnswered, what_is_wrong

KERNEL = kernels.Kernel("6.1", "6.1.0-1-cloud-amd64", "6.1.1-1", Path("/kernels/6.1"))
CORE = Path("/cores/one")
TRACE = "".join(f" #{i} [ffffabe800013cd8] {frame}+0x1 at ffffffff8365adf1\n" for i, frame in enumerate(debuggers.FRAMES))
SYS = f"""      KERNEL: /kernels/6.1/vmlinux
    DUMPFILE: {CORE}  [PARTIAL DUMP]
        CPUS: 2
     RELEASE: 6.1.0-1-cloud-amd64
       PANIC: "Kernel panic - not syncing: sysrq triggered crash"
"""


def processes(count: int) -> str:
    return "".join(f"{'>' if pid == 9 else ' '} {pid:>7} {pid // 2:>7}   0  ffffa03c0128da00  IN   0.0     0     0  "
                   f"{'systemd' if pid == 1 else '[kthread]'}\n" for pid in range(count))


def saying(text: str) -> Debugger:
    return Debugger("fake", lambda: [], CRASH_ANSWERS, lambda *_: text, "fake {vmlinux} {core}")


class WhatIsWrongTest(unittest.TestCase):
    def test_nothing_with_an_answer_that_has_all_it_must_have(self):
        self.assertIsNone(what_is_wrong(SYS, CRASH_ANSWERS["sys"], KERNEL.release))
        self.assertIsNone(what_is_wrong(TRACE, CRASH_ANSWERS["bt"], KERNEL.release))
        self.assertIsNone(what_is_wrong(processes(60), CRASH_ANSWERS["ps"], KERNEL.release))

    def test_an_empty_answer(self):
        for question, expected in (CRASH_ANSWERS | debuggers.DRGN_ANSWERS).items():
            self.assertIsNotNone(what_is_wrong("", expected, KERNEL.release), question)

    def test_another_release(self):
        self.assertIn("RELEASE", what_is_wrong(SYS, CRASH_ANSWERS["sys"], "6x1.0-1-cloud-amd64"))

    def test_a_trace_in_the_wrong_order(self):
        backwards = "\n".join(reversed(TRACE.splitlines()))
        self.assertIsNotNone(what_is_wrong(backwards, CRASH_ANSWERS["bt"], KERNEL.release))

    def test_too_few_processes(self):
        self.assertIsNotNone(what_is_wrong(processes(49), CRASH_ANSWERS["ps"], KERNEL.release))

    def test_a_complaint_beside_all_that_is_expected(self):
        for words in ("ps: active task ffff9 not found in PID hash", "bt: page excluded: kernel virtual address: ffff9"):
            self.assertIn(words, what_is_wrong(f"{words}\n{SYS}", CRASH_ANSWERS["sys"], KERNEL.release))


class AnswerTest(unittest.TestCase):
    def test_has_each_question_s_part_without_the_file_s_name(self):
        answers = saying(f"{MARK}bt\n{TRACE}{MARK}sys\n{SYS}").answer(KERNEL, CORE, ("bt", "sys"))
        self.assertEqual(answers["bt"], TRACE.rstrip())
        self.assertNotIn(str(CORE), answers["sys"])

    def test_that_is_missing_is_an_error_with_what_was_said_instead(self):
        with self.assertRaisesRegex(NotAnswered, "fake, asked for bt of /cores/one.*\n(?s:.*)no debugging data"):
            saying("crash: no debugging data\n").answer(KERNEL, CORE, ("bt",))


class OutputTest(unittest.TestCase):
    def test_of_a_program_that_fails_is_in_the_error(self):
        with self.assertRaisesRegex(NotAnswered, "exit status 3: cannot open it"):
            debuggers._output(["sh", "-c", "echo cannot open it; exit 3"])

    def test_crash_gets_every_question_in_one_script(self):
        with tempfile.NamedTemporaryFile("w", suffix=".sh") as script:
            script.write('cat "$3"\n')  # -s -i FILE VMLINUX CORE
            script.flush()
            debugger = Debugger("sh", lambda: ["sh", script.name], CRASH_ANSWERS, debuggers._ask_crash, "")
            said = debuggers._ask_crash(debugger, KERNEL, (CORE,), ("bt -a", "ps"))
        self.assertEqual(said, f"!echo {MARK}bt -a\nbt -a\n!echo {MARK}ps\nps\nquit\n")


class AskedTest(unittest.TestCase):
    def test_every_series_is_and_only_for_what_there_are_expectations(self):
        self.assertEqual(debuggers.ASKED.keys(), kernels.SERIES.keys())
        for asked in debuggers.ASKED.values():
            for debugger, questions in asked:
                self.assertLessEqual(set(questions), debugger.answers.keys())

    def test_a_person_is_told_to_open_it_with_the_first(self):
        self.assertEqual(debuggers.shell_command(KERNEL, CORE), "crash /kernels/6.1/vmlinux /cores/one")
