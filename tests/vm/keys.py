"""Names of keys, and what a keyboard sends for them: at a terminal, and at the machine's own keyboard."""

from __future__ import annotations

# What a VT220 or xterm sends.
_TERMINAL = {
    "enter": "\r",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "esc": "\x1b",
    "space": " ",
    "backspace": "\x7f",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "insert": "\x1b[2~",
    "delete": "\x1b[3~",
    "pgup": "\x1b[5~",
    "pgdn": "\x1b[6~",
    **dict(zip(("f1", "f2", "f3", "f4"), ("\x1bOP", "\x1bOQ", "\x1bOR", "\x1bOS"), strict=True)),
    **{
        f"f{number}": f"\x1b[{code}~"
        for number, code in zip(range(5, 13), (15, 17, 18, 19, 20, 21, 23, 24), strict=True)
    },
    **{f"ctrl+{letter}": chr(ord(letter) - 96) for letter in "abcdefghijklmnopqrstuvwxyz"},
}
# QEMU's names (QKeyCode) of the keys that are called otherwise here, and of the characters of a US keyboard.
_QCODES = {"enter": "ret", "space": "spc", " ": "spc", "\n": "ret"}
_PLAIN = {
    "-": "minus",
    "=": "equal",
    "[": "bracket_left",
    "]": "bracket_right",
    ";": "semicolon",
    "'": "apostrophe",
    "\\": "backslash",
    ",": "comma",
    ".": "dot",
    "/": "slash",
    "`": "grave_accent",
}
_SHIFTED = dict(zip('!@#$%^&*()_+{}:"|<>?~', "1234567890-=[];'\\,./`", strict=True))


def terminal_key(name: str) -> str:
    """What a terminal sends for `name`: "enter", "f10", "ctrl+c", "shift+tab", or a character."""
    if len(name) == 1:
        return name
    return _TERMINAL[name]


def keyboard_key(name: str) -> list[str]:
    """The keys of a US keyboard, in QEMU's names, pressed together for `name`: as above, "alt+f2", or a character."""
    if len(name) > 1 and "+" in name:
        *held, last = name.split("+")
        return [*held, *keyboard_key(last)]
    if name in _SHIFTED:
        return ["shift", *keyboard_key(_SHIFTED[name])]
    if len(name) == 1 and name.isupper():
        return ["shift", name.lower()]
    return [_QCODES.get(name) or _PLAIN.get(name) or name]
