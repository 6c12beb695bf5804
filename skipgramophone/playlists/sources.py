"""Open the sources of playlists: find the files of each path, detect their formats, and choose the readers."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import pyarrow as pa

from skipgramophone.errors import SourceError, UnknownFormatError, storage_errors
from skipgramophone.playlists.columns.charts import are_ranked
from skipgramophone.playlists.columns.guess import ColumnGuess
from skipgramophone.playlists.columns.merged_cells import question_on_assigned_columns
from skipgramophone.playlists.columns.quantity_doubts import doubt_about_assigned_tracks
from skipgramophone.playlists.detection.date_order import date_order_in
from skipgramophone.playlists.detection.format_detection import HEAD_BYTES, detect_format, first_lines
from skipgramophone.playlists.detection.joined_artists import artists_are_joined
from skipgramophone.playlists.detection.own_exports import OWN_EXPORT, is_own_export
from skipgramophone.playlists.detection.table_head import first_rows
from skipgramophone.playlists.detection.table_preamble import blank_lines_above, lines_above_columns
from skipgramophone.playlists.detection.undecodable_header import has_header, is_binary, undecodable_first_line
from skipgramophone.playlists.readers.aimp import read_aimp
from skipgramophone.playlists.readers.aotm import read_aotm
from skipgramophone.playlists.readers.apple import is_read_with_activity, read_apple_activity, read_apple_daily
from skipgramophone.playlists.readers.asx import read_asx
from skipgramophone.playlists.readers.b4s import read_b4s
from skipgramophone.playlists.readers.columnar import ColumnsReader
from skipgramophone.playlists.readers.cue import read_cue
from skipgramophone.playlists.readers.exportify import read_exportify
from skipgramophone.playlists.readers.google_play import part_of_google_play, read_google_play
from skipgramophone.playlists.readers.histories import link_parts
from skipgramophone.playlists.readers.itunes import read_itunes
from skipgramophone.playlists.readers.jellyfin import read_jellyfin
from skipgramophone.playlists.readers.lastfm import lastfm_blocks, read_lastfm
from skipgramophone.playlists.readers.lastfm_archive import (
    lastfm_archive_blocks,
    read_lastfm_archive,
    repeats_scrobbles,
)
from skipgramophone.playlists.readers.lastfm_json import (
    lastfm_json_blocks,
    lastfmstats_blocks,
    read_lastfm_json,
    read_lastfmstats,
)
from skipgramophone.playlists.readers.lastfm_xml import read_lastfm_xml
from skipgramophone.playlists.readers.listenbrainz import listenbrainz_blocks, part_of_listenbrainz, read_listenbrainz
from skipgramophone.playlists.readers.m3u import read_m3u
from skipgramophone.playlists.readers.markdown import read_markdown
from skipgramophone.playlists.readers.mpd import MpdReader
from skipgramophone.playlists.readers.nested_archives import with_nested_archives
from skipgramophone.playlists.readers.plex import read_plex
from skipgramophone.playlists.readers.pls import read_pls
from skipgramophone.playlists.readers.rekordbox import read_rekordbox
from skipgramophone.playlists.readers.rhythmbox import read_rhythmbox
from skipgramophone.playlists.readers.rows import COLUMNS, Reader, Record, RowBlock, gather_blocks
from skipgramophone.playlists.readers.scrobbler_log import read_scrobbler_log
from skipgramophone.playlists.readers.serato import read_serato
from skipgramophone.playlists.readers.service_tables import read_deezer, read_soundiiz, read_tunemymusic
from skipgramophone.playlists.readers.sessions import read_sessions, session_id_blocks
from skipgramophone.playlists.readers.setlistfm import read_setlistfm
from skipgramophone.playlists.readers.shazam import read_shazam
from skipgramophone.playlists.readers.source_files import OpenFile, SourceFile, files_of
from skipgramophone.playlists.readers.spotify import part_of_spotify, read_spotify, spotify_blocks
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
from skipgramophone.playlists.readers.yes import holds_song_names, read_yes
from skipgramophone.playlists.readers.youtube import (
    read_youtube_history,
    read_youtube_playlist,
    read_youtube_songs,
)
from skipgramophone.playlists.readers.zenodo import ZenodoReader
from skipgramophone.playlists.sample import sample_world
from skipgramophone.playlists.utf8_sources import is_certainly_utf8, utf8_error
from skipgramophone.settings import ALL_ROWS, ExtractSettings, Format
from skipgramophone.settings.setting import require_named
from skipgramophone.wording import COMMAND_LINE, Wording, visible, worded

Identity = tuple[int, int, str | None]
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
class Sources:
    """A reader for each file that is read, and the names of the files that are skipped.

    Attributes:
        readers: one reader per file that is read, in the order of the files.
        passed_over: name of each skipped file, and the reason.
    """

    readers: list[Reader]
    passed_over: list[tuple[str, str]]


def open_sources(
    paths: Sequence[Path], settings: ExtractSettings, received: Callable[[int], None] = lambda _size: None
) -> Sources:
    """Open a reader for each file of the given paths; files in unknown formats are skipped.

    Args:
        paths: files, directories, archives, or `-` for standard input.
        settings: how to read the files.
        received: called with the number of bytes that were received from standard input so far.

    Raises:
        SourceError: a path has no file in a known format or, with `strict`, has a file in an unknown format.
        StorageError: the file system failed.
    """
    readers: list[Reader] = []
    passed_over: list[tuple[str, Wording | str]] = []
    found_in = [with_nested_archives(files_of(path, received)) for path in paths]
    known: dict[Identity, SourceFile] = {}
    files = [file for found in found_in for file in found]
    for part_of in (part_of_spotify, part_of_listenbrainz, part_of_google_play):
        files = link_parts(files, part_of)
    remaining = iter(files)
    for path, found in zip(paths, found_in, strict=True):
        before, skipped = len(readers), len(passed_over)
        for file in islice(remaining, len(found)):
            reason = _reason_to_skip(file) or _reason_if_repeated(file, known)
            try:
                if reason is None:
                    _require_encoding(file, settings, is_alone=len(files) == 1)
                    readers.append(open_reader(file, settings))
            except UnknownFormatError as error:
                if settings.strict or len(found) == 1:
                    raise
                reason = error.reason
            if reason is not None:
                passed_over.append((file.name, reason))
        if len(readers) == before and known.get(_identity(found[0]), found[0]) is not found[0]:
            raise SourceError(f"{path} is given twice, or is part of another source: give each source once")
        if len(readers) == before:
            raise _nothing_read(path, passed_over[skipped:])
    return Sources(readers, [(name, worded(reason, COMMAND_LINE)) for name, reason in passed_over])


def _reason_to_skip(file: SourceFile) -> Wording | str | None:
    """Return the reason why a file is skipped regardless of its format, or None."""
    if file.passed_over:
        return file.passed_over
    if is_own_export(file):
        return OWN_EXPORT
    if is_read_with_activity(file):
        return "names of artists, read together with the play activity in the same directory"
    if repeats_scrobbles(file):
        return "JSON with the same scrobbles as scrobbles.tsv, which is read instead"
    return "song names, read together with the playlists in the same directory" if holds_song_names(file) else None


def _identity(file: SourceFile) -> Identity:
    """Return device, inode and archive member of a file, which are the same for all paths to this file."""
    with storage_errors(file.path, "read"):
        status = file.path.stat()
    return status.st_dev, status.st_ino, file.member


def _reason_if_repeated(file: SourceFile, known: dict[Identity, SourceFile]) -> str | None:
    """Return the reason to skip a file if it is already in `known`; otherwise add it to `known` and return None."""
    first = known.setdefault(_identity(file), file)
    return None if first is file else f"the same file as {first.display_name}, which is read once"


def _nothing_read(path: Path, passed_over: Sequence[tuple[str, Wording | str]]) -> SourceError:
    """Return the error for a path of which all files are skipped; it names the first with its reason."""
    name, reason = passed_over[0]
    more = f", and {len(passed_over) - 1:,} more" if len(passed_over) > 1 else ""
    return SourceError.naming(
        lambda named: f"{path} has no file in a format that sgp knows; {visible(name)}: {worded(reason, named)}{more}"
    )


def open_reader(file: SourceFile, settings: ExtractSettings) -> Reader:
    """Return the reader for a file; the format is taken from the settings or else detected from the first bytes.

    Raises:
        SettingError: the settings have a minimum rating, but the format has no ratings.
        SourceError: the header of a table cannot be decoded.
        UnknownFormatError: sgp does not know the format.
    """
    with file.open(settings.encoding) as stream:
        head = stream.read(HEAD_BYTES)
    if not head:
        raise UnknownFormatError(file.display_name, "empty")
    rated = settings.min_rating is not None
    undecodable = undecodable_first_line(head, settings)
    try:
        format = "columns" if settings.columns else settings.format or detect_format(file, head, rated)
    except UnknownFormatError as error:
        if undecodable and not is_binary(head):
            raise UnknownFormatError(file.display_name, undecodable) from error
        raise
    if undecodable and has_header(format, settings):
        raise SourceError.naming(lambda named: f"{file.display_name} is {undecodable(named)}")
    if settings.columns:
        by_number = all(name.isdecimal() for name in settings.roles.values())
        lines = first_lines(head)
        above = blank_lines_above(lines) if by_number else lines_above_columns(lines, settings.roles.values())
        return _table_reader(ColumnsReader(file, settings), head, above)
    if isinstance(format, ColumnGuess):
        return _table_reader(_guessing_reader(file, settings, format), head, format.above)
    need, found = require_named, f"but {file.display_name} has the format {format}"
    need(not rated, lambda named: f"{named('min_rating')} needs a table with ratings, {found}")
    need(
        not settings.period or format in DATED,
        lambda named: (
            f"{named('since')} and {named('until')} need a source with times, {found}: "
            "leave them out, or leave out this source"
        ),
    )
    if format == "zenodo":
        return ZenodoReader(file, settings)
    if format == "mpd":
        return MpdReader(file, settings)
    return RecordReader(file, settings, format)


def _require_encoding(file: SourceFile, settings: ExtractSettings, is_alone: bool) -> None:
    """Refuse a file in UTF-8 that sgp can read, if the settings have another encoding.

    If the file is the only source, it is refused only if it begins with a byte order mark. Otherwise, the user may want
    to read it in the encoding of the settings.

    Raises:
        SourceError: the file is UTF-8.
    """
    if codecs.lookup(settings.encoding).name in ("utf-8", "utf-8-sig"):
        return
    if not is_certainly_utf8(file, bare=not is_alone):
        return
    with suppress(UnknownFormatError):
        open_reader(file, replace(settings, encoding="utf-8"))
        raise utf8_error(file, settings.encoding, is_alone)


def _table_reader(reader: ColumnsReader, head: bytes, above: int) -> ColumnsReader:
    """Return the reader of a table, after setting what its first rows show.

    They show the order of day and month, whether artists are joined, and whether rows are in the order of their ranks.
    They also show whether assigned columns have merged cells.

    Args:
        reader: the reader.
        head: the first bytes of the table.
        above: number of lines above the header.

    Raises:
        SourceError: the table is Parquet, and it is damaged.
        UnknownFormatError: an assigned column has merged cells.
    """
    rows, roles = first_rows(reader.file, head, first_lines(head)[above:]) or [[]], reader.settings.roles
    if reader.unused is None and (problem := question_on_assigned_columns(rows, roles)):
        raise UnknownFormatError(reader.file.display_name, problem)
    return replace(
        reader,
        date_order=date_order_in(rows, roles),
        joins_artists=artists_are_joined(rows, roles),
        is_ranked=are_ranked(rows, roles),
        above=above,
        doubt=doubt_about_assigned_tracks(rows, roles) if reader.unused is None else None,
    )


def _guessing_reader(file: SourceFile, settings: ExtractSettings, guess: ColumnGuess) -> ColumnsReader:
    """Return the reader for a table whose columns are guessed from its header."""
    require_named(
        not settings.period or "time" in guess.roles,
        lambda named: (
            f"{named('since')} and {named('until')} need a column with times, but {file.display_name} has none"
        ),
    )
    by_owner = "time" in guess.roles and not guess.is_history and settings.session_gap == ExtractSettings().session_gap
    gap = "none" if by_owner else settings.session_gap
    chosen = replace(settings, columns=guess.text, session_gap=gap)
    return ColumnsReader(file, chosen, guess.unused)


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


@dataclass(frozen=True, slots=True)
class SampleReader:
    """Reads the built-in sample, which is generated in memory."""

    num_rows: int = ALL_ROWS
    file: None = None
    format: str = "sample"

    def blocks(self) -> Iterator[RowBlock]:
        """Yield the rows of the sample in one block."""
        world = sample_world()
        rows = [
            (playlist.owner, playlist.name, None, track.artist, track.title, track.uri)
            for playlist in world.playlists
            for track in (world.tracks[number] for number in playlist.tracks)
        ]
        if self.num_rows != ALL_ROWS:
            rows = rows[: self.num_rows]
        columns = zip(*rows, strict=True)
        yield RowBlock(pa.table({n: pa.array(c, pa.large_string()) for n, c in zip(COLUMNS, columns, strict=True)}))
