"""Who watches a job knows from when on the target is not what it was: what is said at its end depends on that."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.disk.cli.harness import MIB, Rescue, junk, untouched

pytestmark = pytest.mark.disk
Attach = Callable[..., str]


def test_the_first_byte_is_told(rescue: Rescue, attach: Attach) -> None:
    source, target = attach(8 * MIB, "source.img"), attach(8 * MIB)
    rescue = rescue.seeing(source, target)
    junk(source)
    for words in (["clone", source, target], ["undo", target], ["wipe", target, "--quick"], ["wipe", target]):
        done = rescue.run(*words, *rescue.confirm(target), "--json")
        names = [event["event"] for event in done.events]
        assert names.count("Touched") == 1, (words, names)
        assert done.event("Touched")["path"] == target
        begun, touched = names.index("JobStarted"), names.index("Touched")
        assert begun < touched < names.index("JobFinished")
        assert touched < (names.index("Progress") if "Progress" in names else len(names))


def test_what_is_not_written_is_not_told_to_be(rescue: Rescue, attach: Attach) -> None:
    source, target = attach(8 * MIB, "source.img"), attach(8 * MIB)
    rescue = rescue.seeing(source, target)
    before = untouched(target)
    for words in (["clone", source, target], ["wipe", target]):
        done = rescue.refused(*words, "--yes", "--confirm", "wrong", "--json", code=17, says="")
        assert "Touched" not in done.out
    before.require()
