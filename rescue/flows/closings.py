"""What a person is told when a job has ended: what happened, in what state things are, what to do next. Pure."""

from collections.abc import Callable

from rescue import errors
from rescue.events import Outcome
from rescue.flows.ending import Closing, Ending
from rescue.language import _

Answers = tuple[tuple[str, str], ...]

_DRIVE_LOST = (errors.RepositoryAccessError.exit_code, errors.NotARepositoryError.exit_code)
_CANCELLED = errors.CancelledError.exit_code


def backup_closing(ending: Ending) -> Closing:
    """After a backup: nothing on the source was changed, whatever happened."""
    report = _("The report is kept with the backup: Log, on the first screen, shows it.")
    if ending.outcome is Outcome.OK and ending.finished is not None:
        read_back = bool(ending.finished.detail.get("verified"))
        proof = _("It was read back and compared.") if read_back else _("It was not read back: verify it some time.")
        return Closing(
            _("The backup is complete."),
            (proof, report, _("Keep the drive in another place than the computer.")),
            (("e", _("Eject the drive")),),
        )
    if ending.outcome is Outcome.PARTIAL:
        lines = (
            _("Some of the source could not be read. All the rest is in the backup, and can be restored."),
            _("The source drive may be failing: do not write to it, and replace it soon."),
            report,
        )
        return Closing(_("The backup has gaps."), lines)
    state = _("Nothing on the source was changed. What was stored so far is used again by the next backup.")
    return Closing(_("There is no new backup."), (*_story(ending), state), _backup_answers(ending))


def _backup_answers(ending: Ending) -> Answers:
    code = ending.error.exit_code if ending.error else 0
    again = ("g", _("Go on"))
    place = ("p", _("Another place"))
    if code == errors.SourceReadError.exit_code:
        return (("a", _("Go on past bad sectors")), again)
    if code == errors.RepositoryFullError.exit_code:
        return (place, again)
    return (again, place)


def write_closing(ending: Ending) -> Closing:
    """After a restore, a clone, a wipe: what is on the target now."""
    if ending.outcome is Outcome.OK:
        lines = (_("Every byte was read back and compared."), _("Take the stick out and start the computer from it."))
        verified = bool(ending.finished and ending.finished.detail.get("verified"))
        return Closing(_("The disk is written."), lines if verified else (_("It was not read back."), lines[1]))
    if ending.outcome is Outcome.PARTIAL:
        return Closing(
            _("The disk is written, with gaps."),
            (_("What could not be read from the source is zeros on the target. See the parts above."),),
        )
    return Closing(_("This did not work."), (*_story(ending), *_target_state(ending)), (("g", _("Try again")),))


def _target_state(ending: Ending) -> tuple[str, ...]:
    if not ending.touched:
        return (_("Nothing was written: the target is as it was."),)
    return (
        _("The target was being written and is not usable: do not start from it."),
        _("Try again, or bring its old partition table and headers back: Tools, Undo."),
        _("Files that were overwritten stay lost."),
    )


def reading_closing(good: str) -> Callable[[Ending], Closing]:
    """After a job that only reads: `good` is what OK means."""

    def close(ending: Ending) -> Closing:
        if ending.outcome is Outcome.OK:
            return Closing(good, ())
        if ending.outcome is Outcome.PARTIAL:
            return Closing(_("Something is missing."), (_("See the parts above."),))
        return Closing(_("This did not work."), (*_story(ending), _("Nothing was changed.")), (("g", _("Try again")),))

    return close


def _story(ending: Ending) -> tuple[str, ...]:
    """What happened, in the job's own words; what a lost drive means in plain ones."""
    error = ending.error
    if error is None:
        return (_("The job's process ended without a word: it was killed, or memory ran out."),)
    if error.exit_code == _CANCELLED:
        return (_("It was stopped, as somebody asked."),)
    lines = [error.message]
    if error.exit_code in _DRIVE_LOST:
        lines.append(_("Is the drive or the share still connected? Connect it again, wait a moment, then go on."))
    elif error.hint:
        lines.append(error.hint)
    return tuple(lines)
