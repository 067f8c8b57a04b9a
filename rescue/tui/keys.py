"""Keys that are known only when a screen is made."""

from textual.binding import Binding
from textual.dom import DOMNode


def bind(node: DOMNode, letter: str, action: str) -> None:
    """Let a letter, small or capital, do `action` on this one screen, behind what its class already binds to it.

    Textual's own `bind` appends to lists that all screens of a class share.
    """
    known = node._bindings.key_to_bindings
    for key in {letter, letter.upper()}:
        known[key] = [*known.get(key, []), Binding(key, action)]
