"""`rescue init`: make a repository."""

import argparse

from rescue.cli.session import repository_path
from rescue.cli.text import say, say_json
from rescue.language import _
from rescue.repository.repository import Repository


def run(options: argparse.Namespace) -> int:
    """Make it and say what it is called."""
    root = repository_path(options)
    identity = Repository.init(root)
    if options.json:
        say_json({"event": "Initialized", "repository": str(root), "id": identity})
    else:
        say(_("{root} is a repository now. Its README.txt says how to read it without Rescue.").format(root=root))
    return 0
