"""A guest that is armed, panics, is captured and comes back: the steps of every run, with their times."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

from . import cache, qemu
from .agent import Agent, AgentError, Answer
from .guest import Guest
from .network import Network

BOOT_TIMEOUT = 180
START_TIMEOUT = 120
CAPTURE_KERNEL_TIMEOUT = 60
KERNEL_BANNER = r"\] Linux version \d"
PANIC = r"Kernel panic - not syncing"
CAPTURE = r"^kdump: "


class GuestError(RuntimeError):
    """A command in the guest failed; the text has the command and what it said."""


@dataclass(frozen=True)
class Timeline:
    """Seconds since power-on at which each thing was seen on the console, or None where it was not."""

    panic: float
    capture_kernel: float
    capture_program: float | None
    restart: float
    booted: float


class Run:
    """A booted guest. Made by `booted`."""

    def __init__(self, machine: qemu.Machine, agent: Agent, log: Path):
        self.machine, self._agent, self.log = machine, agent, log

    def try_command(self, command: str, timeout: float = 60) -> Answer:
        """Run a command in the guest, whatever its exit status."""
        return self._agent.run(command, timeout)

    def command(self, command: str, timeout: float = 60) -> str:
        """Run a command in the guest and return what it said; raises GuestError when its status is not 0."""
        answer = self.try_command(command, timeout)
        if answer.status != 0:
            raise GuestError(f"'{command}' in the guest: exit status {answer.status}: {answer.output.strip()}")
        return answer.output

    def expect(self, command: str, status: int, words: str, timeout: float = START_TIMEOUT) -> None:
        """Run a command in the guest; raises GuestError when its status is another, or `words` are not in what it said."""
        answer = self.try_command(command, timeout)
        if answer.status != status or words not in answer.output:
            raise GuestError(f"'{command}': expected status {status} and '{words}', got status {answer.status}: "
                             f"{answer.output.strip()}")

    def panic(self, capture_timeout: float, on_moment=lambda name, seconds: None) -> Timeline:
        """Panic by sysrq, and wait until the machine has been captured (within `capture_timeout`) and is up again.

        `on_moment` is called with "panic", "capture kernel", "restart" and "booted" as they are seen.
        """
        machine, asked = self.machine, self.machine.seconds()
        self._agent.send("echo c > /proc/sysrq-trigger")
        panic = self._moment("panic", on_moment, PANIC, 30, asked)
        capture_kernel = self._moment("capture kernel", on_moment, KERNEL_BANNER, CAPTURE_KERNEL_TIMEOUT, panic)
        restart = self._moment("restart", on_moment, KERNEL_BANNER, capture_timeout, capture_kernel)
        self._agent.wait_ready(BOOT_TIMEOUT)
        booted = machine.seconds()
        on_moment("booted", booted)
        return Timeline(panic, capture_kernel, machine.first_line(CAPTURE, capture_kernel, restart), restart, booted)

    def power_off(self) -> None:
        self._agent.send("systemctl poweroff")
        self.machine.wait_end(60)

    def _moment(self, name: str, on_moment, pattern: str, timeout: float, after: float) -> float:
        when, _ = self.machine.wait_line(pattern, timeout, after)
        on_moment(name, when)
        return when


@contextlib.contextmanager
def booted(guest: Guest, log: Path, crashkernel: str = "128M", disks=(), cpu: str = "Nehalem", on_line=None,
           net: Network | None = None, memory_mib: int = 2048, extra=()):
    """Yield a Run of the guest once it is up; one VM at a time, a boot that fails is tried once more.

    With `net` it is at that cable. `extra` are more arguments of QEMU's.
    """
    config = qemu.Config(
        emulator=(*(net.prefix(with_mounts=False) if net else ()), *guest.kernel.emulator()), memory_mib=memory_mib,
        extra=[*(net.nic() if net else ()), *extra], kernel=guest.kernel.vmlinuz, initrd=guest.initrd, log=log,
        disks=[guest.disk, *disks], reboots=True, cpu=cpu,
        append=f"root=/dev/vda console=ttyS0 crashkernel={crashkernel} panic=10",
        agent_socket=guest.disk.with_suffix(".agent"))
    with cache.locked("vm"), contextlib.ExitStack() as stack:
        yield qemu.twice(lambda: _boot(config, on_line, stack))


def _boot(config: qemu.Config, on_line, stack: contextlib.ExitStack) -> Run:
    with contextlib.ExitStack() as attempt:
        machine = attempt.enter_context(qemu.Machine(config, on_line))
        agent = attempt.enter_context(contextlib.closing(Agent(config.agent_socket)))
        try:
            agent.wait_ready(BOOT_TIMEOUT)
        except AgentError as error:  # a kernel that stands still in its boot is a boot that failed
            raise qemu.MachineError(f"{config.log}: {error}") from None
        stack.push(attempt.pop_all())
    return Run(machine, agent, config.log)
