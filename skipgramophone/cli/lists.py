"""Lists of tracks in files: a name or a uri a line; m3u8 will do."""

from __future__ import annotations

from pathlib import Path

from skipgramophone.errors import storage_errors

REMARK = "#EXT"  # begins the lines of an m3u8 file that are no tracks


def names_of(text: str) -> list[str]:
    """The lines that name a track."""
    lines = (line.strip() for line in text.split("\n"))
    return [line for line in lines if line and not line.startswith(REMARK)]


def names_in(file: Path) -> list[str]:
    """The lines of a file that name a track.

    Raises:
        StorageError: it cannot be read.
    """
    with storage_errors(file, "read"):
        return names_of(file.read_text(encoding="utf-8-sig", errors="replace"))
