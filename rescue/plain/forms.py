"""A form as one question a line. What was wrong is said, and only what the person wants to change is asked again."""

from collections.abc import Sequence
from functools import partial

from rescue.flows.front import Field, FieldKind, Form
from rescue.language import _
from rescue.plain import spoken
from rescue.plain.asking import BACK, HELP, Asking

_AGAIN = "t"
_CLEAR = "-"
_LITERAL = "\\"
_YES, _NO = "y", "n"


async def fill(asking: Asking, form: Form) -> dict[str, str] | None:
    """What is in the form's lines once its check finds nothing wrong; None when the person goes back."""
    asking.title(form.title, form.text)
    filled = {field.name: field.value for field in form.fields}
    wanted: Sequence[Field] | None = form.fields
    while wanted is not None and await _ask_fields(asking, wanted, filled, form.help):
        if form.check is None:
            return filled
        wrong = await asking.busy(form.working or _("One moment …"), partial(form.check, dict(filled)))
        if wrong is None:
            return filled
        asking.console.say(wrong)
        wanted = await _which(asking, form, filled)
    return None


async def _which(asking: Asking, form: Form, filled: dict[str, str]) -> Sequence[Field] | None:
    """The lines to ask again, none for trying once more as it is; None for going back."""
    asking.title(_("What should be changed?"))
    asking.console.say(
        *(
            f"{number}. {field.label}: {spoken.field_value(field, filled[field.name])}"
            for number, field in enumerate(form.fields, 1)
        )
    )
    while (typed := await asking.ask(_("Numbers, with blanks between them; t tries again;"), form.help)) is not None:
        if typed.lower() == _AGAIN:
            return ()
        chosen = asking.numbers(typed, len(form.fields))
        if chosen:
            return [form.fields[number - 1] for number in sorted(set(chosen))]
    return None


async def _ask_fields(asking: Asking, fields: Sequence[Field], filled: dict[str, str], topic: str) -> bool:
    """Ask line after line; going back from the first one is False."""
    place = 0
    while 0 <= place < len(fields):
        field = fields[place]
        value = await _ask_field(asking, field, filled[field.name], topic)
        if asking.stopped:
            return False
        if value is None:
            place -= 1
        else:
            filled[field.name] = value
            place += 1
    return place >= 0


async def _ask_field(asking: Asking, field: Field, value: str, topic: str) -> str | None:
    """What is in the line now; None for going back."""
    if field.kind is FieldKind.HIDDEN:
        return await asking.line(_hidden_prompt(field), hidden=True)
    choices = _choices(field)
    if choices:
        asking.console.say(f"{field.label}:", *(f"{number}. {label}" for number, (_v, label) in enumerate(choices, 1)))
    prompt = _choice_prompt(field, value) if choices else _text_prompt(field, value)
    while (typed := await asking.line(prompt)) is not None:
        word = typed.strip()
        if word.lower() == BACK:
            return None
        if word == HELP:
            asking.speak_help(topic)
        elif not word:
            return value
        elif not choices:
            return "" if word == _CLEAR else word.removeprefix(_LITERAL)
        elif (chosen := _chosen(asking, field, word, choices)) is not None:
            return chosen
    return None


def _chosen(asking: Asking, field: Field, word: str, choices: Sequence[tuple[str, str]]) -> str | None:
    """The value of the choice that was typed, as a number or as y and n; None, and a sentence, for anything else."""
    if field.kind is FieldKind.FLAG and word.lower() in (_YES, _NO):
        return "yes" if word.lower() == _YES else ""
    number = asking.number(word, len(choices))
    return None if number is None else choices[number - 1][0]


def _choices(field: Field) -> tuple[tuple[str, str], ...]:
    """What can be chosen for a line; nothing where it is free."""
    match field.kind:
        case FieldKind.FLAG:
            return (("yes", _("yes")), ("", _("no")))
        case FieldKind.CHOICE:
            return field.choices
        case _:
            return ()


def _text_prompt(field: Field, value: str) -> str:
    hint = f" ({field.hint})" if field.hint else ""
    if value:
        ways = _("an empty line keeps it, - clears it, b goes back, ? is help:")
    else:
        ways = _("an empty line leaves it empty, b goes back, ? is help:")
    return f"{field.label}{hint} [{value}]; {ways}"


def _choice_prompt(field: Field, value: str) -> str:
    ways = _("number; an empty line keeps it, b goes back, ? is help:")
    return f"{field.label} [{spoken.field_value(field, value)}]; {ways}"


def _hidden_prompt(field: Field) -> str:
    hint = f" ({field.hint})" if field.hint else ""
    return f"{field.label}{hint}; " + _("is not shown while it is typed; an empty line means none:")
