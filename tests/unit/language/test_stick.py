"""The stick in two languages: the boot menu, and what the scripts on it say."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.unit.language.test_catalogue import BEYOND
from tests.unit.language.texts import PROJECT

SCRIPTS = PROJECT / "livebuild/overlay/usr/lib/rescue"
MENU = (PROJECT / "livebuild/boot/grub.cfg").read_text()
GRUB_KEYS = set("cenpv")


def entries(menu: str) -> dict[str, tuple[str, str]]:
    """Title and commands of each entry of a menu, by its key."""
    found = re.findall(r'menuentry "([^"]+)" --hotkey (\w) \{\n(.*?)\n\s*\}', menu, flags=re.DOTALL)
    return {key: (title, " ".join(commands.split())) for title, key, commands in found}


def test_the_german_boot_menu_offers_the_same() -> None:
    english, german = MENU.split('submenu "Deutsch" --hotkey d {\n')
    german = german.partition("\n}")[0]
    here, there = entries(english), entries(german)
    assert set(here) == set(there) == set("rmgsk")
    assert {key: commands for key, (_title, commands) in there.items()} == {
        key: commands for key, (_title, commands) in here.items()
    }
    assert "rescue.language=de rescue.keyboard=de" in german
    assert all(there[key][0] != here[key][0] for key in set(here) - {"r"})


def test_no_key_of_the_boot_menu_belongs_to_grub_or_stands_twice_in_one_menu() -> None:
    outside, _begin, rest = MENU.partition('submenu "Deutsch"')
    outside += rest.partition("\n}")[2]
    keys = re.findall(r"--hotkey (\w)", outside)
    assert set(keys) & GRUB_KEYS == set()
    assert sorted(set(keys) - {"t"}) == sorted(key for key in keys if key != "t")  # the memory test of either firmware


def said() -> list[tuple[str, str]]:
    """What the scripts say in either language: the words of every call of `text`."""
    pairs = []
    for path in SCRIPTS.iterdir():
        source = path.read_text().replace("\\\n", " ")
        pairs += re.findall(r"""\$\(text (['"])(.+?)\1\s+(['"])(.+?)\3\)""", source)
    return [(english, german) for _quote, english, _other, german in pairs]


def test_the_scripts_say_everything_in_both_languages() -> None:
    found = said()
    assert ("Keyboard layout", "Tastaturbelegung") in found
    assert len(found) == sum(path.read_text().count("$(text ") for path in SCRIPTS.iterdir()) - 1  # `text de en`
    for english, german in found:
        assert english != german
        assert english.count("%s") == german.count("%s")
        assert english.count("$") == german.count("$")
        assert not {letter for letter in english + german if ord(letter) > 0xFF} - BEYOND


@pytest.mark.parametrize(
    ("chosen", "spoken"), [("de", "Deutsch"), ("en", "English"), ("fr", "English"), ("", "English")]
)
def test_a_script_speaks_the_language_that_is_chosen(chosen: str, spoken: str) -> None:
    language = SCRIPTS / "language"
    done = subprocess.run(
        ["sh", "-euc", f". {language}; text English Deutsch"],
        env={"PATH": "/usr/bin:/bin", "RESCUE_LANGUAGE": chosen},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == spoken


def test_a_word_of_the_kernels_command_line(tmp_path: Path) -> None:
    """The last one counts; one whose name only begins alike does not."""
    line = tmp_path / "cmdline"
    line.write_text("quiet rescue.language=fr rescue.languages=x rescue.language=de rescue.keyboard=ch,fr\n")
    script = (SCRIPTS / "language").read_text().replace("/proc/cmdline", str(line))
    done = subprocess.run(
        ["sh", "-euc", f"{script}\necho $RESCUE_LANGUAGE $(kernel_word rescue.keyboard) [$(kernel_word none)]"],
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "de ch,fr []\n"
