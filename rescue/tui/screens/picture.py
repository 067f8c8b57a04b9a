"""A disk before or after a job, drawn to scale under a heading; and the command line of a job."""

from collections.abc import Iterable

from textual.content import Content

from rescue.flows.front import Picture
from rescue.language import _
from rescue.tui import card
from rescue.tui.lines import Lines, Words, indented, styled


class PictureView(Lines):
    """Heading, disk, bar, and what is on it."""

    def __init__(self, picture: Picture) -> None:
        super().__init__(classes="picture")
        self._picture = picture

    def draw(self, width: int) -> list[Content]:
        """The lines for a width."""
        heading = indented(styled(self._picture.heading, "bold $mark"), width)
        return [*heading, *card.describe(self._picture.disk, width)]


class CommandLines(Words):
    """The same job as commands, so that people learn to write scripts."""

    def __init__(self, commands: Iterable[str]) -> None:
        shown = [Content.assemble("$ ", styled(command, "$loud")) for command in commands]
        super().__init__([_("As a command:"), *shown] if shown else [], classes="command")
