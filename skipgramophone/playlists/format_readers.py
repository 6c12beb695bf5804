"""The reader of each format that is read record by record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from skipgramophone.playlists.readers.aimp import read_aimp
from skipgramophone.playlists.readers.aotm import read_aotm
from skipgramophone.playlists.readers.apple import read_apple_activity, read_apple_daily
from skipgramophone.playlists.readers.asx import read_asx
from skipgramophone.playlists.readers.b4s import read_b4s
from skipgramophone.playlists.readers.cue import read_cue
from skipgramophone.playlists.readers.exportify import read_exportify
from skipgramophone.playlists.readers.google_play import read_google_play
from skipgramophone.playlists.readers.itunes import read_itunes
from skipgramophone.playlists.readers.jellyfin import read_jellyfin
from skipgramophone.playlists.readers.lastfm import lastfm_blocks, read_lastfm
from skipgramophone.playlists.readers.lastfm_archive import lastfm_archive_blocks, read_lastfm_archive
from skipgramophone.playlists.readers.lastfm_json import (
    lastfm_json_blocks,
    lastfmstats_blocks,
    read_lastfm_json,
    read_lastfmstats,
)
from skipgramophone.playlists.readers.lastfm_xml import read_lastfm_xml
from skipgramophone.playlists.readers.listenbrainz import listenbrainz_blocks, read_listenbrainz
from skipgramophone.playlists.readers.m3u import read_m3u
from skipgramophone.playlists.readers.markdown import read_markdown
from skipgramophone.playlists.readers.plex import read_plex
from skipgramophone.playlists.readers.pls import read_pls
from skipgramophone.playlists.readers.rekordbox import read_rekordbox
from skipgramophone.playlists.readers.rhythmbox import read_rhythmbox
from skipgramophone.playlists.readers.rows import Record, RowBlock, gather_blocks
from skipgramophone.playlists.readers.scrobbler_log import read_scrobbler_log
from skipgramophone.playlists.readers.serato import read_serato
from skipgramophone.playlists.readers.service_tables import read_deezer, read_soundiiz, read_tunemymusic
from skipgramophone.playlists.readers.sessions import read_sessions, session_id_blocks
from skipgramophone.playlists.readers.setlistfm import read_setlistfm
from skipgramophone.playlists.readers.shazam import read_shazam
from skipgramophone.playlists.readers.source_files import OpenFile, SourceFile
from skipgramophone.playlists.readers.spotify import read_spotify, spotify_blocks
from skipgramophone.playlists.readers.spotify_api import read_spotify_api, read_spotify_backup
from skipgramophone.playlists.readers.spotify_library import read_spotify_library
from skipgramophone.playlists.readers.subsonic import read_subsonic
from skipgramophone.playlists.readers.tab_text import read_tab_text
from skipgramophone.playlists.readers.tidal import read_tidal
from skipgramophone.playlists.readers.titles import read_titles
from skipgramophone.playlists.readers.traktor import read_traktor
from skipgramophone.playlists.readers.uris import read_uris
from skipgramophone.playlists.readers.virtualdj import read_virtualdj
from skipgramophone.playlists.readers.wpl import read_wpl
from skipgramophone.playlists.readers.xspf import read_jspf, read_xspf
from skipgramophone.playlists.readers.yes import read_yes
from skipgramophone.playlists.readers.youtube import read_youtube_history, read_youtube_playlist, read_youtube_songs
from skipgramophone.settings import ExtractSettings, Format

RecordFunction = Callable[[OpenFile, ExtractSettings], Iterator[Record]]
RECORDS: dict[Format, RecordFunction] = {
    "exportify": read_exportify,
    "spotify": read_spotify,
    "lastfm": read_lastfm,
    "listenbrainz": read_listenbrainz,
    "m3u": read_m3u,
    "titles": read_titles,
    "yes": read_yes,
    "sessions": read_sessions,
    "xspf": read_xspf,
    "jspf": read_jspf,
    "itunes": read_itunes,
    "pls": read_pls,
    "rekordbox": read_rekordbox,
    "youtube-songs": read_youtube_songs,
    "youtube-playlist": read_youtube_playlist,
    "youtube-history": read_youtube_history,
    "spotify-library": read_spotify_library,
    "spotify-api": read_spotify_api,
    "spotify-backup": read_spotify_backup,
    "aotm": read_aotm,
    "uris": read_uris,
    "tunemymusic": read_tunemymusic,
    "soundiiz": read_soundiiz,
    "deezer": read_deezer,
    "lastfm-json": read_lastfm_json,
    "lastfmstats": read_lastfmstats,
    "shazam": read_shazam,
    "tab-text": read_tab_text,
    "traktor": read_traktor,
    "apple-activity": read_apple_activity,
    "apple-daily": read_apple_daily,
    "lastfm-archive": read_lastfm_archive,
    "tidal": read_tidal,
    "wpl": read_wpl,
    "google-play": read_google_play,
    "scrobbler-log": read_scrobbler_log,
    "rhythmbox": read_rhythmbox,
    "jellyfin": read_jellyfin,
    "asx": read_asx,
    "b4s": read_b4s,
    "cue": read_cue,
    "markdown": read_markdown,
    "setlistfm": read_setlistfm,
    "subsonic": read_subsonic,
    "plex": read_plex,
    "lastfm-xml": read_lastfm_xml,
    "serato": read_serato,
    "aimp": read_aimp,
    "virtualdj": read_virtualdj,
}
# Formats with the time at which a track was played or added to a playlist. The format "columns" is not listed, because
# not every table has a column with times.
DATED: tuple[Format, ...] = (
    "spotify", "lastfm", "lastfm-json", "lastfmstats", "listenbrainz", "deezer", "youtube-history", "exportify",
    "spotify-api", "apple-activity", "apple-daily", "lastfm-archive",
    "tidal", "scrobbler-log", "lastfm-xml",
)  # fmt: skip
# Faster readers for some of these formats; they return the same rows in blocks.
BLOCKS: dict[Format, Callable[[OpenFile, ExtractSettings], Iterator[RowBlock]]] = {
    "spotify": spotify_blocks,
    "lastfm": lastfm_blocks,
    "lastfm-archive": lastfm_archive_blocks,
    "lastfm-json": lastfm_json_blocks,
    "lastfmstats": lastfmstats_blocks,
    "listenbrainz": listenbrainz_blocks,
    "sessions": session_id_blocks,
}


@dataclass(frozen=True, slots=True)
class RecordReader:
    """Reads a file record by record, or with the faster reader if its format is in `BLOCKS`."""

    file: SourceFile
    settings: ExtractSettings
    format: Format

    def blocks(self) -> Iterator[RowBlock]:
        """Yield the rows in order."""
        with self.file.open(self.settings.encoding, self.settings.bad_bytes == "replace") as stream:
            if self.format in BLOCKS:
                yield from BLOCKS[self.format](stream, self.settings)
            else:
                yield from gather_blocks(RECORDS[self.format](stream, self.settings), stream, self.settings)
