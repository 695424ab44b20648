"""The table of what may go wrong after a panic: how each fault is made, and what must be there after it.

The programs under test are the installed ones; faults are made in the guest before the panic, by a hook that runs before
the capture image's own init, or at the servers. To add a fault: a row in FAULTS; the README's table follows (fault_table).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from . import network
from . import site as sites
from .monitor import Monitor
from .site import Site

LOCAL, DISK = "/var/crash", "/mnt/dumps"
CIRCUMSTANCES = frozenset({"kexec-dmesg.log", "kdump-result.json", "kdump.conf"})
# Whatever became of the dump, these are beside it when the target could be written to.
REPORT = CIRCUMSTANCES | {"vmcore-dmesg.txt"}
INCOMPLETE = REPORT | {"vmcore-incomplete"}
WHOLE = REPORT | {"vmcore"}
# What is there of a dump that its target was lost in the middle of.
TORN = frozenset({"vmcore-dmesg.txt", "vmcore-incomplete"})
# What is there when its target was full.
FULL = TORN | {f"{name}-incomplete" for name in CIRCUMSTANCES}

ALONE = f"path {LOCAL}"
LAST = f"fallback ext4 /dev/vda path={LOCAL}"
SSH, NFS3, NFS4 = (f"{target}\n{LAST}" for target in (sites.SSH, sites.NFS3, sites.NFS4))
BAD_DISK = f"ext4 LABEL=bad\npath /dumps\n{LAST}"
BLIP_SECONDS = 6


@dataclass(frozen=True)
class Stage:
    """What the host can do things to while the guest is captured."""

    site: Site
    monitor: Monitor

    def cut(self) -> None:
        """Pull the cable out of the guest."""
        self.monitor.command(f"set_link {network.CABLE} off")

    def join(self) -> None:
        self.monitor.command(f"set_link {network.CABLE} on")

    def blip(self) -> None:
        """Pull the cable out, and put it back."""
        self.cut()
        time.sleep(BLIP_SECONDS)
        self.join()


@dataclass(frozen=True)
class Fault:
    """One row: how the fault is made, and what must be seen after it."""

    name: str
    made: str  # the same for people, after "the test …"
    console: str  # a regular expression of what the capture kernel's console tells of it
    config: str = ALONE
    hook: str = ":"  # runs in the capture kernel, see guest/overlay-init.sh
    before: str = ":"  # runs in the guest, armed, before the panic
    after: str = ":"  # undoes `before`
    at_servers: Callable[[Stage], None] | None = None  # done on the host before the panic
    at_half: Callable[[Stage], None] | None = None  # done on the host when half of the dump has been received
    # By folder: all the files in it afterwards, and its subfolders, without their paths.
    left: dict[str, frozenset[str]] = field(default_factory=lambda: {LOCAL: INCOMPLETE})
    deadline: int = 120  # seconds from the panic until the machine restarts
    ordinary: bool = False  # in the ordinary tier too

    @property
    def saved(self) -> bool:
        return any("vmcore" in names for names in self.left.values())


def leave(mib: int) -> str:
    """A command that leaves so much room on the guest's file system beside what ext4 keeps for root and for itself."""
    return f"fallocate -l $(($(stat -fc '%a*%S' /) - ({mib} << 20))) /fill"


def _frozen(stage: Stage) -> None:
    stage.site.sshd.freeze()


def _worker(name: str, made: str, console: str, hook: str, **others) -> Fault:
    return Fault(name, f"{made} the worker while it writes", f"no dump: .*{console}", hook=f"when_dumping {hook}", **others)


ALL_IS_LOCAL = {LOCAL: WHOLE}
NOTHING = {LOCAL: frozenset()}

FAULTS = (
    _worker("worker killed", "kills", "(SIGKILL|signal 9)", "kill -KILL", ordinary=True),
    _worker("worker out of memory", "takes all memory from", "out of memory", "hog"),
    _worker("worker hangs", "stops", "no progress for 15", "kill -STOP"),
    Fault("region of vmcore unreadable", "lets 64 KiB of kernel text in /proc/vmcore fail with EIO", "16 .*could not be read",
          hook="echo /lab/unreadable.so > /etc/ld.so.preload", left=ALL_IS_LOCAL),
    Fault("kdump_pre fails", "configures one that exits with 3", "no dump: kdump_pre /lab/no .*3",
          config=f"{ALONE}\nkdump_pre /lab/no", left={LOCAL: REPORT}),
    Fault("hook hangs", "configures a kdump_pre that sleeps for an hour, hook_timeout 5", "warning: hook /lab/hang: .*time",
          config=f"{ALONE}\nkdump_pre /lab/hang\nhook_timeout 5\nextra_bins sleep", left=ALL_IS_LOCAL),
    Fault("plan.json damaged", "cuts it off in the image", r"no dump: .*plan\.json",
          hook="head -c 150 /plan.json > /cut; mv /cut /plan.json", left=NOTHING, ordinary=True),
    Fault("library missing from the image", "removes libzstd.so from it", r"no dump: .*libzstd\.so",
          hook="rm $(find / -xdev -name 'libzstd.so*')", left=NOTHING, ordinary=True),

    Fault("disk full at half", "leaves 8 MiB on the file system, for a dump of level 31", "no dump: .*[Nn]o space",
          before=leave(8), after="rm -f /fill"),
    Fault("disk full, a smaller dump fits", "leaves 64 MiB on the file system, for a dump of level 1 with 150 MiB of random data",
          "A smaller dump is written in place of this one", config=f"{ALONE}\ncore_collector makedumpfile -c -d 1",
          before="{ setsid /lab/hold random 150 > /run/held 2>&1 & }; until grep -q held /run/held; do sleep 0.2; done; " + leave(64),
          after="rm -f /fill", left={LOCAL: WHOLE}),
    Fault("disk returns I/O errors", "lets the disk fail every write to a new block from half of the dump on",
          "save the dump: .*([Ii]nput/output error|no progress)", config=BAD_DISK, at_half=lambda stage: stage.site.fill(sites.DISK_FOLDER),
          left=ALL_IS_LOCAL),
    Fault("target directory missing", "removes it", "no dump: .*/var/crash", before="rm -r /var/crash", after="mkdir /var/crash",
          left=NOTHING),
    Fault("target device absent", "unplugs the disk", "no dump: .*(device|disk)", left=NOTHING, deadline=180,
          hook="for d in /sys/bus/pci/devices/*; do [ $(cat $d/class) != 0x010000 ] || echo 1 > $d/remove; done"),

    Fault("SSH: wrong host key", "gives the server other keys", "host key", config=SSH,
          at_servers=lambda stage: stage.site.sshd.change_host_keys(), left=ALL_IS_LOCAL),
    Fault("SSH: key refused", "takes the key from authorized_keys", "refuses the key", config=SSH,
          at_servers=lambda stage: stage.site.sshd.authorize(""), left=ALL_IS_LOCAL),
    Fault("SSH: server dead before", "kills it before the panic", "cannot connect", config=SSH,
          at_servers=lambda stage: stage.site.sshd.kill(), left=ALL_IS_LOCAL),
    Fault("SSH: server accepts and never answers", "stops sshd with its port open", "(no answer|no progress)", config=SSH,
          at_servers=_frozen, left=ALL_IS_LOCAL),
    Fault("SSH: server killed at half", "kills sshd and all its sessions when half of the dump is there", "(ended the connection|cannot connect)",
          config=SSH, at_half=lambda stage: stage.site.sshd.kill(), left={sites.SSH_FOLDER: TORN, **ALL_IS_LOCAL}, ordinary=True),
    Fault("SSH: link cut at half", "pulls the cable when half of the dump is there", "(no answer|no progress)", config=SSH,
          at_half=Stage.cut, left={sites.SSH_FOLDER: TORN, **ALL_IS_LOCAL}),
    Fault("SSH: link cut and back", f"pulls the cable for {BLIP_SECONDS} s when half of the dump is there", "saved vmcore ",
          config=SSH, at_half=Stage.blip, left={sites.SSH_FOLDER: WHOLE}),
    Fault("SSH: disk full at half", "fills the server's file system when half of the dump is there",
          "[Nn]o space", config=SSH, at_half=lambda stage: stage.site.fill(sites.SSH_FOLDER),
          left={sites.SSH_FOLDER: FULL, **ALL_IS_LOCAL}),
    Fault("NFS 3: server dead before", "kills it before the panic", "cannot connect", config=NFS3,
          at_servers=lambda stage: stage.site.nfs.kill(), left=ALL_IS_LOCAL),
    Fault("NFS 3: export read-only", "exports it so before the panic", "[Rr]ead-only|ROFS", config=NFS3,
          at_servers=lambda stage: stage.site.nfs.restart("RO"), left=ALL_IS_LOCAL),
    Fault("NFS 3: directory missing", "removes it before the panic", "/dumps", config=NFS3.replace("path /\n", "path /dumps\n"),
          at_servers=lambda stage: stage.site.remove(f"{sites.NFS3_FOLDER}/dumps"), left=ALL_IS_LOCAL),
    Fault("NFS 3: server killed at half", "kills it when half of the dump is there", "(no answer|no progress|lost)",
          config=NFS3, at_half=lambda stage: stage.site.nfs.kill(), left={sites.NFS3_FOLDER: TORN, **ALL_IS_LOCAL}),
    Fault("NFS 3: server stalls", "stops it when half of the dump is there", "(no answer|no progress|lost)", config=NFS3,
          at_half=lambda stage: stage.site.nfs.freeze(), left={sites.NFS3_FOLDER: TORN, **ALL_IS_LOCAL}),
    Fault("NFS 3: link cut at half", "pulls the cable when half of the dump is there", "(no answer|no progress|lost)", config=NFS3,
          at_half=Stage.cut, left={sites.NFS3_FOLDER: TORN, **ALL_IS_LOCAL}),
    Fault("NFS 3: link cut and back", f"pulls the cable for {BLIP_SECONDS} s when half of the dump is there", "saved vmcore ",
          config=NFS3, at_half=Stage.blip, left={sites.NFS3_FOLDER: WHOLE}),
    Fault("NFS 3: disk full at half", "fills the server's file system when half of the dump is there",
          "[Nn]o space", config=NFS3, at_half=lambda stage: stage.site.fill(sites.NFS3_FOLDER),
          left={sites.NFS3_FOLDER: FULL, **ALL_IS_LOCAL}),
    Fault("NFS 4: server stalls", "stops it when half of the dump is there", "(no answer|no progress|lost)", config=NFS4,
          at_half=lambda stage: stage.site.nfs.freeze(), left={sites.NFS4_FOLDER: TORN, **ALL_IS_LOCAL}),
    Fault("NFS 4: link cut at half", "pulls the cable when half of the dump is there", "(no answer|no progress|lost)", config=NFS4,
          at_half=Stage.cut, left={sites.NFS4_FOLDER: TORN, **ALL_IS_LOCAL}),
    Fault("two targets fail, the third takes it", "kills sshd and makes the NFS export read-only", f"next target: .*{LOCAL}",
          config=f"{sites.SSH}\nfallback {sites.NFS3.replace(chr(10) + 'path ', ' path=')}\n{LAST}",
          at_servers=lambda stage: (stage.site.sshd.kill(), stage.site.nfs.restart("RO")), left=ALL_IS_LOCAL),
)
