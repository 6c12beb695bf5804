"""Recognizes binary files of music programs, which sgp does not read, and says what to export instead."""

from __future__ import annotations

AUDIO = "an audio file: give a playlist file that lists it instead"
# First bytes of a file -> what it is, and what to do.
KINDS = {
    bytes.fromhex("e1a09c91f83c7742852c3bcc1401d3f2"): (
        "a playlist in foobar2000's own format (FPL): save it as M3U8 (File > Save playlist); or copy the tracks in "
        "foobar2000, and paste their names into a text file"
    ),
    b"SQLite format 3\0": "a database (SQLite): export the playlists from its program, for example as M3U or XSPF",
    b"bplist00": "a binary property list: export a playlist from iTunes or Music as XML or text",
    b"vrsn\0\0": "a crate or library of Serato: export the history as CSV, or convert the crate to M3U",
    **dict.fromkeys((b"ID3\2", b"ID3\3", b"ID3\4", b"fLaC\0", b"OggS\0"), AUDIO),
    b"%PDF-": "a PDF document: if it has a list of names, copy the list into a text file",
}
OTHER = "a binary file that sgp does not read: export it as CSV or JSON"


def binary_reason(head: bytes) -> str | None:
    """If the first bytes are those of a known binary file, return what it is and what to do; otherwise None.

    >>> binary_reason(b"%PDF-1.7")
    'a PDF document: if it has a list of names, copy the list into a text file'
    """
    return next((reason for magic, reason in KINDS.items() if head.startswith(magic)), None)
