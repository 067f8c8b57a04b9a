"""Every error has a code of its own, and the document that scripts are written by knows it."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import rescue
from rescue import errors
from rescue.cli.session import PARTIAL_CODE, exit_code
from rescue.errors import CancelledError, Fault, RescueError, TargetRefusedError, TargetTooSmallError
from rescue.events import Outcome

INTERNAL = {"UnmappableError"}
"""Turned into “all blocks are imaged” inside `rescue.filesystems`; no command ends with it."""

DOCUMENT = Path(__file__).parents[3] / "docs" / "exit-codes.md"


def all_errors() -> list[type[RescueError]]:
    """RescueError and everything below it, wherever in the program it is, but for what never leaves its package."""
    for module in pkgutil.walk_packages(rescue.__path__, "rescue."):
        if "extract" not in module.name and "__main__" not in module.name:
            importlib.import_module(module.name)
    found: list[type[RescueError]] = [RescueError]
    for kind in found:
        found += [each for each in kind.__subclasses__() if each.__module__.startswith("rescue.")]
    return [kind for kind in found if kind.__name__ not in INTERNAL]


def documented() -> dict[int, str]:
    rows = re.findall(r"^\| *(\d+) \| (?:`(\w+)`)? *\|", DOCUMENT.read_text(), flags=re.MULTILINE)
    return {int(code): name for code, name in rows}


def test_every_error_has_its_own_code() -> None:
    """A special case of an error may share the code of the general one."""
    codes: dict[int, type[RescueError]] = {}
    for kind in all_errors():
        known = codes.setdefault(kind.exit_code, kind)
        special = issubclass(kind, known) and kind.__module__ != errors.__name__
        assert known is kind or special, f"{kind} shares its code"
    assert 0 not in codes
    assert PARTIAL_CODE not in codes
    assert all(0 < code < 256 for code in codes)


def test_the_document_lists_exactly_these_codes() -> None:
    here = {kind.exit_code: kind.__name__ for kind in all_errors() if kind.__module__ == "rescue.errors"}
    assert documented() == {0: "", PARTIAL_CODE: "", **here}


def test_the_document_is_read_as_it_is_meant() -> None:
    assert documented()[38] == "IntegrityError"
    assert len(documented()) > 25


@pytest.mark.parametrize("kind", all_errors())
def test_every_error_says_whose_fault_it_is(kind: type[RescueError]) -> None:
    assert isinstance(kind.fault, Fault)
    assert kind.__doc__
    error = kind("What and why.", hint="What to do.")
    assert (error.message, error.hint, str(error)) == ("What and why.", "What to do.", "What and why.")
    assert kind("What and why.").hint == kind.default_hint


def test_a_target_that_is_too_small_is_a_refusal() -> None:
    assert issubclass(TargetTooSmallError, TargetRefusedError)
    assert CancelledError().message


def test_only_a_whole_result_is_success() -> None:
    assert exit_code(Outcome.OK) == 0
    assert exit_code(Outcome.PARTIAL) == 3
    assert exit_code(Outcome.FAILED) == 1


def test_errors_are_defined_in_one_place_or_are_special_cases() -> None:
    for kind in all_errors():
        if kind.__module__ != errors.__name__:
            assert kind.__mro__[1] is not RescueError, f"{kind} belongs into rescue/errors.py"
