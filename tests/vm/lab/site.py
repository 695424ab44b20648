"""What dumps are sent to: the lab's network with an SSH and an NFS server, each with a file system for dumps."""

import base64
import contextlib
import threading
from dataclasses import dataclass
from pathlib import Path

from . import crashrun, network, servers

SSH_FOLDER, NFS3_FOLDER, NFS4_FOLDER = FOLDERS = "/srv/ssh", "/srv/nfs3", "/srv/nfs4"
DISK_FOLDER = "/srv/disk"  # for what is not a server's
GUEST_KEY = "/root/.ssh/kdump_id_ed25519"
# For kdump.conf.
SSH = f"ssh root@{network.SERVER}\nsshkey {GUEST_KEY}\npath {SSH_FOLDER}"
NFS3 = f"nfs {network.SERVER}:{NFS3_FOLDER}\npath /"
NFS4 = f"nfs {network.SERVER}:{NFS4_FOLDER}\npath /"
SPARES_KIB = "64 256 1024 2048 4096"
HAND_OVER = "handed-over.tar"
POLL_SECONDS = 0.01


@dataclass(frozen=True)
class Site:
    """The servers, up and running until something is done to them."""

    net: network.Network
    sshd: servers.Sshd
    nfs: servers.Nfs

    def introduce(self, run: crashrun.Run) -> None:
        """Give a booted guest the key for the SSH server, and the server's own."""
        put(run, GUEST_KEY, self.sshd.client_key.read_text(), 0o600)
        put(run, "/root/.ssh/known_hosts", self.sshd.known_hosts())

    def folder(self, path: str) -> Path:
        """Where the host finds one of the folders for dumps."""
        return self.net.path(path)

    def limit(self, path: str, size: str) -> None:
        """Let the file system at `path` hold so much, "50%" being as much as it ever will."""
        self.net.run("mount", "-o", f"remount,size={size}", path)

    def fill(self, path: str) -> None:
        """Leave next to no room in the file system at `path`, which may be written to meanwhile."""
        self.net.run("sh", "-c", f"for spare in {SPARES_KIB}; do"
                     f" mount -o remount,size=$(($(df --output=used -k {path} | tail -1) + spare))k {path} && exit; done; exit 1")

    def renew(self, sshd_options: str = servers.WITH_SFTP) -> None:
        """Fresh servers, whatever has been done to the ones before, without any dumps."""
        self.sshd.kill()
        self.nfs.kill()  # who must not have what it remembers deleted
        for path in (*FOLDERS, DISK_FOLDER):
            self.limit(path, "50%")
        for path in FOLDERS:
            self.net.run("find", path, "-mindepth", "1", "-delete")
            self.net.run("mkdir", f"{path}/dumps")
        self.sshd.renew(sshd_options)
        self.nfs.restart()

    def remove(self, path: str) -> None:
        """Remove a folder behind the server's back."""
        self.nfs.kill()
        self.net.run("rmdir", path)
        self.nfs.restart()


    def hand_over(self, run: crashrun.Run, folder: str) -> Path:
        """Have a folder of the guest's brought here as a tar archive."""
        where = "/run/hand-over"
        run.command(f"until grep -q {network.GUEST} /proc/net/fib_trie; do sleep 0.2; done;"  # it has just booted
                    f" mkdir -p {where} && mount -i -t nfs -o addr={network.SERVER},vers=3,nolock,proto=tcp,mountproto=tcp"
                    f" {network.SERVER}:{NFS3_FOLDER} {where} && tar -cf {where}/{HAND_OVER} -C {folder} ."
                    f"; status=$?; umount {where}; exit $status", 120)
        return self.folder(f"{NFS3_FOLDER}/{HAND_OVER}")


@contextlib.contextmanager
def site(folder: Path):
    """Yield a Site whose servers keep their keys and logs in `folder`."""
    with network.Network() as net:
        for path in (*FOLDERS, DISK_FOLDER):
            net.run("mkdir", path)
            net.run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", path)
        yield Site(net, servers.Sshd(net, folder / "sshd"),
                   servers.Nfs(net, folder / "nfs", {NFS3_FOLDER: 3, NFS4_FOLDER: 4}))


def put(run: crashrun.Run, path: str, text: str, mode: int = 0o644) -> None:
    """Write a file in the guest."""
    data = base64.b64encode(text.encode()).decode()
    run.command(f"mkdir -p $(dirname {path}) && echo {data} | base64 -d > {path} && chmod {mode:o} {path}")


class Watch:
    """Does something when `measure` tells so many bytes. Use as a context manager."""

    def __init__(self, measure, at_least: int, action):
        self._measure, self._bytes, self._action = measure, at_least, action
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._wait)
        self.acted_at: int | None = None  # how many bytes there were

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _wait(self) -> None:
        while not self._over.wait(POLL_SECONDS):
            size = self._measure()
            if size >= self._bytes:
                self.acted_at = size
                self._action()
                return


def allocated(folder: Path) -> int:
    """Bytes that the incomplete dump under `folder` takes, holes not counted; 0 while there is none."""
    sizes = [0]
    for path in folder.rglob("vmcore*-incomplete"):
        with contextlib.suppress(FileNotFoundError):
            sizes.append(path.stat().st_blocks * 512)
    return max(sizes)
