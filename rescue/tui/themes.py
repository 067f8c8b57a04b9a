"""The four looks of the screen, all of the terminal's own sixteen colours; backgrounds are of the first eight.

A theme gives each role of a text a colour, or a whole style. In `mono` only bold, underlined and reversed text tell
roles apart, and every state has a word or sign beside it in all of them.
"""

from dataclasses import replace

from textual.theme import BUILTIN_THEMES, Theme

from rescue import preferences
from rescue.language import _

DEFAULT = "dark"
_PREFERENCE = "theme"

# Colours are single ones, for the style sheet; what begins with `style-` is a whole style for pieces of text.
_DARK = {
    "ground": "ansi_black",
    "plain": "ansi_white",
    "loud": "ansi_bright_white",
    "frame": "ansi_cyan",
    "mark": "ansi_bright_cyan",
    "alarm": "ansi_bright_red",
    "title-ground": "ansi_blue",
    "title-text": "ansi_bright_white",
    "title-style": "bold",
    "banner-ground": "ansi_yellow",
    "banner-text": "ansi_black",
    "style-key": "reverse",
    "style-cursor": "bold reverse",
    "style-good": "ansi_bright_green",
    "style-warn": "ansi_bright_yellow",
    "style-bad": "bold ansi_bright_red",
    "style-ok": "ansi_black on ansi_green",
    "style-partial": "ansi_black on ansi_yellow",
    "style-failed": "bold ansi_bright_white on ansi_red",
    "bar-linux": "ansi_black on ansi_green",
    "bar-windows": "ansi_black on ansi_cyan",
    "bar-fat": "ansi_black on ansi_yellow",
    "bar-mac": "ansi_bright_white on ansi_blue",
    "bar-wrapped": "ansi_black on ansi_magenta",
    "bar-other": "ansi_black on ansi_white",
    # The same pieces of a disk, where nothing is in them.
    "bar-linux-free": "ansi_bright_green",
    "bar-windows-free": "ansi_bright_cyan",
    "bar-fat-free": "ansi_bright_yellow",
    "bar-mac-free": "ansi_bright_blue",
    "bar-wrapped-free": "ansi_bright_magenta",
    "bar-other-free": "ansi_white",
    "block-cursor-foreground": "ansi_black",
    "block-cursor-background": "ansi_white",
    "block-cursor-text-style": "none",
}
_LIGHT = {
    **_DARK,
    "ground": "ansi_white",
    "plain": "ansi_black",
    "loud": "ansi_black",
    "frame": "ansi_blue",
    "mark": "ansi_blue",
    "alarm": "ansi_red",
    "style-good": "bold ansi_black",
    "style-warn": "bold ansi_black",
    "style-bad": "bold ansi_red",
    "bar-other": "ansi_white on ansi_black",
    **{f"bar-{name}-free": "ansi_black" for name in ("linux", "windows", "fat", "mac", "wrapped", "other")},
    "block-cursor-foreground": "ansi_white",
    "block-cursor-background": "ansi_black",
}
_CONTRAST = {
    **_DARK,
    "plain": "ansi_bright_white",
    "frame": "ansi_bright_white",
    "mark": "ansi_bright_yellow",
    "alarm": "ansi_bright_yellow",
    "title-ground": "ansi_white",
    "title-text": "ansi_black",
    "banner-ground": "ansi_white",
    "style-bad": "bold ansi_bright_yellow",
}
_MONO = {
    **dict.fromkeys(("ground", "plain", "loud", "frame", "mark", "alarm"), "ansi_default"),
    **dict.fromkeys(("title-ground", "title-text", "banner-ground", "banner-text"), "ansi_default"),
    "title-style": "bold reverse",
    "style-key": "reverse",
    "style-cursor": "bold reverse",
    "style-good": "bold",
    "style-warn": "bold underline",
    "style-bad": "bold underline",
    "style-ok": "bold reverse",
    "style-partial": "bold reverse underline",
    "style-failed": "bold reverse underline",
    **{f"bar-{name}": "reverse" for name in ("linux", "windows", "fat", "mac", "wrapped", "other")},
    **{f"bar-{name}-free": "none" for name in ("linux", "windows", "fat", "mac", "wrapped", "other")},
    "block-cursor-foreground": "ansi_default",
    "block-cursor-background": "ansi_default",
    "block-cursor-text-style": "reverse",
}
_LOOKS = {"dark": _DARK, "light": _LIGHT, "high-contrast": _CONTRAST, "mono": _MONO}
VARIABLES = _DARK


def themes() -> tuple[Theme, ...]:
    """Each look as a theme of Textual, over its own themes of terminal colours."""
    return tuple(
        replace(base, name=name, variables={**base.variables, **variables})
        for name, variables in _LOOKS.items()
        for base in (BUILTIN_THEMES["ansi-light" if name == "light" else "ansi-dark"],)
    )


def names() -> dict[str, str]:
    """The themes, with their names for people."""
    return {"dark": _("Dark"), "light": _("Light"), "high-contrast": _("High contrast"), "mono": _("Without colours")}


def chosen() -> str:
    """The theme that was chosen last, by whomever; the first one where that is none."""
    name = preferences.read().get(_PREFERENCE, DEFAULT)
    return name if name in _LOOKS else DEFAULT


def choose(name: str) -> None:
    """Begin with this theme the next time."""
    preferences.remember(_PREFERENCE, name)


def after(name: str) -> str:
    """The theme that comes after this one, round and round."""
    known = list(_LOOKS)
    return known[(known.index(name) + 1) % len(known)] if name in known else DEFAULT
