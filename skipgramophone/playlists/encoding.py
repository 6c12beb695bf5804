"""Encoding: turns rows of names into tracks, playlists and row numbers.

A track is identified by its uri if the source has one, otherwise by its artist and title regardless of case, edge
spaces and Unicode form. A playlist is identified by its owner, its name and, if the source has one, a key.

Tracks are numbered by count; ties are in order of first appearance. Playlists are in order of first appearance, and
their tracks in the order of the dump. When a corpus grows, its existing rows come first, like other rows.

All steps work on columns: names are normalized once per distinct spelling, not once per row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.experiment.arrow_types import TEXT
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.names.arrow_normalization import identities
from skipgramophone.parallel import background_thread, run_in_order
from skipgramophone.playlists.cleaning import clean_corpus, count_repeats, offsets_of
from skipgramophone.playlists.known_rows import TRACK_COLUMNS, KnownRows
from skipgramophone.playlists.numbering import (
    Codes,
    Numbering,
    count_codes,
    first_rows,
    number_keys,
    playlist_slices,
    row_slices,
    rows_by_code,
    take_codes,
)
from skipgramophone.playlists.partitioning import first_bytes, partition_by_letters
from skipgramophone.playlists.readers.rows import COLUMNS, IN_ONE_FILE, Reject, RowBlock
from skipgramophone.settings import ExtractSettings, GroupBy

Ids = npt.NDArray[np.int64]
Coded = dict[str, tuple[Codes, pa.Array]]  # column -> number of each row's string (-1: null), the distinct strings
SHOWN_NAMESAKES = 3
SORTABLE_LENGTH = 5  # tracks; shorter playlists may be sorted by chance


@dataclass(frozen=True, slots=True)
class EncodedPlaylists:
    """The tracks and playlists of a dump as numbers, with facts for the report.

    Attributes:
        tracks: one row per track, by descending count. Columns: artist, title and uri as first read; count;
            first_place (first row in the dump, counted from 1 over the rows that name a track).
        spellings: further spellings of tracks. Columns: row, artist, title, count.
        uris: further uris of tracks, if uris were merged. Columns: uri, row.
        playlists: one row per playlist. Columns: owner, name, key (null if owner and name identify the playlist).
        first_rows: int64 (playlists,), first row of each playlist in the dump, counted like `first_place` but from 0.
        last_rows: int64 (playlists,), last row of each playlist in the dump.
        track_ids: int32 (occurrences,), all playlists end to end.
        offsets: int64 (playlists + 1,), bounds of the playlists in `track_ids`.
        sorted_by_title: number of playlists with `SORTABLE_LENGTH` or more tracks whose titles are in code-point order.
        sortable: number of playlists with `SORTABLE_LENGTH` or more tracks.
        without_artist: number of rows with an empty artist.
        namesakes: number of tracks that share artist and title with a more frequent track.
        most_namesakes: artist, title and number of tracks, for the few names that most tracks share.
        repeats: number of places whose track occurs earlier in the same playlist.
        same_tracks: number of playlists with the same tracks as an earlier one, in any order.
        left_out: number of rows that readers left out or cleaning dropped, by reason.
        split: number of playlists that were split.
        welded: number of playlists that were merged into another one of the same name.
        rejects: the input records that were not used.
        held_out: the held-out playlists, if there are any: their owners, names and keys, and their tracks. All counts
            of playlists and occurrences exclude them; a track that only they contain has the count 0.
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
        """The playlists as a corpus."""
        return Corpus(self.track_ids, self.offsets)

    def set_aside(self, held_out: npt.NDArray[np.bool_]) -> EncodedPlaylists:
        """Return a copy in which the marked playlists are held out; `held_out` is bool (playlists,)."""
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
        """Return a copy with other row numbers; `row` is int64 (tracks,), a permutation."""
        spelt = self.spellings.set_column(0, "row", pa.array(row[self.spellings["row"].to_numpy()]))
        return replace(
            self,
            tracks=self.tracks.take(pa.array(np.argsort(row))),
            spellings=spelt.take(pa.array(np.argsort(spelt["row"].to_numpy(), kind="stable"))),
            uris=self.uris.set_column(1, "row", pa.array(row[self.uris["row"].to_numpy()])),
            track_ids=take_codes(row.astype(np.int32), self.track_ids),
        )


class PlaylistEncoder:
    """Collects blocks of rows, then encodes all of them together."""

    def __init__(self, settings: ExtractSettings) -> None:
        self._settings = settings
        self._columns = {name: Numbering(TEXT, partition_by_letters) for name in COLUMNS}
        self._known: KnownRows | None = None
        self.rejects: list[Reject] = []
        self.left_out: Counter[str] = Counter()  # by readers

    def begin_with(self, known: KnownRows) -> None:
        """Add the rows of the existing corpus before all others; cleaning does not change them."""
        for name, column in known.columns.items():
            self._columns[name].add(_dictionary_encoded(column))
        self._known = known

    def add(self, block: RowBlock) -> None:
        """Add a block; only its distinct strings are kept in memory."""
        for name, column in self._columns.items():
            column.add(_dictionary_encoded(block.table[name].combine_chunks()))
        self.rejects += block.rejects
        self.left_out.update(block.left_out)

    def encode(self) -> EncodedPlaylists:
        """Number the tracks and playlists of all blocks."""
        coded = dict(zip(COLUMNS, run_in_order(column.finish for column in self._columns.values()), strict=True))
        with background_thread() as thread:
            numbered_playlists = thread.submit(_number_playlists, coded, self._settings.group_by)
            named = _named_tracks(coded)
            track = named if self._settings.merge_uris else _tracks_by_uri(coded["uri"][0], named)
            playlist, playlists, welded = numbered_playlists.result()
        known = 0
        if self._known:
            known = self._known.corpus.occurrences
            named, track, playlist = *map(self._known.by_track, (named, track)), self._known.by_playlist(playlist)
            coded |= {name: (self._known.by_track(coded[name][0]), coded[name][1]) for name in TRACK_COLUMNS}
        offsets = offsets_of(count_codes(playlist, playlists.num_rows))
        order = rows_by_code(playlist, offsets)
        unclean = Corpus(take_codes(track, order), offsets)
        clean = clean_corpus(unclean, self._settings, order < known, playlists["name"])
        used = order if len(clean.places) == len(order) else order[clean.places]
        offsets = clean.offsets
        track_ids, tracks = _number_tracks(coded, track, used)
        with background_thread() as thread:
            again = thread.submit(count_repeats, Corpus(track_ids, offsets))
            added = np.flatnonzero(used >= known) if known else slice(None)  # known rows have the names of their tracks
            row, place = track_ids[added], used[added]
            spellings, uris = _spellings(coded, row, place, tracks), _other_uris(coded, row, place, tracks)
            name_of = _name_of(tracks.num_rows, track_ids, named, used)
            sorted_by_title, sortable = _count_sorted(*coded["title"], used, offsets)
            repeats, same_tracks = again.result()
        bearers = np.bincount(name_of)
        return EncodedPlaylists(
            tracks=tracks,
            spellings=spellings,
            uris=uris,
            playlists=_kept_playlists(playlists, clean.playlists),
            first_rows=used[offsets[:-1]].astype(np.int64),
            last_rows=used[offsets[1:] - 1].astype(np.int64),
            track_ids=track_ids,
            offsets=offsets,
            sorted_by_title=sorted_by_title,
            sortable=sortable,
            without_artist=_count_empty(*coded["artist"], used),
            namesakes=tracks.num_rows - int(np.count_nonzero(bearers)),
            most_namesakes=_most_namesakes(name_of, bearers, tracks),
            repeats=repeats,
            same_tracks=same_tracks,
            left_out=dict(self.left_out) | clean.left_out,
            split=clean.split,
            welded=welded,
            rejects=self.rejects,
        )


def _dictionary_encoded(column: pa.Array) -> pa.DictionaryArray:
    """Return a column dictionary-encoded, if it is not yet."""
    return column if pa.types.is_dictionary(column.type) else column.dictionary_encode()


def _identity_keys(strings: pa.Array) -> tuple[Ids, int]:
    """Number strings so that spellings of one name share a number; also return how many numbers there are."""
    parts, keys, known = partition_by_letters(identities(strings)), np.empty(len(strings), np.int64), 0
    for part, names in enumerate(run_in_order(parts.part(part).dictionary_encode for part in range(len(parts)))):
        keys[parts.places(part)] = names.indices.to_numpy() + known
        known += len(names.dictionary)
    return keys, known


def _named_tracks(coded: Coded) -> Codes:
    """Return for each row the number of its artist and title in any spelling, in order of first appearance."""
    (artist, artists), (title, titles) = coded["artist"], coded["title"]
    (artist_key, _), (title_key, keys) = run_in_order(partial(_identity_keys, strings) for strings in (artists, titles))
    return number_keys(len(artist), lambda part: artist_key[artist[part]] * keys + title_key[title[part]])


def _tracks_by_uri(uri: Codes, named: Codes) -> Codes:
    """Return for each row the number of its track: by uri if it has one, otherwise by artist and title."""
    if np.all(uri < 0):
        return named
    return number_keys(len(uri), lambda part: np.where(uri[part] >= 0, -1 - uri[part], named[part]).astype(np.int64))


def _number_tracks(coded: Coded, track: Codes, used: Codes) -> tuple[Codes, pa.Table]:
    """Number the tracks by count.

    Args:
        coded: the columns of all rows.
        track: the track of each row, as any number.
        used: indices of the rows that are used, in the order of the corpus.

    Returns:
        The row number of the track of each used row, int32, and the table of tracks.
    """
    (artist, artists), (title, titles), (uri, uris) = coded["artist"], coded["title"], coded["uri"]
    key = take_codes(track, used)
    count = count_codes(key, int(track.max(initial=-1)) + 1)
    first = np.full(len(count), len(track))
    for part in row_slices(len(used)):
        np.minimum.at(first, key[part], used[part].astype(np.int64))  # equal types: ten times as fast
    by_place = np.argsort(first, kind="stable")  # nearly sorted already
    by_count = by_place[np.argsort(-count[by_place], kind="stable")][: np.count_nonzero(count)]
    rank = np.empty(len(count), np.int32)
    rank[by_count] = np.arange(len(by_count))
    place = first[by_count]
    for part in row_slices(len(key)):
        key[part] = rank[key[part]]
    tracks = pa.table(
        {
            "artist": pc.take(artists, pa.array(artist[place])),
            "title": pc.take(titles, pa.array(title[place])),
            "uri": pc.take(uris, pa.array(uri[place], mask=uri[place] < 0)),
            "count": pa.array(count[by_count]),
            "first_place": pa.array(place + 1),
        }
    )
    return key, tracks


def _spellings(coded: Coded, row: Codes, used: Codes, tracks: pa.Table) -> pa.Table:
    """Count the further spellings of each track, in order of row, artist and title.

    `row` has the row number of the track of each used row of the dump.
    """
    (artist, artists), (title, titles) = coded["artist"], coded["title"]
    place = tracks["first_place"].to_numpy() - 1
    first_artist, first_title = artist[place], title[place]
    names = ["row", "artist", "title"]
    found = [pa.table({name: pa.array([], pa.int32()) for name in names} | {"count": pa.array([], pa.int64())})]
    for part in row_slices(len(used)):
        here, rows = used[part], row[part]
        other = (artist[here] != first_artist[rows]) | (title[here] != first_title[rows])
        here, rows = here[other], rows[other]
        written = pa.table({"row": rows, "artist": artist[here], "title": title[here]})
        found.append(written.group_by(names).aggregate([([], "count_all")]).rename_columns([*names, "count"]))
    spelt = pa.concat_tables(found).group_by(names).aggregate([("count", "sum")]).rename_columns([*names, "count"])
    written = {"artist": pc.take(artists, spelt["artist"]), "title": pc.take(titles, spelt["title"])}
    spelt = pa.table({"row": spelt["row"].cast(pa.int64())} | written | {"count": spelt["count"]})
    return spelt.sort_by([(name, "ascending") for name in names])


def _name_of(tracks: int, row: Codes, named: Codes, used: Codes) -> Codes:
    """Return the number of each track's artist and title, int32 (tracks,)."""
    name_of = np.empty(tracks, np.int32)
    for part in row_slices(len(used)):
        name_of[row[part]] = named[used[part]]
    return name_of


def _other_uris(coded: Coded, row: Codes, used: Codes, tracks: pa.Table) -> pa.Table:
    """Return the further uris of each track without repeats, in order of first appearance."""
    codes, uris = coded["uri"]
    own, names = codes[tracks["first_place"].to_numpy() - 1], ["uri", "row"]
    found = [pa.table({name: pa.array([], pa.int32()) for name in names})]
    for part in row_slices(len(used)):
        uri, rows = codes[used[part]], row[part]
        other = (uri >= 0) & (uri != own[rows])
        found.append(_without_repeats(pa.table({"uri": uri[other], "row": rows[other]})))
    pairs = _without_repeats(pa.concat_tables(found))
    return pa.table({"uri": pc.take(uris, pairs["uri"]), "row": pairs["row"].cast(pa.int64())})


def _without_repeats(table: pa.Table) -> pa.Table:
    """Return the distinct rows of a table in order of first appearance."""
    return table.group_by(table.column_names, use_threads=False).aggregate([])


def _number_playlists(coded: Coded, group_by: GroupBy) -> tuple[Codes, pa.Table, int]:
    """Number the playlists in order of first appearance.

    Returns:
        The playlist of each row of the dump, int32; the table of playlists; the number of playlists that were merged
        into another one of the same name.
    """
    (owner, owners), (name, names), (key, keys) = coded["owner"], coded["playlist"], coded["key"]
    # Owner, name and the key, if there is one, identify a playlist; with group_by "name" the name alone does.
    playlist = number_keys(len(name), lambda part: owner[part].astype(np.int64) * len(names) + name[part])
    if len(keys):
        named = playlist
        playlist = number_keys(len(name), lambda part: named[part].astype(np.int64) * (len(keys) + 1) + key[part] + 1)
    first = first_rows(playlist)
    apart = len(first)
    if group_by == "name":
        playlist = number_keys(len(name), lambda part: name[part].astype(np.int64))
        first = first_rows(playlist)
    described = {
        "owner": pc.take(owners, pa.array(owner[first])),
        "name": pc.take(names, pa.array(name[first])),
        "key": pc.take(keys, pa.array(key[first], mask=key[first] < 0)),
    }
    return playlist, pa.table(described), apart - len(first)


def _kept_playlists(playlists: pa.Table, kept: Ids) -> pa.Table:
    """Return the playlists that are kept; a key that is unique within one file only is replaced by a unique number."""
    table = playlists.take(pa.array(kept))
    number = pa.array(np.unique(kept, return_inverse=True)[1]).cast(TEXT)
    keys = table["key"].cast(TEXT)
    own = pc.binary_join_element_wise(pa.scalar("#", TEXT), number, pa.scalar("", TEXT))
    return table.set_column(2, "key", pc.if_else(pc.match_substring(keys, IN_ONE_FILE), own, keys))


def _count_empty(codes: Codes, strings: pa.Array, used: Codes) -> int:
    """Count the used rows whose string is empty."""
    empty = pc.index(strings, "").as_py()  # the strings are distinct, so it occurs at most once
    return 0 if empty < 0 else sum(int(np.count_nonzero(codes[used[part]] == empty)) for part in row_slices(len(used)))


def _most_namesakes(name_of: Codes, bearers: Ids, tracks: pa.Table) -> list[tuple[str, str, int]]:
    """Return the names that most tracks share, in the spelling of the most frequent track; at least two tracks each."""
    most = np.argsort(-bearers, kind="stable")[:SHOWN_NAMESAKES]
    rows = [int(np.flatnonzero(name_of == name)[0]) for name in most if bearers[name] > 1]
    return [(tracks["artist"][at].as_py(), tracks["title"][at].as_py(), int(bearers[name_of[at]])) for at in rows]


def _count_sorted(codes: Codes, titles: pa.Array, used: Codes, offsets: Ids) -> tuple[int, int]:
    """Count the playlists whose titles are in code-point order, and those that are long enough to count."""
    length, begin = np.diff(offsets), first_bytes(titles)
    sortable, in_order = length >= SORTABLE_LENGTH, 0
    for some in playlist_slices(offsets):
        first, end = int(offsets[some.start]), int(offsets[some.stop])
        title = codes[used[first:end]]
        begins = begin[title]
        falls = begins[:-1] > begins[1:]
        # Equal first bytes: compare the whole titles. Arrow compares UTF-8 bytes, whose order is that of code points.
        alike = np.flatnonzero((begins[:-1] == begins[1:]) & (title[:-1] != title[1:]))
        earlier, later = (titles.take(pa.array(title[alike + ahead])) for ahead in (0, 1))
        falls[alike] = pc.greater(earlier, later).to_numpy(zero_copy_only=False)
        falls[offsets[some.start + 1 : some.stop] - first - 1] = False  # between two playlists
        sums = np.concatenate([[0], np.cumsum(falls)])
        number = sums[offsets[some.start + 1 : some.stop + 1] - first - 1] - sums[offsets[some] - first]
        in_order += int(np.count_nonzero(sortable[some] & (number == 0)))
    return in_order, int(np.count_nonzero(sortable))


def encode(blocks: Iterable[RowBlock], settings: ExtractSettings | None = None) -> EncodedPlaylists:
    """Encode a stream of row blocks."""
    encoder = PlaylistEncoder(settings or ExtractSettings())
    for block in blocks:
        encoder.add(block)
    return encoder.encode()
