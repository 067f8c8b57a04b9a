"""`rescue connect`: open a folder of another computer, or a drive; prints the directory."""

import argparse

from rescue.cli.secrets import password
from rescue.cli.text import say_json
from rescue.language import _
from rescue.operations.prepare import look
from rescue.operations.privilege import require_root
from rescue.places import access, shares
from rescue.places.address import is_share, parse_address
from rescue.places.model import Place


def run(options: argparse.Namespace) -> int:
    """Print where it is open, alone on standard output."""
    place = _share(options) if is_share(options.address) else access.open_node(options.address, look())
    if options.json:
        say_json({"event": "Connected", **place.to_json()})
    else:
        print(place.directory)
    return 0


def _share(options: argparse.Namespace) -> Place:
    require_root()
    address = parse_address(options.address, options.user or "")
    secret = password(_("Password for {user} on {host} (empty: none): ").format(
        user=address.user or _("nobody"), host=address.host
    ))  # fmt: skip
    return shares.connect(
        options.address,
        options.user or "",
        secret,
        accept_host_key=options.accept_host_key,
        read_only=options.read_only,
    )
