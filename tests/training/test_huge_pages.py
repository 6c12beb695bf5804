"""Requests for huge pages."""

from __future__ import annotations

import mmap
import sys
from pathlib import Path

import numpy as np
import pytest

from skipgramophone.training.huge_pages import HUGE_PAGE, request_huge_pages

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux has these requests"),
    pytest.mark.skipif(
        not Path("/sys/kernel/mm/transparent_hugepage/enabled").exists(), reason="the kernel has no huge pages"
    ),
]


def requested_bytes(memory: np.ndarray[tuple[int], np.dtype[np.float32]]) -> int:
    """Return how many bytes of an array are in mappings for which huge pages were requested (flag "hg")."""
    begin, end = memory.ctypes.data, memory.ctypes.data + memory.nbytes
    requested = first = last = 0
    for line in Path("/proc/self/smaps").read_text(encoding="utf-8").splitlines():
        head, *more = line.split()
        if "-" in head:
            first, last = (int(address, 16) for address in head.split("-"))
        elif head == "VmFlags:" and "hg" in more:
            requested += max(0, min(last, end) - max(first, begin))
    return requested


def test_huge_pages_are_requested_for_the_whole_huge_pages_inside_an_array() -> None:
    with mmap.mmap(-1, 8 * HUGE_PAGE) as memory:
        whole = np.frombuffer(memory, np.float32)
        inside = whole[HUGE_PAGE // 8 : -HUGE_PAGE // 8]  # begins and ends half a huge page (of 4-byte numbers) inside
        request_huge_pages(inside)
        huge = requested_bytes(whole)
        assert huge == requested_bytes(inside)
        assert inside.nbytes - 2 * HUGE_PAGE < huge <= inside.nbytes
        assert huge % HUGE_PAGE == 0
        inside[:] = 1
        assert whole.sum() == inside.size
        del whole, inside


def test_an_array_without_a_whole_huge_page_is_left_alone() -> None:
    with mmap.mmap(-1, 2 * HUGE_PAGE) as memory:
        whole = np.frombuffer(memory, np.float32)
        request_huge_pages(whole[: HUGE_PAGE // 8])
        assert requested_bytes(whole) == 0
        del whole
