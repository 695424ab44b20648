"""A dump made by the installed toolchain, held against the raw /proc/vmcore of the same crash by what debuggers say; and
before the crash --mem-usage against what the running kernel says."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import cache, crashrun, debuggers, dumpdir, guest, initramfs, kernels, mem_usage, overlay, rawcore
from .kernels import Kernel

CODEC_OPTIONS = {"5.10": "-l", "6.1": "-c", "6.12": "-p", "newest": "-z"}  # so that each is in a dump of a real panic
RAW_DISK_BYTES = 3 << 30
# Runs before the capture image's own init: the raw copy on the second disk, then the driver is gone again.
COPY_RAW = """
for module in $(cat /lab/modules.order); do insmod /lab/modules/$module; done
dd if=/proc/vmcore of=/dev/vdb bs=1M && sync && echo "lab: vmcore bytes: $(stat -c %s /proc/vmcore)"
for module in $(tac /lab/modules.order); do rmmod $module; done
"""
# What the capture image for a virtio disk may take: compressed and unpacked bytes.
IMAGE_BUDGET = (8 << 20, 20 << 20)
WORKER_BUDGET_KIB = (16 + 1) << 10  # of anonymous memory, with one thread


class Different(RuntimeError):
    """A debugger says something else of the dump than of the raw vmcore, or image or worker are too large."""


@dataclass(frozen=True)
class Pair:
    """A dump directory and the raw vmcore of the same crash."""

    dump: dumpdir.DumpDirectory
    raw: Path
    kernel: Kernel
    image: Path  # the capture image as kdumpctl built it, without the lab's additions


def panic(folder: Path, series: str, variant: str = "") -> Pair:
    """Panic a guest made in `folder`, saving both. `variant` is one of rawcore's of which only the CPU counts. Raises
    what the steps raise."""
    kernel, raw = kernels.get(series), folder / "raw"
    files = initramfs.module_members(kernel, initramfs.VIRTIO_BLK, under="lab")
    collector = f"core_collector makedumpfile {CODEC_OPTIONS[series]} --message-level 7 -d 31"
    machine = guest.make(kernel, folder, sysconfig=overlay.sysconfig,
                         extra={"lab/overlay": overlay.archive(COPY_RAW, files)})
    with open(raw, "wb") as file:
        file.truncate(RAW_DISK_BYTES)
    log = cache.path("logs", f"verify-{series}-{variant}".rstrip("-") + ".log")
    log.unlink(missing_ok=True)
    with crashrun.booted(machine, log, disks=[raw], cpu=rawcore.VARIANTS[variant].cpu) as run:
        mem_usage.hold_against_kernel(run)
        pristine = overlay.arm(run, "/lab/overlay", collector)
        times = run.panic(300)
        _, found = run.machine.wait_line(r"^lab: vmcore bytes: (\d+)", 1, times.capture_kernel)
        run.power_off()
    with open(raw, "r+b") as file:
        file.truncate(int(found[1]))
    rawcore.check_expected(raw, rawcore.VARIANTS[variant], kernel)
    guest.extract(machine.disk, "/var/crash", folder)
    guest.extract(machine.disk, pristine, folder)
    return Pair(dumpdir.verified(dumpdir.only_one_in(folder / "crash")), raw, kernel, folder / Path(pristine).name)


def check(pair: Pair) -> None:
    """The series' debuggers open the dump, know the panic, and say of it what they say of the raw vmcore; image and
    worker keep to their budgets. Raises Different or debuggers.NotAnswered."""
    for debugger, questions in debuggers.ASKED[pair.kernel.series]:
        ours = debugger.answer(pair.kernel, pair.dump.path / "vmcore", questions)
        theirs = debugger.answer(pair.kernel, pair.raw, questions)
        for question in questions:
            if ours[question] != theirs[question]:
                raise Different(f"{debugger.name}'s {question}: {_first_difference(ours[question], theirs[question])}")
        print(f"{debugger.name} says the same of both: {', '.join(questions)}")
    _check_image(pair.image)
    _check_memory(pair.dump.result["memory"])


def _check_memory(memory: dict[str, int]) -> None:
    peak = memory["worker_peak_anon_kib"]
    print(f"capture kernel: at least {memory['available_min_kib']} KiB available, the worker took up to {peak} KiB")
    if not 0 < peak <= WORKER_BUDGET_KIB:
        raise Different(f"the worker took {peak} KiB of anonymous memory, at most {WORKER_BUDGET_KIB} are to be")


def _check_image(image: Path) -> None:
    unpacked = subprocess.run(["zstd", "-dcq", image], stdout=subprocess.PIPE, check=True).stdout
    sizes = (image.stat().st_size, len(unpacked))
    print(f"capture image: {sizes[0]} bytes, {sizes[1]} unpacked")
    if any(size > budget for size, budget in zip(sizes, IMAGE_BUDGET)):
        raise Different(f"the capture image takes {sizes} bytes compressed and unpacked, at most {IMAGE_BUDGET} are to be")


def _first_difference(ours: str, theirs: str) -> str:
    a, b = ours.splitlines(), theirs.splitlines()
    for left, right in zip(a, b):
        if left != right:
            return f"of the dump: {left!r}, of the raw vmcore: {right!r}"
    return f"{len(a)} lines of the dump, {len(b)} of the raw vmcore"
