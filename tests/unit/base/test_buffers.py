"""Buffers: bounded, aligned, given back, and no wait outlives a cancelled job."""

import ctypes
import mmap
import threading
import time

import pytest

from rescue.buffers import BufferPool
from rescue.cancel import CancelToken
from rescue.errors import CancelledError


def address(view: memoryview) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(view))


def test_buffers_lie_at_page_boundaries() -> None:
    pool = BufferPool(3, 64 * 1024, CancelToken())
    for buffer in [pool.take(1000) for _ in range(3)]:
        assert address(buffer.view) % mmap.PAGESIZE == 0
        assert len(buffer.view) == 1000
        assert len(buffer.resize(64 * 1024)) == 64 * 1024


def test_a_buffer_that_is_given_back_is_used_again() -> None:
    pool = BufferPool(1, 4096, CancelToken())
    first = pool.take(4096)
    first.view[:5] = b"hello"
    first.release()
    assert pool.take(512) is first
    assert len(first.view) == 512


def test_waiting_for_a_buffer() -> None:
    pool = BufferPool(1, 4096, CancelToken())
    held = pool.take(1)
    threading.Timer(0.2, held.release).start()
    began = time.monotonic()
    assert pool.take(1) is held
    assert time.monotonic() - began > 0.1


def test_a_cancelled_job_waits_no_longer() -> None:
    cancel = CancelToken()
    pool = BufferPool(1, 4096, cancel)
    pool.take(1)
    threading.Timer(0.2, cancel.cancel).start()
    began = time.monotonic()
    with pytest.raises(CancelledError):
        pool.take(1)
    assert time.monotonic() - began < 1
    with pytest.raises(CancelledError):
        BufferPool(1, 4096, cancel).take(1)


def test_cancel_token() -> None:
    cancel = CancelToken()
    cancel.raise_if_cancelled()
    assert [cancel.cancelled, cancel.wait(0.01)] == [False, False]
    cancel.cancel()
    cancel.cancel()
    assert [cancel.cancelled, cancel.wait(60)] == [True, True]
    with pytest.raises(CancelledError):
        cancel.raise_if_cancelled()
