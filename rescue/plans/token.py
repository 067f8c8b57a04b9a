"""The proof that somebody confirmed exactly this plan. Destructive operations take it, and nothing else makes it."""

from dataclasses import dataclass
from typing import Protocol

from rescue.errors import NotConfirmedError
from rescue.language import _
from rescue.plans.write import Target

_MAKER = object()


class Destructive(Protocol):
    """A plan that overwrites something."""

    @property
    def target(self) -> Target:
        """What is overwritten."""

    def describe(self) -> tuple[str, ...]:
        """The plan for people, a line a step."""

    def digest(self) -> str:
        """A name for exactly this plan."""


@dataclass(frozen=True)
class Confirmation:
    """Bound to the digest of one plan."""

    digest: str
    maker: object

    def require(self, plan: Destructive) -> None:
        """NotConfirmedError unless it was made by `confirm` for this plan."""
        if self.maker is not _MAKER or self.digest != plan.digest():
            raise NotConfirmedError(_("The plan is not the one that was confirmed."))


def confirm(plan: Destructive, typed: str) -> Confirmation:
    """Make the token when `typed` is the identity of the target; NotConfirmedError otherwise."""
    if not plan.target.confirm or typed.strip() != plan.target.confirm:
        raise NotConfirmedError(
            _("“{typed}” is not the identity of {path}. Nothing was changed.").format(
                typed=typed, path=plan.target.path
            ),
            hint=_("To overwrite it, confirm with: {confirm}").format(confirm=plan.target.confirm),
        )
    return Confirmation(plan.digest(), _MAKER)
