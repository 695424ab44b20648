"""A cable from a guest to a network of its own on the host, where real servers listen at their usual ports.

The servers see a machine that has nothing but this network: 192.0.2.1 and 2001:db8::1 at the cable's other end, and
198.51.100.1 behind it, which the guest reaches through its gateway.
"""

import os
import signal
import subprocess
import time
from pathlib import Path

from .run import run

TAP, CABLE = "tap0", "n0"  # of the host, and of QEMU
SERVER, SERVER_V6, SERVER_BEHIND = "192.0.2.1", "2001:db8::1", "198.51.100.1"
GUEST, GUEST_V6 = "192.0.2.10", "2001:db8::10"
MAC = "52:54:00:12:34:56"
PORT_TIMEOUT = 30
WITH_US = ("setpriv", "--pdeathsig", "KILL")  # a run that is killed leaves nothing behind

# For systemd-networkd in the guest.
GUEST_CONFIG = f"""[Match]
MACAddress={MAC}
[Network]
Address={GUEST}/24
Address={GUEST_V6}/64
Gateway={SERVER}
IPv6AcceptRA=no
"""

# What must not be seen of the host by servers: their sockets, pid files and state.
SETUP = f"""set -e
for folder in /run /srv /var/lib/nfs; do mkdir -p $folder; mount -t tmpfs -o mode=755 tmpfs $folder; done
mkdir /run/sshd /run/rpcbind /run/ganesha
ip link set lo up
ip addr add {SERVER_BEHIND}/32 dev lo
ip tuntap add dev {TAP} mode tap
ip addr add {SERVER}/24 dev {TAP}
ip addr add {SERVER_V6}/64 dev {TAP} nodad
ip link set {TAP} up
echo ready
exec sleep infinity"""


class Network:
    """The network and the programs in it, which end with it. Use as a context manager."""

    def __enter__(self):
        self._holder = subprocess.Popen([*WITH_US, "unshare", "--net", "--mount", "--propagation", "private", "sh", "-c", SETUP],
                                        stdout=subprocess.PIPE, text=True)
        if self._holder.stdout.readline() != "ready\n":
            raise RuntimeError("the lab's network cannot be made: see above")
        self._programs = []
        return self

    def __exit__(self, *_):
        for program in self._programs:
            program.kill()
        self._holder.kill()
        self._holder.wait()
        self._holder.stdout.close()

    def prefix(self, with_mounts: bool = True) -> list[str]:
        """The words that start a program in this network, and with its view of /run."""
        return ["nsenter", "-t", str(self._holder.pid), "-n", *(["-m"] if with_mounts else []), "--"]

    def run(self, *arguments) -> str:
        """Run a command in the network to its end; raises CommandFailed."""
        return run(*self.prefix(), *arguments)

    def start(self, log: Path, *arguments) -> "Program":
        """Start a program that goes on."""
        program = Program([*self.prefix(), *map(str, arguments)], log)
        self._programs.append(program)
        return program

    def path(self, path: str) -> Path:
        """Where a file is found from outside that programs in the network have at `path`, an absolute one."""
        return Path(f"/proc/{self._holder.pid}/root{path}")

    def wait_for_port(self, port: int) -> None:
        """Wait until somebody listens on a TCP port; raises TimeoutError."""
        deadline = time.monotonic() + PORT_TIMEOUT
        while not self.run("ss", "-Hltn", f"sport = :{port}").strip():
            if time.monotonic() > deadline:
                raise TimeoutError(f"nobody listens at port {port} of the lab's network")
            time.sleep(0.02)

    @staticmethod
    def nic() -> list[str]:
        """QEMU's arguments for a machine at this cable; it has to be started with `prefix`."""
        return ["-netdev", f"tap,id={CABLE},ifname={TAP},script=no,downscript=no",
                "-device", f"virtio-net-pci,netdev={CABLE},mac={MAC}"]


class Program:
    """A program that runs in the background, with all that it starts."""

    def __init__(self, words: list[str], log: Path):
        with open(log, "a", encoding="utf-8") as file:
            self._process = subprocess.Popen([*WITH_US, *words], stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT)

    def running(self) -> bool:
        return self._process.poll() is None

    def signal(self, number: int) -> None:
        """Send a signal to the program and to all its descendants."""
        for pid in [*_descendants(self._process.pid), self._process.pid]:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass  # it has just ended

    def kill(self) -> None:
        if self.running():
            self.signal(signal.SIGKILL)
        self._process.wait()


def _descendants(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        found = [int(word) for word in children.read_text().split()]
    except FileNotFoundError:
        return []
    return [other for child in found for other in (*_descendants(child), child)]
