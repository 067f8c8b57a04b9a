"""Every error that a person may see: a sentence, a hint what to do, an exit code, and whose fault it is.

The engine raises; only `rescue.cli` and `rescue.tui` render. `docs/exit-codes.md` lists the codes, and a test keeps
the two together.
"""

from enum import Enum
from typing import ClassVar

from rescue.language import N_, _


class Fault(Enum):
    """Where the cause lies, so that the reader knows where to look."""

    REQUEST = "request"
    MACHINE = "machine"
    SOURCE = "source"
    TARGET = "target"
    REPOSITORY = "repository"
    PROGRAM = "program"


class RescueError(Exception):
    """A failure that is told in words. `message` says what and why, `hint` says what to do.

    Both are in the person's language. `default_hint` is marked in the class, and translated when it is said.
    """

    exit_code: ClassVar[int] = 1
    fault: ClassVar[Fault] = Fault.PROGRAM
    default_hint: ClassVar[str] = ""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint or _(self.default_hint)


# What the system says, which knows no language here; the commonest of it.
_SYSTEM = (
    N_("Cannot allocate memory"),
    N_("Cannot send after transport endpoint shutdown"),
    N_("Connection refused"),
    N_("Connection reset by peer"),
    N_("Connection timed out"),
    N_("Device or resource busy"),
    N_("Directory not empty"),
    N_("Disk quota exceeded"),
    N_("File exists"),
    N_("File name too long"),
    N_("File too large"),
    N_("Host is down"),
    N_("Input/output error"),
    N_("Invalid argument"),
    N_("Is a directory"),
    N_("No medium found"),
    N_("No route to host"),
    N_("No space left on device"),
    N_("No such device or address"),
    N_("No such device"),
    N_("No such file or directory"),
    N_("Not a directory"),
    N_("Operation not permitted"),
    N_("Operation not supported"),
    N_("Permission denied"),
    N_("Read-only file system"),
    N_("Remote I/O error"),
    N_("Stale file handle"),
    N_("Structure needs cleaning"),
    N_("Too many levels of symbolic links"),
    N_("Too many open files"),
    N_("Transport endpoint is not connected"),
    N_("Value too large for defined data type"),
)


def reason_of(error: OSError) -> str:
    """What the system says about a failure, in the person's language where we know it: continues a sentence."""
    return _(error.strerror or str(error))


class UsageError(RescueError):
    """The request itself is not possible: unknown option, bad combination."""

    exit_code = 2
    fault = Fault.REQUEST


class NotRootError(RescueError):
    """Block devices can be read and written by root only."""

    exit_code = 10
    fault = Fault.REQUEST
    default_hint = N_("Run the command again with sudo.")


class MissingToolError(RescueError):
    """A program that the job needs is not installed."""

    exit_code = 11
    fault = Fault.MACHINE


class ToolError(RescueError):
    """A program that the job needs ended with a failure."""

    exit_code = 12
    fault = Fault.MACHINE


class DeviceNotFoundError(RescueError):
    """No visible device has that path."""

    exit_code = 13
    fault = Fault.REQUEST
    default_hint = N_("`rescue disks` lists the disks that are there.")


class SourceRefusedError(RescueError):
    """The source cannot be imaged consistently: it is being written at this moment."""

    exit_code = 14
    fault = Fault.REQUEST


class TargetRefusedError(RescueError):
    """A safety rule forbids writing the target."""

    exit_code = 15
    fault = Fault.REQUEST


class TargetTooSmallError(TargetRefusedError):
    """The target holds fewer bytes than the plan needs."""

    exit_code = 16


class NotConfirmedError(RescueError):
    """Nobody typed the identity of the target, or what was confirmed is another plan."""

    exit_code = 17
    fault = Fault.REQUEST


class TargetChangedError(RescueError):
    """Between confirmation and first write the target became another disk."""

    exit_code = 18
    fault = Fault.TARGET


class NoUndoError(RescueError):
    """No undo kit belongs to the target."""

    exit_code = 19
    fault = Fault.REQUEST


class SourceReadError(RescueError):
    """The source does not give its bytes."""

    exit_code = 20
    fault = Fault.SOURCE


class TargetWriteError(RescueError):
    """The target does not take the bytes."""

    exit_code = 21
    fault = Fault.TARGET


class VerifyError(RescueError):
    """What was read back differs from what was written."""

    exit_code = 22
    fault = Fault.TARGET


class TableError(RescueError):
    """A partition table is damaged, or cannot be put on the target."""

    exit_code = 23
    fault = Fault.SOURCE


class NotARepositoryError(RescueError):
    """The directory holds no repository."""

    exit_code = 30
    fault = Fault.REQUEST


class RepositoryExistsError(RescueError):
    """`init` finds a repository, or other files, in the directory."""

    exit_code = 31
    fault = Fault.REQUEST


class NewerFormatError(RescueError):
    """The repository was made by a newer Rescue."""

    exit_code = 32
    fault = Fault.REPOSITORY
    default_hint = N_("Use a newer Rescue. The repository's own extract.py still reads it.")


class RepositoryLockedError(RescueError):
    """Another program works on the repository."""

    exit_code = 33
    fault = Fault.REPOSITORY


class RepositoryFullError(RescueError):
    """No space is left for the repository."""

    exit_code = 34
    fault = Fault.REPOSITORY
    default_hint = N_("Free some space, or use another drive, and start again: what is stored already is used again.")


class RepositoryAccessError(RescueError):
    """The repository cannot be read or written: permission, read-only file system, input/output error."""

    exit_code = 35
    fault = Fault.REPOSITORY


class SnapshotNotFoundError(RescueError):
    """No snapshot has that id or name."""

    exit_code = 36
    fault = Fault.REQUEST
    default_hint = N_("`rescue list` shows the snapshots of the repository.")


class SnapshotAmbiguousError(RescueError):
    """More than one snapshot has that id prefix or name."""

    exit_code = 37
    fault = Fault.REQUEST


class IntegrityError(RescueError):
    """Bytes in the repository, of an image file or of a saved table are not what was stored."""

    exit_code = 38
    fault = Fault.REPOSITORY


class PlaceError(RescueError):
    """A place for backups cannot be reached, opened, used or closed."""

    exit_code = 39
    fault = Fault.REPOSITORY


class SeatRefusedError(RescueError):
    """Another screen leads, and the seat cannot be taken over now. Nothing was changed."""

    exit_code = 40
    fault = Fault.REQUEST


class CancelledError(RescueError):
    """Somebody asked the job to stop."""

    exit_code = 130
    fault = Fault.REQUEST

    def __init__(self, message: str = "", *, hint: str = "") -> None:
        super().__init__(message or _("Stopped on request."), hint=hint)
