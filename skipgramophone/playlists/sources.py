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
from skipgramophone.playlists.columns.returned_items import doubt_about_returns
from skipgramophone.playlists.detection.date_order import date_order_in
from skipgramophone.playlists.detection.format_detection import HEAD_BYTES, detect_format, first_lines
from skipgramophone.playlists.detection.joined_artists import artists_are_joined
from skipgramophone.playlists.detection.own_exports import OWN_EXPORT, is_own_export
from skipgramophone.playlists.detection.table_head import first_rows
from skipgramophone.playlists.detection.table_preamble import blank_lines_above, lines_above_columns
from skipgramophone.playlists.detection.undecodable_header import has_header, is_binary, undecodable_first_line
from skipgramophone.playlists.format_readers import DATED, RecordReader
from skipgramophone.playlists.readers.apple import is_read_with_activity
from skipgramophone.playlists.readers.columnar import ColumnsReader
from skipgramophone.playlists.readers.google_play import part_of_google_play
from skipgramophone.playlists.readers.histories import link_parts
from skipgramophone.playlists.readers.lastfm_archive import repeats_scrobbles
from skipgramophone.playlists.readers.listenbrainz import part_of_listenbrainz
from skipgramophone.playlists.readers.mpd import MpdReader
from skipgramophone.playlists.readers.nested_archives import with_nested_archives
from skipgramophone.playlists.readers.rows import COLUMNS, Reader, RowBlock
from skipgramophone.playlists.readers.source_files import SourceFile, files_of
from skipgramophone.playlists.readers.spotify import part_of_spotify
from skipgramophone.playlists.readers.yes import holds_song_names
from skipgramophone.playlists.readers.zenodo import ZenodoReader
from skipgramophone.playlists.sample import sample_world
from skipgramophone.playlists.utf8_sources import is_certainly_utf8, utf8_error
from skipgramophone.settings import ALL_ROWS, ExtractSettings, Format
from skipgramophone.settings.setting import require_named
from skipgramophone.wording import COMMAND_LINE, Wording, visible, worded

Identity = tuple[int, int, str | None]


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
        SettingError: the settings have a minimum rating or a period, but the format has no ratings or times.
        SourceError: the header of a table cannot be decoded.
        UnknownFormatError: sgp does not know the format.
    """
    with file.open(settings.encoding) as stream:
        head = stream.read(HEAD_BYTES)
    if not head:
        raise UnknownFormatError(file.display_name, "empty")
    format = _format_of(file, head, settings)
    if settings.columns:
        by_number = all(name.isdecimal() for name in settings.roles.values())
        lines = first_lines(head)
        above = blank_lines_above(lines) if by_number else lines_above_columns(lines, settings.roles.values())
        return _table_reader(ColumnsReader(file, settings), head, above)
    if isinstance(format, ColumnGuess):
        return _table_reader(_guessing_reader(file, settings, format), head, format.above)
    _require_suited(file, format, settings)
    if format == "zenodo":
        return ZenodoReader(file, settings)
    if format == "mpd":
        return MpdReader(file, settings)
    return RecordReader(file, settings, format)


def _format_of(file: SourceFile, head: bytes, settings: ExtractSettings) -> Format | ColumnGuess:
    """Return the format of a file that begins with `head`, or its columns if they are guessed; see `open_reader`."""
    undecodable = undecodable_first_line(head, settings)
    try:
        rated = settings.min_rating is not None
        format = "columns" if settings.columns else settings.format or detect_format(file, head, rated)
    except UnknownFormatError as error:
        if undecodable and not is_binary(head):
            raise UnknownFormatError(file.display_name, undecodable) from error
        raise
    if undecodable and has_header(format, settings):
        raise SourceError.naming(lambda named: f"{file.display_name} is {undecodable(named)}")
    return format


def _require_suited(file: SourceFile, format: Format, settings: ExtractSettings) -> None:
    """Refuse settings that a format without ratings, or without times, does not support.

    Raises:
        SettingError: the settings have a minimum rating, or a period but the format has no times.
    """
    found = f"but {file.display_name} has the format {format}"
    require_named(
        settings.min_rating is None, lambda named: f"{named('min_rating')} needs a table with ratings, {found}"
    )
    require_named(
        not settings.period or format in DATED,
        lambda named: (
            f"{named('since')} and {named('until')} need a source with times, {found}: "
            "leave them out, or leave out this source"
        ),
    )


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
    They also show whether assigned columns have merged cells or no tracks, and whether there are returned items.

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
    about_tracks = doubt_about_assigned_tracks(rows, roles) if reader.unused is None else None
    return replace(
        reader,
        date_order=date_order_in(rows, roles),
        joins_artists=artists_are_joined(rows, roles),
        is_ranked=are_ranked(rows, roles),
        above=above,
        doubts=[doubt for doubt in (about_tracks, doubt_about_returns(rows, reader.settings)) if doubt],
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
