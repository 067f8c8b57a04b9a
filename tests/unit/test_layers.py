"""Imports point one way: a module imports only from rows above its own. And some work has one home."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]

# From the ground up. Members of one row do not know each other; the members of one package do.
ROWS = (
    {"rescue", "language"},
    {"units", "settings", "extents", "text"},
    {"errors", "events", "preferences"},
    {"cancel", "fields"},
    {"buffers", "process"},
    {"devices", "repository", "filesystems"},
    {"tables"},
    {"images"},
    {"pipeline"},
    {"plans", "places"},
    {"operations"},
    {"flows"},
    {"tui", "plain"},
    {"cli"},
    {"__main__"},
)

# What only these modules may import or call. extract.py runs alone, without the rest of the program.
HOMES = {
    "subprocess": {"rescue.process", "rescue.repository.extract"},
    "argparse": {"rescue.cli", "rescue.repository.extract"},
    "print": {"rescue.cli", "rescue.repository.extract"},
    "textual": {"rescue.tui"},
    "parted": {"rescue.tables"},
    "pyudev": {"rescue.devices"},
    "zstandard": {"rescue.repository", "rescue.operations.machine"},
    "sqlite3": {"rescue.repository.index"},
    "fcntl": {
        "rescue.devices",
        "rescue.tables.kernel",
        "rescue.repository.lock",
        "rescue.operations.seat",
        "rescue.operations.jobs",
    },
}


def violations(root: Path) -> list[str]:
    """What is wrong with the imports of the package `rescue` in `root`, a sentence each."""
    found = []
    for path in sorted((root / "rescue").rglob("*.py")):
        module = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        tree = ast.parse(path.read_text())
        found += [f"{module} imports {name}" for name in imports(tree, module) if not allowed(module, name)]
        found += [f"{module} uses {name}" for name in foreign(tree, module)]
    return found


def imports(tree: ast.AST, module: str) -> Iterator[str]:
    """Every module of the program that is imported anywhere in the source, also inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            names = [f"rescue.{alias.name}" for alias in node.names] if source == "rescue" else [source]
            if node.level:
                names = [f"{module} with dots"]
        else:
            continue
        yield from (name for name in names if name.partition(".")[0] == "rescue")


def allowed(module: str, name: str) -> bool:
    """True when `module` may import `name`."""
    own, other = room(module), room(name)
    if " " in name or own is None or other is None:
        return False
    return own == other or row(other) < row(own)


def room(module: str) -> str | None:
    """The package or module below `rescue` that a module belongs to; None where nobody has given it a row."""
    parts = module.split(".")
    name = parts[1] if len(parts) > 1 else parts[0]
    return name if any(name in members for members in ROWS) else None


def row(name: str) -> int:
    return next(number for number, members in enumerate(ROWS) if name in members)


def foreign(tree: ast.AST, module: str) -> Iterator[str]:
    """What the source uses although its home is elsewhere."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name != "subprocess"]  # its types are for everyone
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Call):
            names = [ast.unparse(node.func)]
        for name in (each.partition(".")[0] for each in names):
            homes = HOMES.get(name)
            if homes and not any(module == home or module.startswith(home + ".") for home in homes):
                yield name


def test_imports_point_one_way() -> None:
    assert violations(PROJECT) == []


def test_every_room_exists_and_has_a_row() -> None:
    rooms = {
        path.stem for path in (PROJECT / "rescue").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert rooms - {"__init__"} == set().union(*ROWS) - {"rescue"}
    assert sum(len(members) for members in ROWS) == len(set().union(*ROWS))


def test_the_stand_alone_extractor_imports_nothing_of_the_program() -> None:
    tree = ast.parse((PROJECT / "rescue/repository/extract.py").read_text())
    assert list(imports(tree, "rescue.repository.extract")) == []


@pytest.mark.parametrize(
    ("path", "source", "told"),
    [
        ("repository/bad.py", "from rescue.devices.model import Disk\n", "imports rescue.devices.model"),
        ("repository/bad.py", "import rescue.images.layout\n", "imports rescue.images.layout"),
        ("repository/bad.py", "def late():\n    from rescue.plans import write\n", "imports rescue.plans"),
        ("devices/bad.py", "from rescue.filesystems import ext\n", "imports rescue.filesystems"),
        ("filesystems/bad.py", "from rescue.tables.read import read_table\n", "imports rescue.tables.read"),
        ("plans/bad.py", "from rescue import operations\n", "imports rescue.operations"),
        ("plans/bad.py", "from rescue.operations.backup import run_backup\n", "imports rescue.operations.backup"),
        ("operations/bad.py", "from rescue.cli.session import ask\n", "imports rescue.cli.session"),
        ("tui/bad.py", "from rescue.cli import text\n", "imports rescue.cli"),
        ("units.py", "from rescue.errors import RescueError\n", "imports rescue.errors"),
        ("errors.py", "from rescue.cancel import CancelToken\n", "imports rescue.cancel"),
        ("images/bad.py", "from . import layout\n", "with dots"),
        ("images/bad.py", "from ..plans import write\n", "with dots"),
        ("newcomer.py", "from rescue.errors import RescueError\n", "rescue.newcomer imports rescue.errors"),
        ("tables/bad.py", "import subprocess\nsubprocess.run(['true'])\n", "uses subprocess"),
        ("operations/bad.py", "from subprocess import run\n", "uses subprocess"),
        ("pipeline/bad.py", "print('done')\n", "uses print"),
        ("operations/bad.py", "from textual.app import App\n", "uses textual"),
    ],
)
def test_a_bad_import_is_found(tmp_path: Path, path: str, source: str, told: str) -> None:
    file = tmp_path / "rescue" / path
    file.parent.mkdir(parents=True)
    file.write_text(source)
    assert any(told in text for text in violations(tmp_path))


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("tables/good.py", "from rescue.devices.blockdev import BlockDevice\nfrom rescue.tables import gpt\n"),
        ("cli/good.py", "import rescue\nfrom rescue import settings\nprint('done')\n"),
        ("devices/good.py", "import subprocess\nchild: subprocess.Popen[bytes]\n"),
        ("process.py", "import subprocess\nsubprocess.run(['true'])\nfrom rescue.cancel import CancelToken\n"),
        ("repository/good.py", "import json\nimport rescuers\nfrom zstandard import ZstdError\n"),
    ],
)
def test_a_good_import_passes(tmp_path: Path, path: str, source: str) -> None:
    file = tmp_path / "rescue" / path
    file.parent.mkdir(parents=True)
    file.write_text(source)
    assert violations(tmp_path) == []
