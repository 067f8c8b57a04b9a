"""Addresses as people type them, and the one form that opens the place again."""

import pytest

from rescue.errors import UsageError
from rescue.places.address import Address, is_share, parse_address
from rescue.places.model import PlaceKind
from rescue.places.smb import unc
from rescue.places.ssh import folder

SMB, NFS, SSH = PlaceKind.SMB, PlaceKind.NFS, PlaceKind.SSH


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("smb://nas/backup/pc", Address(SMB, "nas", "/backup/pc")),
        ("//nas/backup/pc/", Address(SMB, "nas", "/backup/pc")),
        ("\\\\nas\\My Backups\\pc", Address(SMB, "nas", "/My Backups/pc")),
        ("smb://nas/My%20Backups", Address(SMB, "nas", "/My Backups")),
        ("//nas/My%20Backups", Address(SMB, "nas", "/My%20Backups")),  # no URL: the name has a percent sign
        ("cifs://anna@nas:4445/x", Address(SMB, "nas", "/x", 4445, "anna")),
        ("smb://WORK%5Canna@nas/x", Address(SMB, "nas", "/x", None, "WORK\\anna")),
        ("smb://[fd00::5]/x", Address(SMB, "fd00::5", "/x")),
        ("nfs://nas/export/pc", Address(NFS, "nas", "/export/pc")),
        ("nfs://nas", Address(NFS, "nas", "/")),
        ("192.168.1.9:/export", Address(NFS, "192.168.1.9", "/export")),
        ("[fd00::5]:/export", Address(NFS, "fd00::5", "/export")),
        ("sftp://anna@host/srv/b", Address(SSH, "host", "/srv/b", None, "anna")),
        ("ssh://host:2222/srv", Address(SSH, "host", "/srv", 2222)),
        ("SFTP://host", Address(SSH, "host", "")),
        ("anna@host:/srv/b", Address(SSH, "host", "/srv/b", None, "anna")),
        ("anna@host:backups", Address(SSH, "host", "/~/backups", None, "anna")),
        ("anna@host:", Address(SSH, "host", "", None, "anna")),
    ],
)
def test_forms(text: str, expected: Address) -> None:
    assert is_share(text)
    assert parse_address(text) == expected
    assert parse_address(expected.url()) == expected  # what is remembered opens the same place


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not written like one"),
        ("nas", "not written like one"),
        ("ftp://nas/x", "none of smb, nfs, sftp"),
        ("smb://nas", "names no share"),
        ("smb:///x", "names no computer"),
        ("smb://-oProxyCommand=x/y", "names no computer"),
        ("smb://na s/y", "names no computer"),
        ("sftp://host:0/x", "impossible port"),
        ("sftp://host:70000/x", "impossible port"),
        ("sftp://host/a/../b", "leads elsewhere"),
        ("sftp://-oProxyCommand=x@host/y", "no user"),
        ("sftp://host/a%0ab", "leads elsewhere"),
        ("sftp://host/a\nb", "character"),
    ],
)
def test_what_is_none(text: str, why: str) -> None:
    with pytest.raises(UsageError, match=why) as caught:
        parse_address(text)
    assert "smb://" in caught.value.hint


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(UsageError, match="does not belong") as caught:
        parse_address("smb://anna:secret@nas/x")
    assert "secret" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize("text", ["/dev/sdb1", "/mnt/usb", "./a:b", "rescue", "/a@b:c"])
def test_paths_of_this_computer(text: str) -> None:
    assert not is_share(text)


def test_the_user_beside_the_address() -> None:
    assert parse_address("smb://nas/x", "anna").user == "anna"
    assert parse_address("smb://eve@nas/x", "anna").user == "eve"
    with pytest.raises(UsageError):
        parse_address("sftp://nas/x", "-oProxyCommand=x")


def test_what_the_mounting_programs_get() -> None:
    assert unc(parse_address("smb://nas/a/b")) == "//nas/a/b"
    assert unc(parse_address("smb://[fd00::5]/a")) == "//fd00--5.ipv6-literal.net/a"
    assert [folder(parse_address(f"sftp://h{path}")) for path in ("", "/~", "/~/a/b", "/a")] == ["", "", "a/b", "/a"]
    address = parse_address("smb://nas/share/a/b")
    assert (address.share, address.folder, address.number) == ("share", "a/b", 445)
    assert address.name == "b on nas"
