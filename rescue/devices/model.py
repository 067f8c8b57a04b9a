"""Disks as values: frozen, comparable, without live handles. Sizes and offsets are in bytes.

Only the look-ups of `Inventory` touch the machine, and only to resolve a name.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from enum import Enum
from typing import Any

from rescue.devices import location
from rescue.errors import DeviceNotFoundError
from rescue.language import N_, _

_EXTENDED = ("0x5", "0xf", "0x85")
_SUBJECTS = {
    "wwn": N_("The world wide name"),
    "serial": N_("The serial number"),
    "backing": N_("The backing file"),
    "table_uuid": N_("The partition table's id"),
}


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes a disk this disk. `backing` is the file behind a loop device, which has no serial number."""

    wwn: str | None
    serial: str | None
    backing: str | None
    table_uuid: str | None
    size: int

    @property
    def known(self) -> bool:
        """True when something tells this disk from every other of its size."""
        return bool(self.wwn or self.serial or self.backing)

    def differences(self, other: Identity, *, ignore_table: bool = False) -> tuple[str, ...]:
        """What `other`, the disk found now, has that this one, the disk expected, has not; empty when they agree."""
        names = [name for name in _SUBJECTS if not (ignore_table and name == "table_uuid")]
        changed = [name for name in names if getattr(self, name) != getattr(other, name)]
        told = [
            _("{subject} is {found}, expected is {expected}.").format(
                subject=_(_SUBJECTS[name]),
                found=getattr(other, name) or _("unknown"),
                expected=getattr(self, name) or _("none"),
            )
            for name in changed
        ]
        if self.size != other.size:
            told.append(
                _("The size is {found} bytes, expected is {expected}.").format(found=other.size, expected=self.size)
            )
        return tuple(told)

    def to_json(self) -> dict[str, object]:
        """The identity as a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: object) -> Identity:
        """Inverse of `to_json`; ValueError where `value` is no identity."""
        if not isinstance(value, dict):
            raise ValueError(_("the identity of a disk is no JSON object"))  # noqa: TRY004
        size = value.get("size")
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise ValueError(_("the identity of a disk has no size"))
        return cls(**{name: _text_or_none(value, name) for name in _SUBJECTS}, size=size)


def _text_or_none(value: dict[Any, Any], name: str) -> str | None:
    text = value.get(name)
    if text is not None and not isinstance(text, str):
        raise ValueError(_("the identity of a disk has a bad {name}").format(name=name))
    return text


class UseKind(Enum):
    """How a block device is in use."""

    MOUNT = "mount"
    SWAP = "swap"
    HOLDER = "holder"


@dataclass(frozen=True, slots=True)
class Use:
    """What uses a block device now. `detail` is the mount point or the holder's node; empty for swap."""

    kind: UseKind
    detail: str
    read_only: bool = False

    def describe(self) -> str:
        """The use in words that continue "it is …"."""
        match self.kind:
            case UseKind.MOUNT:
                text = _("mounted read-only at {place}") if self.read_only else _("mounted at {place}")
                return text.format(place=self.detail)
            case UseKind.SWAP:
                return _("active swap space")
            case UseKind.HOLDER:
                text = _("held read-only by {holder}") if self.read_only else _("held by {holder}")
                return text.format(holder=self.detail)


@dataclass(frozen=True, slots=True)
class FilesystemInfo:
    """A file system or other content, in the words of blkid: ext4, ntfs, vfat, swap, crypto_LUKS, LVM2_member …"""

    type: str
    label: str | None = None
    uuid: str | None = None
    usage: str | None = None


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition as the kernel sees it. `type` is the GPT type GUID or the MBR type byte ("0x83")."""

    path: str
    number: int
    start: int
    size: int
    type: str | None = None
    uuid: str | None = None
    name: str | None = None
    filesystem: FilesystemInfo | None = None
    uses: tuple[Use, ...] = ()
    system: str | None = None

    @property
    def is_extended(self) -> bool:
        """True for an extended partition of an MBR, a frame around others that holds nothing else."""
        return (self.type or "").lower() in _EXTENDED


@dataclass(frozen=True, slots=True)
class Disk:
    """A whole disk. `confirm` is the text that a person types to have it written, empty when the disk has no identity.

    `table` is what blkid calls the partition table ("gpt", "dos", …); `filesystem` and `system` belong to a file
    system on the whole disk; `uses` are those of the disk itself, not of its partitions. `readable` is False where its
    first sectors could not be read: what is known of its content then comes from udev's database. `live_medium` is True
    where the running Rescue system needs it.
    """

    path: str
    model: str
    identity: Identity
    confirm: str
    bus: str
    logical_sector_size: int
    physical_sector_size: int
    read_only: bool
    removable: bool
    rotational: bool
    table: str | None = None
    filesystem: FilesystemInfo | None = None
    uses: tuple[Use, ...] = ()
    partitions: tuple[Partition, ...] = ()
    system: str | None = None
    readable: bool = True
    live_medium: bool = False

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        return self.identity.size

    @property
    def title(self) -> str | None:
        """What the disk as a whole is, for people: the system that runs from it, or the one that is on it."""
        return _("Rescue, running now") if self.live_medium else self.system

    def all_uses(self) -> tuple[tuple[str, Use], ...]:
        """Every use of the disk and of its partitions, with the path of the node in use."""
        nodes: tuple[Disk | Partition, ...] = (self, *self.partitions)
        return tuple((node.path, use) for node in nodes for use in node.uses)

    def to_json(self) -> dict[str, object]:
        """The disk as a JSON object; `size` stands beside `identity`, for scripts."""
        plain = asdict(self, dict_factory=_plain)
        return {"path": self.path, "size": self.size, "confirm": self.confirm, **plain}


def _plain(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {key: value.value if isinstance(value, Enum) else value for key, value in pairs}


def confirm_texts(identities: list[Identity]) -> list[str]:
    """What a person types for each disk: the shortest text that no other of these disks has, else the longest there is.

    Two disks with the same text in the result cannot be told apart; empty where nothing is known.
    """
    choices = [_candidates(identity) for identity in identities]
    texts = []
    for index, own in enumerate(choices):
        others = {text for place, texts in enumerate(choices) if place != index for text in texts}
        texts.append(next((text for text in own if text not in others), own[-1] if own else ""))
    return texts


def _candidates(identity: Identity) -> list[str]:
    """Texts that could confirm a disk, the handiest first."""
    if identity.serial:
        return [identity.serial, *([f"{identity.serial} {identity.wwn}"] if identity.wwn else [])]
    if identity.wwn:
        return [identity.wwn]
    return [identity.backing.rpartition("/")[2], identity.backing] if identity.backing else []


@dataclass(frozen=True, slots=True)
class Inventory:
    """The disks that are there. `visible` lists the only devices the program may know, None for all."""

    disks: tuple[Disk, ...]
    visible: tuple[str, ...] | None = None

    def disk(self, path: str) -> Disk:
        """The whole disk at `path`; DeviceNotFoundError where that is none, or a partition."""
        disk, part = self.find(path)
        if part is not None:
            raise DeviceNotFoundError(
                _("{path} is a partition of {disk}, not a whole disk.").format(path=path, disk=disk.path)
            )
        return disk

    def find(self, path: str) -> tuple[Disk, Partition | None]:
        """The disk at `path`, or the partition with its disk; `path` may be a link as in /dev/disk/by-id.

        DeviceNotFoundError says whether nothing is there, or no block device, or one that is hidden.
        """
        found = self._at(path) or self._at(location.canonical_node(path))
        if found is not None:
            return found
        location.require_block_device(path)
        if self.visible is not None:
            raise DeviceNotFoundError(
                _("{path} is hidden: RESCUE_DEVICES names the only devices to work with.").format(path=path)
            )
        raise DeviceNotFoundError(
            _("{path} is not a disk, nor a partition of one, that can be imaged.").format(path=path)
        )

    def _at(self, path: str) -> tuple[Disk, Partition | None] | None:
        for disk in self.disks:
            if disk.path == path:
                return disk, None
            for part in disk.partitions:
                if part.path == path:
                    return disk, part
        return None

    def twins(self, disk: Disk) -> tuple[Disk, ...]:
        """Other disks that have the same identity: nobody can tell them apart."""
        return tuple(
            other
            for other in self.disks
            if other.path != disk.path and not disk.identity.differences(other.identity, ignore_table=True)
        )

    def disks_of_file(self, path: str) -> tuple[Disk, ...]:
        """Every visible disk that carries the file or directory `path`, the nearest first.

        The way leads through mounts, partitions, device-mapper, md and the files behind loop devices. `path` need not
        exist yet. Empty for network and memory file systems, and for hidden disks.
        """
        carriers = location.carriers(path)
        return tuple(disk for node in carriers for disk in self.disks if disk.path == node)

    def disk_of_file(self, path: str) -> Disk | None:
        """The nearest visible disk that carries `path`; see `disks_of_file`."""
        return next(iter(self.disks_of_file(path)), None)


def with_confirm_texts(disks: list[Disk]) -> tuple[Disk, ...]:
    """The same disks, each with its text to confirm."""
    texts = confirm_texts([disk.identity for disk in disks])
    return tuple(replace(disk, confirm=text) for disk, text in zip(disks, texts, strict=True))
