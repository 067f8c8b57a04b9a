"""The pages of the help, in plain words."""

from rescue.language import _


def page(topic: str) -> tuple[str, tuple[str, ...]]:
    """Title and lines of the page for `topic`."""
    del topic
    return _("Help"), (_("Every question says what can be typed. Nothing is written before its target was typed."),)
