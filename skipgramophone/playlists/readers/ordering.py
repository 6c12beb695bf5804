"""Sort the rows of a table by time or position, and split listening histories into sessions.

All rows of a file are kept in memory as columns until the end of the file: about 130 bytes per row, plus the distinct
names of each block. Sessions are the same as in `histories`. The rows of several listeners may be mixed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.experiment.arrow_types import TEXT
from skipgramophone.playlists.readers.histories import EARLIEST, minute_of, seconds_since_1970
from skipgramophone.playlists.readers.numeric_dates import DateOrder
from skipgramophone.playlists.readers.numeric_times import LATEST
from skipgramophone.playlists.readers.rows import DICTIONARY, dictionary_of
from skipgramophone.settings.time_span import Period

BATCH = 1 << 17  # number of rows per yielded table
DIGITS = r"^[0-9]{1,14}$"
DIGITS_OF_TIME = r"^[0-9]{1,13}$"  # seconds or milliseconds since 1970
DATE_AND_TIME = r"^[12][0-9]{3}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(Z| UTC)?$"
DATE_AND_MINUTE = r"^[12][0-9]{3}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}$"
UNIFORM_LENGTHS = {len("2021-06-01T10:00:00"), len("2021-06-01 10:00")}
TIED = re.compile(r"\s*(?:(?:=|T-?)(\d{1,9})|(\d{1,9})=)\s*", re.ASCII)
YEAR_1000 = -510_170_400  # minutes since 1970
PARTS_OF_A_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[Any]  # times or positions; in float64, NaN means missing


@dataclass(frozen=True, slots=True)
class PlacedRows:
    """Rows of a file with their times or positions.

    Attributes:
        columns: name -> dictionary-encoded column, for all `COLUMNS` and perhaps identifiers and albums.
        places: seconds since 1970 or positions, float64 or integer (rows,).
        named: bool (rows,), whether the row names a track. A play without a name is not yielded, but it is not a pause
            either, so the session may continue after it.
    """

    columns: dict[str, pa.DictionaryArray]
    places: Places
    named: Flags

    def rows(self, rows: Ids, **others: pa.DictionaryArray) -> pa.Table:
        """Return the given rows as a table, with the columns `others` in place of the columns with the same names."""
        own = {name: column for name, column in self.columns.items() if name not in others}
        taken = {name: column.take(pa.array(rows)).cast(TEXT).dictionary_encode() for name, column in own.items()}
        found = taken | others
        return pa.table({name: found[name] for name in self.columns})


def join_rows(pieces: Sequence[PlacedRows]) -> PlacedRows:
    """Join blocks of rows, with one common dictionary per column."""
    columns = {}
    for name in dict.fromkeys(name for piece in pieces for name in piece.columns):
        own = (piece.columns.get(name, dictionary_of(None, len(piece.places))) for piece in pieces)
        chunks = pa.chunked_array(list(own), DICTIONARY)
        columns[name] = pa.concat_arrays(chunks.unify_dictionaries().chunks)
    places, named = (np.concatenate([getattr(piece, name) for piece in pieces]) for name in ("places", "named"))
    return PlacedRows(columns, places, named)


def ordered_tables(placed: PlacedRows) -> Iterator[pa.Table]:
    """Yield the `named` rows in batches, sorted by `places`; rows with equal places keep their order."""
    order = np.argsort(placed.places, kind="stable")
    return (placed.rows(part) for part in _parts(order[placed.named[order]]))


def session_tables(placed: PlacedRows, gap: float, file: str, keeps_order: bool = False) -> Iterator[pa.Table]:
    """Yield the `named` rows in batches, sorted by time, with sessions as playlists.

    A pause of more than `gap` seconds ends a session. A session is named by the minute at which it starts, and its key
    is unique within `file`. Rows with equal times keep the order that they have in the file. If the file starts with
    the newest row, they get the reverse order instead, unless `keeps_order` is true.
    """
    times, order = placed.places, np.arange(len(placed.places))
    if len(times) and times[0] > times[-1] and not keeps_order:
        order = order[::-1]
    order = order[np.argsort(times[order], kind="stable")]
    times, owner = times[order], placed.columns["owner"].indices.to_numpy()[order]
    by_owner = np.argsort(owner, kind="stable")
    begins = np.ones(len(order), np.bool_)
    begins[1:] = (np.diff(owner[by_owner]) != 0) | (np.diff(times[by_owner]) > gap)
    session = np.empty(len(order), np.int64)
    session[by_owner] = np.cumsum(begins) - 1
    first = by_owner[begins]
    names, keys = minutes_of(times[first]), pa.array([f"{file}\0{at}" for at in first.tolist()], TEXT)
    named = placed.named[order]
    for rows, sessions in zip(_parts(order[named]), _parts(session[named]), strict=True):
        found = {"playlist": names.take(pa.array(sessions)), "key": keys.take(pa.array(sessions))}
        yield placed.rows(rows, **{name: column.dictionary_encode() for name, column in found.items()})


def place_of_each(column: pa.Array, role: str, order: DateOrder = "") -> tuple[Flags, Places]:
    """Return which rows have a valid time or position, bool (rows,), and the times or positions of these rows.

    Args:
        column: the values, strings, integers or timestamps.
        role: "time" or "position".
        order: how dates are written; see `DateOrder`.
    """
    if pa.types.is_integer(column.type):
        return column.is_valid().to_numpy(zero_copy_only=False), column.drop_null().to_numpy()
    places = seconds_of_all(column, order) if role == "time" else positions_of_all(column)
    known = ~np.isnan(places)
    return known, places[known]


def in_period(seconds: Places, period: Period) -> tuple[Flags, dict[str, int]]:
    """Return which times are in a period, bool (times,), and how many times are before it and how many after it."""
    before, after = seconds < period.low, seconds >= period.high
    outside = {f"before {period.since}": before, f"after {period.until}": after}
    counts = {reason: int(np.count_nonzero(times)) for reason, times in outside.items()}
    return ~(before | after), {reason: number for reason, number in counts.items() if number}


def seconds_of_all(times: pa.Array, order: DateOrder = "") -> Places:
    """Convert strings or timestamps to seconds since 1970, float64 (rows,); NaN if invalid, or not in years 1-3000."""
    if pa.types.is_timestamp(times.type):
        seconds = np.asarray(times.cast(pa.int64()).cast(pa.float64(), safe=False)) / PARTS_OF_A_SECOND[times.type.unit]
    else:
        uniform = _seconds_of_uniform(times)
        usual = _USUAL_DATES if order == "digits" else _USUAL_TIMES
        each = partial(seconds_since_1970, order=order)
        seconds = _numbers(times, usual, each) if uniform is None else uniform
    return np.where((seconds >= EARLIEST) & (seconds <= LATEST), seconds, np.nan)


def positions_of_all(positions: pa.Array) -> Places:
    """Convert positions and ranks such as "=4" to finite numbers, float64 (rows,); NaN for other strings."""
    return _numbers(positions, {DIGITS: _as_float}, rank_of)


def rank_of(text: str) -> float | None:
    """Convert a position or rank to a finite number, or return None if that is not possible.

    A rank that is tied may have a mark, as in "=4", "4=" or "T4".

    >>> rank_of("4.5"), rank_of("=4"), rank_of("4="), rank_of("T4"), rank_of("new")
    (4.5, 4.0, 4.0, 4.0, None)
    """
    tied = TIED.fullmatch(text)
    try:
        number = float(tied[1] or tied[2] if tied else text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _numbers(
    texts: pa.Array, usual: dict[str, Callable[[pa.Array], Places]], one: Callable[[str], float | None]
) -> Places:
    """Convert strings to numbers, float64 (rows,).

    Args:
        texts: the strings.
        usual: regex -> fast function that converts all matching strings together.
        one: converts any other string, or returns None.
    """
    found, left = np.full(len(texts), np.nan), np.ones(len(texts), np.bool_)
    for pattern, convert in usual.items():
        fits = pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False)
        if fits.all():
            return convert(texts)
        if fits.any():
            found[fits] = convert(texts.filter(pa.array(fits)))
            left &= ~fits
        if not left.any():
            return found
    found[left] = _parse_each(texts.filter(pa.array(left)), one)
    return found


def _parse_each(texts: pa.Array, one: Callable[[str], float | None]) -> Places:
    """Convert strings to numbers one by one; NaN if `one` returns None."""
    numbers = (one(text) for text in texts.to_pylist())
    return np.array([math.nan if number is None else number for number in numbers], np.float64)


def _as_float(digits: pa.Array) -> Places:
    """Convert strings of digits to numbers."""
    return np.asarray(digits.cast(pa.float64()))


def _seconds_of_digits(digits: pa.Array) -> Places:
    """Convert strings of digits, which are seconds or milliseconds since 1970, to seconds."""
    seconds = _as_float(digits)
    return np.where(seconds > LATEST, seconds / 1000, seconds)


def _seconds_of_uniform(dates: pa.Array) -> Places | None:
    """Convert dates that all have one usual form to seconds since 1970, without regular expressions.

    None if their form is different, or if a date is before the year 1000, after 2999 or not valid.
    """
    lengths = pc.min_max(pc.binary_length(dates)).as_py()
    length = lengths["max"] if lengths["min"] == lengths["max"] and not dates.null_count else None
    if length == len("2021-06-01T10:00:00Z") and pc.all(pc.ends_with(dates, "Z")).as_py():
        dates = pc.ascii_rtrim(dates, "Z")
    elif length not in UNIFORM_LENGTHS:
        return None
    try:
        seconds = np.asarray(dates.cast(pa.timestamp("s")).cast(pa.int64()), np.float64)
    except pa.ArrowInvalid:
        return None
    return seconds if seconds.min() >= 60 * YEAR_1000 and seconds.max() < LATEST else None


def _seconds_of_dates(dates: pa.Array) -> Places:
    """Convert dates with times in UTC to seconds since 1970."""
    try:
        return np.asarray(pc.utf8_rtrim(dates, " UTCZ").cast(pa.timestamp("s")).cast(pa.int64()), np.float64)
    except pa.ArrowInvalid:  # a date such as February 30
        return _parse_each(dates, seconds_since_1970)


def _seconds_of_minutes(dates: pa.Array) -> Places:
    """Convert dates with hours and minutes in UTC to seconds since 1970."""
    return _seconds_of_dates(pc.binary_join_element_wise(dates, pa.scalar("00", TEXT), pa.scalar(":", TEXT)))


def minutes_of(times: Places) -> pa.Array:
    """Return the name of the session that starts at each time; see `minute_of`."""
    minutes, place = np.unique(np.floor_divide(np.round(times, 6), 60), return_inverse=True)
    written = pa.array((60 * minutes).astype(np.int64)).cast(pa.timestamp("s")).cast(TEXT)
    names = pc.utf8_slice_codeunits(written, 0, len("2021-06-01 10:00"))
    # In the names of sessions, years before 1000 have fewer than four digits; Arrow always writes four.
    early = int(np.searchsorted(minutes, YEAR_1000))
    rare = pa.array([minute_of(60 * minute) for minute in minutes[:early].tolist()], TEXT)
    return pa.concat_arrays([rare, names[early:]]).take(pa.array(place))


_USUAL_DATES: dict[str, Callable[[pa.Array], Places]] = {
    DATE_AND_TIME: _seconds_of_dates,
    DATE_AND_MINUTE: _seconds_of_minutes,
}
_USUAL_TIMES = {DIGITS_OF_TIME: _seconds_of_digits} | _USUAL_DATES


def _parts(rows: Ids) -> Iterator[Ids]:
    """Yield row numbers in batches of up to `BATCH`."""
    return (rows[start : start + BATCH] for start in range(0, len(rows), BATCH))
