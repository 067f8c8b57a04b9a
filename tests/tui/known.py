"""What is known of the disks of `fakes`, nine things to do, and the program that learns and offers them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rescue.cancel import CancelToken
from rescue.devices.health import Health, State
from rescue.devices.model import Inventory
from rescue.flows.front import Choice, Front
from rescue.flows.offer import Offer
from rescue.operations.facts import NOTHING, Facts
from rescue.tui.app import RescueApp
from rescue.units import GiB, MiB
from tests.tui import fakes

USED = {
    "/dev/nvme0n1p1": 31 * MiB,
    "/dev/nvme0n1p3": 412 * GiB,
    "/dev/nvme0n1p4": 38 * GiB + 205 * MiB,
    "/dev/nvme0n1p5": 16 * GiB,
    "/dev/sdb1": 655 * GiB,
    "/dev/sda1": 300 * MiB,
    "/dev/sda4": 3 * GiB,
    "/dev/sda5": 97 * GiB,
}
HEALTH = {
    "/dev/nvme0n1": Health(State.GOOD, "healthy", (), 38, 9412),
    "/dev/sda": Health(State.UNKNOWN, "asleep", ("It sleeps, and is not woken for this.",)),
    "/dev/sdb": Health(
        State.WARNING, "worn: 92 % used", ("92 % of the life that its maker promises are used.",), 31, 80
    ),
    "/dev/sdc": Health(
        State.FAILING,
        "failing: 14 sectors lost",
        ("14 sectors cannot be read any more.", "8 bad sectors were replaced by spare ones."),
        44,
    ),
}
FACTS = Facts(USED, HEALTH)
CHOICES = (
    *fakes.BIG,
    ("i", "Images", "Browse, verify, delete"),
    ("t", "Tools", "Verify, undo, wipe, shell"),
    ("n", "Network", "Cable, Wi-Fi, shares"),
    ("l", "Log", "What happened"),
    ("h", "Help", "What is what"),
    ("x", "Shut down", "Or start again"),
)


@dataclass
class Learner:
    """Tells what a test wants, and notes what it was asked."""

    facts: Sequence[Facts] = (FACTS,)
    afresh: list[bool] = field(default_factory=list)
    stops: list[CancelToken] = field(default_factory=list)

    def __call__(self, inventory: Inventory, afresh: bool, tell: Callable[[Facts], None], stop: CancelToken) -> None:
        assert inventory.disks
        self.afresh.append(afresh)
        self.stops.append(stop)
        for facts in (NOTHING, *self.facts):
            tell(facts)


def offered(chosen: list[str], words: Sequence[tuple[str, str, str]] = CHOICES) -> Callable[[Front], Offer]:
    """Things to do, which note that they were chosen."""

    def made(front: Front) -> Offer:
        del front

        def flow(key: str) -> Callable[[], object]:
            async def note() -> None:
                chosen.append(key)

            return note

        return Offer(tuple(Choice(key, title, what, flow(key)) for key, title, what in words))  # type: ignore[arg-type]

    return made


def app(
    found: Inventory | None = None,
    learner: Learner | None = None,
    *,
    chosen: list[str] | None = None,
    words: Sequence[tuple[str, str, str]] = CHOICES,
    seat: fakes.FakeSeat | None = None,
) -> RescueApp:
    """The program over disks of which something is known."""
    inventory = fakes.several() if found is None else found
    offer = offered([] if chosen is None else chosen, words)
    return fakes.FakeApp(
        lambda: inventory,
        fakes.watch_once,
        seat or fakes.FakeSeat(),
        lambda: None,
        offer,
        learner or Learner(),
    )
