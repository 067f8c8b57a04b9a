"""Unit tests do not wait for drives."""

import os

import pytest


@pytest.fixture(autouse=True)
def _quick_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here loses power. That files are synced before they get their name has a test of its own."""
    monkeypatch.setattr(os, "fsync", _no_sync)


def _no_sync(descriptor: int) -> None:
    os.fstat(descriptor)
