"""The command palette: everything that can be done here, to search in. Textual's own, with our commands and words."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from textual.app import SystemCommand
from textual.command import CommandPalette

from rescue import language
from rescue.language import _
from rescue.tui import themes

if TYPE_CHECKING:
    from rescue.tui.app import RescueApp


def palette() -> CommandPalette:
    """The screen with the list."""
    return CommandPalette(placeholder=_("Search for something to do …"), id="--command-palette")


def commands(app: "RescueApp", *, at_home: bool) -> Iterator[SystemCommand]:
    """What can be done: on the first screen all of it, elsewhere only what disturbs no question."""
    if at_home:
        for choice in app.offer.choices:
            yield SystemCommand(choice.title, choice.what, partial(app.action_choose, choice.key))
        yield SystemCommand(_("Look again"), _("Look at the disks again"), app.action_rescan)
        yield SystemCommand(_("Shell"), _("A command line on this terminal"), app.action_shell)
    yield SystemCommand(_("Help"), _("Help for this screen"), app.action_help)
    for name, shown in themes.names().items():
        yield SystemCommand(
            _("Colours: {name}").format(name=shown), _("How the screen looks"), partial(app.look_like, name)
        )
    if at_home:
        for code, name in language.available().items():
            yield SystemCommand(name, _("Speak this language"), partial(app.speak, code))
        yield SystemCommand(_("Quit"), _("Quit to the prompt; jobs go on"), app.exit)
