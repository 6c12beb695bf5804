"""Recognizes binary files, which sgp does not read, and says what to do with them."""

from __future__ import annotations

from skipgramophone.wording import Wording

AUDIO = "an audio file: give a playlist file that lists it instead"
UNPACK = "a {} archive: unpack it first"
TAR = (257, b"ustar")  # where an archive of tar has which bytes
JUDGED_BYTES = 200  # number of bytes at the start of a file that show whether it is UTF-16
MOST_ZEROS = 0.7  # minimum share of the letters of UTF-16 whose first or second byte is 0, as in western languages
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
    b"7z\xbc\xaf\x27\x1c": UNPACK.format("7z"),
    b"Rar!\x1a\x07": UNPACK.format("RAR"),
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "a document of an old version of Office: save its table as CSV (UTF-8)",
    **dict.fromkeys((b"ARROW1\0", b"FEA1\0"), "a table of Arrow (Feather): write it as Parquet"),
    b"Obj\1": "a table of Avro: write it as Parquet",
    **dict.fromkeys((b"\x93NUMPY", b"\x89HDF\r\n"), "arrays of numbers: write a table with one row per track as CSV"),
    b"%PDF-": "a PDF document: if it has a list of names, copy the list into a text file",
}
OTHER = "a binary file that sgp does not read: export it as CSV or JSON"


def binary_reason(head: bytes) -> Wording | str | None:
    """If the first bytes are those of a known binary file, return what it is and what to do; otherwise None.

    >>> binary_reason(b"%PDF-1.7")
    'a PDF document: if it has a list of names, copy the list into a text file'
    """
    at, mark = TAR
    if head[at:].startswith(mark):
        return UNPACK.format("tar")
    if encoding := _utf_16(head[:JUDGED_BYTES]):
        return lambda named: f"text in UTF-16 without a byte order mark: add {named('encoding', encoding)}"
    return next((reason for magic, reason in KINDS.items() if head.startswith(magic)), None)


def _utf_16(head: bytes) -> str:
    """Return the name of the encoding if bytes are UTF-16 without a byte order mark, or ""."""
    for at, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros, others = head[at::2], head[1 - at :: 2]
        if len(zeros) > 2 and zeros.count(0) >= MOST_ZEROS * len(zeros) and min(others) >= ord("\t"):
            return encoding
    return ""
