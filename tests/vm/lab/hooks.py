"""The administrator's programs in the capture kernel, and dump_to_rootfs: what each changes, and what happens after it."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from . import cache, crashrun, dumpdir, fault_rows, guest, kernels
from .run import run as run_program

DISK_BYTES = 600 << 20
STATUS_FILE = "post-status"
HOOKS = {
    "lab/no": "echo I say no\nexit 3\n",
    # In a child, which has to go with its parent; the pipe has to be let go of.
    "lab/hang": "echo going to sleep\nsleep 3600\n",
    "lab/emergency": "echo nobody took it\n",
    "lab/post": f"echo status $1\n[ ! -d /kdumproot/var/crash ] || echo $1 > /kdumproot/var/crash/{STATUS_FILE}\n",
    "etc/kdump/pre.d/10-first": "echo this is 10\nexit 1\n",
    "etc/kdump/pre.d/20-second": "echo this is 20\n",
    "etc/kdump/post.d/after": "echo after with $1\n",
}


@dataclass(frozen=True)
class Case:
    """One row: the configuration, and what must be there after the panic."""

    name: str
    config: str
    console: tuple[str, ...]  # of the capture kernel: regular expressions of lines that come in this order
    never: str  # a regular expression of lines that do not come
    failed_steps: dict[str, str]  # of kdump-result.json: words of the error of each step that is to have failed
    saved: bool = True
    status_file: str | None = None  # what lab/post has written beside the dump
    prepare: str = ":"  # in the guest, before kdump is armed
    before: str = ":"  # armed, before the panic


# The action that is not to follow is halt: the machine would not come back.
CASES = (
    Case("kdump_pre says no", "kdump_pre /lab/no\nkdump_post /lab/post\nkdump_emergency /lab/emergency\nfailure_action halt",
         ("/lab/no: I say no", "no dump: kdump_pre /lab/no .*3"), "/lab/post|/lab/emergency|this is|after with",
         {"hook /lab/no": "3"}, saved=False),
    Case("kdump_pre hangs, kdump_post writes 0 beside the dump",
         "kdump_pre /lab/hang\nhook_timeout 5\nextra_bins sleep\nkdump_post /lab/post\nkdump_emergency /lab/emergency",
         ("/lab/hang: going to sleep", "warning: hook /lab/hang: .*time", "10-first: this is 10", "20-second: this is 20",
          "saved vmcore ", "after: after with 0", "/lab/post: status 0"),
         "/lab/emergency|no dump", {"hook /lab/hang": "time", "hook /etc/kdump/pre.d/10-first": "1"}, status_file="0\n"),
    Case("the only target is gone, dump_to_rootfs",
         "xfs LABEL=gone\npath /dumps\nkdump_post /lab/post\nkdump_emergency /lab/emergency\nfailure_action dump_to_rootfs",
         ("20-second: this is 20", "no dump: .*did not appear", "after: after with 1", "/lab/post: status 1",
          "/lab/emergency: nobody took it", "saving to /var/crash/", "saved vmcore "),
         "status 0|no dump:$", {"find the target device": "did not appear", "hook /etc/kdump/pre.d/10-first": "1"},
         prepare="mount LABEL=gone /mnt && mkdir /mnt/dumps && umount /mnt",
         before="dd if=/dev/zero of=/dev/vdb bs=1M count=1 conv=fsync"),
)


def check(folder: Path) -> None:
    """Raise what is wrong: a GuestError of a command, dumpdir.Incomplete of what a panic left behind."""
    hooks = {path: f"#!/bin/sh\n{text}".encode() for path, text in HOOKS.items()}
    machine = guest.make(kernels.get("6.1"), folder, config="core_collector makedumpfile -z -d 31", extra=hooks)
    log = cache.path("logs", "hooks.log")
    log.unlink(missing_ok=True)
    with crashrun.booted(machine, log, disks=[_disk(folder)]) as run:
        run.command("cp /etc/kdump.conf /etc/kdump.conf.shipped; mkdir /saved")
        for number, case in enumerate(CASES):
            _panic(run, case, number)
        run.power_off()
    guest.extract(machine.disk, "/saved", folder)
    for number, case in enumerate(CASES):
        _check_files(case, folder / "saved" / str(number))


def _panic(run: crashrun.Run, case: Case, number: int) -> None:
    lines = "\\n".join(case.config.splitlines())
    run.command(f"{case.prepare} && {{ cat /etc/kdump.conf.shipped; printf '{lines}\\n'; }} > /etc/kdump.conf")
    run.command("kdumpctl restart", crashrun.START_TIMEOUT)
    run.command(f"{case.before} && sync")
    times = run.panic(300)
    _check_console(case, run, times)
    run.command(f"mv /var/crash /saved/{number} && mkdir /var/crash && sync")


def _check_console(case: Case, run: crashrun.Run, times: crashrun.Timeline) -> None:
    at = times.capture_kernel
    for pattern in case.console:
        found = run.machine.first_line(f"^kdump: .*{pattern}", at, times.restart)
        if found is None:
            raise dumpdir.Incomplete(f"{case.name}: no console line /{pattern}/ where it was expected")
        at = found
    if run.machine.first_line(f"^kdump: .*({case.never})", times.capture_kernel, times.restart) is not None:
        raise dumpdir.Incomplete(f"{case.name}: a console line /{case.never}/, which was not to come")


def _check_files(case: Case, crash: Path) -> None:
    directory = dumpdir.only_one_in(crash)
    result = dumpdir.verified(directory).result if case.saved else _report(case, directory)
    errors = {step["name"]: step["error"] for step in result["steps"] if not step["ok"]}
    if set(errors) != set(case.failed_steps) or any(not re.search(case.failed_steps[name], errors[name]) for name in errors):
        raise dumpdir.Incomplete(f"{case.name}: failed steps expected {case.failed_steps}, found {json.dumps(errors)}")
    status = (crash / STATUS_FILE).read_text() if (crash / STATUS_FILE).exists() else None
    if status != case.status_file:
        raise dumpdir.Incomplete(f"{case.name}: {STATUS_FILE} with {case.status_file!r} expected, found {status!r}")


def _report(case: Case, directory: Path) -> dict:
    """kdump-result.json of a directory with everything but a dump, the reason in it."""
    names = {entry.name for entry in directory.iterdir()}
    if names != fault_rows.REPORT:
        raise dumpdir.Incomplete(f"{case.name}: files {sorted(fault_rows.REPORT)} expected, found {sorted(names)}")
    result = json.loads((directory / "kdump-result.json").read_text())
    if result["saved"] or not re.search(case.console[-1].removeprefix("no dump: "), result["failure"]):
        raise dumpdir.Incomplete(f"{case.name}: kdump-result.json: saved is {result['saved']}, failure {result['failure']!r}")
    if "Kernel panic - not syncing" not in (directory / "vmcore-dmesg.txt").read_text(errors="replace"):
        raise dumpdir.Incomplete(f"{case.name}: vmcore-dmesg.txt does not have the panic message")
    return result


def _disk(folder: Path) -> Path:
    disk = folder / "gone.xfs"
    with open(disk, "wb") as file:
        file.truncate(DISK_BYTES)
    run_program("mkfs.xfs", "-q", "-L", "gone", disk)
    return disk
