"""A dump made by the installed toolchain, held against the raw /proc/vmcore of the same crash by what crash says of both."""

import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import cache, crashrun, dumpdir, guest, initramfs, kernels, overlay, tools
from .kernels import Kernel

CONFIG = f"core_collector makedumpfile -c --message-level 7 -d 31\n{overlay.CONFIG}"
RAW_DISK_BYTES = 3 << 30
# Runs before the capture image's own init: the raw copy on the second disk, then the driver is gone again.
COPY_RAW = """
for module in $(cat /lab/modules.order); do insmod /lab/modules/$module; done
dd if=/proc/vmcore of=/dev/vdb bs=1M && sync && echo "lab: vmcore bytes: $(stat -c %s /proc/vmcore)"
for module in $(tac /lab/modules.order); do rmmod $module; done
"""
COMMANDS = ("sys", "bt", "ps", "log", "kmem -i", "mod", "mount")
MARK = "lab-command "
TRACE = ("sysrq_handle_crash", "__handle_sysrq", "write_sysrq_trigger", "vfs_write", "ksys_write", "do_syscall_64",
         "entry_SYSCALL_64_after_hwframe")
# What the capture image for a virtio disk may take: compressed and unpacked bytes.
IMAGE_BUDGET = (8 << 20, 20 << 20)


class Different(RuntimeError):
    """crash says something else of the dump than of the raw vmcore, or not what it should."""


@dataclass(frozen=True)
class Pair:
    """A dump directory and the raw vmcore of the same crash."""

    dump: dumpdir.DumpDirectory
    raw: Path
    kernel: Kernel
    image: Path  # the capture image as kdumpctl built it, without the lab's additions


def panic(folder: Path, cpu: str = "Nehalem") -> Pair:
    """Panic a guest made in `folder`, saving both. Raises what the steps raise."""
    kernel, raw = kernels.get("6.1"), folder / "raw"
    files = initramfs.module_members(kernel, initramfs.VIRTIO_BLK, under="lab")
    machine = guest.make(kernel, folder, config=CONFIG, sysconfig=overlay.sysconfig,
                         extra={"lab/overlay": overlay.archive(COPY_RAW, files)})
    with open(raw, "wb") as file:
        file.truncate(RAW_DISK_BYTES)
    log = cache.path("logs", f"verify-{cpu}.log")
    log.unlink(missing_ok=True)
    with crashrun.booted(machine, log, disks=[raw], cpu=cpu) as run:
        overlay.arm(run, "/lab/overlay")
        times = run.panic(300)
        _, found = run.machine.wait_line(r"^lab: vmcore bytes: (\d+)", 1, times.capture_kernel)
        run.power_off()
    with open(raw, "r+b") as file:
        file.truncate(int(found[1]))
    guest.extract(machine.disk, "/var/crash", folder)
    guest.extract(machine.disk, overlay.PRISTINE, folder)
    image = folder / Path(overlay.PRISTINE).name
    return Pair(dumpdir.verified(dumpdir.only_one_in(folder / "crash")), raw, kernel, image)


def check(pair: Pair) -> None:
    """crash opens the dump, names the panic and its trace, and says the same of the raw vmcore; the image keeps to
    its budget. Raises Different.

    crash 8.0.2 of bookworm lists only the active tasks of 6.1.192, of the raw vmcore too, so that the newest one is
    asked for the processes as well.
    """
    said = _same_of_both(["crash"], pair, COMMANDS)
    if "sysrq triggered crash" not in said["sys"]:
        raise Different(f"crash's sys does not name the panic:\n{said['sys']}")
    _check_trace(said["bt"])
    processes = _same_of_both(tools.command("crash"), pair, ("ps",))["ps"]
    if not re.search(r"^ +1 +0 .* systemd$", processes, re.MULTILINE):
        raise Different(f"crash's ps has no systemd with PID 1:\n{processes}")
    _check_budget(pair.image)


def _check_budget(image: Path) -> None:
    unpacked = subprocess.run(["zstd", "-dcq", image], stdout=subprocess.PIPE, check=True).stdout
    sizes = (image.stat().st_size, len(unpacked))
    print(f"capture image: {sizes[0]} bytes, {sizes[1]} unpacked")
    if any(size > budget for size, budget in zip(sizes, IMAGE_BUDGET)):
        raise Different(f"the capture image takes {sizes} bytes compressed and unpacked, at most {IMAGE_BUDGET} are to be")


def _same_of_both(program: list[str], pair: Pair, commands: tuple[str, ...]) -> dict[str, str]:
    """What `program` says of the dump, when it says the same of the raw vmcore; raises Different."""
    ours = crash(program, pair.kernel, pair.dump.path / "vmcore", commands)
    theirs = crash(program, pair.kernel, pair.raw, commands)
    for command in commands:
        if ours[command] != theirs[command]:
            raise Different(f"crash's {command}: {_first_difference(ours[command], theirs[command])}")
    return ours


def crash(program: list[str], kernel: Kernel, core: Path, commands: tuple[str, ...]) -> dict[str, str]:
    """What crash says to each command, without the lines that name the file; raises Different when it cannot open it.

    crash reads the kernel's symbols for seconds, so it is started once.
    """
    script = "".join(f"!echo {MARK}{command}\n{command}\n" for command in commands) + "quit\n"
    with tempfile.NamedTemporaryFile("w", suffix=".crash") as file:
        file.write(script)
        file.flush()
        done = subprocess.run([*program, "-s", "-i", file.name, kernel.vmlinux, core], text=True, errors="replace",
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300,
                              check=False)
    answers = dict(part.split("\n", 1) for part in done.stdout.split(MARK)[1:])
    if done.returncode != 0 or list(answers) != list(commands) or not all(text.strip() for text in answers.values()):
        raise Different(f"crash {core}: exit status {done.returncode}: {done.stdout[-1000:]}")
    return {command: _without_file(text, core) for command, text in answers.items()}


def _without_file(text: str, core: Path) -> str:
    return "\n".join(line for line in text.splitlines() if "DUMPFILE:" not in line and str(core) not in line)


def _check_trace(trace: str) -> None:
    at = 0
    for frame in TRACE:
        at = trace.find(frame, at)
        if at < 0:
            raise Different(f"crash's bt has no {frame} where it belongs:\n{trace}")


def _first_difference(ours: str, theirs: str) -> str:
    a, b = ours.splitlines(), theirs.splitlines()
    for left, right in zip(a, b):
        if left != right:
            return f"of the dump: {left!r}, of the raw vmcore: {right!r}"
    return f"{len(a)} lines of the dump, {len(b)} of the raw vmcore"
