"""A bare device: what is on it after a panic, a second panic, and starts that fail or are killed."""

import filecmp
from pathlib import Path

from . import cache, crashrun, dumpdir, guest, kernels
from .run import run as run_program

DISK_BYTES = 400 << 20
CONFIG = ("raw /dev/vdb\npath /taken\nfallback ext4 /dev/vda path=/var/crash\ncore_collector makedumpfile -z -d 31")
KEPT = r"^kdump: .*holds a dump that was not taken from it yet"

# Commands in the guest after the first panic: the exit status, and words that the answer must have.
NO_SPACE = (
    ("mount -t tmpfs -o size=2M tmpfs /taken", 0, ""),
    ("kdumpctl start", 1, "bytes) in /taken, where"),
    ("kdumpctl status", 0, "Kdump is operational"),
    ("ls -A /taken | wc -l", 0, "0"),
    ("umount /taken", 0, ""),
)
TAKEN = (
    ("kdumpctl start > /dev/null 2>&1 & start=$!; for try in $(seq 2000); do ls -d /taken/*-incomplete 2> /dev/null && break;"
     " sleep 0.02; done; kill -KILL $start; sync", 0, "-incomplete"),
    ("kdumpctl start", 0, ""),
    ("ls /taken/*/vmcore && ! ls -d /taken/*-incomplete", 0, "/vmcore"),
    ("cmp -n 4096 /dev/vdb /dev/zero", 0, ""),
    ("kdumpctl start; ls -d /taken/* | wc -l", 0, "1"),
)


def check(folder: Path) -> None:
    """Raise what is wrong: a GuestError of a command, dumpdir.Incomplete of a dump."""
    machine, device = guest.make(kernels.get("6.1"), folder, config=CONFIG), folder / "device"
    with open(device, "wb") as file:
        file.truncate(DISK_BYTES)
    log = cache.path("logs", "raw-device.log")
    log.unlink(missing_ok=True)
    with crashrun.booted(machine, log, disks=[device]) as run:
        run.command("mkdir /taken; kdumpctl restart && sync", crashrun.START_TIMEOUT)
        run.panic(300)
        _expect(run, NO_SPACE)
        times = run.panic(300)
        if run.machine.first_line(KEPT, times.capture_kernel, times.restart) is None:
            raise dumpdir.Incomplete(f"no console line /{KEPT}/ of the second panic")
        run.command("sync")
        # As the original reads it.
        with open(device, "rb") as stream:
            run_program("makedumpfile", "-R", folder / "rearranged", stdin=stream)
        _expect(run, TAKEN)
        run.command("sync")
        run.power_off()
    for path in ("/taken", "/var/crash"):
        guest.extract(machine.disk, path, folder)
        dumpdir.verified(dumpdir.only_one_in(folder / Path(path).name))
    first = dumpdir.only_one_in(folder / "taken") / "vmcore"
    if not filecmp.cmp(first, folder / "rearranged", shallow=False):
        raise dumpdir.Incomplete("the vmcore taken from the device is not the one that makedumpfile -R makes")


def _expect(run: crashrun.Run, commands) -> None:
    for command, status, words in commands:
        run.expect(command, status, words)
