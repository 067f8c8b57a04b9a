"""A text to listen to: some lines at a time, with a search, and answers by number."""

from rescue.flows.front import Page
from rescue.language import _, ngettext
from rescue.plain import spoken
from rescue.plain.asking import Asking

_MORE = "m"
_SEARCH = "/"
_FOUND = 50


async def read(asking: Asking, page: Page) -> str | None:
    """Say the page; the letter of an answer, None for going back."""
    asking.title(page.title)
    said = _say_from(asking, page.lines, 0)
    asking.console.say(*spoken.answers(page.answers))
    while (typed := await asking.ask(_prompt(page, len(page.lines) - said), page.help)) is not None:
        if typed.lower() == _MORE and said < len(page.lines):
            said = _say_from(asking, page.lines, said)
        elif page.search and typed.startswith(_SEARCH):
            _search(asking, page.lines, typed.removeprefix(_SEARCH).strip())
        elif (chosen := asking.number(typed, len(page.answers))) is not None:
            return page.answers[chosen - 1][0]
    return None


def _say_from(asking: Asking, lines: tuple[str, ...], start: int) -> int:
    """Say as much as a person hears at once; where the rest begins."""
    end = min(len(lines), start + (asking.console.height or len(lines)))
    asking.console.say(*lines[start:end])
    return end


def _prompt(page: Page, left: int) -> str:
    more = ngettext("m reads {count} line more;", "m reads on, {count} lines more;", left).format(count=left)
    words = [
        _("Number;") if page.answers else "",
        more if left else "",
        _("/ and a word finds lines with it;") if page.search else "",
    ]
    return " ".join(filter(None, words))


def _search(asking: Asking, lines: tuple[str, ...], word: str) -> None:
    found = [f"{number}: {line.strip()}" for number, line in enumerate(lines, 1) if word.lower() in line.lower()]
    if not word or not found:
        asking.console.say(_("No line holds “{word}”.").format(word=word))
        return
    asking.console.say(
        ngettext("{count} line holds it:", "{count} lines hold it:", len(found)).format(count=len(found))
    )
    asking.console.say(*found[:_FOUND])
    if len(found) > _FOUND:
        asking.console.say(_("… and more; a longer word finds fewer."))
