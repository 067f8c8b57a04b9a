"""Plays questions on streams: what is typed goes in, what is said comes out."""

import asyncio
import io
from collections.abc import Awaitable, Callable
from typing import TypeVar

from rescue.plain.front import PlainFront

T = TypeVar("T")


def typed(question: Callable[[PlainFront], Awaitable[T]], *lines: str) -> tuple[T, str]:
    """Ask, with lines that were typed, then the end of the input; the answer, and what was said."""
    target = io.StringIO()
    front = PlainFront(io.StringIO("".join(f"{line}\n" for line in lines)), target)

    async def run() -> T:
        return await question(front)

    return asyncio.run(run()), target.getvalue()
