"""From a name to an open port, with real sockets: each step that fails has its own sentence."""

import errno
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from rescue.places import host_keys
from rescue.places.address import Address, parse_address
from rescue.places.model import PlaceKind
from rescue.places.reach import reach
from rescue.places.smb import require_language
from rescue.places.troubles import ConnectError, Trouble, failed


@contextmanager
def listening(backlog: int = 5) -> Iterator[socket.socket]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(backlog)
        yield server


@contextmanager
def answering(reply: bytes) -> Iterator[int]:
    """A server that says one thing to whoever has said something."""
    with listening() as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(reply)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            thread.join(timeout=5)


def address(port: int, host: str = "127.0.0.1") -> Address:
    return Address(PlaceKind.SMB, host, "/share", port)


def trouble(work: Callable[[], object]) -> Trouble:
    with pytest.raises(ConnectError) as caught:
        work()
    assert caught.value.message
    assert caught.value.hint
    assert caught.value.exit_code == 39
    return caught.value.trouble


def test_somebody_listens() -> None:
    with listening() as server:
        assert reach(address(server.getsockname()[1], "localhost")) == "127.0.0.1"


def test_refused() -> None:
    with listening() as server:
        port = server.getsockname()[1]
    assert trouble(lambda: reach(address(port))) is Trouble.REFUSED


def test_no_answer() -> None:
    """A full queue drops what comes, as a firewall does."""
    with listening(0) as server, ExitStack() as waiting:
        for _ in range(4):
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(server.getsockname())
        assert trouble(lambda: reach(address(server.getsockname()[1]), seconds=0.3)) is Trouble.TIMEOUT


@pytest.mark.parametrize(
    ("code", "expected"),
    [(socket.EAI_NONAME, Trouble.NAME_UNKNOWN), (socket.EAI_AGAIN, Trouble.NO_NAME_SERVER)],
)
def test_names(monkeypatch: pytest.MonkeyPatch, code: int, expected: Trouble) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(code, "no")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert trouble(lambda: reach(address(445, "nas"))) is expected


def test_a_name_that_cannot_be() -> None:
    assert trouble(lambda: reach(address(445, f"{'a' * 70}.x"))) is Trouble.NAME_UNKNOWN


def test_no_route(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))

    monkeypatch.setattr(socket, "create_connection", fail)
    assert trouble(lambda: reach(address(445))) is Trouble.NO_ROUTE


def test_of_several_addresses_the_most_telling_failure_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """One family has no route, as usual with IPv6; over the other the server refuses."""
    failures = iter([ConnectionRefusedError(), OSError(errno.ENETUNREACH, "x")])
    found = [(0, 0, 0, "", (text, 445)) for text in ("192.0.2.1", "2001:db8::1")]

    def fail(*_: object, **__: object) -> None:
        raise next(failures)

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(socket, "create_connection", fail)
    assert trouble(lambda: reach(address(445, "nas"))) is Trouble.REFUSED


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (struct.pack(">I", 64) + b"\xfeSMB" + bytes(60), None),
        (struct.pack(">I", 64) + b"\xffSMB" + bytes(60), Trouble.TOO_OLD),
        (b"SSH-2.0-OpenSSH_9.2\r\n", Trouble.NOT_SPOKEN),
        (b"", Trouble.NOT_SPOKEN),
        (b"\0", Trouble.NOT_SPOKEN),
    ],
)
def test_which_language_a_file_server_speaks(reply: bytes, expected: Trouble | None) -> None:
    with answering(reply) as port:
        if expected is None:
            require_language(address(port), "127.0.0.1")
        else:
            assert trouble(lambda: require_language(address(port), "127.0.0.1")) is expected


def test_every_trouble_has_its_own_words() -> None:
    """No two steps read the same, whatever kind of server it is, and no brace is left."""
    for text in ("smb://anna@nas/share/folder", "nfs://nas/export", "sftp://anna@nas/folder"):
        skipped = {Trouble.HOST_KEY_UNKNOWN, Trouble.HOST_KEY_CHANGED}  # these carry a fingerprint: see host_keys
        told = [failed(each, parse_address(text), "a detail") for each in Trouble if each not in skipped]
        assert len({error.message for error in told}) == len(told)
        for error in told:
            assert "{" not in error.message + error.hint
            assert "nas" in error.message
            assert error.hint


KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIBmVnwS6X6BVQ0VW5yYEPTn+yvQ2wI5r6D7Zt4nZXG3o"


def test_keys_from_known_hosts(tmp_path: Path) -> None:
    """Comments, markers and lines that are damaged are no keys; the fingerprint is OpenSSH's."""
    listing = f"# nas:22 SSH-2.0\nnas ssh-ed25519 {KEY}\n@revoked nas ssh-rsa {KEY}\nnas ssh-rsa %%%\nnas\n"
    (key,) = host_keys.parse_keys(listing)
    assert (key.type, key.blob) == ("ssh-ed25519", KEY)
    file = tmp_path / "key.pub"
    file.write_text(f"ssh-ed25519 {KEY}\n")
    told = os.popen(f"ssh-keygen -lf {file}").read().split()  # noqa: S605
    assert told[1] == key.fingerprint
