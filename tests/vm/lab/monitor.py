"""QEMU's human monitor over a socket: the commands that the lab uses, each waited for until it is done."""

import re
import socket
import time
from pathlib import Path

from .qemu import MachineError

PROMPT = b"(qemu) "


class Monitor:
    """A connection to the monitor of a QEMU that was started with `options`."""

    @staticmethod
    def options(path: Path) -> list[str]:
        """Arguments that make QEMU offer its monitor at the socket `path`."""
        return ["-chardev", f"socket,id=lab,path={path},server=on,wait=off", "-mon", "chardev=lab,mode=readline"]

    def __init__(self, path: Path, timeout: float):
        self._timeout = timeout
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout)
        self._socket.connect(str(path))
        self._answer("the connection")

    def close(self) -> None:
        self._socket.close()

    def command(self, text: str) -> str:
        """Run one command and return what it said; raises MachineError when no prompt follows in time."""
        self._socket.sendall(text.encode() + b"\n")
        return self._answer(text)

    def balloon(self, mib: int) -> None:
        """Have the guest give memory back until it has `mib` MiB; raises MachineError when it does not."""
        self.command(f"balloon {mib}")
        deadline = time.monotonic() + self._timeout
        while not re.search(rf"actual={mib}\b", said := self.command("info balloon")):
            if time.monotonic() > deadline:
                raise MachineError(f"the balloon did not come to {mib} MiB: {said.strip()}")
            time.sleep(0.5)

    def dump(self, path: Path, options: str) -> None:
        """dump-guest-memory into `path`, replaced if there; raises MachineError when there is no file afterwards."""
        path.unlink(missing_ok=True)
        said = self.command(f"dump-guest-memory {options} {path}")
        if "Error" in said or not path.exists():
            raise MachineError(f"dump-guest-memory {options}: {said.strip()}")

    def _answer(self, what: str) -> str:
        """Everything up to the next prompt, without what the line editor echoes of the command."""
        said = b""
        try:
            while not said.endswith(PROMPT):
                part = self._socket.recv(65536)
                if not part:
                    raise MachineError(f"QEMU closed its monitor after {what}: {said.decode(errors='replace')}")
                said += part
        except TimeoutError:
            raise MachineError(f"QEMU's monitor did not answer {what} within {self._timeout:.0f} s") from None
        _, _, answer = said.removesuffix(PROMPT).partition(b"\n")
        return answer.decode(errors="replace")
