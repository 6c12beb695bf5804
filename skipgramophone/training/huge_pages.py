"""Lets Linux use huge pages (2 MiB instead of 4 KiB) for large arrays that are read and written in random order.

Training reads and writes rows in random order. With pages of 4 KiB, nearly every row needs a look-up in the page
table. Where Linux makes huge pages only on request, NumPy requests them for its own arrays, but TensorFlow does not.
"""

from __future__ import annotations

import ctypes
import sys

from skipgramophone.experiment.embeddings import Matrix

HUGE_PAGE = 2 << 20  # bytes; where huge pages are larger, Linux uses them only inside arrays that are large enough
MADV_HUGEPAGE = 14  # from <sys/mman.h> of Linux


def request_huge_pages(array: Matrix) -> None:
    """Ask for huge pages for the memory of an array, before the memory is used for the first time.

    Only whole huge pages inside the array are affected. If the system does not have huge pages, nothing happens.
    """
    if sys.platform != "linux":
        return
    begin = array.ctypes.data
    first, end = -(-begin // HUGE_PAGE) * HUGE_PAGE, (begin + array.nbytes) // HUGE_PAGE * HUGE_PAGE
    if first < end:
        # An error is ignored, because without huge pages, training is only slower.
        ctypes.CDLL(None).madvise(ctypes.c_void_p(first), ctypes.c_size_t(end - first), MADV_HUGEPAGE)
