"""The host's end of the root shell that the guest offers on its second serial port (guest/agent.sh)."""

import base64
import socket
import time
from dataclasses import dataclass
from pathlib import Path


class AgentError(RuntimeError):
    """The guest did not answer in time."""


@dataclass(frozen=True)
class Answer:
    """What a command in the guest did: its exit status, and standard output and error together."""

    status: int
    output: str


class Agent:
    """Speaks to the agent through QEMU's socket at `path`; the connection outlives the guest's reboots."""

    def __init__(self, path: Path):
        self._path = path
        self._socket = None
        self._pending = b""

    def wait_ready(self, timeout: float) -> None:
        """Wait until a booted system's agent says that it is there; raises AgentError."""
        self._read_until(b"ready", timeout, "the guest to come up")

    def run(self, command: str, timeout: float = 60) -> Answer:
        """Run a shell command as root in the guest; raises AgentError when it takes longer than `timeout` seconds."""
        self.send(command)
        answer = self._read_until(b"done", timeout, f"'{command}' in the guest")
        _, status, *output = answer.split(b" ")
        return Answer(int(status), base64.b64decode(b"".join(output)).decode("utf-8", "replace"))

    def send(self, command: str) -> None:
        """Run a command that does not come back, because it ends the system."""
        self._connect()
        self._socket.sendall(base64.b64encode(command.encode()) + b"\n")

    def close(self) -> None:
        if self._socket:
            self._socket.close()

    def _read_until(self, word: bytes, timeout: float, what: str) -> bytes:
        """The next line that begins with `word`; lines before it are what a dying system left behind."""
        deadline = time.monotonic() + timeout
        while True:
            line = self._read_line(deadline, what)
            if line.startswith(word):
                return line

    def _read_line(self, deadline: float, what: str) -> bytes:
        while b"\n" not in self._pending:
            self._connect()
            self._socket.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                received = self._socket.recv(65536)
            except TimeoutError:
                raise AgentError(f"waited too long for {what}") from None
            if not received:
                raise AgentError(f"the machine ended while waiting for {what}")
            self._pending += received
        line, _, self._pending = self._pending.partition(b"\n")
        return line.strip()

    def _connect(self) -> None:
        """QEMU makes the socket a moment after it was started."""
        deadline = time.monotonic() + 10
        while self._socket is None:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                connection.connect(str(self._path))
                self._socket = connection
            except OSError:
                connection.close()
                if time.monotonic() > deadline:
                    raise AgentError(f"cannot connect to {self._path}") from None
                time.sleep(0.1)
