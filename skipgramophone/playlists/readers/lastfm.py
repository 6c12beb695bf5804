"""Read scrobbles of Last.fm, in the CSV layouts of three export tools.

    Biome,UNITY,Unity,20 Nov 2020 09:35                            artist, album, title, time; no header
    ,artist,album,track,timestamp,datetime
    uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid

A track that was playing during the export has no time and is rejected.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.experiment.arrow_types import TEXT
from skipgramophone.names.identifiers import joined, labelled
from skipgramophone.playlists.readers.albums import album_of
from skipgramophone.playlists.readers.columns import ColumnLayout
from skipgramophone.playlists.readers.histories import (
    EARLIEST,
    LATEST,
    NO_TIME,
    Play,
    PlayRecord,
    seconds_since_1970,
    split_into_sessions,
)
from skipgramophone.playlists.readers.lines import (
    Line,
    RawLines,
    is_text,
)
from skipgramophone.playlists.readers.named_months import MONTHS
from skipgramophone.playlists.readers.ordering import seconds_of_all
from skipgramophone.playlists.readers.plain import PlainFields, are_plain
from skipgramophone.playlists.readers.rows import ALBUM, Record, RowBlock
from skipgramophone.playlists.readers.scrobble_tables import ScrobbleTable, scrobble_blocks
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.tables import (
    REPEATED,
    FieldsRecord,
    delimiter_of,
    fields_in,
    fields_of,
    read_fields,
    repeats_header,
    wrong_width,
)
from skipgramophone.settings import ExtractSettings

HEADERS = (
    ("", "artist", "album", "track", "timestamp", "datetime"),
    ("uts", "utc_time", "artist", "artist_mbid", "album", "album_mbid", "track", "track_mbid"),
)
HEADERLESS = ("artist", "album", "track", "date")
MBID = "track_mbid"  # a MusicBrainz recording id, or in old scrobbles a track id
TIMES = {"timestamp", "uts", "date"}
USUAL_DATE = r"^[0-9]{1,2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [12][0-9]{3} [0-9]{2}:[0-9]{2}$"


def is_lastfm(lines: Sequence[str]) -> bool:
    """Whether the first lines of a file have one of the three layouts.

    A file without a header is recognized only if its dates have the form that Last.fm uses, because times in other
    forms also occur in other tables.
    """
    rows = [fields_of(line) for line in lines[:20]]
    if tuple(rows[0]) in HEADERS:
        return True
    dated = [len(row) == len(HEADERLESS) and (not row[3] or _seconds_of_date(row[3]) is not None) for row in rows]
    return all(dated) and any(row[3] for row in rows)


def read_lastfm(stream: OpenFile, settings: ExtractSettings) -> Iterator[Record]:
    """Yield the scrobbles of a file, split into sessions."""
    return split_into_sessions(_plays(stream), stream, settings)


def lastfm_blocks(stream: OpenFile, settings: ExtractSettings) -> Iterator[RowBlock]:
    """Yield the rows of `read_lastfm` in blocks; as long as all lines are `plain`, whole columns are converted."""

    def records_of(lines: Iterator[Line], table: ScrobbleTable | None) -> Iterator[PlayRecord]:
        fields = fields_in(lines, stream.file.display_name, table.plain.delimiter if table else None)
        return _records(fields, tuple(table.header) if table else ())

    return scrobble_blocks(stream, settings, _table_of, records_of)


def _table_of(head: RawLines) -> ScrobbleTable | None:
    """Return how to read lines with the layout of the first line, or None if that line is not `plain`."""
    line = head.split_at(1)[0].data.removesuffix(b"\n").removesuffix(b"\r")
    if not is_text(line):
        return None
    text = line.decode()
    delimiter = delimiter_of(text)
    header = tuple(fields_of(text, delimiter))
    columns = header if header in HEADERS else HEADERLESS
    if not are_plain(pa.array([text], TEXT), delimiter) or len(header) < 2:
        return None
    time = next(name for name in TIMES if name in columns)
    roles = [("artist", "artist"), ("title", "track"), ("time", time), (ALBUM, ALBUM)]
    roles += [("mbid", MBID)] if MBID in columns else []
    places = {role: columns.index(name) for role, name in roles}
    plain = PlainFields(ColumnLayout(places, columns, columns != HEADERLESS), delimiter)
    return ScrobbleTable(plain, columns, seconds=_seconds, seconds_of_all=_seconds_of_all)


def _plays(stream: OpenFile) -> Iterator[PlayRecord]:
    """Yield the scrobbles in the order of the file."""
    return _records(read_fields(stream))


def _records(records: Iterable[FieldsRecord], columns: tuple[str, ...] = ()) -> Iterator[PlayRecord]:
    """Yield scrobbles; without `columns`, the first record determines the columns."""
    for number, line, fields in records:
        if not columns and not isinstance(fields, str):
            columns = tuple(fields) if tuple(fields) in HEADERS else HEADERLESS
            if columns != HEADERLESS:
                continue
        if isinstance(fields, str) or len(fields) != len(columns):
            yield number, line, fields if isinstance(fields, str) else wrong_width(fields, len(columns))
            continue
        if columns != HEADERLESS and repeats_header(fields, columns):
            yield number, line, REPEATED
            continue
        named = dict(zip(columns, fields, strict=True))
        time = _seconds(next(named[name] for name in TIMES if name in named))
        if time is None:
            yield number, line, NO_TIME
        else:
            play = Play("", named["artist"], named["track"], None, began=time, ended=time)
            others = joined([labelled("mbid", named.get(MBID))])
            yield number, line, play._replace(identifiers=others, album=album_of(named[ALBUM]))


def _seconds(text: str) -> float | None:
    """Convert a timestamp or a date of Last.fm to seconds since 1970; None if invalid."""
    found = _seconds_of_date(text)
    return seconds_since_1970(text) if found is None else found


def _seconds_of_all(texts: pa.Array) -> npt.NDArray[np.float64]:
    """Convert dates and times in the usual forms to seconds since 1970, float64 (rows,).

    A text in another form becomes NaN; `_seconds` reads it later.
    """
    seconds = np.full(len(texts), np.nan)
    dated = pc.match_substring_regex(texts, USUAL_DATE).to_numpy(zero_copy_only=False)
    dates = texts.filter(pa.array(dated))
    day, year, hour, minute = (
        np.asarray(pc.utf8_slice_codeunits(dates, start, stop).cast(pa.int64()), np.int64)
        for start, stop in ((0, -15), (-10, -6), (-5, -3), (-2, None))
    )
    names = pc.utf8_slice_codeunits(dates, -14, -11)
    month = np.asarray(pc.index_in(names, pa.array(MONTHS, TEXT)), np.int64)
    months = (year - 1970).astype("datetime64[Y]").astype("datetime64[M]") + month
    days = months.astype("datetime64[D]") + (day - 1)
    real = (days.astype("datetime64[M]") == months) & (day > 0) & (hour < 24) & (minute < 60)
    at = days.astype(np.int64) * 86_400.0 + hour * 3600 + minute * 60
    seconds[dated] = np.where(real & (at >= EARLIEST) & (at <= LATEST), at, np.nan)
    others = texts.filter(pa.array(~dated))
    seconds[~dated] = seconds_of_all(others)
    return seconds


def _seconds_of_date(text: str) -> float | None:
    """Convert a date such as 20 Nov 2020 09:35 to seconds since 1970, regardless of the locale; None if invalid."""
    words = text.replace(":", " ").replace(",", " ").split()
    if len(words) != 5 or words[1] not in MONTHS:
        return None
    try:
        day, year, hour, minute = (int(words[at]) for at in (0, 2, 3, 4))
        month = MONTHS.index(words[1]) + 1
        return datetime(year, month, day, hour=hour, minute=minute, tzinfo=UTC).timestamp()
    except (ValueError, OverflowError):
        return None
