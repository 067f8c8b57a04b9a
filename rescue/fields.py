"""Reads JSON that somebody else may have written: every value has the type and the bounds that we expect.

A value that has not raises IntegrityError and names its place, so that no later line need doubt.
"""

import json
import re
from collections.abc import Iterator
from typing import TypeGuard

from rescue.errors import IntegrityError
from rescue.language import _

MAX_NUMBER = 1 << 63
MAX_DEPTH = 16
_HALF = re.compile("[\ud800-\udfff]")


class Fields:
    """A JSON object and what it is called in messages."""

    def __init__(self, data: object, where: str) -> None:
        if not isinstance(data, dict):
            raise IntegrityError(_("{where} is not a JSON object.").format(where=where))
        self._data: dict[str, object] = data
        self.where = where

    @classmethod
    def parse(cls, text: bytes, where: str) -> "Fields":
        """The object that `text` holds."""
        try:
            return cls(json.loads(text), where)
        except (ValueError, RecursionError) as error:
            raise IntegrityError(_("{where} is no valid JSON.").format(where=where)) from error

    def _bad(self, name: str) -> IntegrityError:
        return IntegrityError(_("{where} has no valid “{name}”.").format(where=self.where, name=name))

    def text(self, name: str) -> str:
        """A string."""
        value = self._data.get(name)
        if not _is_text(value):
            raise self._bad(name)
        return value

    def optional_text(self, name: str) -> str | None:
        """A string or null."""
        return None if self._data.get(name) is None else self.text(name)

    def number(self, name: str, maximum: int = MAX_NUMBER) -> int:
        """A whole number from 0 to `maximum`."""
        value = self._data.get(name)
        if not _is_number(value) or value > maximum:
            raise self._bad(name)
        return value

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self._data.get(name)
        if not isinstance(value, bool):
            raise self._bad(name)
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of strings."""
        return tuple(item if _is_text(item) else self._raise(name) for item in self._list(name))

    def pairs(self, name: str) -> tuple[tuple[int, int], ...]:
        """A list of pairs of whole numbers."""
        pairs = []
        for item in self._list(name):
            match item:
                case [int(first), int(second)] if _is_number(first) and _is_number(second):
                    pairs.append((first, second))
                case _:
                    raise self._bad(name)
        return tuple(pairs)

    def objects(self, name: str) -> "Iterator[Fields]":
        """A list of JSON objects."""
        for index, item in enumerate(self._list(name)):
            yield Fields(item, f"{self.where}, {name}[{index}]")

    def mapping(self, name: str) -> dict[str, object]:
        """A JSON object, as it is, with no more than MAX_DEPTH objects and lists inside one another."""
        value = self._data.get(name)
        if not isinstance(value, dict) or _is_deep(value):
            raise self._bad(name)
        return value

    def _list(self, name: str) -> list[object]:
        value = self._data.get(name)
        if not isinstance(value, list):
            raise self._bad(name)
        return value

    def _raise(self, name: str) -> str:
        raise self._bad(name)


def _is_text(value: object) -> TypeGuard[str]:
    """True for a string that can be printed: JSON can spell half characters, which no encoding knows."""
    return isinstance(value, str) and _HALF.search(value) is None


def _is_number(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_NUMBER


def _is_deep(value: object) -> bool:
    """True where objects and lists lie deeper inside one another than anything that we write."""
    level: list[object] = [value]
    for _depth in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ())
        ]
        if not level:
            return False
    return True
