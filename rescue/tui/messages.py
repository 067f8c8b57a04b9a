"""What threads tell the App."""

from textual.message import Message

from rescue.cancel import CancelToken
from rescue.devices.model import Inventory
from rescue.errors import RescueError
from rescue.operations.facts import Facts
from rescue.operations.jobs import Job


class Changed(Message):
    """Disks may have come or gone."""


class Found(Message):
    """A scan has ended."""

    def __init__(self, result: Inventory | RescueError) -> None:
        super().__init__()
        self.result = result


class Learned(Message):
    """More is known about the disks; `look` is the token of the look that it belongs to."""

    def __init__(self, facts: Facts, look: CancelToken) -> None:
        super().__init__()
        self.facts, self.look = facts, look


class Seated(Message):
    """Another one leads now, or nobody does."""


class Refused(Message):
    """Taking over was not possible."""

    def __init__(self, error: RescueError) -> None:
        super().__init__()
        self.error = error


class Told(Message):
    """Which jobs there are was looked up."""

    def __init__(self, jobs: tuple[tuple[Job, bool], ...]) -> None:
        super().__init__()
        self.jobs = jobs
