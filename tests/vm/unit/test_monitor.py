import contextlib
import socket
import tempfile
import threading
import unittest
from pathlib import Path

from lab.monitor import Monitor
from lab.qemu import MachineError


@contextlib.contextmanager
def monitor(answers, timeout=5):
    """A Monitor of a QEMU that gives each command, echoed, the next of `answers`, and then falls silent."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:
        path = Path(folder, "monitor")
        server.bind(str(path))
        server.listen()

        def serve():
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"QEMU 11.1.3 monitor\r\n(qemu) ")
                for answer in answers:
                    connection.sendall(connection.recv(4096).rstrip() + b"\r\n" + answer.encode() + b"(qemu) ")
                while connection.recv(4096):
                    pass

        thread = threading.Thread(target=serve)
        thread.start()
        with contextlib.closing(Monitor(path, timeout)) as made:
            yield made
        thread.join()


class MonitorTest(unittest.TestCase):
    def test_an_answer_is_without_the_echo_of_the_command(self):
        with monitor(["VM status: running\r\n"]) as qemu:
            self.assertEqual(qemu.command("info status").strip(), "VM status: running")

    def test_the_balloon_is_waited_for(self):
        with monitor(["", "balloon: actual=2048\r\n", "balloon: actual=1792\r\n"]) as qemu:
            qemu.balloon(1792)

    def test_a_dump_without_a_file_is_an_error_with_what_qemu_said(self):
        with monitor(["Error: no space\r\n"]) as qemu, self.assertRaisesRegex(MachineError, "no space"):
            qemu.dump(Path("/nowhere/dump"), "-z")

    def test_a_silent_qemu_is_an_error(self):
        with monitor([], timeout=0.1) as qemu, self.assertRaisesRegex(MachineError, "did not answer info status"):
            qemu.command("info status")
