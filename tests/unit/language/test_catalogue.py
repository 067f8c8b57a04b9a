"""The catalogues: whole, fresh, and fit for the console. English is the source; German is complete."""

import ast
import gettext
import os
import re
import shutil
import string
import subprocess
from pathlib import Path

import pytest

from tests.unit.language.texts import PROJECT, Text, texts

CATALOGUES = sorted((PROJECT / "rescue" / "locale").glob("*/LC_MESSAGES/rescue.po"))
# Glyphs of the console's font Lat15 beyond Latin-1, as far as texts use them.
BEYOND = set("…–—„“”•←↑→↓€") | set(map(chr, range(0x2500, 0x256D)))  # noqa: RUF001 - they are meant


class Nothing(gettext.NullTranslations):
    """Where a catalogue looks for what it does not hold."""

    def gettext(self, message: str) -> str:
        raise KeyError(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        del msgid2, n
        raise KeyError(msgid1)


def compiled(path: Path, target: Path) -> bytes:
    done = subprocess.run(
        ["msgfmt", "--check-format", "--check-domain", f"--output-file={target}", path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return target.read_bytes()


def opened(path: Path, scratch: Path) -> gettext.GNUTranslations:
    """A catalogue that has no other to ask. msgfmt leaves out what is not translated, or fuzzy."""
    compiled(path, scratch / "rescue.mo")
    with (scratch / "rescue.mo").open("rb") as stream:
        catalogue = gettext.GNUTranslations(stream)
    catalogue.add_fallback(Nothing())
    return catalogue


def translations(catalogue: gettext.GNUTranslations, text: Text) -> list[str]:
    """What a text becomes, for one thing and for many; KeyError where the catalogue has it not."""
    if not text.many:
        return [catalogue.gettext(text.one)]
    return [catalogue.ngettext(text.one, text.many, count) for count in (1, 2)]


def names(text: str) -> list[str]:
    """The placeholders of a text, with how they are written."""
    fields = string.Formatter().parse(text)
    return sorted(f"{name}!{conversion}:{form}" for _text, name, form, conversion in fields if name is not None)


def untranslated(catalogue: gettext.GNUTranslations) -> list[str]:
    missing = []
    for text in texts():
        try:
            found = translations(catalogue, text)
        except KeyError:
            found = [""]
        if not all(found):
            missing.append(f"{text.where}: {text.one}")
    return missing


def listed(path: Path) -> set[str]:
    """The texts that a catalogue holds, translated or not."""
    shown = subprocess.run(
        ["msgcat", "--no-wrap", "--no-location", path], capture_output=True, text=True, check=True
    ).stdout
    found = re.findall(r'^msgid ((?:".*"\n)+)', shown, flags=re.MULTILINE)
    return {"".join(map(ast.literal_eval, each.splitlines())) for each in found} - {""}


def test_german_is_there() -> None:
    assert [path.parts[-3] for path in CATALOGUES] == ["de"]


@pytest.mark.parametrize("path", CATALOGUES)
def test_every_text_is_translated(path: Path, tmp_path: Path) -> None:
    assert untranslated(opened(path, tmp_path)) == []


@pytest.mark.parametrize("path", CATALOGUES)
def test_the_catalogue_holds_what_the_program_says_and_nothing_else(path: Path) -> None:
    """`make texts` makes it so."""
    assert listed(path) == {text.one for text in texts()}
    entries = [line for line in path.read_text().splitlines() if line.startswith(("#~", "#,")) or "fuzzy" in line]
    assert [line for line in entries if "fuzzy" in line or line.startswith("#~")] == []


@pytest.mark.parametrize("path", CATALOGUES)
def test_a_translation_has_the_same_placeholders(path: Path, tmp_path: Path) -> None:
    catalogue = opened(path, tmp_path)
    for text in texts():
        for found in translations(catalogue, text):
            assert names(found) == names(text.many or text.one), found


@pytest.mark.parametrize("path", CATALOGUES)
def test_a_translation_begins_and_ends_like_the_text(path: Path, tmp_path: Path) -> None:
    """Blanks and line ends at its edges, and the full stop that ends a sentence."""
    catalogue = opened(path, tmp_path)
    for text in texts():
        for found in translations(catalogue, text):
            assert found[: len(found) - len(found.lstrip())] == text.one[: len(text.one) - len(text.one.lstrip())]
            assert found[len(found.rstrip()) :] == text.one[len(text.one.rstrip()) :]
            if text.one.endswith((".", "…", ":", "?")):
                assert found[-1] == text.one[-1], found


@pytest.mark.parametrize("path", CATALOGUES)
def test_the_console_has_every_letter(path: Path, tmp_path: Path) -> None:
    catalogue = opened(path, tmp_path)
    for text in texts():
        for said in (text.one, text.many, *translations(catalogue, text)):
            strange = {letter for letter in said if ord(letter) > 0xFF} - BEYOND
            assert not strange, said


@pytest.mark.parametrize("path", CATALOGUES)
def test_what_the_program_reads_is_fresh(path: Path, tmp_path: Path) -> None:
    """`make setup` makes it so."""
    made = path.with_suffix(".mo")
    assert made.exists(), "make setup"
    assert made.read_bytes() == compiled(path, tmp_path / "rescue.mo"), "make setup"


def test_xgettext_finds_the_same_texts(tmp_path: Path) -> None:
    """A catalogue that is up to date stays as it is when the texts are collected."""
    for name in (".ci", "rescue"):
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([tmp_path / ".ci" / "texts"], env={"PATH": os.environ["PATH"]}, capture_output=True, check=True)
    for path in CATALOGUES:
        assert listed(tmp_path / path.relative_to(PROJECT)) == listed(path)


def german(tmp_path: Path, entry: str) -> gettext.GNUTranslations:
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    path = tmp_path / "bad.po"
    path.write_text(head + entry)
    return opened(path, tmp_path)


def test_a_missing_translation_is_found(tmp_path: Path) -> None:
    some = texts()[0]
    for entry in ('msgid "Other."\nmsgstr "Andere."\n', f'#, fuzzy\nmsgid "{some.one}"\nmsgstr "Etwas"\n'):
        assert any(some.one in told for told in untranslated(german(tmp_path, entry)))


def test_other_placeholders_are_found() -> None:
    assert names("{path}: {size:>10}") == names("{size:>10} in {path}")
    assert names("{path}") != names("{pfad}")
    assert names("{line!r}") != names("{line}")
