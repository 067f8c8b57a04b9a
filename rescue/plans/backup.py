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
            system = f", {layout.system}" if layout.system else ""
            steps.append(
                f"Read {layout.path} ({layout.model or 'disk'}, {format_size(layout.size)}, "
                f"{layout.table.kind.value} table{system}), which is not changed."
            )
            steps += [f"  {text}" for region in layout.regions for text in describe_region(region)]
        steps.append(
            f"Store {format_size(self.used_bytes)} of used blocks, compressed, as “{self.name}” in {self.repository}."
        )
        if self.note:
            steps.append(_("Keep with it the note: {note}").format(note=self.note))
        if self.verify:
            steps.append("Read the backup back from the repository and compare it.")
        return tuple(steps)


def describe_region(region: Region) -> list[str]:
    """A line about a region, and one about why all of its blocks are read where that is so. Gaps are not worth one."""
    if region.kind is RegionKind.GAP:
        return []
    if not region.included:
        return [f"{region.describe()}: {format_size(region.size)}, not chosen"]
    line = f"{region.describe()}: {format_size(region.used.total)} used of {format_size(region.size)}"
    return [line, *([f"  all blocks: {region.raw_reason}"] if region.raw_reason else [])]
