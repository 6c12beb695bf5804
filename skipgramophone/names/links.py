"""Parse links to tracks of music services, and list the uris that a catalogue may use for these tracks.

    https://open.spotify.com/intl-de/track/ID?si=…     spotify:track:ID
    https://music.apple.com/us/album/name/1?i=ID       https://music.apple.com/us/song/name/ID
    https://music.youtube.com/watch?v=ID&list=…        https://youtu.be/ID

Links are only parsed; nothing is downloaded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

WEB = re.compile(r"https?://", re.IGNORECASE)
SPOTIFY = re.compile(
    r"(?:(?:https?://)?open\.spotify\.com/(?:intl-[a-z-]+/)?(?:embed/)?|spotify:)([a-z]+)[/:]([A-Za-z0-9]+)(?:[/?#].*)?"
)
APPLE = re.compile(
    r"(?:https?://)?(?:geo\.)?(?:music|itunes|embed\.music)\.apple\.com/"
    r"(?:[^?#]*\?(?:[^#]*&)?i=([0-9]+)(?:[&#].*)?|(?:[a-z]{2}/)?song/(?:[^/?#]+/)?(?:id)?([0-9]+)(?:[?#].*)?)"
)
YOUTUBE = re.compile(
    r"(?:https?://)?(?:(?:www\.|m\.|music\.)?youtube(?:-nocookie)?\.com/"
    r"(?:watch\?(?:[^#]*&)?v=|shorts/|embed/|live/)|youtu\.be/)([A-Za-z0-9_-]{11})(?:[/?&#].*)?"
)


@dataclass(frozen=True, slots=True)
class Link:
    """A link to a track or another page of a music service.

    Attributes:
        service: name of the service.
        kind: "track", or another kind of page, such as "album" or "playlist".
        id: id of the track or page at the service.
        uris: the uris that a catalogue may use for the track; empty for other pages.
    """

    service: str
    kind: str
    id: str
    uris: tuple[str, ...] = ()


def read_link(text: str) -> Link | None:
    """Parse a link to a music service; return None if the string is not a link to a known service.

    >>> read_link("https://open.spotify.com/intl-de/track/5BX?si=1").uris
    ('spotify:track:5BX', 'https://open.spotify.com/track/5BX', '5BX')
    """
    text = text.strip()
    if found := SPOTIFY.fullmatch(text):
        kind, key = found.groups()
        uris = (f"spotify:track:{key}", f"https://open.spotify.com/track/{key}", key) if kind == "track" else ()
        return Link("Spotify", kind, key, uris)
    if found := APPLE.fullmatch(text):
        key = found[1] or found[2]
        return Link("Apple Music", "track", key, (key, f"apple:track:{key}", f"apple_music:track:{key}"))
    if found := YOUTUBE.fullmatch(text):
        key = found[1]
        places = ("www.youtube.com/watch?v=", "music.youtube.com/watch?v=", "youtu.be/")
        links = tuple(f"https://{place}{key}" for place in places)
        return Link("YouTube", "track", key, (key, *links, f"youtube:{key}", f"youtube:video:{key}"))
    return None


def is_web_address(text: str) -> bool:
    """Whether a string begins with http:// or https://, ignoring case and leading spaces."""
    return WEB.match(text.strip()) is not None
