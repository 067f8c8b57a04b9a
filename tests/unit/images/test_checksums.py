"""SHA256SUMS as sha256sum writes it."""

import hashlib
import subprocess
from pathlib import Path

import pytest

from rescue.cancel import CancelToken
from rescue.errors import CancelledError, IntegrityError
from rescue.images.checksums import expected_sum, listed_sum, require_sum

ONE, OTHER = "1" * 64, "a" * 64


@pytest.mark.parametrize(
    "text",
    [
        f"{ONE}  rescue.iso\n",
        f"{ONE} *rescue.iso\r\n",
        f"{ONE}  ./rescue.iso",
        f"{OTHER}  rescue.iso.old\n{OTHER}  old/rescue.iso\n# comment\n\n{ONE}  rescue.iso\n{OTHER}  rescue.iso\n",
    ],
)
def test_the_line_of_the_file(text: str) -> None:
    assert listed_sum(text, "rescue.iso") == ONE


@pytest.mark.parametrize("text", ["", "rescue.iso", f"{ONE[1:]}  rescue.iso", f"{ONE} rescue.iso", f"{ONE}  a.iso"])
def test_no_such_line(text: str) -> None:
    assert listed_sum(text, "rescue.iso") is None


def test_capitals_and_blanks_in_names() -> None:
    assert listed_sum(f"{OTHER.upper()}  my image.iso\n", "my image.iso") == OTHER


def test_what_the_tool_itself_writes(tmp_path: Path) -> None:
    image = tmp_path / "rescue.iso"
    image.write_bytes(b"content")
    assert expected_sum(image) is None
    listing = subprocess.run(["sha256sum", "rescue.iso"], cwd=tmp_path, capture_output=True, check=True).stdout
    (tmp_path / "SHA256SUMS").write_bytes(listing)
    expected = expected_sum(image)
    assert expected == hashlib.sha256(b"content").hexdigest()
    require_sum(image, expected, CancelToken())
    image.write_bytes(b"Content")
    with pytest.raises(IntegrityError, match="is damaged"):
        require_sum(image, expected, CancelToken())
    stopped = CancelToken()
    stopped.cancel()
    with pytest.raises(CancelledError):
        require_sum(image, expected, stopped)
