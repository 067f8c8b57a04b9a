"""What programs and disks say in text: blkid, os-release, the registry, the environment."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescue.devices import blkid
from rescue.devices.model import FilesystemInfo
from rescue.devices.scan import VISIBLE_VARIABLE, visible_from_environment
from rescue.devices.systems import pretty_name, windows_name


def test_content_of_a_partition() -> None:
    content = blkid.parse(
        {
            "ID_FS_TYPE": "ext4",
            "ID_FS_USAGE": "filesystem",
            "ID_FS_LABEL": "my_disk",
            "ID_FS_LABEL_ENC": r"my\x20disk\x5c",
            "ID_FS_UUID_ENC": "ad38-5a31",
            "ID_PART_ENTRY_TYPE": "0x83",
            "ID_PART_ENTRY_NAME": r"Gro\xc3\x9f",
        }
    )
    assert content.filesystem == FilesystemInfo("ext4", "my disk\\", "ad38-5a31", "filesystem")
    assert (content.entry_type, content.entry_name, content.table) == ("0x83", "Groß", None)
    assert blkid.parse({}) == blkid.Content()


@given(st.text())
def test_decoding_never_fails(text: str) -> None:
    encoded = "".join(char if char.isalnum() else "".join(f"\\x{byte:02x}" for byte in char.encode()) for char in text)
    assert blkid.decode(encoded) == text
    blkid.decode(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n', "Debian GNU/Linux 12 (bookworm)"),
        ("PRETTY_NAME='Fedora Linux 40'\n", "Fedora Linux 40"),
        ("#PRETTY_NAME=no\nNAME=Alpine\nVERSION=3.20\n", "Alpine 3.20"),
        ('PRETTY_NAME="Evil\x1b[2J\tOS"\n', "Evil [2J OS"),
        ('PRETTY_NAME="no end\nNAME=Arch', "Arch"),
        ("", None),
        ("nonsense", None),
    ],
)
def test_os_release(text: str, name: str | None) -> None:
    assert pretty_name(text) == name


@pytest.mark.parametrize(
    ("product", "build", "version", "name"),
    [
        ("Windows 10 Pro", "22631", "23H2", "Windows 11 Pro 23H2"),
        ("Windows 10 Pro", "19045", "22H2", "Windows 10 Pro 22H2"),
        ("Windows Server 2022 Standard", "20348", "21H2", "Windows Server 2022 Standard 21H2"),
        ("Microsoft Windows XP", "2600", None, "Windows XP"),
        ("", "22631", "23H2", None),
    ],
)
def test_windows_names_itself(product: str, build: str, version: str | None, name: str | None) -> None:
    values = {"ProductName": product, "CurrentBuildNumber": build}
    assert windows_name(values if version is None else values | {"DisplayVersion": version}) == name


@pytest.mark.parametrize(
    ("text", "devices"),
    [
        (None, None),
        ("", ()),
        (" , ", ()),
        ("/dev/loop0", ("/dev/loop0",)),
        ("/dev/loop0, /dev/loop1\t/dev/sda\n", ("/dev/loop0", "/dev/loop1", "/dev/sda")),
    ],
)
def test_visible_devices_from_the_environment(
    text: str | None, devices: tuple[str, ...] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VISIBLE_VARIABLE, raising=False)
    if text is not None:
        monkeypatch.setenv(VISIBLE_VARIABLE, text)
    assert visible_from_environment() == devices
