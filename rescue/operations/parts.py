"""What a job will copy, for who shows how far each partition is."""

from collections.abc import Iterable

from rescue.events import Part
from rescue.images.layout import Region


def parts_of(regions: Iterable[Region]) -> tuple[Part, ...]:
    """The parts of a job that copies these regions in this order.

    `text` is what RegionFinished says of the same region, and the bytes add up to those of Progress.
    """
    return tuple(Part(region.name, region.describe(), region.used.total) for region in regions)
