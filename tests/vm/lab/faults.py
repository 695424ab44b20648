"""What may go wrong after a panic, each brought about in a VM: the machine must come back, with the reason told.

The programs under test are the installed ones; faults are made in the guest before the panic, or by a hook that runs
before the capture image's own init. To add a fault: a row in FAULTS.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from . import cache, cpio, crashrun, guest, initramfs, kernels, overlay
from .crashrun import Run

# Whatever became of the dump, these are beside it when the target could be written to.
REPORT = frozenset({"vmcore-dmesg.txt", "kexec-dmesg.log", "kdump-result.json", "kdump.conf"})
CONFIG = f"core_collector makedumpfile -c --message-level 7 -d 31\ntimeout 15\n{overlay.CONFIG}"


@dataclass(frozen=True)
class Fault:
    """One row: how the fault is made, and what must be seen after it."""

    name: str
    console: str  # a regular expression of the reason, on the console of the capture kernel
    hook: str = ":"  # runs in the capture kernel, see guest/overlay-init.sh
    before: str = ":"  # runs in the guest, armed, before the panic
    after: str = ":"  # undoes `before`
    files: frozenset[str] | None = REPORT | {"vmcore-incomplete"}  # in the dump's directory; None: there is no directory
    deadline: float = 120  # seconds from the panic until the machine restarts
    ordinary: bool = False  # in the ordinary tier too


FAULTS = (
    Fault("worker killed", r"no dump: .*(SIGKILL|signal 9)", hook="when_dumping kill -KILL", ordinary=True),
    Fault("worker out of memory", r"no dump: .*out of memory", hook="when_dumping hog"),
    Fault("worker hangs", r"no dump: .*no progress for 15", hook="when_dumping kill -STOP"),
    # Of the 24 MiB left, ext4 keeps 16 for itself (s_resv_clusters): the dump begins, and does not fit.
    Fault("disk full", r"no dump: .*[Nn]o space", before="fallocate -l $(($(stat -fc '%f*%S' /) - (24 << 20))) /fill",
          after="rm -f /fill"),
    Fault("target directory missing", r"no dump: .*/var/crash", before="rm -r /var/crash", after="mkdir /var/crash", files=None),
    Fault("target device never appears", r"no dump: .*(device|disk)", files=None, deadline=180,
          hook="for d in /sys/bus/pci/devices/*; do [ $(cat $d/vendor) != 0x1af4 ] || echo 1 > $d/remove; done"),
    Fault("plan.json damaged", r"no dump: .*plan\.json", hook="head -c 150 /plan.json > /cut; mv /cut /plan.json", files=None,
          ordinary=True),
    Fault("library missing from the image", r"no dump: .*libzstd\.so", hook="rm $(find / -xdev -name 'libzstd.so*')", files=None,
          ordinary=True),
)


class FaultNotSurvived(RuntimeError):
    """What a fault was to leave behind is not there; the text says what was."""


def run(faults: list[Fault], folder: Path):
    """Run the faults one after the other in one guest made in `folder`; yields (fault, None or an error's text)."""
    machine = _guest(faults, folder)
    log = cache.path("logs", "faults.log")
    log.unlink(missing_ok=True)
    left = list(faults)
    while left:
        with crashrun.booted(machine, log) as run_:
            while left:
                fault = left.pop(0)
                error = _attempt(fault, run_)
                yield fault, error
                if error:
                    break  # the state of the guest is not known: the others get a fresh boot


def _guest(faults: list[Fault], folder: Path) -> guest.Guest:
    hog = initramfs.guest_program("hog")
    hog_member = cpio.file("lab/hog", hog.data)
    extra = {f"lab/overlay-{i}": overlay.archive(fault.hook, [hog_member]) for i, fault in enumerate(FAULTS) if fault in faults}
    return guest.make(kernels.get("6.1"), folder, config=CONFIG, sysconfig=overlay.sysconfig, extra=extra)


def _attempt(fault: Fault, run_: Run) -> str | None:
    try:
        _survive(fault, run_)
        return None
    except (RuntimeError, OSError) as error:
        return f"{error} (console log: {run_.log})"


def _survive(fault: Fault, run_: Run) -> None:
    run_.command("rm -rf /var/crash/*; sync")
    overlay.arm(run_, f"/lab/overlay-{FAULTS.index(fault)}")
    run_.command(f"{fault.before}; sync")
    times = run_.panic(fault.deadline)
    if run_.machine.first_line(f"^kdump: {fault.console}", times.capture_kernel, times.restart) is None:
        raise FaultNotSurvived(f"no console line /{fault.console}/")
    _check_files(fault, run_)
    run_.command(fault.after)


def _check_files(fault: Fault, run_: Run) -> None:
    found = set(run_.command("cd /var/crash 2>/dev/null && find . -type f | sed 's,.*/,,'; true").split())
    wanted = fault.files or frozenset()
    if found != wanted:
        raise FaultNotSurvived(f"files expected in /var/crash: {sorted(wanted)}, found {sorted(found)}")
    if wanted:
        _check_reason(fault, run_)


def _check_reason(fault: Fault, run_: Run) -> None:
    """The reason is in the log of the capture, and in the result."""
    for name in ("kexec-dmesg.log", "kdump-result.json"):
        text = run_.command(f"cat /var/crash/*/{name}")
        reason = fault.console.removeprefix("no dump: ")
        if not re.search(reason, text):
            raise FaultNotSurvived(f"{name} does not tell the reason /{reason}/")
