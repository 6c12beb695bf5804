"""Formats the number of rows that readers left out for a reason, as in "5 advertisements".

The reasons are stored in the plural, so the singular is looked up here.
"""

from __future__ import annotations

# Plural -> singular of the reasons that are nouns. All other reasons, such as "in smart playlists", are the same for
# one row and for several rows.
SINGULAR = {
    "advertisements": "advertisement",
    "automatic playlists": "automatic playlist",
    "banned artists": "banned artist",
    "banned tracks": "banned track",
    "data tracks": "data track",
    "events other than the end of a play": "event other than the end of a play",
    "films and TV episodes": "film or TV episode",
    "followed artists": "followed artist",
    "lines of text": "line of text",
    "other list items": "other list item",
    "other saved entries": "other saved entry",
    "plays of videos and other products": "play of a video or another product",
    "plays without the name of a song": "play without the name of a song",
    "radio stations": "radio station",
    "references to other playlists": "reference to another playlist",
    "rows of sessions": "row of a session",
    "rows of other tables": "row of another table",
    "saved albums": "saved album",
    "saved shows": "saved show",
    "songs from tape": "song from tape",
    "videos": "video",
    "videos that were not played in YouTube Music": "video that was not played in YouTube Music",
}


def counted(number: int, reason: str) -> str:
    """Return a number of rows with the reason why they are left out.

    >>> counted(1, "saved albums"), counted(1200, "saved albums"), counted(1, "in smart playlists")
    ('1 saved album', '1,200 saved albums', '1 in smart playlists')
    """
    return f"{number:,} {SINGULAR.get(reason, reason) if number == 1 else reason}"
