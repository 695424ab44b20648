"""Runs the faults of fault_rows: the machine must come back within its deadline, with the reason told."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from . import cache, cpio, crashrun, guest, initramfs, kernels, network, overlay, site as sites
from .crashrun import Run
from .fault_rows import DISK, FAULTS, LOCAL, Fault, Stage
from .monitor import Monitor
from .qemu import MachineError
from .run import run as run_program

MEMORY_MIB = 768
DISK_BYTES = 400 << 20
MONITOR_TIMEOUT = 30
COMMON = "core_collector makedumpfile -c --message-level 7 -d 31\ntimeout 15\nmin_free 1M"
# Until a dump has shown how large it gets.
EXPECTED_BYTES = 24 << 20
LONG_LINE = 140
HOOKS = {"lab/no": b"#!/bin/sh\nexit 3\n", "lab/hang": b"#!/bin/sh\nsleep 3600\n"}


class FaultNotSurvived(RuntimeError):
    """What a fault was to leave behind is not there; the text says what was."""


@dataclass(frozen=True)
class Outcome:
    """What came of a fault: `error` is empty when it was survived; `said` is what the console told of it."""

    fault: Fault
    error: str = ""
    said: str = ""
    seconds: float = 0.0

    def __str__(self) -> str:
        return self.error or f"survived in {self.seconds:.0f} s: {self.said}"


def run(faults: list[Fault], folder: Path, series: str = "6.1"):
    """Run the faults one after the other in one guest made in `folder`; yields the Outcome of each."""
    machine = _guest(faults, folder, series)
    log = cache.path("logs", f"faults-{series}.log")
    log.unlink(missing_ok=True)
    left, undo = list(faults), ":"
    with sites.site(folder) as site:
        disk = _bad_disk(site)
        while left:
            socket = folder / "monitor"
            with crashrun.booted(machine, log, disks=[disk], net=site.net, memory_mib=MEMORY_MIB,
                                 extra=Monitor.options(socket)) as run_:
                run_.command(undo)
                trials = _Trials(run_, Stage(site, Monitor(socket, MONITOR_TIMEOUT)))
                while left:
                    outcome = trials.attempt(left.pop(0))
                    yield outcome
                    if outcome.error:
                        undo = outcome.fault.after
                        break  # the state of the guest is not known: the others get a fresh boot


def _guest(faults: list[Fault], folder: Path, series: str) -> guest.Guest:
    members = [cpio.file("lab/hog", initramfs.guest_program("hog").data),
               cpio.file("lab/unreadable.so", initramfs.guest_library("unreadable"))]
    extra = {f"lab/overlay-{i}": overlay.archive(fault.hook, members) for i, fault in enumerate(FAULTS) if fault in faults}
    programs = {**HOOKS, "lab/hold": initramfs.guest_program("hold").data}
    return guest.make(kernels.get(series), folder, sysconfig=overlay.sysconfig, extra={**extra, **programs})


def _bad_disk(site: sites.Site) -> Path:
    """A disk that can be made to fail: a file system of the host that has no room for it gives it errors."""
    disk = site.folder(f"{sites.DISK_FOLDER}/bad.ext4")
    tree = site.folder("/srv/bad-root")
    (tree / "dumps").mkdir(parents=True)
    with open(disk, "wb") as file:
        file.truncate(DISK_BYTES)
    run_program("mkfs.ext4", "-q", "-F", "-L", "bad", "-d", tree, disk)
    return disk


def _shortened(found: re.Match) -> str:
    """The console's line, without its beginning where what was looked for comes late."""
    line = found.string.removeprefix("kdump: ")
    return line if found.end() <= LONG_LINE else f"… {found.string[found.start(1):]}"


class _Trials:
    """The faults in one booted guest."""

    def __init__(self, run_: Run, stage: Stage):
        self._run, self._stage = run_, stage
        self._expected_bytes = EXPECTED_BYTES

    def attempt(self, fault: Fault) -> Outcome:
        try:
            return self._survive(fault)
        except (RuntimeError, OSError) as error:
            return Outcome(fault, error=f"{error} (console log: {self._run.log})")

    def _survive(self, fault: Fault) -> Outcome:
        run_, stage = self._run, self._stage
        stage.join()
        stage.site.renew()
        stage.site.introduce(run_)
        run_.command(f"rm -rf {LOCAL}/*; sync")
        overlay.arm(run_, f"/lab/overlay-{FAULTS.index(fault)}", guest.with_directives(COMMON, fault.config))
        run_.command(f"{{ {fault.before}; }} && sync")
        if fault.at_servers:
            fault.at_servers(stage)
        times = self._panic(fault)
        said = run_.machine.first_match(f"^kdump: .*?({fault.console})", times.capture_kernel, times.restart)
        if said is None:
            raise FaultNotSurvived(f"no console line /{fault.console}/")
        stage.join()
        self._check_files(fault)
        run_.command(fault.after)
        return Outcome(fault, said=_shortened(said), seconds=times.restart - times.panic)

    def _panic(self, fault: Fault) -> crashrun.Timeline:
        """Panic, with `at_half` done on the way; the machine has to restart by the deadline."""
        if fault.at_half is None:
            times = self._run.panic(fault.deadline)
        else:
            with sites.Watch(self._measure(fault), self._expected_bytes // 2, lambda: fault.at_half(self._stage)) as watch:
                times = self._run.panic(fault.deadline)
            if watch.acted_at is None:
                raise FaultNotSurvived(f"the dump never reached half of {self._expected_bytes} bytes")
        if times.restart - times.panic > fault.deadline:
            raise MachineError(f"restarted {times.restart - times.panic:.0f} s after the panic, "
                               f"at most {fault.deadline} are to be")
        return times

    def _measure(self, fault: Fault):
        """A function that tells how much of the dump has arrived."""
        folders = [folder for folder in fault.left if folder.startswith("/srv/")]
        if folders:
            return lambda: sites.allocated(self._stage.site.folder(folders[0]))
        disk = self._stage.site.folder(f"{sites.DISK_FOLDER}/bad.ext4")
        before = disk.stat().st_blocks
        return lambda: (disk.stat().st_blocks - before) * 512

    def _check_files(self, fault: Fault) -> None:
        for folder in (LOCAL, *sites.FOLDERS):
            found, wanted = self._names(folder), fault.left.get(folder, frozenset())
            if found != wanted:
                raise FaultNotSurvived(f"files expected in {folder}: {sorted(wanted)}, found {sorted(found)}")
        for folder, names in fault.left.items():
            if "vmcore" in names:
                self._expected_bytes = self._size(folder)
            if "kdump-result.json" in names:
                self._check_result(fault, folder)

    def _names(self, folder: str) -> set[str]:
        if folder in sites.FOLDERS:
            return {path.name for path in self._stage.site.folder(folder).rglob("*") if path.is_file()}
        return set(self._run.command(f"cd {folder} 2>/dev/null && find . -type f | sed 's,.*/,,'; true").split())

    def _read(self, folder: str, name: str) -> str:
        if folder in sites.FOLDERS:
            return next(self._stage.site.folder(folder).rglob(name)).read_text(errors="replace")
        return self._run.command(f"cat {folder}/*/{name}")

    def _size(self, folder: str) -> int:
        if folder in sites.FOLDERS:
            return next(self._stage.site.folder(folder).rglob("vmcore")).stat().st_size
        return int(self._run.command(f"stat -c %s {folder}/*/vmcore"))

    def _check_result(self, fault: Fault, folder: str) -> None:
        """The reason is in the log of the capture, and the result says what became of the dump."""
        if not re.search(fault.console, self._read(folder, "kexec-dmesg.log")):
            raise FaultNotSurvived(f"kexec-dmesg.log in {folder} does not tell the reason /{fault.console}/")
        result = json.loads(self._read(folder, "kdump-result.json"))
        if result["saved"] != fault.saved:
            raise FaultNotSurvived(f"kdump-result.json in {folder}: saved is {result['saved']}, {fault.saved} expected")
