"""What screens show and run is what a person could type: the words of a request mean the same request."""

import argparse
import importlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rescue.cli.arguments import parser
from rescue.operations.commands import (
    CheckRequest,
    FormatRequest,
    Request,
    SurfaceRequest,
    TableRestoreRequest,
    TableSaveRequest,
    UndoRequest,
    VerifyRequest,
    WipeRequest,
    command,
    confirmed,
)
from rescue.operations.prepare import BackupRequest, CloneRequest, RestoreRequest

PATHS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).map("/{}".format)
REPOSITORIES = st.sampled_from(["/mnt/usb/rescue", "/mnt/Größe und Platz/rescue"])
LINES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
NAMES = LINES.filter(lambda name: not name.startswith("-") and ":" not in name)
FLAGS = st.booleans()

REQUESTS: dict[type, st.SearchStrategy[Request]] = {
    BackupRequest: st.builds(
        BackupRequest,
        st.lists(PATHS, min_size=1, max_size=3).map(tuple),
        REPOSITORIES,
        st.none() | NAMES,
        st.integers(1, 19),
        FLAGS,
        FLAGS,
        FLAGS,
        st.just("") | LINES,
    ),
    RestoreRequest: st.builds(
        RestoreRequest,
        NAMES,
        st.none() | st.sampled_from(["p1", "disk"]),
        st.integers(1, 9),
        PATHS,
        REPOSITORIES,
        FLAGS,
        FLAGS,
    ),
    CloneRequest: st.builds(CloneRequest, PATHS, PATHS, FLAGS, FLAGS, FLAGS),
    UndoRequest: st.builds(UndoRequest, PATHS),
    VerifyRequest: st.builds(VerifyRequest, NAMES, REPOSITORIES),
    CheckRequest: st.builds(CheckRequest, REPOSITORIES, FLAGS),
    SurfaceRequest: st.builds(SurfaceRequest, PATHS, st.integers(0, 1 << 60)),
    TableSaveRequest: st.builds(TableSaveRequest, PATHS, PATHS),
    TableRestoreRequest: st.builds(TableRestoreRequest, PATHS, PATHS, FLAGS),
    WipeRequest: st.builds(WipeRequest, PATHS, FLAGS, FLAGS),
    FormatRequest: st.builds(
        FormatRequest, PATHS, st.sampled_from(("ext4", "exfat")), NAMES, st.just("") | st.uuids().map(str), FLAGS
    ),
}


def read(words: tuple[str, ...]) -> tuple[Request, argparse.Namespace]:
    """What the command line makes of the words."""
    options = parser().parse_args(words)
    request: Request = importlib.import_module(f"rescue.cli.commands.{options.command}_cmd").request(options)
    return request, options


@pytest.mark.parametrize("kind", REQUESTS)
@settings(max_examples=40)
@given(data=st.data())
def test_words_mean_the_request_that_they_were_made_of(kind: type, data: st.DataObject) -> None:
    request = data.draw(REQUESTS[kind])
    found, options = read(command(request))
    assert found == request
    assert not options.json
    assert read((*command(request), "--json"))[1].json


@settings(max_examples=40)
@given(LINES, st.integers(0, (1 << 256) - 1))
def test_a_confirmed_plan(confirm: str, number: int) -> None:
    """The text may begin like an option: nobody chooses the serial numbers of drives."""
    digest = f"{number:064x}"
    for request in (UndoRequest("/dev/sda"), WipeRequest("/dev/sda"), TableRestoreRequest("/t.json", "/dev/sda")):
        found, options = read((*command(request), *confirmed(confirm, digest)))
        assert found == request
        assert (options.yes, options.confirm, options.plan) == (True, confirm, digest)


def test_every_kind_of_request_is_here() -> None:
    assert set(REQUESTS) == set(Request.__args__)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (BackupRequest(("/dev/sda",), "/repo"), "backup /dev/sda --repo /repo"),
        (
            BackupRequest(("/dev/sda",), "/repo", "monday", 9, verify=True, note="old"),
            "backup /dev/sda --repo /repo --name monday --note old --verify --level 9",
        ),
        (RestoreRequest("ab12", None, 1, "/dev/sdb", "/repo"), "restore ab12 /dev/sdb --repo /repo"),
        (
            RestoreRequest("ab12", None, 1, "/dev/sdb", "/repo", table_only=True),
            "restore ab12 /dev/sdb --repo /repo --table-only",
        ),
        (SurfaceRequest("/dev/sda"), "surface /dev/sda"),
        (SurfaceRequest("/dev/sda", 512), "surface /dev/sda --from 512"),
        (TableSaveRequest("/dev/sda", "/mnt/t.json"), "table save /dev/sda /mnt/t.json"),
        (WipeRequest("/dev/sda", quick=True, verify=False), "wipe /dev/sda --quick --no-verify"),
    ],
)
def test_words_as_people_write_them(request_: Request, words: str) -> None:
    assert command(request_) == tuple(words.split())
