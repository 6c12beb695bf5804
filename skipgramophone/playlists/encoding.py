"""Encoding: from rows of names to tracks, playlists and row numbers.

A track is its uri where the source gives one, otherwise its artist and title without case, edge spaces and Unicode
form. A playlist is an owner and a name, and the key by which its source tells it from another of that name. Tracks are
numbered by count, ties by first appearance; playlists stand in order of first appearance and their tracks in the order
of the dump. Where a corpus grows, what it holds already comes first, as rows like others. All columnar: names are
folded once for each distinct spelling, never once for each row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.corpus import Corpus, falls
from skipgramophone.playlists.cleaning import cleaned, count_again, ends_of
from skipgramophone.playlists.names import identity
from skipgramophone.playlists.rows import COLUMNS, IN_ONE_FILE, TEXT, Reject, RowBlock
from skipgramophone.settings import ExtractSettings, GroupBy

Ids = npt.NDArray[np.int64]
Coded = dict[str, tuple[Ids, pa.Array]]  # column -> number of each row's string (-1: null), the distinct strings
ASCII_SPACE = "".join(chr(code) for code in range(128) if chr(code).isspace())
SHOWN_NAMESAKES = 3
SORTABLE_LENGTH = 5  # shorter playlists may be in order by chance


@dataclass(frozen=True, slots=True)
class EncodedPlaylists:
    """A dump in numbers.

    Attributes:
        tracks: a row a track in order of count; artist, title and uri as first read, count, first_place (the row of
            the dump, counted from 1 over the rows that name a track).
        spellings: other ways in which tracks were written: row, artist, title, count.
        uris: other uris of tracks, where uris were merged: uri, row.
        playlists: owner, name and key (null where the first two tell it from all others), a row a playlist.
        first_rows: int64 (playlists,), the first row of the dump in each, counted as for `first_place`, but from 0.
        last_rows: int64 (playlists,), the last.
        track_ids: int32, all playlists end to end.
        offsets: int64, playlists + 1.
        sorted_by_title: playlists of `SORTABLE_LENGTH` or more whose titles stand in code-point order.
        sortable: playlists of `SORTABLE_LENGTH` or more.
        without_artist: rows with an empty artist.
        namesakes: tracks that have artist and title in common with a more frequent one.
        most_namesakes: artist, title and number of the tracks of that name, for a few names that most tracks have.
        repeats: places of a playlist whose track has stood in it before.
        same_tracks: playlists that hold the tracks of an earlier one, in whatever order.
        left_out: rows that cleaning left out, by what for.
        split: playlists that were split.
        welded: playlists that went into another of the same name.
        rejects: the input records that were not used.
        held_out: the playlists that were set aside, if any were: owner, name and key, and the playlists themselves. All
            counts of playlists and occurrences are of the others; a track that stands in these alone counts 0.
    """

    tracks: pa.Table
    spellings: pa.Table
    uris: pa.Table
    playlists: pa.Table
    first_rows: Ids
    last_rows: Ids
    track_ids: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]
    sorted_by_title: int
    sortable: int
    without_artist: int
    namesakes: int
    most_namesakes: list[tuple[str, str, int]]
    repeats: int
    same_tracks: int
    left_out: dict[str, int]
    split: int
    welded: int
    rejects: list[Reject]
    held_out: tuple[pa.Table, Corpus] | None = None

    @property
    def corpus(self) -> Corpus:
        """The playlists."""
        return Corpus(self.track_ids, self.offsets)

    def set_aside(self, held_out: npt.NDArray[np.bool_]) -> EncodedPlaylists:
        """The same with some playlists set aside: bool (playlists,)."""
        aside, stay = np.flatnonzero(held_out), np.flatnonzero(~held_out)
        corpus = self.corpus.playlists(stay)
        counts = pa.array(corpus.counts(self.tracks.num_rows))
        return replace(
            self,
            tracks=self.tracks.set_column(3, "count", counts),
            playlists=self.playlists.take(pa.array(stay)),
            first_rows=self.first_rows[stay],
            last_rows=self.last_rows[stay],
            track_ids=corpus.track_ids,
            offsets=corpus.offsets,
            held_out=(self.playlists.take(pa.array(aside)), self.corpus.playlists(aside)),
        )

    def renumbered(self, row: Ids) -> EncodedPlaylists:
        """The same with other row numbers: int64 (tracks,), each once."""
        spelt = self.spellings.set_column(0, "row", pa.array(row[self.spellings["row"].to_numpy()]))
        return replace(
            self,
            tracks=self.tracks.take(pa.array(np.argsort(row))),
            spellings=spelt.take(pa.array(np.argsort(spelt["row"].to_numpy(), kind="stable"))),
            uris=self.uris.set_column(1, "row", pa.array(row[self.uris["row"].to_numpy()])),
            track_ids=row[self.track_ids].astype(np.int32),
        )


class PlaylistEncoder:
    """Gathers blocks of rows, then encodes them as a whole."""

    def __init__(self, settings: ExtractSettings) -> None:
        self._settings = settings
        self._blocks: list[pa.Table] = []
        self._known = 0
        self.rejects: list[Reject] = []

    def begin_with(self, known: RowBlock) -> None:
        """Take in the rows of a corpus that is to grow, before all others; cleaning leaves them as they are."""
        self.add(known)
        self._known = known.used

    def add(self, block: RowBlock) -> None:
        """Take in a block; its strings are kept once each."""
        columns = {name: _coded(block.table[name].combine_chunks()) for name in COLUMNS}
        self._blocks.append(pa.table(columns))
        self.rejects += block.rejects

    def encode(self) -> EncodedPlaylists:
        """Number tracks and playlists."""
        table = pa.concat_tables(self._blocks).unify_dictionaries()
        self._blocks = []
        coded = {name: _codes(table[name]) for name in COLUMNS}
        del table
        named = _named_tracks(coded)
        track = named if self._settings.merge_uris else _tracks_by_uri(coded["uri"][0], named)
        playlist, playlists, welded = _number_playlists(coded, self._settings.group_by)
        order = np.argsort(playlist, kind="stable")
        lengths = np.bincount(playlist, minlength=len(playlists))
        clean = cleaned(Corpus(track[order].astype(np.int32), ends_of(lengths)), self._settings, order < self._known)
        used = order[clean.places]
        row, tracks, spellings = _number_tracks(coded, track, used)
        name_of = np.empty(tracks.num_rows, np.int64)
        name_of[row] = named[used]
        offsets = clean.offsets
        sorted_by_title, sortable = _count_sorted(*coded["title"], used, offsets)
        track_ids = row.astype(np.int32)
        repeats, same_tracks = count_again(Corpus(track_ids, offsets))
        return EncodedPlaylists(
            tracks=tracks,
            spellings=spellings,
            uris=_other_uris(*coded["uri"], row, used, tracks),
            playlists=_kept(playlists, clean.playlists),
            first_rows=used[offsets[:-1]],
            last_rows=used[offsets[1:] - 1],
            track_ids=track_ids,
            offsets=offsets,
            sorted_by_title=sorted_by_title,
            sortable=sortable,
            without_artist=_count_empty(*coded["artist"], used),
            namesakes=tracks.num_rows - len(np.unique(name_of)),
            most_namesakes=_most_namesakes(name_of, tracks),
            repeats=repeats,
            same_tracks=same_tracks,
            left_out=clean.left_out,
            split=clean.split,
            welded=welded,
            rejects=self.rejects,
        )


def _coded(column: pa.Array) -> pa.DictionaryArray:
    """A column whose strings are kept once each, if they are not already."""
    return column if pa.types.is_dictionary(column.type) else column.dictionary_encode()


def _codes(column: pa.ChunkedArray) -> tuple[Ids, pa.Array]:
    """Numbers (-1: null) and the distinct strings of a dictionary-encoded column."""
    if column.num_chunks == 0:
        return np.empty(0, np.int64), pa.array([], pa.large_string())
    indices = [chunk.indices.fill_null(-1).to_numpy(zero_copy_only=False) for chunk in column.chunks]
    return np.concatenate(indices).astype(np.int64), column.chunk(0).dictionary


def _identity_codes(codes: Ids, strings: pa.Array) -> tuple[Ids, int]:
    """Numbers under which spellings of one name are one, and how many there are."""
    beyond = pc.invert(pc.string_is_ascii(strings))
    plain = pc.ascii_trim(pc.ascii_lower(strings), ASCII_SPACE)  # what `identity` does where all is ASCII
    others = pa.array([identity(name) for name in strings.filter(beyond).to_pylist()], strings.type)
    keys = pc.replace_with_mask(plain, beyond, others).dictionary_encode()
    return keys.indices.to_numpy().astype(np.int64)[codes], len(keys.dictionary)


def _named_tracks(coded: Coded) -> Ids:
    """Number for each row its artist and title, however they are spelt, in order of first appearance."""
    artist_key, _ = _identity_codes(*coded["artist"])
    title_key, distinct_titles = _identity_codes(*coded["title"])
    return _numbered(artist_key * distinct_titles + title_key)


def _tracks_by_uri(uri: Ids, named: Ids) -> Ids:
    """Number for each row its track: the uri where it has one."""
    return named if np.all(uri < 0) else _numbered(np.where(uri >= 0, -1 - uri, named))


def _numbered(keys: Ids) -> Ids:
    """Keys as numbers from 0 in order of first appearance."""
    return pd.factorize(keys)[0].astype(np.int64, copy=False)


def _number_tracks(coded: Coded, track: Ids, used: Ids) -> tuple[Ids, pa.Table, pa.Table]:
    """Give each used row of the dump its track's row number; describe the tracks and their other spellings.

    Args:
        coded: the columns of all rows.
        track: numbers of the tracks of all rows.
        used: which rows of the dump are used, in the order of the corpus.
    """
    (artist, artists), (title, titles), (uri, uris) = coded["artist"], coded["title"], coded["uri"]
    key = track[used]
    count = np.bincount(key)
    first = np.full(len(count), len(track))
    np.minimum.at(first, key, used)
    by_count = np.lexsort((first, -count))[: np.count_nonzero(count)]
    rank = np.empty(len(count), np.int64)
    rank[by_count] = np.arange(len(by_count))
    place = first[by_count]
    row = rank[key]
    tracks = pa.table(
        {
            "artist": pc.take(artists, pa.array(artist[place])),
            "title": pc.take(titles, pa.array(title[place])),
            "uri": pc.take(uris, pa.array(uri[place], mask=uri[place] < 0)),
            "count": pa.array(count[by_count]),
            "first_place": pa.array(place + 1),
        }
    )
    names, first_names = (artist[used], title[used]), (artist[place], title[place])
    return row, tracks, _spellings(row, names, first_names, artists, titles)


def _spellings(
    row: Ids, names: tuple[Ids, Ids], first: tuple[Ids, Ids], artists: pa.Array, titles: pa.Array
) -> pa.Table:
    """Count the ways in which a track was written other than the first: `names` of each row, `first` of each track."""
    (artist, title), (first_artist, first_title) = names, first
    other = np.flatnonzero((artist != first_artist[row]) | (title != first_title[row]))
    written = pd.DataFrame({"row": row[other], "artist": artist[other], "title": title[other]})
    grouped = written.groupby(["row", "artist", "title"], sort=True).size()
    index = grouped.index.to_frame(index=False) if len(grouped) else written
    return pa.table(
        {
            "row": pa.array(index["row"].to_numpy(np.int64)),
            "artist": pc.take(artists, pa.array(index["artist"].to_numpy(np.int64))),
            "title": pc.take(titles, pa.array(index["title"].to_numpy(np.int64))),
            "count": pa.array(grouped.to_numpy(np.int64)),
        }
    )


def _other_uris(codes: Ids, uris: pa.Array, row: Ids, used: Ids, tracks: pa.Table) -> pa.Table:
    """The uris of the rows of each track that are not the first one's, each once."""
    uri, own = codes[used], codes[tracks["first_place"].to_numpy() - 1]
    other = np.flatnonzero((uri >= 0) & (uri != own[row]))
    pairs = pd.DataFrame({"uri": uri[other], "row": row[other]}).drop_duplicates()
    named = pc.take(uris, pa.array(pairs["uri"].to_numpy(np.int64)))
    return pa.table({"uri": named, "row": pa.array(pairs["row"].to_numpy(np.int64))})


def _number_playlists(coded: Coded, group_by: GroupBy) -> tuple[Ids, pa.Table, int]:
    """Give each row of the dump its playlist's number; name them in order of appearance; count what was welded."""
    (owner, owners), (name, names), (key, keys) = coded["owner"], coded["playlist"], coded["key"]
    # A playlist is its owner, its name and its key, where it has one; or its name alone.
    named = owner * len(names) + name
    if len(keys):
        named = pd.factorize(named)[0] * (len(keys) + 1) + key + 1
    playlist, distinct = pd.factorize(named)
    apart = len(distinct)
    if group_by == "name":
        playlist, distinct = pd.factorize(name)
    first = np.empty(len(distinct), np.int64)
    first[playlist[::-1]] = np.arange(len(playlist))[::-1]  # the earliest row is written last, and stays
    described = {
        "owner": pc.take(owners, pa.array(owner[first])),
        "name": pc.take(names, pa.array(name[first])),
        "key": pc.take(keys, pa.array(key[first], mask=key[first] < 0)),
    }
    return playlist.astype(np.int64), pa.table(described), apart - len(distinct)


def _kept(playlists: pa.Table, kept: Ids) -> pa.Table:
    """The playlists that are kept; a key that holds within one file alone becomes a number that no other has."""
    table = playlists.take(pa.array(kept))
    number = pa.array(np.unique(kept, return_inverse=True)[1]).cast(TEXT)
    keys = table["key"].cast(TEXT)
    own = pc.binary_join_element_wise(pa.scalar("#", TEXT), number, pa.scalar("", TEXT))
    return table.set_column(2, "key", pc.if_else(pc.match_substring(keys, IN_ONE_FILE), own, keys))


def _count_empty(codes: Ids, strings: pa.Array, used: Ids) -> int:
    """Count the used rows whose string is empty."""
    empty = pc.index(strings, "").as_py()  # distinct: it stands there once or not at all
    return 0 if empty < 0 else int(np.count_nonzero(codes[used] == empty))


def _most_namesakes(name_of: Ids, tracks: pa.Table) -> list[tuple[str, str, int]]:
    """The names that most tracks have, as their most frequent track is written; names of one track are left out."""
    number = np.bincount(name_of)
    most = np.argsort(-number, kind="stable")[:SHOWN_NAMESAKES]
    rows = [int(np.flatnonzero(name_of == name)[0]) for name in most if number[name] > 1]
    return [(tracks["artist"][at].as_py(), tracks["title"][at].as_py(), int(number[name_of[at]])) for at in rows]


def _count_sorted(codes: Ids, titles: pa.Array, used: Ids, offsets: Ids) -> tuple[int, int]:
    """Count the playlists whose titles stand in code-point order, and those long enough to tell."""
    length = np.diff(offsets)
    sortable = length >= SORTABLE_LENGTH
    # Arrow compares UTF-8 bytes, whose order is the order of code points. Distinct strings have distinct ranks.
    rank = np.empty(len(titles), np.int64)
    rank[pc.sort_indices(titles).to_numpy()] = np.arange(len(titles))
    in_order = falls(rank[codes[used]], offsets) == 0
    return int(np.count_nonzero(sortable & in_order)), int(np.count_nonzero(sortable))


def encode(blocks: Iterable[RowBlock], settings: ExtractSettings | None = None) -> EncodedPlaylists:
    """Encode a stream of row blocks."""
    encoder = PlaylistEncoder(settings or ExtractSettings())
    for block in blocks:
        encoder.add(block)
    return encoder.encode()
