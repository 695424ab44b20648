import unittest
from pathlib import Path

from lab.agent import Answer
from lab.crashrun import GuestError, Run


class FakeAgent:
    """A guest that answers every command the same."""

    def __init__(self, status, output):
        self._answer = Answer(status, output)

    def run(self, _command, _timeout):
        return self._answer


def guest(status: int, output: str) -> Run:
    return Run(None, FakeAgent(status, output), Path("/console.log"))


class ExpectTest(unittest.TestCase):
    def test_takes_the_status_and_the_words(self):
        guest(1, "armed with the previous image\n").expect("kdumpctl restart", 1, "previous image")

    def test_another_status_is_an_error_with_the_command_and_what_it_said(self):
        with self.assertRaisesRegex(GuestError, "'kdumpctl restart': expected status 0 .* status 1: no memory"):
            guest(1, "no memory\n").expect("kdumpctl restart", 0, "")

    def test_missing_words_are_an_error(self):
        with self.assertRaisesRegex(GuestError, "'armed'"):
            guest(0, "idle\n").expect("kdumpctl status", 0, "armed")
