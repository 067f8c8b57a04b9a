"""`rescue disconnect`: write everything out and unmount, so that a drive can be unplugged."""

import argparse

from rescue.cli.text import say, say_json
from rescue.language import _
from rescue.operations.prepare import look
from rescue.places import access


def run(options: argparse.Namespace) -> int:
    """Say what was closed."""
    place = access.find_open(options.address, look())
    saved = access.close_place(place)
    if options.json:
        say_json({"event": "Disconnected", "address": place.address, "name": place.name, "saved": saved})
    elif saved:
        say(_("{name} is closed, and can be taken away.").format(name=place.name))
    else:
        say(_("{name} was gone already. What had not been written to it by then is not there.").format(name=place.name))
    return 0
