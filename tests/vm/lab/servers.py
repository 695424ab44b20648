"""Real servers in the lab's network: OpenSSH's sshd and nfs-ganesha, each with folders of its own."""

import signal
import time
from pathlib import Path

from . import network
from .run import run

START_TIMEOUT = 30
HOST_KEYS = ("ed25519", "ecdsa")
WITH_SFTP = "Subsystem sftp internal-sftp"


class Sshd:
    """An sshd at port 22 whose root logs in with `client_key`; `folder` holds its keys and its log."""

    def __init__(self, net: network.Network, folder: Path):
        self._net, self.folder = net, folder
        folder.mkdir(exist_ok=True)
        for kind in HOST_KEYS:
            for whose in ("host", "impostor"):
                _make_key(folder / f"{whose}_{kind}", kind)
        _make_key(self.client_key, "ed25519")
        self._program = None
        self.renew()

    @property
    def client_key(self) -> Path:
        return self.folder / "id_ed25519"

    def authorize(self, keys: str) -> None:
        """Let in those who have one of these keys, and nobody else."""
        (self.folder / "authorized_keys").write_text(keys)

    def known_hosts(self) -> str:
        """The lines by which a client knows this server, under all its addresses."""
        names = ",".join((network.SERVER, network.SERVER_V6, network.SERVER_BEHIND))
        return "".join(f"{names} {' '.join((self.folder / f'host_{kind}.pub').read_text().split()[:2])}\n" for kind in HOST_KEYS)

    def renew(self, options: str = WITH_SFTP) -> None:
        """Be up and answering, whatever was before, with these lines in sshd_config."""
        self.authorize(self.client_key.with_suffix(".pub").read_text())
        self._start("host", options)

    def change_host_keys(self) -> None:
        """Be another machine at the same address."""
        self._start("impostor", WITH_SFTP)

    def _start(self, keys: str, options: str) -> None:
        if self._program:
            self.kill()
        config = self.folder / "sshd_config"
        config.write_text("\n".join((
            "Port 22", *(f"HostKey {self.folder}/{keys}_{kind}" for kind in HOST_KEYS), "StrictModes no", "UsePAM no",
            f"AuthorizedKeysFile {self.folder}/authorized_keys", "PermitRootLogin prohibit-password", "PidFile none",
            f"SetEnv HOME={self.folder}", options, "")))
        self._program = self._net.start(self.folder / "log", "/usr/sbin/sshd", "-D", "-e", "-f", config)
        self._net.wait_for_port(22)

    def kill(self) -> None:
        """End at once, as in a power failure."""
        self._program.kill()

    def freeze(self) -> None:
        """Accept connections (the kernel does that) and say nothing more."""
        self._program.signal(signal.SIGSTOP)


class Nfs:
    """A nfs-ganesha, at port 2049 and rpcbind's 111, that exports `exports`: a path of the network to version 3 or 4."""

    def __init__(self, net: network.Network, folder: Path, exports: dict[str, int]):
        self._net, self._folder, self._exports = net, folder, exports
        folder.mkdir(exist_ok=True)
        self._rpcbind = net.start(folder / "rpcbind.log", "/sbin/rpcbind", "-f", "-w")
        net.wait_for_port(111)
        self._program = None
        self.restart()

    def restart(self, access: str = "RW") -> None:
        """Be up and answering, whatever was before; `access` RO makes the exports read-only."""
        if self._program:
            self.kill()
        log = self._folder / "ganesha.log"
        log.unlink(missing_ok=True)
        config = self._folder / "ganesha.conf"
        config.write_text(
            "NFS_CORE_PARAM{Protocols=3,4;MNT_Port=20048;Enable_NLM=false;Enable_RQUOTA=false;mount_path_pseudo=false;}\n"
            "NFS_KRB5{Active_krb5=false;}\nNFSV4{Graceless=true;RecoveryBackend=fs;Minor_Versions=0,1,2;}\n"
            + "".join(f"EXPORT{{Export_Id={number};Path={path};Pseudo={path};Protocols={version};Access_Type={access};"
                      "Squash=no_root_squash;Sectype=sys;FSAL{Name=VFS;}}\n"
                      for number, (path, version) in enumerate(self._exports.items(), 1)))
        self._program = self._net.start(self._folder / "ganesha.out", "/usr/bin/ganesha.nfsd", "-F", "-f", config, "-L", log,
                                        "-p", "/run/ganesha/pid")
        deadline = time.monotonic() + START_TIMEOUT
        while not log.exists() or "NFS SERVER INITIALIZED" not in log.read_text(errors="replace"):
            if time.monotonic() > deadline or not self._program.running():
                raise TimeoutError(f"nfs-ganesha does not start, see {log}")
            time.sleep(0.05)
        self._net.wait_for_port(2049)

    def kill(self) -> None:
        """End at once, as in a power failure."""
        self._program.kill()

    def freeze(self) -> None:
        """Answer nothing more, with every connection open."""
        self._program.signal(signal.SIGSTOP)


def _make_key(path: Path, kind: str) -> None:
    if not path.exists():
        run("ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "lab", "-f", path)
