"""Keys that are known only when a screen is made."""

from textual.binding import Binding
from textual.dom import DOMNode


def bind(node: DOMNode, letter: str, action: str, *, last: bool = False) -> None:
    """Let a letter, small or capital, do `action` on this one screen before what its class binds to it, or after that.

    Textual's own `bind` appends to lists that all screens of a class share.
    """
    known = node._bindings.key_to_bindings
    for key in {letter, letter.upper()}:
        own, others = [Binding(key, action)], known.get(key, [])
        known[key] = [*others, *own] if last else [*own, *others]
