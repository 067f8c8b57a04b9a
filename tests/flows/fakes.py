"""A front that answers in the order of a script, and an engine that touches nothing and remembers what it was asked.

    front = play(lambda front: tools(front, engine), pick("Tools", "Wipe"), pick("Wipe", BACK))
    assert front.question().text == "…"

A script that asks for something else than the flow does fails with both; so does one that is not played to its end.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import TypeVar

from rescue.devices.health import Health
from rescue.devices.model import Inventory
from rescue.errors import RescueError
from rescue.events import Event
from rescue.flows.ending import Closing, Ending, ending_of
from rescue.flows.engine import Agreed, Catalogue, Plan
from rescue.flows.front import START, Danger, FieldKind, Form, Option, Page, Pick, Sheet
from rescue.operations.commands import Request
from rescue.operations.jobs import Job
from rescue.operations.report import Report
from rescue.places.model import Place, PlaceKind
from tests.flows import values

T = TypeVar("T")


class _Back:
    """The person goes back."""

    def __repr__(self) -> str:
        return "BACK"


BACK = _Back()


@dataclass(frozen=True)
class Step:
    """One question that is expected, by its kind and the beginning of its title, and what the person does then."""

    kind: str
    title: str
    answer: object
    events: tuple[Event, ...] = ()
    wrong: str | None = None


def pick(title: str, answer: object) -> Step:
    """Choose the option whose title begins so, or go BACK."""
    return Step("pick", title, answer)


def pick_many(title: str, *answers: str) -> Step:
    """Choose exactly the options whose titles begin so; none: go back."""
    return Step("pick_many", title, answers or BACK)


def fill(title: str, answer: dict[str, str] | _Back, *, wrong: str | None = None) -> Step:
    """Change these fields and leave the others. `wrong` is what the form says about it; then the next step is asked."""
    return Step("fill", title, answer, wrong=wrong)


def sheet(title: str, answer: object) -> Step:
    """Name a row to change, or START."""
    return Step("sheet", title, answer)


def confirm(title: str, typed: object) -> Step:
    """Type a text. One that is not the asked one is refused, and the next step is asked."""
    return Step("confirm", title, typed)


def read(title: str, answer: object = BACK) -> Step:
    """Read a page, and press the letter of one of its answers."""
    return Step("read", title, answer)


def watch(title: str, *events: Event, answer: object = BACK) -> Step:
    """Watch the job with that title say `events` and end; the letter of an answer of its closing."""
    return Step("watch", title, answer, events)


def terminal() -> Step:
    """The terminal is given away; what runs there is run."""
    return Step("terminal", "", BACK)


class FakeFront:
    """Answers by a script, and keeps every question that was shown."""

    def __init__(self, *script: Step) -> None:
        self._script = list(script)
        self.shown: list[object] = []
        self.said: list[str] = []
        self.closings: list[Closing] = []

    def done(self) -> None:
        """The whole script was asked for."""
        assert not self._script, f"never asked: {self._script}"

    def page(self) -> Page:
        """The last page that was shown."""
        return self._last(Page)

    def danger(self) -> Danger:
        """The last question before something is overwritten."""
        return self._last(Danger)

    def question(self) -> Pick[object]:
        """The last list to choose from."""
        return self._last(Pick)

    def _last(self, kind: type[T]) -> T:
        return next(each for each in reversed(self.shown) if isinstance(each, kind))

    def _step(self, kind: str, title: str, question: object) -> Step:
        self.shown.append(question)
        assert self._script, f"one question too many: {kind} {title!r}: {question}"
        step = self._script.pop(0)
        assert step.kind == kind, f"{kind} {title!r} is asked, expected is {step}: {question}"
        assert title.startswith(step.title), f"{kind} {title!r} is asked, expected is {step}"
        return step

    async def pick(self, question: Pick[T]) -> T | None:
        """The option that the script names."""
        _check_pick(question)
        step = self._step("pick", question.title, question)
        return None if step.answer is BACK else _option(question, str(step.answer)).value

    async def pick_many(self, question: Pick[T]) -> tuple[T, ...] | None:
        """The options that the script names."""
        _check_pick(question)
        step = self._step("pick_many", question.title, question)
        if not isinstance(step.answer, tuple):
            return None
        return tuple(_option(question, title).value for title in step.answer)

    async def fill(self, form: Form) -> dict[str, str] | None:
        """The form's own values, changed as the script says; again until its check is content."""
        while True:
            step = self._step("fill", form.title, form)
            if not isinstance(step.answer, dict):
                return None
            names = {each.name for each in form.fields}
            assert set(step.answer) <= names, f"{set(step.answer) - names} are no fields of {form}"
            filled = {each.name: each.value for each in form.fields} | step.answer
            for each in form.fields:
                allowed = [value for value, _ in each.choices] if each.kind is FieldKind.CHOICE else ["yes", ""]
                free = each.kind in (FieldKind.TEXT, FieldKind.HIDDEN)
                assert free or filled[each.name] in allowed, f"{filled[each.name]!r} cannot be chosen in {each}"
            wrong = form.check(filled) if form.check else None
            assert wrong == step.wrong if step.wrong is None or wrong is None else step.wrong in wrong
            if wrong is None:
                return filled

    async def sheet(self, sheet: Sheet) -> str | None:
        """The row that the script names, or START where the sheet can be started."""
        keys = [row.key for row in sheet.rows]
        assert len(keys) == len(set(keys)), f"two rows with one key: {sheet}"
        step = self._step("sheet", sheet.title, sheet)
        if step.answer is BACK:
            return None
        answer = str(step.answer)
        assert sheet.start if answer == START else answer in {row.name for row in sheet.rows}, f"no {answer}: {sheet}"
        return answer

    async def confirm(self, danger: Danger) -> str | None:
        """What the script types, once it is the right text."""
        assert danger.confirm.strip(), f"nothing to type: {danger}"
        while (step := self._step("confirm", danger.title, danger)).answer is not BACK:
            if str(step.answer).strip() == danger.confirm:
                return str(step.answer).strip()
        return None

    async def read(self, page: Page) -> str | None:
        """The letter that the script presses."""
        step = self._step("read", page.title, page)
        return _letter(step, page.answers)

    async def busy(self, text: str, work: Callable[[], T]) -> T:
        """Do it, at once."""
        self.said.append(text)
        return work()

    async def watch(self, job: Job, close: Callable[[Ending], Closing]) -> str | None:
        """The job says what the script says, and ends."""
        step = self._step("watch", job.title, job)
        self.closings.append(close(ending_of(job, step.events)))
        return _letter(step, self.closings[-1].answers)

    async def terminal(self, work: Callable[[], None]) -> None:
        """Run it."""
        self._step("terminal", "", work)
        work()


def _check_pick(question: Pick[T]) -> None:
    keys = [option.key for option in question.options if option.key]
    assert len(keys) == len(set(keys)), f"two options with one key: {question}"
    assert all(len(key) == 1 and key.islower() for key in keys), f"a key is no small letter: {question}"
    assert question.options or question.empty, f"nothing to choose, and nothing is said: {question}"


def _option(question: Pick[T], title: str) -> Option[T]:
    """The one option whose title begins so; it must not be refused."""
    found = [option for option in question.options if option.title.strip().startswith(title)]
    assert len(found) == 1, f"{len(found)} options begin with {title!r}: {[each.title for each in question.options]}"
    assert not found[0].refused, f"{title!r} is refused: {found[0].refused}"
    return found[0]


def _letter(step: Step, answers: Sequence[tuple[str, str]]) -> str | None:
    if step.answer is BACK:
        return None
    assert step.answer in dict(answers), f"{step.answer!r} is no answer: {answers}"
    return str(step.answer)


def play(flow: Callable[[FakeFront], Awaitable[object]], *script: Step) -> FakeFront:
    """Play a flow by a script to its end."""
    front = FakeFront(*script)

    async def run() -> None:
        await flow(front)

    asyncio.run(run())
    front.done()
    return front


class FakeLink(Enum):
    """How an interface is connected."""

    CABLE = "cable"
    WIFI = "wifi"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class FakeInterface:
    """A cable or a radio that is not there."""

    name: str = "eth0"
    kind: FakeLink = FakeLink.CABLE
    link: bool = True
    addresses: tuple[str, ...] = ("192.168.1.20/24",)


@dataclass(frozen=True, slots=True)
class FakeNetwork:
    """How a computer is connected that is not there."""

    interfaces: tuple[FakeInterface, ...] = (FakeInterface(),)
    gateways: tuple[str, ...] = ("192.168.1.1 (eth0)",)
    name_servers: tuple[str, ...] = ("192.168.1.1",)
    managed: bool = True


@dataclass(frozen=True, slots=True)
class Started:
    """What `start` was asked for."""

    request: Request
    agreed: Agreed | None
    title: str
    detail: dict[str, str]


@dataclass
class FakeEngine:
    """The machine as a test says. `fails` maps the name of a method to what it raises, once a raised error is used up
    the next one, and then nothing any more; `calls` are names and arguments of everything that changes something."""

    inventory: Inventory = field(default_factory=lambda: Inventory(()))
    there: tuple[Place, ...] = ()
    catalogues: dict[Path, Catalogue] = field(default_factory=dict)
    plans: dict[type[Request], Plan] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    running: list[Job] = field(default_factory=list)
    said: dict[str, tuple[Event, ...]] = field(default_factory=dict)
    kept: tuple[Report, ...] = ()
    tables: tuple[Path, ...] = ()
    healths: dict[str, Health] = field(default_factory=dict)
    net: FakeNetwork = field(default_factory=FakeNetwork)
    has_wifi: bool = True
    fails: dict[str, list[RescueError]] = field(default_factory=dict)
    calls: list[tuple[object, ...]] = field(default_factory=list)
    started: list[Started] = field(default_factory=list)

    def _asked(self, name: str, *arguments: object) -> None:
        errors = self.fails.get(name, [])
        if errors:
            raise errors.pop(0)
        if arguments:
            self.calls.append((name, *arguments))

    def look(self) -> Inventory:
        self._asked("look")
        return self.inventory

    def places(self, inventory: Inventory) -> tuple[Place, ...]:
        del inventory
        self._asked("places")
        return self.there

    def open_place(self, place: Place) -> Place:
        self._asked("open_place", place.address)
        opened = place if place.open else replace(place, directory=Path("/places") / place.name)
        opened = replace(opened, repositories=place.repositories or ())
        self.there = tuple(opened if each.address == place.address else each for each in self.there)
        return opened

    def folder(self, path: str) -> Place:
        self._asked("folder", path)
        return Place(PlaceKind.FOLDER, path, path, directory=Path(path), repositories=())

    def connect(
        self, address: str, user: str, secret: str, *, accept: str | None = None, writable: bool = True
    ) -> Place:
        self._asked("connect", address, user, secret, *([accept] if accept else []), *([] if writable else ["ro"]))
        return self.open_place(values.share(address))

    def close_place(self, place: Place) -> None:
        self._asked("close_place", place.address)
        self.there = tuple(replace(each, directory=None) if each == place else each for each in self.there)

    def make_repository(self, directory: Path) -> Path:
        self._asked("make_repository", directory)
        return directory / "rescue"

    def catalogue(self, repository: Path) -> Catalogue:
        self._asked("catalogue")
        return self.catalogues.get(repository, Catalogue(repository, (), ()))

    def prepare(self, request: Request) -> Plan:
        self._asked("prepare")
        return self.plans[type(request)]

    def start(self, request: Request, agreed: Agreed | None, *, title: str, detail: dict[str, str]) -> Job:
        self._asked("start")
        self.started.append(Started(request, agreed, title, detail))
        return values.job(title, detail=detail)

    def refusals(self, request: Request, inventory: Inventory, *, whole: bool) -> dict[str, str]:
        del request, inventory, whole
        self._asked("refusals")
        return self.refused

    def again(self, job: Job) -> Job:
        self._asked("again", job.title)
        return job

    def dismiss(self, job: Job) -> None:
        self._asked("dismiss", job.title)

    def jobs(self) -> list[Job]:
        self._asked("jobs")
        return self.running

    def events(self, job: Job) -> tuple[Event, ...]:
        self._asked("events")
        return self.said.get(job.title, ())

    def reports(self) -> tuple[Report, ...]:
        self._asked("reports")
        return self.kept

    def save_reports(self, reports: Sequence[Report], directory: Path) -> Path:
        self._asked("save_reports", tuple(report.name for report in reports), directory)
        return directory / "rescue-reports"

    def delete(self, repository: Path, snapshot: str) -> None:
        self._asked("delete", repository, snapshot)
        known = self.catalogues[repository]
        left = tuple(each for each in known.snapshots if each.id != snapshot)
        self.catalogues[repository] = replace(known, snapshots=left)

    def health(self, path: str) -> Health | None:
        self._asked("health")
        return self.healths.get(path)

    def table_files(self, directory: Path) -> tuple[Path, ...]:
        self._asked("table_files", directory)
        return self.tables

    def network(self) -> FakeNetwork:
        self._asked("network")
        return self.net

    def start_network(self) -> None:
        self._asked("start_network", "now")

    def wifi(self) -> Callable[[], None] | None:
        return (lambda: self._asked("nmtui", "opened")) if self.has_wifi else None

    def power_off(self) -> None:
        self._asked("power_off", "now")

    def restart(self) -> None:
        self._asked("restart", "now")

    def shell(self) -> Callable[[], None]:
        return lambda: self._asked("shell", "opened")
