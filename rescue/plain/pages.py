"""The help, as it is spoken: where a page is about a full screen, this one is about lines."""

from rescue.flows import help as pages
from rescue.language import _


def page(topic: str) -> tuple[str, tuple[str, ...]]:
    """Title and lines of a topic."""
    if topic in ("home", "keys"):
        return _home()
    if topic == "progress":
        return _progress()
    title, lines = pages.page(topic)
    note = _("Where this page names keys of the full screen, the prompt here says what to type instead.")
    return title, (*lines, "", note)


def _home() -> tuple[str, tuple[str, ...]]:
    lines = (
        _("Rescue asks one question after the other, and every prompt says what can be typed. Enter sends a line."),
        _("A number chooses. b or an empty line goes back, and does nothing. ? speaks the help of a question."),
        _("A job begins when you type s on its page, and never by an empty line."),
        _("What overwrites a disk asks for the end of its serial number, letter by letter. Nothing else says yes."),
        _("A job does not need this screen: it goes on when you leave, and the first page leads back to it."),
        _("Of the screens on several terminals one leads, the first on which somebody acts. The others only look."),
        _("Ctrl+C leaves Rescue at any time. Jobs go on."),
    )
    return _("Rescue, line by line"), lines


def _progress() -> tuple[str, tuple[str, ...]]:
    lines = (
        _("A sentence comes at most every ten seconds, and only when five percent more are done."),
        _("h tells how far it is now. Where nothing moves, it says so: a drive can try a bad place for minutes."),
        _("c stops the job, after a question. It ends in good order and says in what state everything is."),
        _("p switches the computer off at the end, only if the result is OK, and where this is the stick's system."),
        _("b or an empty line goes elsewhere: the job goes on, and the first page leads back to it."),
        _("Do not unplug a drive, and do not switch the computer off while a job runs."),
    )
    return _("A job that runs"), lines
