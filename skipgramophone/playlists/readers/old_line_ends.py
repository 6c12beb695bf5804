"""Reads text whose lines end with CR only, as old Macintosh programs wrote it and some Apple programs still do."""

from __future__ import annotations

from typing import IO

HEAD = 1 << 16  # number of bytes at the start of a file that are examined to recognize the line ends


class OldLineEnds:
    """A binary stream in which CR is replaced by LF, if its first bytes are text whose lines end with CR alone."""

    def __init__(self, data: IO[bytes]) -> None:
        self._data = data
        self._head: bytes | None = None
        self._replaces = False

    def read(self, size: int) -> bytes:
        """Read up to `size` bytes; an empty result means the end of the file."""
        if self._head is None:
            self._head = self._first_bytes()
            self._replaces = has_old_line_ends(self._head)
        if self._head:
            part, self._head = self._head[:size], self._head[size:]
        else:
            part = self._data.read(size)
        return part.replace(b"\r", b"\n") if self._replaces else part

    def _first_bytes(self) -> bytes:
        """Read the first `HEAD` bytes, or fewer at the end of the file; a single read may return only some of them."""
        head = b""
        while len(head) < HEAD and (more := self._data.read(HEAD - len(head))):
            head += more
        return head


def has_old_line_ends(head: bytes) -> bool:
    """Whether text that begins with `head` has lines that end with CR alone.

    >>> has_old_line_ends(b"a\\rb\\r"), has_old_line_ends(b"a\\r\\nb\\r\\n"), has_old_line_ends(b"a\\r")
    (True, False, False)
    """
    return b"\r" in head[:-1] and b"\n" not in head and b"\0" not in head
