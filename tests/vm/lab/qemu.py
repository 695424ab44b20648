"""One QEMU machine: its console is logged with the seconds since power-on, and can be waited on."""

import re
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path


class MachineError(RuntimeError):
    """The machine did not do what was waited for; the text says what, and where the console log is."""


@dataclass
class Config:
    """What a machine is made of. `disks` are raw files, in the order vda, vdb, …; sizes are those of the files."""

    kernel: Path
    initrd: Path
    append: str
    log: Path
    disks: list[Path] = field(default_factory=list)
    memory_mib: int = 2048
    cpus: int = 2
    # qemu64 and named models up to Skylake have no LA57: 4-level page tables. "max" has it.
    cpu: str = "Nehalem"
    emulator: tuple[str, ...] = ("qemu-system-x86_64",)  # see Kernel.emulator
    reboots: bool = False
    agent_socket: Path | None = None  # where the second serial port is offered
    extra: list[str] = field(default_factory=list)

    def command(self) -> list[str]:
        drives = [word for disk in self.disks for word in ("-drive", _drive(disk))]
        return [
            *self.emulator, "-accel", "tcg,thread=multi", "-M", "pc", "-cpu", self.cpu,
            "-m", str(self.memory_mib), "-smp", str(self.cpus), "-display", "none", "-nodefaults",
            "-monitor", "none", "-serial", "stdio", *self._second_serial(),
            "-kernel", str(self.kernel), "-initrd", str(self.initrd),
            "-append", self.append, *drives, *([] if self.reboots else ["-no-reboot"]), *self.extra,
        ]

    def _second_serial(self) -> list[str]:
        return ["-serial", f"unix:{self.agent_socket},server=on,wait=off"] if self.agent_socket else []


def _drive(disk: Path) -> str:
    # The files are thrown away with the test, so the host's page cache is as safe as they need to be.
    # What the file does not take is the guest's trouble too.
    return f"file={disk},format=raw,if=virtio,cache=unsafe,discard=unmap,detect-zeroes=unmap,werror=report"


class Machine:
    """A running QEMU. Use as a context manager: it is killed at the end if it still runs."""

    def __init__(self, config: Config, on_line=None):
        self._config = config
        self._on_line = on_line or (lambda seconds, line: None)
        self._lines: list[tuple[float, str]] = []
        self._changed = threading.Condition()
        self._ended = False

    def __enter__(self):
        self._log = open(self._config.log, "a", encoding="utf-8")
        self._began = time.monotonic()
        self._process = subprocess.Popen(self._config.command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                         stderr=subprocess.STDOUT)
        self._reader = threading.Thread(target=self._read_console, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._reader.join()
        self._log.close()

    def wait_line(self, pattern: str, timeout: float, after: float = -1.0) -> tuple[float, re.Match]:
        """Wait for a console line that matches, newer than `after`; its time since power-on and the match.

        Raises MachineError when `timeout` seconds have passed, or the machine has ended without it.
        """
        deadline = time.monotonic() + timeout
        seen = 0
        with self._changed:
            while True:
                for when, line in self._lines[seen:]:
                    found = re.search(pattern, line)
                    if found and when > after:
                        return when, found
                seen = len(self._lines)
                if self._ended:
                    raise self._error(f"ended without the console line /{pattern}/")
                if not self._changed.wait(deadline - time.monotonic()) and time.monotonic() >= deadline:
                    raise self._error(f"console line /{pattern}/ did not come within {timeout:.0f} s")

    def first_line(self, pattern: str, after: float, before: float) -> float | None:
        """When the first matching line between two times came, if one did."""
        with self._changed:
            times = [when for when, line in self._lines if after < when < before and re.search(pattern, line)]
        return min(times, default=None)

    def first_match(self, pattern: str, after: float, before: float) -> re.Match | None:
        """The match of the first matching line between two times, if there is one."""
        with self._changed:
            found = (re.search(pattern, line) for when, line in self._lines if after < when < before)
            return next((match for match in found if match), None)

    def wait_end(self, timeout: float) -> None:
        """Wait until the machine has powered off (or, without `reboots`, rebooted); raises MachineError."""
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise self._error(f"did not power off within {timeout:.0f} s") from None
        self._reader.join()

    def seconds(self) -> float:
        """Seconds since power-on."""
        return time.monotonic() - self._began

    def _error(self, text: str) -> MachineError:
        return MachineError(f"{text}; console log: {self._config.log}")

    def _read_console(self) -> None:
        pending = b""
        while chunk := self._process.stdout.read1(65536):
            # A progress bar ends its lines with a carriage return only.
            *lines, pending = re.split(rb"[\r\n]+", pending + chunk)
            for line in lines:
                self._add(line.decode("utf-8", "replace").rstrip())
        if pending:
            self._add(pending.decode("utf-8", "replace").rstrip())
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _add(self, line: str) -> None:
        if not line:
            return
        now = self.seconds()
        self._log.write(f"[{now:8.2f}] {line}\n")
        self._log.flush()
        with self._changed:
            self._lines.append((now, line))
            self._changed.notify_all()
        self._on_line(now, line)


def send_line(port: Path, line: str) -> None:
    """Send a line to the guest over its second serial port, offered at the socket `port` (Config.agent_socket)."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(port))
        connection.sendall(line.encode() + b"\n")


def twice(attempt):
    """Call `attempt`; once more if a machine failed, since emulated machines now and then do not boot on a busy host."""
    try:
        return attempt()
    except MachineError as error:
        print(f"lab: trying once more: {error}", file=sys.stderr)
        return attempt()
