"""An NFS 4 server in user space (NFS-Ganesha), so that no kernel needs a server: one export that can be written, one
that can only be read."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.daemon import Daemon, free_port, running

EXPORT, READ_ONLY = "/backups", "/look"

_CONFIG = """
NFS_CORE_PARAM {{
    Bind_addr = {address};
    NFS_Port = {port};
    Protocols = 4;
    Enable_NLM = false;
    Enable_RQUOTA = false;
    Enable_UDP = false;
}}
NFSV4 {{
    Minor_Versions = 1, 2;
    RecoveryBackend = fs;
    RecoveryRoot = {folder}/recovery;
    Grace_Period = 2;
    Lease_Lifetime = 10;
}}
EXPORT {{
    Export_Id = 1;
    Path = {directory};
    Pseudo = {export};
    Access_Type = RW;
    Squash = {squash};
    SecType = sys;
    FSAL {{ Name = VFS; }}
}}
EXPORT {{
    Export_Id = 2;
    Path = {directory};
    Pseudo = {read_only};
    Access_Type = RO;
    Squash = {squash};
    SecType = sys;
    FSAL {{ Name = VFS; }}
}}
"""


@dataclass(frozen=True)
class NfsServer:
    """A server that runs. `directory` is what its exports show."""

    daemon: Daemon
    directory: Path

    def url(self, export: str = EXPORT) -> str:
        """The address of an export."""
        return f"nfs://{self.daemon.address}:{self.daemon.port}{export}"


@contextmanager
def nfs_server(
    directory: Path,
    *,
    address: str = "127.0.0.1",
    port: int = 0,
    namespace: str | None = None,
    squash: bool = False,
) -> Iterator[NfsServer]:
    """Serve `directory`, which must lie on a file system that has file handles (ext4, xfs, btrfs, tmpfs).

    `squash` makes root of other computers nobody, as servers do that were set up with care.
    """
    port = port or free_port()
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="ganesha-") as name:
        folder = Path(name)
        (folder / "recovery").mkdir()
        config = folder / "ganesha.conf"
        places = {"address": address, "port": port, "folder": folder, "directory": directory}
        exports = {"export": EXPORT, "read_only": READ_ONLY, "squash": "Root_Squash" if squash else "No_Root_Squash"}
        config.write_text(_CONFIG.format(**places, **exports))
        log = folder / "log"
        argv = ["ganesha.nfsd", "-F", "-f", str(config), "-L", str(log), "-N", "EVENT", "-p", str(folder / "pid")]
        with running(Daemon(argv, address, port, folder / "said", namespace)) as daemon:
            yield NfsServer(daemon, directory)


if __name__ == "__main__":
    with nfs_server(Path(sys.argv[1]).absolute(), address=(sys.argv[2:] or ["0.0.0.0"])[0], port=2049) as served:  # noqa: S104
        sys.stdout.write(f"{served.url()}\n")
        sys.stdout.flush()
        while True:
            time.sleep(3600)
