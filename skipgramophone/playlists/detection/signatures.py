"""Recognize formats by their signatures: the root element of XML, the shape of JSON, or fixed first lines.

A signature matches only files that cannot be in another format.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from skipgramophone.errors import UnknownFormatError
from skipgramophone.playlists.detection.json_start import first_json_value
from skipgramophone.playlists.line_ends import split_lines
from skipgramophone.playlists.readers import service_tables, youtube
from skipgramophone.playlists.readers.aimp import is_aimp
from skipgramophone.playlists.readers.aotm import is_aotm
from skipgramophone.playlists.readers.apple import is_apple_activity, is_apple_daily
from skipgramophone.playlists.readers.cue import is_cue
from skipgramophone.playlists.readers.google_play import is_google_play
from skipgramophone.playlists.readers.lastfm_archive import is_lastfm_archive
from skipgramophone.playlists.readers.lastfm_json import is_lastfm_json, is_lastfmstats
from skipgramophone.playlists.readers.listenbrainz import is_array_of_listens
from skipgramophone.playlists.readers.markdown import is_markdown
from skipgramophone.playlists.readers.plex import is_plex
from skipgramophone.playlists.readers.pls import is_pls
from skipgramophone.playlists.readers.scrobbler_log import is_scrobbler_log
from skipgramophone.playlists.readers.serato import is_serato
from skipgramophone.playlists.readers.setlistfm import is_setlistfm
from skipgramophone.playlists.readers.shazam import is_shazam
from skipgramophone.playlists.readers.source_files import SourceFile
from skipgramophone.playlists.readers.spotify_api import is_spotify_api, is_spotify_backup
from skipgramophone.playlists.readers.spotify_library import is_spotify_library
from skipgramophone.playlists.readers.tab_text import is_tab_text
from skipgramophone.playlists.readers.tidal import is_tidal
from skipgramophone.playlists.readers.uris import are_uris
from skipgramophone.playlists.readers.xml_documents import XmlError, root_of
from skipgramophone.playlists.readers.xspf import is_jspf
from skipgramophone.settings import Format

# Root element -> format, and text that must occur near the start of the file.
ROOTS: dict[str, tuple[Format, bytes]] = {
    "playlist": ("xspf", b"trackList"),
    "plist": ("itunes", b"<key>Tracks</key>"),
    "DJ_PLAYLISTS": ("rekordbox", b""),
    "NML": ("traktor", b""),
    "smil": ("wpl", b"<media"),
    "rhythmdb-playlists": ("rhythmbox", b""),
    "Item": ("jellyfin", b"<PlaylistItems"),
    "subsonic-response": ("subsonic", b"<entry"),
    "MediaContainer": ("plex", b"<Track"),
    "lfm": ("lastfm-xml", b"<recenttracks"),
    "recenttracks": ("lastfm-xml", b""),
    "VirtualFolder": ("virtualdj", b"<song"),
}
# Root elements that may be written in any case: name in lower case -> format.
ROOTS_IN_ANY_CASE: dict[str, Format] = {"asx": "asx", "winampxml": "b4s"}
# Root elements of XML without playlists -> description.
ROOTS_WITHOUT_PLAYLISTS = {
    "rhythmdb": "the tracks of Rhythmbox, which are read together with playlists.xml in the same directory",
    "subsonic-response": "an answer of a Subsonic server without tracks: save the answer of getPlaylist instead",
    "MediaContainer": "an answer of a Plex server without tracks: save the items of a playlist instead",
    "VirtualFolder": "a folder of VirtualDJ without songs",
    "FilterFolder": "a filter folder of VirtualDJ, which contains no songs: save its songs as a playlist in VirtualDJ",
    "VirtualDJ_Database": "the tracks of VirtualDJ, without its playlists: use the files of its folders MyLists, "
    "Playlists and History instead",
    "Workbook": "a workbook of Excel (XML): save the sheet as CSV (UTF-8) and read that",
    "lfm": "an answer of Last.fm without scrobbles: save the answer of user.getRecentTracks instead",
}
SHAPES: tuple[tuple[Format, Callable[[Any], bool]], ...] = (
    ("jspf", is_jspf),
    ("youtube-history", youtube.is_history),
    ("spotify-library", is_spotify_library),
    ("spotify-api", is_spotify_api),
    ("aotm", is_aotm),
    ("listenbrainz", is_array_of_listens),
    ("lastfm-json", is_lastfm_json),
    ("setlistfm", is_setlistfm),
    ("plex", is_plex),
)
LINES: tuple[tuple[Format, Callable[[Sequence[str]], bool]], ...] = (
    ("pls", is_pls),
    ("youtube-songs", youtube.is_songs),
    ("youtube-playlist", youtube.is_playlist),
    ("spotify-backup", is_spotify_backup),
    ("uris", are_uris),
    ("lastfmstats", is_lastfmstats),
    ("shazam", is_shazam),
    ("tunemymusic", service_tables.is_tunemymusic),
    ("soundiiz", service_tables.is_soundiiz),
    ("deezer", service_tables.is_deezer),
    ("apple-activity", is_apple_activity),
    ("apple-daily", is_apple_daily),
    ("lastfm-archive", is_lastfm_archive),
    ("tidal", is_tidal),
    ("google-play", is_google_play),
    ("scrobbler-log", is_scrobbler_log),
    ("serato", is_serato),
    ("aimp", is_aimp),
    ("cue", is_cue),
    ("markdown", is_markdown),
)
HTML = re.compile(rb"<(?:!doctype html|html|head|body|table|div|ul|ol|meta)(?=[\s>])", re.IGNORECASE)
# Files that belong to an export but contain no tracks: start of the first line -> description.
WITHOUT_TRACKS = {
    "Playlist ID,Add new videos to top,": "a list of the names of playlists, without their tracks",
    "Title,Owner,Description,Shared,Deleted": "the description of a playlist of Google Play Music, without its tracks",
}
HEARD = "that you listened to (history of Spotify), without tracks"
# Files with a list of objects that are not tracks: fields of each object -> description.
OBJECTS_WITHOUT_TRACKS = {
    ("Content Type", "Track Identifier", "Sort Name"): "the library of Apple Music, without its playlists",
    ("artistName", "segment"): "the artists that you listen to (Marquee.json of Spotify), without their tracks",
    ("endTime", "podcastName", "msPlayed"): f"the podcasts {HEARD}",
    (
        "endTime",
        "audiobookName",
        "msPlayed",
    ): f"the audiobooks {HEARD}",
    ("searchTime", "searchQuery"): "the searches of an account of Spotify, without tracks",
}


def format_by_signature(file: SourceFile, head: bytes) -> Format | None:
    """Return the format of a file that begins with the bytes `head`, or None if no signature matches.

    Raises:
        UnknownFormatError: the file is HTML, XML that sgp does not read, or a file of an export without playlists.
    """
    if is_tab_text(head):
        return "tab-text"
    if HTML.match(head[:200].lstrip()):
        raise UnknownFormatError(
            file.display_name,
            "an HTML page: save its tables as CSV, for example with a spreadsheet; export listening histories as JSON",
        )
    try:
        root = root_of(head)
    except XmlError as fault:
        raise UnknownFormatError(file.display_name, f"XML that sgp does not read: {fault}") from fault
    if root is not None:
        format, mark = ROOTS.get(root, (None, b""))
        if format and mark in head:
            return format
        if root.lower() in ROOTS_IN_ANY_CASE:
            return ROOTS_IN_ANY_CASE[root.lower()]
        if root in ROOTS_WITHOUT_PLAYLISTS:
            raise UnknownFormatError(file.display_name, ROOTS_WITHOUT_PLAYLISTS[root])
        what = f"XML in a format that sgp does not know (root element: {root!r}): convert it to CSV or M3U first"
        raise UnknownFormatError(file.display_name, what)
    value = first_json_value(head)
    first = value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else {}
    for fields, what in OBJECTS_WITHOUT_TRACKS.items():
        if first.keys() >= set(fields):
            raise UnknownFormatError(file.display_name, what)
    if value is not None:
        return next((format for format, claims in SHAPES if claims(value)), None)
    lines = split_lines(head.decode("utf-8", "replace")) or [""]
    for start, what in WITHOUT_TRACKS.items():
        if lines[0].startswith(start):
            raise UnknownFormatError(file.display_name, what)
    if file.name.lower().endswith((".m3u", ".m3u8")):
        return None  # an M3U file without a header may look like a list of uris
    return next((format for format, claims in LINES if claims(lines)), None)
