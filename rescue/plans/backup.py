"""What a backup will read and where it goes."""

from dataclasses import dataclass

from rescue.images.layout import Layout, Region
from rescue.language import _
from rescue.repository.snapshot import RegionKind
from rescue.units import format_size


@dataclass(frozen=True, slots=True)
class BackupPlan:
    """Everything is decided here; running it only does it."""

    name: str
    repository: str
    layouts: tuple[Layout, ...]
    level: int
    allow_bad: bool
    verify: bool
    note: str = ""

    @property
    def used_bytes(self) -> int:
        """Bytes to read."""
        return sum(layout.used_bytes for layout in self.layouts)

    def describe(self) -> tuple[str, ...]:
        """The plan for people, a line a step."""
        steps = []
        for layout in self.layouts:
            about = [
                layout.model or _("disk"),
                format_size(layout.size),
                _("{kind} table").format(kind=layout.table.kind.value),
                *([layout.system] if layout.system else []),
            ]
            steps.append(
                _("Read {path} ({about}), which is not changed.").format(path=layout.path, about=", ".join(about))
            )
            steps += [f"  {text}" for region in layout.regions for text in describe_region(region)]
        steps.append(
            _("Store {size} of used blocks, compressed, as “{name}” in {repository}.").format(
                size=format_size(self.used_bytes), name=self.name, repository=self.repository
            )
        )
        if self.note:
            steps.append(_("Keep with it the note: {note}").format(note=self.note))
        if self.verify:
            steps.append(_("Read the backup back from the repository and compare it."))
        return tuple(steps)


def describe_region(region: Region) -> list[str]:
    """A line about a region, and one about why all of its blocks are read where that is so. Gaps are not worth one."""
    if region.kind is RegionKind.GAP:
        return []
    if not region.included:
        return [_("{region}: {size}, not chosen").format(region=region.describe(), size=format_size(region.size))]
    line = _("{region}: {used} used of {size}").format(
        region=region.describe(), used=format_size(region.used.total), size=format_size(region.size)
    )
    if not region.raw_reason:
        return [line]
    return [line, "  " + _("all blocks: {reason}").format(reason=region.raw_reason)]
