"""The command line of a request: what a person could have typed. The screens show it, and run exactly it."""

from dataclasses import dataclass

from rescue.operations.prepare import BackupRequest, CloneRequest, RestoreRequest

DEFAULT_LEVEL = 3


@dataclass(frozen=True, slots=True)
class UndoRequest:
    """Table and headers of a disk, as they were before it was written last."""

    target: str


@dataclass(frozen=True, slots=True)
class VerifyRequest:
    """Read a snapshot back."""

    snapshot: str
    repository: str


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """Check a repository: its structure, or every byte of it too."""

    repository: str
    read_data: bool = False


@dataclass(frozen=True, slots=True)
class SurfaceRequest:
    """Read every sector of a disk, from byte `start` on, to learn which cannot be read."""

    disk: str
    start: int = 0


@dataclass(frozen=True, slots=True)
class TableSaveRequest:
    """Keep the partition table of a disk in a new file."""

    disk: str
    file: str


@dataclass(frozen=True, slots=True)
class TableRestoreRequest:
    """Put a partition table from a file on a disk, and nothing else."""

    file: str
    target: str
    verify: bool = True


@dataclass(frozen=True, slots=True)
class WipeRequest:
    """Overwrite a disk with zeros: all of it or, with `quick`, only what makes it look used."""

    target: str
    quick: bool = False
    verify: bool = True


@dataclass(frozen=True, slots=True)
class FormatRequest:
    """The disk `target` as a drive for backups with that file system and name.

    `disk_id` is the GUID that the disk gets, empty for a new one: who shows a plan and has it run by another process
    names one.
    """

    target: str
    filesystem: str = "ext4"
    label: str = "Backups"
    disk_id: str = ""
    verify: bool = True


Request = (
    BackupRequest
    | RestoreRequest
    | CloneRequest
    | UndoRequest
    | VerifyRequest
    | CheckRequest
    | SurfaceRequest
    | TableSaveRequest
    | TableRestoreRequest
    | WipeRequest
    | FormatRequest
)


def confirmed(confirm: str, digest: str) -> tuple[str, ...]:
    """The words that follow a command whose plan somebody has seen and confirmed; `digest` is that of the plan."""
    return ("--yes", *_value("--confirm", confirm), "--plan", digest)


def command(request: Request) -> tuple[str, ...]:  # noqa: C901, PLR0911 - a case a kind of request
    """The words after `rescue`."""
    match request:
        case BackupRequest():
            return _backup(request)
        case RestoreRequest():
            return _restore(request)
        case CloneRequest():
            flags = _reading(request.raw, request.allow_bad) + _unless(request.verify, "--no-verify")
            return ("clone", request.source, request.target, *flags)
        case UndoRequest():
            return ("undo", request.target)
        case VerifyRequest():
            return ("verify", request.snapshot, "--repo", request.repository)
        case CheckRequest():
            return ("check", "--repo", request.repository, *_if(request.read_data, "--read-data"))
        case SurfaceRequest():
            return ("surface", request.disk, *(("--from", str(request.start)) if request.start else ()))
        case TableSaveRequest():
            return ("table", "save", request.disk, request.file)
        case TableRestoreRequest():
            return ("table", "restore", request.file, request.target, *_unless(request.verify, "--no-verify"))
        case WipeRequest():
            flags = _if(request.quick, "--quick") + _unless(request.verify, "--no-verify")
            return ("wipe", request.target, *flags)
        case FormatRequest():
            return _format(request)


def _format(request: FormatRequest) -> tuple[str, ...]:
    words = ["format", request.target, "--filesystem", request.filesystem, *_value("--label", request.label)]
    words += ["--disk-id", request.disk_id] if request.disk_id else []
    return (*words, *_unless(request.verify, "--no-verify"))


def _backup(request: BackupRequest) -> tuple[str, ...]:
    words = ["backup", *request.sources, "--repo", request.repository]
    words += _value("--name", request.name) if request.name else ()
    words += _value("--note", request.note) if request.note else ()
    words += _if(request.verify, "--verify")
    words += ["--level", str(request.level)] if request.level != DEFAULT_LEVEL else []
    return (*words, *_reading(request.raw, request.allow_bad))


def _restore(request: RestoreRequest) -> tuple[str, ...]:
    what = f"{request.snapshot}:{request.part}" if request.part else request.snapshot
    words = ["restore", what, request.target, "--repo", request.repository]
    words += ["--disk", str(request.disk)] if request.disk != 1 else []
    return (*words, *_if(request.table_only, "--table-only"), *_unless(request.verify, "--no-verify"))


def _reading(raw: bool, allow_bad: bool) -> tuple[str, ...]:
    return (*_if(raw, "--raw"), *_if(allow_bad, "--allow-bad-sectors"))


def _value(flag: str, text: str) -> tuple[str, ...]:
    """The option with its value; in one word where the value would be taken for another option."""
    return (f"{flag}={text}",) if text.startswith("-") else (flag, text)


def _if(wanted: bool, flag: str) -> tuple[str, ...]:
    return (flag,) if wanted else ()


def _unless(wanted: bool, flag: str) -> tuple[str, ...]:
    return () if wanted else (flag,)
