"""NTFS.

Layout: ntfs-3g, include/ntfs-3g/layout.h. $Bitmap is the truth about clusters. Behind the clusters, in the last sector
of the partition, lies the second boot sector: outside every cluster and so outside partclone's map; the tail rule of
`used` keeps it.
"""

from dataclasses import dataclass
from typing import ClassVar

from rescue.extents import Extent
from rescue.filesystems import ntfs_hibernation, partclone
from rescue.filesystems.bits import count_set
from rescue.filesystems.fields import le16, le64, u8
from rescue.filesystems.gate import demand, demand_count, demand_covered
from rescue.filesystems.model import Bench, Measured, UnmappableError
from rescue.filesystems.ntfs_records import DATA, VOLUME_INFORMATION, Geometry, attribute, read_record, with_fixups
from rescue.filesystems.volume import Volume
from rescue.language import N_, _

TOOL = "partclone.ntfs"
_MFT, _MIRROR, _LOGFILE, _VOLUME, _BITMAP = 0, 1, 2, 3, 6
_VERSIONS = {(3, 1)}
_PIECE = 1 << 20
_DIRTY = 0x0001
# Resize the log, mounted on NT 4, delete the change journal, repair object ids, modified by chkdsk: not about clusters.
_HARMLESS = 0x0002 | 0x0008 | 0x0010 | 0x0020 | 0x0080 | 0x8000
_NO_CLIENT, _RESTART_CLEAN = 0xFFFF, 0x0002
_HIBERNATED_NOTE = N_(
    "Windows is hibernated or shut down with fast startup on this volume: a restore resumes "
    "the saved session; do not change the disk before."
)


@dataclass(frozen=True, slots=True)
class State:
    """What $Volume and $LogFile say about the last use."""

    flags: int
    version: tuple[int, int]
    log_clean: bool

    @property
    def trouble(self) -> str:
        """Why the bitmap may lag; empty for a volume that was cleanly unmounted."""
        if self.flags & _DIRTY:
            return _("Windows marked the volume dirty: it has to be checked.")
        if not self.log_clean:
            return _("The volume was not cleanly unmounted: its log is still to be replayed.")
        return ""


def read_geometry(volume: Volume) -> Geometry:
    """Sizes from the boot sector; UnmappableError where they make no sense."""
    boot = volume.read(0, 512)
    demand(boot[3:11] == b"NTFS    ", _("The NTFS boot sector has no signature."))
    sector, per_cluster, per_record = le16(boot, 0x0B), u8(boot, 0x0D), u8(boot, 0x40)
    if per_cluster > 0x80:
        per_cluster = 1 << (256 - per_cluster)
    cluster = sector * per_cluster
    sound = sector in (512, 1024, 2048, 4096) and per_cluster > 0 and cluster & (cluster - 1) == 0
    demand(sound and cluster <= 2 << 20, _("The NTFS boot sector is damaged."))
    record = per_record * cluster if per_record < 0x80 else 1 << (256 - per_record)
    mft, mirror = le64(boot, 0x30) * cluster, le64(boot, 0x38) * cluster
    geometry = Geometry(sector, cluster, le64(boot, 0x28), mft, mirror, record)
    demand(record in (512, 1024, 2048, 4096) and geometry.clusters > 0, _("The NTFS boot sector is damaged."))
    demand(geometry.clusters * cluster <= volume.size, _("The file system is larger than its partition."))
    return geometry


def read_state(volume: Volume, geometry: Geometry) -> State:
    """Flags and version of $Volume, and whether $LogFile needs a replay."""
    information = attribute(read_record(volume, geometry, _VOLUME), VOLUME_INFORMATION).resident_value
    demand(len(information) >= 12, _("The NTFS volume information is damaged."))
    version = (u8(information, 8), u8(information, 9))
    return State(le16(information, 10), version, _log_is_clean(volume, geometry))


def _log_is_clean(volume: Volume, geometry: Geometry) -> bool:
    """An empty log, or one whose newer restart page tells of no user; rule of ntfs-3g's logfile.c."""
    log = attribute(read_record(volume, geometry, _LOGFILE), DATA)
    start = log.extents(geometry)[0].start
    pages = [volume.read(start + offset, 4096) for offset in (0, 4096)]
    if all(page == b"\xff" * 4096 for page in pages):
        return True
    areas = [_restart_area(page) for page in pages if page[:4] == b"RSTR"]
    demand(bool(areas), _("The NTFS log is damaged."))
    newest = max(areas, key=lambda area: le64(area, 0))
    return le16(newest, 12) == _NO_CLIENT or bool(le16(newest, 14) & _RESTART_CLEAN)


def _restart_area(page: bytes) -> bytes:
    area = with_fixups(page, b"RSTR")[le16(page, 24) :]
    demand(len(area) >= 16, _("The NTFS log is damaged."))
    return area


def used_by_bitmap(volume: Volume, geometry: Geometry) -> int:
    """Bytes in use by our own reading of $Bitmap, piece by piece: for a volume of 8 TB it has 256 MB."""
    bitmap = attribute(read_record(volume, geometry, _BITMAP), DATA)
    demand(bitmap.size * 8 >= geometry.clusters, _("The NTFS $Bitmap is too short."))
    used, left = 0, geometry.clusters
    for start, end in bitmap.extents(geometry):
        for offset in range(start, end, _PIECE):
            piece = volume.read(offset, min(_PIECE, end - offset))
            used += count_set(piece, min(left, len(piece) * 8))
            left -= min(left, len(piece) * 8)
    demand(left == 0, _("The NTFS $Bitmap is too short."))
    return used * geometry.cluster


def _structures(volume: Volume, geometry: Geometry) -> list[tuple[str, Extent]]:
    """The boot sector and the clusters of the files that make the file system."""
    found = [(_("boot sector"), Extent(0, 512))]
    for name, number in (("$MFT", _MFT), ("$MFTMirr", _MIRROR), ("$LogFile", _LOGFILE), ("$Bitmap", _BITMAP)):
        data = attribute(read_record(volume, geometry, number), DATA)
        found += [(name, extent) for extent in data.extents(geometry)]
    return found


class Ntfs:
    """NTFS of Windows XP and later: map by libntfs-3g through partclone, its total by our own reading of $Bitmap."""

    name: ClassVar[str] = "ntfs"
    types: ClassVar[frozenset[str]] = frozenset({"ntfs"})

    def measure(self, volume: Volume, bench: Bench) -> Measured:
        """Used clusters; a hibernated volume by its map with a note, a dirty one not at all."""
        geometry = read_geometry(volume)
        state = read_state(volume, geometry)
        demand(
            state.version in _VERSIONS,
            _("NTFS version {major}.{minor} is not proven.").format(major=state.version[0], minor=state.version[1]),
        )
        unknown = state.flags & ~(_HARMLESS | _DIRTY)
        demand(not unknown, _("The NTFS volume flags {unknown:#06x} are not proven.").format(unknown=unknown))
        hibernated = ntfs_hibernation.is_hibernated(volume, geometry, bench)
        if state.trouble and not hibernated:
            raise UnmappableError(state.trouble)
        end = geometry.clusters * geometry.cluster
        used, method = partclone.read_map(TOOL, volume.path, end, bench)
        demand_count(used.total, used_by_bitmap(volume, geometry))
        demand_covered(used, _structures(volume, geometry))
        notes = (_(_HIBERNATED_NOTE),) if hibernated else ()
        return Measured(end, used, method, notes, _facts(volume, geometry, state))


def _facts(volume: Volume, geometry: Geometry, state: State) -> dict[str, str | int]:
    return {
        "cluster_size": geometry.cluster,
        "clusters": geometry.clusters,
        "serial": f"{le64(volume.read(0, 512), 0x48):016X}",
        "version": f"{state.version[0]}.{state.version[1]}",
        "volume_flags": state.flags,
    }
