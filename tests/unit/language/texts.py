"""The texts of the program, read from its source without running it: another way than xgettext's."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[3]
ALONE = "rescue/repository/extract.py"
"""Runs alone, without catalogues; argparse's parts of it stay English, too."""

_SPEAKERS = ("_", "N_", "ngettext")
_HOME = "rescue/language.py"


@dataclass(frozen=True, slots=True)
class Text:
    """A text that is said somewhere; `many` is empty where there is no plural."""

    one: str
    many: str
    where: str


def sources(root: Path = PROJECT) -> list[Path]:
    """Every module whose texts are translated."""
    return [path for path in sorted((root / "rescue").rglob("*.py")) if path.relative_to(root).as_posix() != ALONE]


def texts(root: Path = PROJECT) -> list[Text]:
    """Every text of the program."""
    return [text for path in sources(root) for text in _texts(ast.parse(path.read_text()), path.relative_to(root))]


def _texts(tree: ast.AST, path: Path) -> Iterator[Text]:
    for call in calls(tree):
        words = [each.value for each in call.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        if words:
            yield Text(words[0], words[1] if len(words) > 1 else "", f"{path}:{call.lineno}")


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Every call that gives a text to a catalogue or gets one from it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _SPEAKERS:
            yield node


def faults(root: Path = PROJECT) -> list[str]:
    """What is wrong with the ways in which texts are said, a sentence each."""
    found = []
    for path in sources(root):
        name = path.relative_to(root).as_posix()
        if name != _HOME:
            found += [f"{name}:{line}: {fault}" for line, fault in _faults(ast.parse(path.read_text()))]
    return found


def _faults(tree: ast.Module) -> Iterator[tuple[int, str]]:
    marked = _marked(tree)
    yield from _unsaid(tree, marked)
    for quoted in (node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)):
        for call in calls(quoted):
            yield call.lineno, f"{ast.unparse(call)} stands inside an f-string, where not every xgettext looks"
    late = {call for function in _functions(tree) for call in calls(function)}
    for call in calls(tree):
        speaker = call.func.id if isinstance(call.func, ast.Name) else ""
        if speaker != "N_" and call not in late:
            yield call.lineno, f"{speaker} is called at import, before the language is chosen"
        wanted = call.args[:2] if speaker == "ngettext" else call.args[:1]
        for given in wanted:
            if not _is_text(given) and not (speaker == "_" and _names(given) & marked):
                yield call.lineno, f"{speaker} gets no text that a catalogue could know: {ast.unparse(given)}"


def _functions(tree: ast.AST) -> Iterator[ast.AST]:
    """Bodies that run when they are called, without their defaults and decorators."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from node.body
        elif isinstance(node, ast.Lambda):
            yield node.body


def _is_text(given: ast.expr) -> bool:
    return isinstance(given, ast.Constant) and isinstance(given.value, str)


def _marked(tree: ast.Module) -> set[str]:
    """Names of a module, or of its classes, whose values are marked with `N_`."""
    bodies = [tree.body, *(node.body for node in ast.walk(tree) if isinstance(node, ast.ClassDef))]
    found = set()
    for node in (node for body in bodies for node in body):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None and _marks(node.value):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


def _marks(value: ast.AST) -> bool:
    return any(isinstance(call.func, ast.Name) and call.func.id == "N_" for call in calls(value))


def _names(given: ast.AST) -> set[str]:
    """Every name in an expression, also behind a dot."""
    plain = {node.id for node in ast.walk(given) if isinstance(node, ast.Name)}
    return plain | {node.attr for node in ast.walk(given) if isinstance(node, ast.Attribute)}


def _unsaid(tree: ast.Module, marked: set[str]) -> Iterator[tuple[int, str]]:
    """Uses of a single marked text that nobody translates; tables of them are used in too many ways to tell."""
    single = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and _marks(node.value)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id in marked
    }
    said = {id(node) for call in calls(tree) for given in call.args for node in ast.walk(given)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in single and id(node) not in said:
            yield node.lineno, f"{node.id} is said without _"
