"""How the program says its texts: whole sentences that a catalogue can know, when they are said and not before."""

from pathlib import Path

import pytest

from tests.unit.language.texts import faults, texts

ALLOWED = {
    "rescue/errors.py: _ gets no text that a catalogue could know: error.strerror or str(error)",
}
"""What is looked up although no table of the module holds it: words of the system, marked beside."""


def without_line(fault: str) -> str:
    path, _line, told = fault.split(":", 2)
    return f"{path}:{told}"


def test_every_text_is_said_so_that_it_can_be_translated() -> None:
    found = faults()
    assert [fault for fault in found if without_line(fault) not in ALLOWED] == []
    assert {without_line(fault) for fault in found} == ALLOWED


def test_the_texts_of_the_program_are_found() -> None:
    found = {text.one for text in texts()}
    assert len(found) > 500
    assert {"{path} is read-only.", "Run the command again with sudo.", "{lost} chunk is lost."} <= found


IMPORT = "from rescue.language import N_, _, ngettext\n"


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ('TEXT = _("Hello.")\n', "_ is called at import"),
        ('class A:\n    text = _("Hello.")\n', "_ is called at import"),
        ('def f(text: str = _("Hello.")) -> str:\n    return text\n', "_ is called at import"),
        ('def f(x: int) -> str:\n    return _(f"Hello {x}.")\n', "_ gets no text"),
        ('def f(x: str) -> str:\n    return _("Hello " + x)\n', "_ gets no text"),
        ('def f(x: str) -> str:\n    return _("Hello {x}.".format(x=x))\n', "_ gets no text"),
        ("def f(x: str) -> str:\n    return _(x)\n", "_ gets no text"),
        ('def f(x: int) -> str:\n    return ngettext(f"{x} disk", "disks", x)\n', "ngettext gets no text"),
        ("def f() -> str:\n    return f\"{_('Hello')}.\"\n", "_('Hello') stands inside an f-string"),
        ('NAME = "x"\nTEXT = N_(NAME)\n', "N_ gets no text"),
        ('TEXT = N_("Hello.")\n\ndef f() -> str:\n    return TEXT\n', "TEXT is said without _"),
    ],
)
def test_a_text_that_cannot_be_translated_is_found(tmp_path: Path, source: str, told: str) -> None:
    (tmp_path / "rescue").mkdir()
    (tmp_path / "rescue" / "bad.py").write_text(IMPORT + source)
    assert any(told in fault for fault in faults(tmp_path))


@pytest.mark.parametrize(
    "source",
    [
        'def f(x: int) -> str:\n    return _("Hello {x}.").format(x=x)\n',
        'TEXT = N_("Hello.")\n\ndef f() -> str:\n    return _(TEXT)\n',
        'TABLE = {"a": N_("Hello.")}\n\ndef f(key: str) -> str:\n    return _(TABLE.get(key, key))\n',
        'class A:\n    hint = N_("Hello.")\n\n    def say(self) -> str:\n        return _(self.hint)\n',
        'def f(x: int) -> str:\n    return ngettext("{x} disk", "{x} disks", x).format(x=x)\n',
        'say = lambda: _("Hello.")\n',
    ],
)
def test_a_text_that_can_be_translated_passes(tmp_path: Path, source: str) -> None:
    (tmp_path / "rescue").mkdir()
    (tmp_path / "rescue" / "good.py").write_text(IMPORT + source)
    assert faults(tmp_path) == []
