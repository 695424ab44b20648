"""The demonstration: from `systemctl start kdump` through a real panic to a dump that crash opens."""

import contextlib
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from . import build, cache, crashrun, debuggers, dumpdir, guest, initramfs, kernels, summary
from .agent import AgentError
from .crashrun import GuestError
from .dumpdir import Incomplete
from .qemu import MachineError
from .run import CommandFailed

MEMORY_MIB = 2048
CAPTURE_TIMEOUT = 300
CODEC_OPTIONS = {"zlib": "-c", "lzo": "-l", "snappy": "-p", "zstd": "-z", "none": ""}
FAILURES = (AgentError, CommandFailed, GuestError, Incomplete, MachineError, OSError)
# Something for the dump to leave out: page cache, and memory of a process.
FILL_MEMORY = """find /usr -xdev -type f -exec cat {} + > /dev/null
/lab/hold text 200 > /run/held 2>&1 &
until grep held /run/held; do sleep 0.2; done"""


@dataclass(frozen=True)
class Options:
    """What the command line asked for; `kernel` is a series, `keep` None means the cache."""

    kernel: str
    keep: Path | None
    level: int
    codec: str
    crashkernel: str

    @property
    def collector(self) -> str:
        words = ["core_collector makedumpfile", CODEC_OPTIONS[self.codec], f"--message-level 7 -d {self.level}"]
        return " ".join(word for word in words if word)


class StepFailed(RuntimeError):
    """A step of the demo failed; the text names it."""


class Narrator:
    """Says on standard output what happens, with the seconds since the demo began."""

    def __init__(self):
        self._began = time.monotonic()
        self._on_bar = False

    def say(self, text: str) -> None:
        self._leave_bar()
        print(f"[{time.monotonic() - self._began:6.1f} s] {text}", flush=True)

    def quote(self, text: str) -> None:
        """Show what a program said, indented."""
        self._leave_bar()
        for line in text.splitlines():
            print(f"             | {line}", flush=True)

    def bar(self, text: str) -> None:
        """Show a progress bar in place of the one before; on anything but a terminal, below it."""
        self._on_bar = sys.stdout.isatty()
        print(f"\r             | {text:<78}", end="" if self._on_bar else "\n", flush=True)

    @contextlib.contextmanager
    def step(self, text: str):
        self.say(text)
        try:
            yield
        except FAILURES as error:
            raise StepFailed(f"step failed: {text}: {error}") from error

    def console_line(self, _seconds: float, line: str) -> None:
        """Pass on what the capture program says on the console, and nothing else."""
        if not line.startswith("kdump: "):
            return
        if "%" in line and "[" in line:
            self.bar(line)
        else:
            self.quote(line)

    def _leave_bar(self) -> None:
        if self._on_bar:
            print()
        self._on_bar = False


def run(options: Options) -> None:
    """The whole demo; raises StepFailed."""
    tell, began = Narrator(), time.monotonic()
    results = _fresh_results(options.keep)
    log = results / "console.log"
    with tempfile.TemporaryDirectory(dir=cache.path("tmp", "x").parent) as folder:
        with tell.step("building the toolchain (build/release)"):
            build.release()
        with tell.step(f"getting Debian's {options.kernel} cloud kernel and its debug symbols (cached after the first time)"):
            kernel = kernels.get(options.kernel)
        with tell.step(f"making the guest: Debian with systemd on ext4, kernel {kernel.release}, our toolchain"):
            machine = guest.make(kernel, Path(folder), config=options.collector, say=tell.say,
                                 extra={"lab/hold": initramfs.guest_program("hold").data})
        try:
            times = _panic_and_return(options, tell, machine, log)
        except StepFailed as error:
            raise StepFailed(f"{error}\nthe console log is {log}") from error
        with tell.step("taking the dump from the guest's disk and checking every file"):
            dump = _take_dump(machine.disk, results)
    tell.say(f"done in {time.monotonic() - began:.0f} s\n")
    print(summary.text(dump, times, MEMORY_MIB))
    print(f"Open it\n    {debuggers.shell_command(kernel, dump.path / 'vmcore')}")


def _fresh_results(keep: Path | None) -> Path:
    folder = keep or cache.path("demo", "last")
    if keep is None:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "console.log").unlink(missing_ok=True)
    return folder.resolve()


def _panic_and_return(options: Options, tell: Narrator, machine: guest.Guest, log: Path) -> crashrun.Timeline:
    with contextlib.ExitStack() as stack:
        with tell.step(f"booting it in QEMU: 2 CPUs, {MEMORY_MIB} MiB, crashkernel={options.crashkernel} (console: {log})"):
            run = stack.enter_context(crashrun.booted(machine, log, options.crashkernel, on_line=tell.console_line))
        _admin(tell, run)
        with tell.step("# echo c > /proc/sysrq-trigger"):
            times = run.panic(CAPTURE_TIMEOUT, lambda name, _: tell.say(MOMENTS[name]))
        with tell.step("the guest is up again; what it has:"):
            tell.quote(run.command("ls -l /var/crash /var/crash/*"))
            run.power_off()
    return times


MOMENTS = {
    "panic": "the kernel panicked",
    "capture kernel": "the capture kernel boots",
    "restart": "the machine restarted",
    "booted": "the guest booted",
}


def _admin(tell: Narrator, run: crashrun.Run) -> None:
    """What an administrator types to arm the machine."""
    for command in ("systemctl start kdump", "kdumpctl status"):
        with tell.step(f"# {command}"):
            tell.quote(_or_journal(run, command))
    with tell.step("filling the guest's memory with page cache and a process, as on a machine in use"):
        run.command(FILL_MEMORY, 120)


def _or_journal(run: crashrun.Run, command: str) -> str:
    """Run a command; when it fails, the error has what the service left in the journal."""
    try:
        return run.command(command, crashrun.START_TIMEOUT)
    except GuestError as error:
        journal = run.try_command("journalctl -u kdump --no-pager -o cat | tail -20").output
        raise GuestError(f"{error}\njournal of kdump.service:\n{journal}") from error


def _take_dump(disk: Path, results: Path) -> dumpdir.DumpDirectory:
    with tempfile.TemporaryDirectory(dir=results) as folder:
        guest.extract(disk, "/var/crash", Path(folder))
        found = dumpdir.only_one_in(Path(folder) / "crash")
        target = results / found.name
        shutil.rmtree(target, ignore_errors=True)
        found.rename(target)
    return dumpdir.verified(target)
