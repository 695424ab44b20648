"""QEMU's hardware watchdog, fed before the panic: it lets a capture live that lasts longer, and resets one that hangs."""

from pathlib import Path

from . import cache, crashrun, dumpdir, guest, kernels

SERIES = "6.12"  # Debian's cloud kernels have the driver since then
TIMEOUT = 30  # of the driver, unless it is told otherwise
CARD = ("-device", "i6300esb", "-action", "watchdog=reset")
FEED = ("modprobe i6300esb; { exec 3> /dev/watchdog0; while sleep 2; do echo >&3; done; } > /dev/null 2>&1 < /dev/null &"
        " until grep -qx active /sys/class/watchdog/watchdog0/state; do sleep 0.2; done")
SLOW = f"sleep {TIMEOUT + 20}\n"
# A capture kernel that stands still: nothing restarts it.
HANG = "echo 0 > /proc/sys/kernel/panic\necho c > /proc/sysrq-trigger\n"
FED = r"^kdump: watchdog i6300ESB timer is fed; it resets the machine after 30s"


def check(folder: Path) -> None:
    """Raise what is wrong: a GuestError of a command, a MachineError, dumpdir.Incomplete of a dump."""
    hooks = {"lab/slow": f"#!/bin/sh\n{SLOW}".encode(), "lab/hang": f"#!/bin/sh\n{HANG}".encode()}
    machine = guest.make(kernels.get(SERIES), folder, config="core_collector makedumpfile -z -d 31", extra=hooks)
    log = cache.path("logs", "watchdog.log")
    log.unlink(missing_ok=True)
    with crashrun.booted(machine, log, extra=CARD) as run:
        run.command("cp /etc/kdump.conf /etc/kdump.conf.shipped")
        times = _panic(run, "lab/slow")
        if times.restart - times.panic < TIMEOUT:
            raise dumpdir.Incomplete(f"the capture took {times.restart - times.panic:.0f} s, which shows nothing")
        run.command("mv /var/crash /saved && mkdir /var/crash && sync")
        _panic(run, "lab/hang")
        run.expect("ls /var/crash", 0, "")
        run.power_off()
    guest.extract(machine.disk, "/saved", folder)
    dump = dumpdir.verified(dumpdir.only_one_in(folder / "saved"))
    if [watchdog["fed"] for watchdog in dump.result.get("watchdogs", [])] != [True]:
        raise dumpdir.Incomplete(f"kdump-result.json: one watchdog that is fed expected: {dump.result.get('watchdogs')}")


def _panic(run: crashrun.Run, hook: str) -> crashrun.Timeline:
    run.command(f"{{ cat /etc/kdump.conf.shipped; printf 'kdump_pre /{hook}\\nextra_bins sleep\\n'; }} > /etc/kdump.conf")
    run.command(FEED)
    run.command("kdumpctl restart && sync", crashrun.START_TIMEOUT)
    run.expect("cat /var/lib/kdump/*/plan.json", 0, "i6300ESB timer")
    times = run.panic(300)
    if run.machine.first_line(FED, times.capture_kernel, times.restart) is None:
        raise dumpdir.Incomplete(f"{hook}: no console line /{FED}/")
    return times
