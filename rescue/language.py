"""Texts in the person's language. Every text that a person may see goes through `_`; English is the source.

    _("{size} are free on {path}.").format(size=size, path=path)

The braces stand in the text, so that a translation may change their order; an f-string cannot be translated. Texts are
translated when they are said, never at import: the language may be chosen later. What stands in a table or a class is
marked there with `N_`, and goes through `_` when it is said.
"""

import gettext
import os
from collections.abc import Mapping
from pathlib import Path

DOMAIN = "rescue"
CATALOGUES = Path(__file__).with_name("locale")
SETTING = "RESCUE_LANGUAGE"
_NAMES = {"en": "English", "de": "Deutsch"}
_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")


class _Chosen:
    """The catalogue in use."""

    texts: gettext.NullTranslations = gettext.NullTranslations()
    code: str = "en"


def use(code: str) -> None:
    """Speak the language `code` from now on, as in "de"; English where there is no catalogue for it."""
    known = code != "en" and code in available()
    _Chosen.texts = gettext.translation(DOMAIN, CATALOGUES, [code]) if known else gettext.NullTranslations()
    _Chosen.code = code if known else "en"


def use_environment() -> None:
    """Speak the language that the environment asks for; see `asked`."""
    use(next((code for code in asked(os.environ) if code in available()), "en"))


def asked(environment: Mapping[str, str]) -> list[str]:
    """Codes of the languages that an environment asks for, the dearest first.

    RESCUE_LANGUAGE, else what gettext(3) says: nothing where the locale is C, POSIX or C.UTF-8, or none is set, so that
    `LC_ALL=C` gives a script English whatever LANGUAGE is; else LANGUAGE, which may name several, else the locale.
    """
    own = environment.get(SETTING)
    if own:
        return [_code(own)]
    locale = next((value for name in _LOCALE if (value := environment.get(name))), "C")
    if _code(locale) in ("C", "POSIX"):
        return []
    return [_code(each) for each in (environment.get("LANGUAGE") or locale).split(":")]


def _code(locale: str) -> str:
    """The language of a locale: "de" of "de_DE.UTF-8"."""
    return locale.partition(".")[0].partition("@")[0].partition("_")[0]


def code() -> str:
    """The language that is spoken now."""
    return _Chosen.code


def available() -> dict[str, str]:
    """The languages that can be chosen: code, and name in the language itself."""
    return {code: name for code, name in _NAMES.items() if code == "en" or gettext.find(DOMAIN, CATALOGUES, [code])}


def _(text: str) -> str:
    """The text in the person's language."""
    return _Chosen.texts.gettext(text) if text else ""


def N_(text: str) -> str:  # noqa: N802 - the name that gettext gives it
    """The text as it is, marked for the catalogues: whoever says it calls `_`."""
    return text


def ngettext(one: str, many: str, count: int) -> str:
    """The text for `count` things."""
    return _Chosen.texts.ngettext(one, many, count)
