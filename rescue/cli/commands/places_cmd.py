"""`rescue places`: where backups can lie."""

import argparse

from rescue.cli.text import say, say_json
from rescue.language import _
from rescue.operations.prepare import look
from rescue.places import access
from rescue.places.model import Place
from rescue.units import format_size


def run(options: argparse.Namespace) -> int:
    """Print every place, for people or as a JSON list. Mounts nothing."""
    found = access.places(look())
    if options.json:
        say_json([place.to_json() for place in found])
        return 0
    for place in found:
        say(*describe(place))
    if not found:
        say(_("There is no drive for backups. `rescue format` makes one, `rescue connect` opens a shared folder."))
    return 0


def describe(place: Place) -> list[str]:
    """A place in a few lines."""
    lines = [f"{place.address}  {place.name}"]
    if place.directory:
        where = _("open at {directory}").format(directory=place.directory)
        free = _("{free} free").format(free=format_size(place.free)) if place.free is not None else ""
        lines.append("    " + ", ".join(word for word in (where, free, _("read-only") * place.read_only) if word))
    for path in place.repositories or ():
        shown = str(path) if str(path) != "." else _("the drive itself")
        lines.append("    " + _("repository: {path}").format(path=shown))
    if place.fat:
        lines.append("    " + _("FAT has no journal: disconnect it before you unplug it"))
    return lines
