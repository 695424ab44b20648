"""The chain of targets: what the first does not take goes to the second, what two do not take to a third."""

import json
from dataclasses import dataclass
from pathlib import Path

from . import cache, crashrun, dumpdir, guest, kernels
from .run import run as run_program

DISK_BYTES = 320 << 20
LAST = "fallback ext4 /dev/vda path=/var/crash"


@dataclass(frozen=True)
class Case:
    """One row: the targets, what is done to them in the armed guest, and what the result says of those that failed."""

    name: str
    config: str
    before: str
    errors: tuple[str, ...]


FULL = "mount LABEL={0} /mnt && fallocate -l $(($(stat -fc '%f*%S' /mnt) - (8 << 20))) /mnt/fill && umount /mnt"
CASES = (
    Case("full, then the second", f"ext4 LABEL=one\npath /\n{LAST}", FULL.format("one"), ("space",)),
    Case("no directory, full, then the third", f"ext4 LABEL=two\npath /dumps\nfallback ext4 LABEL=one path=/\n{LAST}",
         "mount LABEL=two /mnt && rmdir /mnt/dumps && umount /mnt", ("/dumps", "space")),
)


def check(folder: Path) -> None:
    """Raise what is wrong: a GuestError of a command, dumpdir.Incomplete of a dump or its result."""
    machine = guest.make(kernels.get("6.1"), folder, config="core_collector makedumpfile -z -d 0")
    disks = [_disk(folder, "one"), _disk(folder, "two")]
    log = cache.path("logs", "chain.log")
    log.unlink(missing_ok=True)
    with crashrun.booted(machine, log, disks=disks) as run:
        run.command("cp /etc/kdump.conf /etc/kdump.conf.shipped; mkdir /saved")
        for number, case in enumerate(CASES):
            _dump(run, case, number)
        run.power_off()
    guest.extract(machine.disk, "/saved", folder)
    for number, case in enumerate(CASES):
        _check_result(case, dumpdir.verified(dumpdir.only_one_in(folder / "saved" / str(number))).result)


def _dump(run: crashrun.Run, case: Case, number: int) -> None:
    lines = "\\n".join(case.config.splitlines())
    run.command(f"{{ grep -v '^path' /etc/kdump.conf.shipped; printf '{lines}\\n'; }} > /etc/kdump.conf")
    run.command("kdumpctl restart", crashrun.START_TIMEOUT)
    run.command(f"{case.before} && sync")
    run.panic(300)
    run.command(f"mv /var/crash /saved/{number} && mkdir /var/crash && sync")


def _check_result(case: Case, result: dict) -> None:
    said = [target.get("error", "") for target in result["targets"]]
    expected = (*case.errors, "")
    if len(said) != len(expected) or any(word not in text for word, text in zip(expected, said)) or said[-1]:
        raise dumpdir.Incomplete(f"{case.name}: errors with {expected} expected, kdump-result.json has {json.dumps(said)}")


def _disk(folder: Path, label: str) -> Path:
    tree, disk = folder / f"{label}-root", folder / f"{label}.ext4"
    (tree / "dumps").mkdir(parents=True)
    with open(disk, "wb") as file:
        file.truncate(DISK_BYTES)
    run_program("mkfs.ext4", "-q", "-F", "-L", label, "-d", tree, disk)
    return disk
