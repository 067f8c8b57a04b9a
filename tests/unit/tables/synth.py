"""Partition tables made from scratch, as the specifications say, without a line of the code under test."""

import struct
import uuid
import zlib
from dataclasses import dataclass, field
from random import Random

from hypothesis import settings
from hypothesis import strategies as st

from rescue.tables.model import Entry, EntryRole

KNOWN_SIZES = (512, 4096)
PROTECTIVE_TYPE = 0xEE
UNTIMED = settings(deadline=None)
"""Other work on the same machine must not fail a property."""


class OutsideTheDiskError(AssertionError):
    """The code under test asked for bytes that the disk does not have."""


@dataclass
class Image:
    """A sparse disk of sectors, zeros where nothing was written. Counts what is read from it."""

    size: int
    sector_size: int
    sectors: dict[int, bytes] = field(default_factory=dict)
    bytes_read: int = 0

    def read(self, offset: int, length: int) -> bytes:
        """The bytes at `offset`; fails the test for a request outside the disk."""
        if offset < 0 or length <= 0 or offset + length > self.size:
            raise OutsideTheDiskError(f"{offset}+{length} of {self.size}")
        self.bytes_read += length
        first, last = offset // self.sector_size, -(-(offset + length) // self.sector_size)
        zeros = bytes(self.sector_size)
        whole = b"".join(self.sectors.get(lba, zeros) for lba in range(first, last))
        return whole[offset - first * self.sector_size :][:length]

    def write(self, offset: int, data: bytes) -> None:
        """Put bytes anywhere."""
        first = offset // self.sector_size
        count = -(-(offset + len(data)) // self.sector_size) - first
        start = offset - first * self.sector_size
        zeros = bytes(self.sector_size)
        whole = bytearray(b"".join(self.sectors.get(lba, zeros) for lba in range(first, first + count)))
        whole[start : start + len(data)] = data
        for index in range(count):
            self.sectors[first + index] = bytes(whole[index * self.sector_size : (index + 1) * self.sector_size])

    def put(self, lba: int, data: bytes) -> None:
        """Put bytes at the start of a sector."""
        self.write(lba * self.sector_size, data)

    def copy(self, size: int | None = None) -> "Image":
        """Another disk with the same content, of another size if so wished."""
        return Image(self.size if size is None else size, self.sector_size, dict(self.sectors))


@dataclass(frozen=True)
class GptPlan:
    """What a GPT shall say. Entries are keyed by slot, with first and last LBA."""

    sector_size: int
    sectors: int
    disk_guid: uuid.UUID
    count: int
    entry_size: int
    slots: dict[int, tuple[uuid.UUID, uuid.UUID, int, int, int, str]]
    hybrid: bool = False

    @property
    def array_sectors(self) -> int:
        """Sectors of one entry array."""
        return -(-self.count * self.entry_size // self.sector_size)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What the reader has to find."""
        size = self.sector_size
        return tuple(
            Entry(slot + 1, first * size, (last + 1 - first) * size, str(kind), str(own), name, attributes)
            for slot, (kind, own, first, last, attributes, name) in sorted(self.slots.items())
        )

    def array(self) -> bytes:
        """The entry array."""
        data = bytearray(self.count * self.entry_size)
        for slot, (kind, own, first, last, attributes, name) in self.slots.items():
            entry = struct.pack("<16s16sQQQ", kind.bytes_le, own.bytes_le, first, last, attributes)
            entry += name.encode("utf-16-le").ljust(72, b"\0")
            data[slot * self.entry_size : slot * self.entry_size + len(entry)] = entry
        return bytes(data)

    def header(self, my_lba: int, alternate: int, entries_lba: int) -> bytes:
        """One header sector."""
        first_usable, last_usable = 2 + self.array_sectors, self.sectors - 2 - self.array_sectors
        body = struct.pack(
            "<QQQQ16sQIII", my_lba, alternate, first_usable, last_usable, self.disk_guid.bytes_le, entries_lba,
            self.count, self.entry_size, zlib.crc32(self.array()),
        )  # fmt: skip
        start = struct.pack("<8sII", b"EFI PART", 0x10000, 92)
        crc = zlib.crc32(start + bytes(8) + body)
        return (start + struct.pack("<I", crc) + bytes(4) + body).ljust(self.sector_size, b"\0")

    def image(self) -> Image:
        """A disk with this table."""
        image = Image(self.sectors * self.sector_size, self.sector_size)
        last = self.sectors - 1
        slots = [(0, PROTECTIVE_TYPE, 1, min(last, 0xFFFFFFFF))]
        if self.hybrid:
            slots = [(0, PROTECTIVE_TYPE, 1, 33), (0x80, 0x0C, 2048, 100)]
        image.put(0, boot_record(slots, code=b"\xeb\x63\x90boot code"))
        image.put(1, self.header(1, last, 2))
        image.put(2, self.array())
        image.put(last - self.array_sectors, self.array())
        image.put(last, self.header(last, 1, last - self.array_sectors))
        return image


def boot_record(slots: list[tuple[int, int, int, int]], *, code: bytes = b"", disk_id: int = 0) -> bytes:
    """An MBR or EBR from (flag, type, first LBA, sectors)."""
    table = b"".join(struct.pack("<B3sB3sII", flag, b"\xfe" * 3, kind, b"\xfe" * 3, *at) for flag, kind, *at in slots)
    return code.ljust(440, b"\0") + struct.pack("<IH", disk_id, 0) + table.ljust(64, b"\0") + b"\x55\xaa"


def spans(random: Random, room: tuple[int, int], count: int) -> list[tuple[int, int]]:
    """Up to `count` disjoint spans (first, last) of sectors from `room`, in no order, sometimes touching."""
    low, high = room
    cuts = sorted({random.randint(low, high) for _ in range(2 * count)})
    pairs = [(one, two - 1) for one, two in zip(cuts[::2], cuts[1::2], strict=False)]
    random.shuffle(pairs)
    return pairs


@st.composite
def gpt_plans(draw: st.DrawFn) -> GptPlan:
    """Any table that the specification allows: entry counts and sizes, order, names, flags."""
    random = draw(st.randoms(use_true_random=False))
    sector_size = draw(st.sampled_from(KNOWN_SIZES))
    count = draw(st.sampled_from((1, 4, 56, 128, 129, 256, 1000)))
    entry_size = draw(st.sampled_from((128, 256, 512)))
    sectors = draw(st.sampled_from((4096, 20_000, 2**28, 2**33)))
    array_sectors = -(-count * entry_size // sector_size)
    chosen = spans(random, (2 + array_sectors, sectors - 2 - array_sectors), draw(st.integers(0, 12)))[:count]
    slots = {}
    for slot, (first, last) in zip(random.sample(range(count), len(chosen)), chosen, strict=True):
        slots[slot] = (draw(GUIDS), draw(GUIDS), first, last, draw(st.integers(0, 2**64 - 1)), draw(NAMES))
    return GptPlan(sector_size, sectors, draw(GUIDS), count, entry_size, slots, draw(st.booleans()))


@dataclass(frozen=True)
class MbrPlan:
    """What an MBR shall say: primaries by slot, an extended partition, and its logical ones in chain order."""

    sector_size: int
    sectors: int
    disk_id: int
    primaries: dict[int, tuple[int, int, int, int]]
    extended: tuple[int, int, int] | None = None
    logicals: tuple[tuple[int, int, int], ...] = ()
    """(LBA of the record, LBA of the data, sectors)"""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What the reader has to find."""
        found = [
            self._entry(slot + 1, kind, first, count, EntryRole.PRIMARY, bootable=flag == 0x80)
            for slot, (flag, kind, first, count) in self.primaries.items()
        ]
        if self.extended:
            slot, first, count = self.extended
            found.append(self._entry(slot + 1, 0x0F, first, count, EntryRole.EXTENDED))
        for index, (_, first, count) in enumerate(self.logicals):
            found.append(self._entry(5 + index, 0x83, first, count, EntryRole.LOGICAL))
        return tuple(sorted(found, key=lambda entry: entry.number))

    def _entry(
        self, number: int, kind: int, first: int, count: int, role: EntryRole, *, bootable: bool = False
    ) -> Entry:
        own = f"{self.disk_id:08x}-{number:02x}" if self.disk_id else ""
        size = self.sector_size
        return Entry(number, first * size, count * size, f"0x{kind:02x}", own, "", 0, role, bootable)

    def image(self) -> Image:
        """A disk with this table."""
        image = Image(self.sectors * self.sector_size, self.sector_size)
        slots = [self.primaries.get(slot, (0, 0, 0, 0)) for slot in range(4)]
        if self.extended:
            slot, base, count = self.extended
            slots[slot] = (0, 0x0F, base, count)
            self._chain(image, base)
        image.put(0, boot_record(slots, code=b"\xfa\x33\xc0", disk_id=self.disk_id))
        return image

    def _chain(self, image: Image, base: int) -> None:
        if not self.logicals:
            image.put(base, boot_record([]))
        for index, (record, first, count) in enumerate(self.logicals):
            slots = [(0, 0x83, first - record, count)]
            if index + 1 < len(self.logicals):
                slots.append((0, 0x05, self.logicals[index + 1][0] - base, self.logicals[index + 1][2]))
            image.put(record, boot_record(slots))


@st.composite
def mbr_plans(draw: st.DrawFn) -> MbrPlan:
    """Primaries in any slots and order, and perhaps an extended partition with a chain that jumps about."""
    random = draw(st.randoms(use_true_random=False))
    sectors = draw(st.sampled_from((4096, 20_000, 2**32)))
    chosen = spans(random, (1, min(sectors, 2**32 - 1)), draw(st.integers(0, 4)))[:4]
    slots = random.sample(range(4), len(chosen))
    kinds = st.sampled_from((0x01, 0x07, 0x0C, 0x83, 0x82, 0xEF, 0xA5, 0xFF))
    primaries = {
        slot: (draw(st.sampled_from((0, 0x80))), draw(kinds), first, last + 1 - first)
        for slot, (first, last) in zip(slots, chosen, strict=True)
    }
    plan = MbrPlan(draw(st.sampled_from(KNOWN_SIZES)), sectors, draw(st.integers(0, 2**32 - 1)), primaries)
    if not chosen or not draw(st.booleans()):
        return plan
    slot, (first, last) = slots[0], chosen[0]
    logicals = _logicals(random, first, last, draw(st.integers(0, 9)))
    others = {key: value for key, value in primaries.items() if key != slot}
    return MbrPlan(plan.sector_size, sectors, plan.disk_id, others, (slot, first, last + 1 - first), logicals)


def _logicals(random: Random, first: int, last: int, most: int) -> tuple[tuple[int, int, int], ...]:
    """Logical partitions inside the span: the first record at its start, each other right before its data."""
    room = [(one, two) for one, two in sorted(spans(random, (first, last), most)) if two > one]
    if not room:
        return ()
    head, *others = room
    random.shuffle(others)
    start = first + 1 if head[0] == first else head[0]
    return ((first, start, head[1] + 1 - start), *((one, one + 1, two - one) for one, two in others))


GUIDS = st.uuids().filter(lambda guid: guid.int != 0)
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=36).filter(
    lambda name: len(name.encode("utf-16-le")) <= 72
)
