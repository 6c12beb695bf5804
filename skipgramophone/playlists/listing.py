"""The tracks that a text lists: what a look-up is asked about, or an export is limited to."""

from __future__ import annotations

REMARK = "#EXT"  # begins the lines of an M3U file that are no tracks


def names_in(text: str) -> list[str]:
    """The lines of a text that name a track."""
    lines = (line.strip() for line in text.removeprefix("\ufeff").splitlines())
    return [line for line in lines if line and not line.startswith(REMARK)]
