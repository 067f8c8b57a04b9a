"""Texts in the person's language. Every text that a person may see goes through `_`; English is the source.

    _("{size} are free on {path}.").format(size=size, path=path)

The braces stand in the text, so that a translation may change their order; an f-string cannot be translated. Texts are
translated when they are said, never at import: the language may be chosen later.
"""

import gettext
import os
from pathlib import Path

DOMAIN = "rescue"
CATALOGUES = Path(__file__).with_name("locale")
_NAMES = {"en": "English", "de": "Deutsch"}
_SETTINGS = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


class _Chosen:
    """The catalogue in use."""

    texts: gettext.NullTranslations = gettext.NullTranslations()
    code: str = "en"


def use(code: str) -> None:
    """Speak the language `code` from now on, as in "de"; English where there is no catalogue for it."""
    found = gettext.find(DOMAIN, str(CATALOGUES), [code])
    _Chosen.texts = gettext.translation(DOMAIN, str(CATALOGUES), [code]) if found else gettext.NullTranslations()
    _Chosen.code = code if found else "en"


def use_environment() -> None:
    """Speak the language that the environment asks for, as gettext(3) says."""
    asked = next((value for name in _SETTINGS if (value := os.environ.get(name))), "en")
    use(asked.partition(":")[0].partition(".")[0].partition("_")[0])


def code() -> str:
    """The language that is spoken now."""
    return _Chosen.code


def available() -> dict[str, str]:
    """The languages that can be chosen: code, and name in the language itself."""
    return {
        code: name for code, name in _NAMES.items() if code == "en" or gettext.find(DOMAIN, str(CATALOGUES), [code])
    }


def _(text: str) -> str:
    """The text in the person's language."""
    return _Chosen.texts.gettext(text) if text else ""


def ngettext(one: str, many: str, count: int) -> str:
    """The text for `count` things."""
    return _Chosen.texts.ngettext(one, many, count)
