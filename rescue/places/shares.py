"""Open a folder of another computer, step by step, so that the step that fails can be told."""

from pathlib import Path

from rescue.places import mounting, nfs, opened, smb, ssh
from rescue.places.address import Address, parse_address
from rescue.places.model import Place, PlaceKind
from rescue.places.reach import reach
from rescue.places.trial import try_to_write


def connect(
    text: str, user: str = "", secret: str = "", *, accept_host_key: str | None = None, read_only: bool = False
) -> Place:
    """Mount what the address `text` means, try to write there, and return the open place.

    `user` counts where the address names none. `secret` is the password; it reaches the mounting program through its
    standard input, and nobody else. `accept_host_key` is the fingerprint of an SSH server's key that a person has seen
    and accepted. `read_only` mounts for reading, and does not try to write.

    UsageError for an address that is none; ConnectError says which step failed, HostKeyError that a key is to be
    looked at first. After an error nothing stays mounted.
    """
    address = parse_address(text, user)
    place = Place(address.kind, address.url(), address.name)
    point = mounting.point_for(f"{place.address}{' (read-only)' if read_only else ''}")
    fresh = mounting.mount_at(point) is None or not mounting.answers(point)
    if fresh:
        _mount(address, point, secret, accept_host_key=accept_host_key, read_only=read_only)
        opened.remember(place, point)
    try:
        if not read_only:
            try_to_write(point, address)
        return opened.opened_at(place, point)
    except BaseException:
        if fresh:  # one that was open before may be in use by a job
            _take_back(point)
        raise


def _mount(address: Address, point: Path, secret: str, *, accept_host_key: str | None, read_only: bool) -> None:
    """Mount it, in place of a mount that does not answer: only once the server is known to be there again."""
    numeric = reach(address)
    mounting.detach(point)
    mounting.make_point(point)
    try:
        if address.kind is PlaceKind.SMB:
            smb.mount(address, numeric, point, secret, read_only=read_only)
        elif address.kind is PlaceKind.NFS:
            nfs.mount(address, point, read_only=read_only)
        else:
            ssh.mount(address, point, secret, accept_host_key=accept_host_key, read_only=read_only)
    except BaseException:
        _take_back(point)
        raise


def _take_back(point: Path) -> None:
    mounting.detach(point)
    mounting.remove_point(point)
    opened.forget(point)
