"""Convert links and identifiers of tracks to one form per service, so that files of different tools have the same uris.

https://open.spotify.com/intl-de/track/4uLU6hMCjMI75M1A2tKUQC?si=x    spotify:track:4uLU6hMCjMI75M1A2tKUQC
https://youtu.be/dQw4w9WgXcQ                                          https://music.youtube.com/watch?v=dQw4w9WgXcQ
http://musicbrainz.org/recording/11111111-1111-4111-8111-111111111111    https://musicbrainz.org/recording/...
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import parse_qs, urlsplit

from skipgramophone.names.identifiers import RECORDING, RECORDING_URI, joined, prefix_of, read_identifier

YOUTUBE = "https://music.youtube.com/watch?v="
EPISODE_URI = "spotify:episode:"
VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{11}")
SPOTIFY_URI = re.compile(r"spotify:(track|episode):\w+")
SPOTIFY_LINK = re.compile(r"/(?:intl-[a-z-]+/)?(?:embed/)?(track|episode)/(\w+)/?")
# Host -> pattern of the paths of tracks. The query string of such a link is dropped, because it only records where the
# link was shared.
TRACK_PATHS = {
    "www.deezer.com": re.compile(r"/(?:[a-z]{2}/)?(track/\d+)/?"),
    "deezer.com": re.compile(r"/(?:[a-z]{2}/)?(track/\d+)/?"),
    "tidal.com": re.compile(r"/(?:browse/)?(track/\d+)(?:/u)?/?"),
    "listen.tidal.com": re.compile(r"/(?:browse/)?(track/\d+)(?:/u)?/?"),
    "soundcloud.com": re.compile(r"/([\w-]+/[\w-]+)/?"),
}
CANONICAL_HOSTS = {"deezer.com": "www.deezer.com", "listen.tidal.com": "tidal.com"}


def service_uri(text: str) -> str | None:
    """Return the uri of the track that a link, uri or identifier of a service refers to; None for other strings.

    >>> service_uri("https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC?si=1"), service_uri("music/a.ogg")
    ('spotify:track:4uLU6hMCjMI75M1A2tKUQC', None)
    """
    text = text.strip()
    if SPOTIFY_URI.fullmatch(text):
        return text
    if found := RECORDING.fullmatch(text):
        return f"{RECORDING_URI}{found[1].lower()}"
    if ":" not in text:  # no link, so the slow parsing can be skipped
        return None
    try:
        link = urlsplit(text)
        host, query = (link.hostname or "").lower(), parse_qs(link.query)
    except ValueError:
        return None
    if link.scheme not in ("http", "https"):
        return None
    if host == "open.spotify.com":
        named = SPOTIFY_LINK.fullmatch(link.path)
        return f"spotify:{named[1]}:{named[2]}" if named else None
    if video := _video_of(host, link.path, query):
        return YOUTUBE + video
    if host == "music.apple.com" and query.get("i"):
        return f"https://music.apple.com/song/{query['i'][0]}"
    named = TRACK_PATHS[host].fullmatch(link.path) if host in TRACK_PATHS else None
    return f"https://{CANONICAL_HOSTS.get(host, host)}/{named[1]}" if named else None


def identifiers_in(texts: Iterable[str], uri: str | None) -> str | None:
    """Join those strings that are identifiers or other uris of services; `uri` is the main uri of the track.

    >>> identifiers_in(["urn:isrc:USUM71703861", "a.ogg", "https://youtu.be/dQw4w9WgXcQ"], None)
    'urn:isrc:USUM71703861\\nhttps://music.youtube.com/watch?v=dQw4w9WgXcQ'
    """
    return joined(text.strip() if _is_identifier(text) else _other_uri(text, uri) for text in texts)


def _other_uri(text: str, uri: str | None) -> str:
    """Return the uri to which a string refers; "" if it refers to none, or to `uri`, the main uri of the track."""
    found = service_uri(text)
    return "" if found is None or found == uri else found


def _is_identifier(text: str) -> bool:
    """Whether a string has the prefix of an identifier, or is a link to a recording; a UUID alone is not enough."""
    return prefix_of(text) is not None or (":" in text and read_identifier(text) is not None)


def _video_of(host: str, path: str, query: dict[str, list[str]]) -> str | None:
    """Return the id of the YouTube video that a link leads to, or None for other links."""
    if host == "youtu.be":
        video = path.strip("/")
    elif host in ("youtube.com", "www.youtube.com", "m.youtube.com", "music.youtube.com") and path == "/watch":
        video = query.get("v", [""])[0]
    else:
        return None
    return video if VIDEO_ID.fullmatch(video) else None
