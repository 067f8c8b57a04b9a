"""What a flow can ask a person, as values, and the protocol that shows them: a full screen, or lines on a terminal.

None means that the person went back; nothing has happened then. Every text is already in the person's language. Texts
that come from disks and tools are anybody's bytes: who shows a text makes it `printable` and treats it as no markup.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, Protocol, TypeVar

from rescue.devices.model import Disk
from rescue.flows.ending import Closing, Ending
from rescue.operations.jobs import Job

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Option(Generic[T]):
    """One of several things to choose. `refused` says why it cannot be chosen, and stands beside it.

    `disk` is drawn as a picture where the screen can. `key` is a small letter that chooses at once.
    """

    value: T
    title: str
    detail: tuple[str, ...] = ()
    disk: Disk | None = None
    refused: str = ""
    key: str = ""
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Pick(Generic[T]):
    """Choose one of several, or several where `pick_many` shows it. The first `chosen` one is where the cursor stands.

    `help` names the page of the help (`rescue.flows.help`). `empty` is said where there is no option.
    """

    title: str
    options: tuple[Option[T], ...]
    help: str
    text: str = ""
    empty: str = ""


class FieldKind(Enum):
    """What is typed into a field."""

    TEXT = "text"
    HIDDEN = "hidden"
    CHOICE = "choice"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a form. `choices` are values with their labels; a FLAG is "yes" or ""."""

    name: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    value: str = ""
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """Lines to fill in. `check` runs in a thread when the person is done, and says what is wrong: the form stays open
    with that text; None where all is well. `working` is said meanwhile."""

    title: str
    fields: tuple[Field, ...]
    help: str
    text: str = ""
    submit: str = ""
    working: str = ""
    check: Callable[[dict[str, str]], str | None] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a sheet: what it is about, what is chosen, and what is still wrong with it. `name` is the answer when
    the person wants to change it, `key` the small letter that does so."""

    name: str
    key: str
    label: str
    value: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A disk before or after, with a heading."""

    heading: str
    disk: Disk


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is known about a job before it starts: lines for people, pictures, and why it cannot start."""

    lines: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    problem: str = ""
    hint: str = ""


START = "start"


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything about one job on one page: rows that can be changed, what will happen, and the button that starts it.

    `start` is the button's text, empty where the sheet is not complete. Enter on the button answers START: what
    destroys asks for the identity of the target afterwards, and is never started by the sheet alone. `estimate` runs in
    a thread while the sheet is shown. `command` is the same job as command lines. `missing` names the row where the
    cursor stands first; empty for the button.
    """

    title: str
    rows: tuple[Row, ...]
    help: str
    start: str = ""
    text: str = ""
    missing: str = ""
    command: tuple[str, ...] = ()
    estimate: Callable[[], Estimate] | None = None


@dataclass(frozen=True, slots=True)
class Danger:
    """The last question before something is overwritten: what the person types has to be `confirm`.

    `steps` is the plan's own description. Nothing else confirms: no key, no Enter with an empty field.
    """

    title: str
    steps: tuple[str, ...]
    target: str
    confirm: str
    pictures: tuple[Picture, ...] = ()
    command: tuple[str, ...] = ()
    help: str = "confirm"


@dataclass(frozen=True, slots=True)
class Page:
    """A text to read. `answers` are small letters with what they do; going back is always one more."""

    title: str
    lines: tuple[str, ...]
    answers: tuple[tuple[str, str], ...] = ()
    help: str = ""
    search: bool = False


class Front(Protocol):
    """Shows questions and brings answers. One flow at a time uses it, in the event loop of asyncio."""

    async def pick(self, question: Pick[T]) -> T | None:
        """Let the person choose one."""

    async def pick_many(self, question: Pick[T]) -> tuple[T, ...] | None:
        """Let the person choose any number, at least one; `chosen` ones are marked at first."""

    async def fill(self, form: Form) -> dict[str, str] | None:
        """Let the person fill in a form until its check finds nothing wrong."""

    async def sheet(self, sheet: Sheet) -> str | None:
        """Show a sheet; the name of the row to change, or START."""

    async def confirm(self, danger: Danger) -> str | None:
        """The text that the person typed when it is the right one; a wrong one is refused with a sentence."""

    async def read(self, page: Page) -> str | None:
        """Show a text; the answer's letter."""

    async def busy(self, text: str, work: Callable[[], T]) -> T:
        """Run something in a thread and say `text` meanwhile. What it raises comes out here."""

    async def watch(self, job: Job, close: Callable[[Ending], Closing]) -> str | None:
        """Show a job until it ends and somebody has read the result; the letter of the closing's answer, "" where the
        result was only read. None when the person went to look elsewhere and the job goes on."""

    async def terminal(self, work: Callable[[], None]) -> None:
        """Give the terminal away while `work` runs: a shell, `nmtui`."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to do on the first screen. A `flow` that answers True ends the program."""

    key: str
    title: str
    what: str
    flow: Callable[[], Awaitable[object]] = field(compare=False)


def first(options: Sequence[Option[T]]) -> int:
    """Where the cursor stands at first: at the first chosen option that is not refused, else at the first such one."""
    possible = [place for place, option in enumerate(options) if not option.refused]
    chosen = [place for place in possible if options[place].chosen]
    return next(iter(chosen or possible), 0)
