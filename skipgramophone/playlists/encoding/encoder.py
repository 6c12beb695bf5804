"""Encode rows (artist, title, playlist and so on) as numbered tracks and playlists.

A track is identified by its uri if the source has one, otherwise by artist and title. Differences in case, surrounding
spaces and Unicode normalization form are ignored. A playlist is identified by its owner, its name and, if the source
has one, its key.

Tracks are numbered by descending count; tracks with the same count are in order of first appearance. Playlists are in
order of first appearance, and their tracks in the order of the rows. When a corpus grows, its existing rows are encoded
first, in the same way as new rows.

All steps work on columns, so that a name is normalized once per distinct spelling and not once per row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.experiment.arrays import scratch
from skipgramophone.experiment.arrow_types import TEXT
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.postings import Postings, build_postings
from skipgramophone.names.arrow_normalization import identities
from skipgramophone.parallel import background_thread, run_in_order, start_task
from skipgramophone.playlists.encoding.arrangement import Arrangement
from skipgramophone.playlists.encoding.cleaning import clean_corpus, count_repeats, offsets_of
from skipgramophone.playlists.encoding.encoded_playlists import EncodedPlaylists, PlaylistCounts
from skipgramophone.playlists.encoding.identifier_matching import match_tracks
from skipgramophone.playlists.encoding.key_numbering import number_keys, number_pairs
from skipgramophone.playlists.encoding.known_rows import OPTIONAL, PLAYLIST_COLUMNS, TRACK_COLUMNS, KnownRows
from skipgramophone.playlists.encoding.name_counts import count_empty, count_sorted, most_namesakes
from skipgramophone.playlists.encoding.numbering import (
    Codes,
    Numbering,
    codes_at,
    count_codes,
    first_rows,
    is_constant,
    row_slices,
    take_codes,
)
from skipgramophone.playlists.encoding.partitioning import FEW_VALUES, Partition, partition_by_letters, single_part
from skipgramophone.playlists.encoding.row_numbers import AllRows, RowNumbers
from skipgramophone.playlists.encoding.track_facts import with_facts
from skipgramophone.playlists.encoding.track_identifiers import track_identifiers
from skipgramophone.playlists.readers.rows import COLUMNS, IDENTIFIERS, IN_ONE_FILE, Reject, RowBlock, dictionary_of
from skipgramophone.settings import ExtractSettings, GroupBy

Ids = npt.NDArray[np.int64]
ROW_BITS = 32
FIRST = (*TRACK_COLUMNS, "named")  # columns whose value in the first row of each track is needed
Coded = dict[str, tuple[Codes, pa.Array]]  # column -> (index of each row's string, or -1 for null; distinct strings)


class PlaylistEncoder:
    """Collects blocks of rows, then encodes all of them together."""

    def __init__(self, settings: ExtractSettings) -> None:
        self._settings = settings
        self._columns = {name: Numbering(TEXT, partition_by_letters) for name in (*COLUMNS, *OPTIONAL)}
        self._known: KnownRows | None = None
        self.rejects: list[Reject] = []
        self.left_out: Counter[str] = Counter()  # rows that readers left out, by reason

    def begin_with(self, known: KnownRows) -> None:
        """Add the rows of the existing corpus, before all other rows; cleaning does not drop these rows."""
        for name, column in known.columns.items():
            self._columns[name].add(column.dictionary_encode())
        self._known = known

    def add(self, block: RowBlock) -> None:
        """Add a block; only its distinct strings are kept in memory."""
        for name, column in self._columns.items():
            there = name in block.table.column_names
            strings = block.table[name].combine_chunks() if there else dictionary_of(None, block.used)
            column.add(strings.dictionary_encode())
        self.rejects += block.rejects
        self.left_out.update(block.left_out)

    def encode(self) -> EncodedPlaylists:
        """Encode all rows that were added, and clean the playlists."""
        with background_thread() as thread:
            arranged = thread.submit(self._arranged)
            coded = self._finished(name for name in self._columns if name not in PLAYLIST_COLUMNS)
            named, names = _named_tracks(coded)
            track = named if self._settings.merge_uris else _tracks_by_uri(coded["uri"], named, names)
            arrangement, playlists, welded = arranged.result()
        known, matching = 0, None
        if self._settings.matched:
            track, matching = match_tracks(track, coded, self._settings, self._known)
        if grown := self._known:
            known = grown.corpus.occurrences
            named, track = map(grown.by_track, (named, track))
            coded |= {name: (grown.by_track(coded[name][0]), coded[name][1]) for name in (*TRACK_COLUMNS, *OPTIONAL)}
        unclean = Corpus(arrangement.sorted(track), arrangement.offsets)
        is_known = arrangement.rows[:] < known if known else None
        clean = clean_corpus(unclean, self._settings, is_known, playlists["name"])
        offsets, in_order = clean.offsets, partial(_in_order, arrangement, clean.places)
        used = _used_rows(arrangement.rows, clean.places)
        key = take_codes(unclean.track_ids, clean.places)
        # These tasks may still run while the catalogue is written. The first one starts before the tracks are numbered,
        # because numbering uses only one core most of the time.
        sorted_by_title = start_task(partial(_count_sorted, in_order, coded["title"], offsets))
        track_ids, tracks, first = _number_tracks(coded | {"named": (named, None)}, track, used, key)
        del unclean, named, track, key
        tracks = with_facts(tracks, coded, track_ids, used, in_order=in_order)
        for name in tuple(coded):
            codes, values = coded.pop(name)  # removes the file of the unsorted column before the next one is sorted
            coded[name] = in_order(codes), values
        postings = start_task(partial(build_postings, Corpus(track_ids, offsets), tracks.num_rows))
        counts = start_task(partial(_playlist_counts, sorted_by_title, postings))
        # Rows of the existing corpus keep the names of their tracks, so only the added rows are examined.
        added = np.flatnonzero(used[:] >= known) if known else None
        spellings, uris = _spellings(coded, track_ids, first, added), _other_uris(coded, track_ids, first, added)
        name_of = first["named"]
        bearers = np.bincount(name_of)
        return EncodedPlaylists(
            tracks=tracks,
            spellings=spellings,
            uris=uris,
            identifiers=track_identifiers(*coded[IDENTIFIERS], track_ids),
            matching=matching,
            known_postings=postings,
            counts=counts,
            playlists=_kept_playlists(playlists, clean.playlists, grown.unlisted if grown else 0),
            first_rows=used[offsets[:-1]].astype(np.int64),
            last_rows=used[offsets[1:] - 1].astype(np.int64),
            track_ids=track_ids,
            offsets=offsets,
            without_artist=count_empty(*coded["artist"]),
            namesakes=tracks.num_rows - int(np.count_nonzero(bearers)),
            most_namesakes=most_namesakes(name_of, bearers, tracks),
            left_out=dict(self.left_out) | clean.left_out,
            split=clean.split,
            welded=welded,
            rejects=self.rejects,
        )

    def _arranged(self) -> tuple[Arrangement, pa.Table, int]:
        """Finish the columns that identify playlists, and sort the rows by playlist; see `_arrange_rows`."""
        return _arrange_rows(self._finished(PLAYLIST_COLUMNS), self._settings.group_by, self._known)

    def _finished(self, names: Iterable[str]) -> Coded:
        """Return finished columns."""
        names = list(names)
        return dict(zip(names, run_in_order(self._columns[name].finish for name in names), strict=True))


def _used_rows(rows: RowNumbers, places: RowNumbers) -> RowNumbers:
    """Return `rows[places]`; if one of the two contains all row numbers in order, this is the other one, uncopied."""
    if isinstance(rows, AllRows):
        return places
    return rows if isinstance(places, AllRows) else take_codes(np.asarray(rows[:]), places)


def _in_order(arrangement: Arrangement, places: RowNumbers, codes: Codes) -> Codes:
    """Sort one number per row by playlist, and return those of the kept occurrences, whose indices are `places`."""
    return take_codes(arrangement.sorted(codes), places)


def _count_sorted(in_order: Callable[[Codes], Codes], title: tuple[Codes, pa.Array], offsets: Ids) -> tuple[int, int]:
    """Call `count_sorted` for the titles of the kept occurrences, which `in_order` selects from those of all rows."""
    return count_sorted(in_order(title[0]), title[1], offsets)


def _playlist_counts(sorted_by_title: Future[tuple[int, int]], postings: Future[Postings]) -> PlaylistCounts:
    """Wait for the result of `count_sorted` and the playlists of each track, and count the repeats in playlists."""
    return PlaylistCounts(*sorted_by_title.result(), *count_repeats(postings.result()))


def _identity_keys(strings: pa.Array) -> tuple[Ids, int]:
    """Number strings so that all spellings of a name have the same number; also return the number of names."""
    partition = partition_by_letters if len(strings) > FEW_VALUES else single_part

    def partitioned_names(some: slice) -> Partition:
        return partition(identities(strings[some]))

    slices = list(row_slices(len(strings)))
    split = list(run_in_order(partial(partitioned_names, some) for some in slices))
    keys, known = np.empty(len(strings), np.int64), 0
    parts = range(len(split[0])) if split else ()
    for part, names in enumerate(run_in_order(partial(_encoded_part, split, part) for part in parts)):
        places = [some.start + partitioned.places(part) for some, partitioned in zip(slices, split, strict=True)]
        keys[np.concatenate(places)] = names.indices.to_numpy() + known
        known += len(names.dictionary)
    return keys, known


def _encoded_part(split: Sequence[Partition], part: int) -> pa.DictionaryArray:
    """Dictionary-encode the values that are in the given part of several partitions."""
    return pa.concat_arrays([partitioned.part(part) for partitioned in split]).dictionary_encode()


def _named_tracks(coded: Coded) -> tuple[Codes, int]:
    """Number the rows by artist and title, regardless of spelling, in order of first appearance; see `number_keys`."""
    (artist, artists), (title, titles) = coded["artist"], coded["title"]
    identified = run_in_order(partial(_identity_keys, strings) for strings in (artists, titles))
    (artist_key, artist_keys), (title_key, title_keys) = identified

    def keys(part: slice) -> Ids:
        return artist_key[artist[part]] * title_keys + title_key[title[part]]

    return number_keys(len(artist), keys, artist_keys * title_keys)


def _tracks_by_uri(coded: tuple[Codes, pa.Array], named: Codes, names: int) -> Codes:
    """Number the rows by track, int32 (rows,).

    A track is identified by its uri or, without a uri, by `named`: rows with the same artist and title have one number.
    `names` is how many such numbers there are.
    """
    uri, uris = coded
    if not len(uris):
        return named

    def keys(part: slice) -> Ids:
        return np.where(uri[part] >= 0, uri[part].astype(np.int64), named[part].astype(np.int64) + len(uris))

    return number_keys(len(uri), keys, len(uris) + names)[0]


def _number_tracks(
    coded: Coded, track: Codes, used: RowNumbers, key: Codes
) -> tuple[Codes, pa.Table, dict[str, Codes]]:
    """Number the tracks by count.

    Args:
        coded: the columns of all rows.
        track: number of the track of each row; the numbers need not be in a particular order.
        used: indices of the rows that are used, in the order of the corpus.
        key: number of the track of each used row. The track ids are written into this array if it is writeable.

    Returns:
        The track id of each used row, int32 (len(used),); the table of tracks; and for each column in `FIRST`, the
        index of its string in the first used row of each track.
    """
    highest = max((int(track[part].max()) for part in row_slices(len(track))), default=-1)
    count = count_codes(key, highest + 1)
    first = np.full(len(count), len(track))
    for part in row_slices(len(used)):
        # `minimum.at` is ten times as fast if both arrays have the same dtype.
        np.minimum.at(first, key[part], used[part].astype(np.int64))
    # A count and a row are packed into 64 bits, because sorting them is faster than sorting indices.
    ranked = (-count << ROW_BITS | first)[count > 0]
    ranked.sort()
    place = ranked & ((1 << ROW_BITS) - 1)
    by_place = np.argsort(place)
    rank = np.empty(len(count), np.int32)
    rank[codes_at(track, place, by_place)] = np.arange(len(place))
    # All columns are read before the track ids are written, because `key` may be one of them.
    codes = {name: codes_at(column, place, by_place) for name, (column, _) in coded.items() if name in FIRST}
    track_ids = key if key.flags.writeable else scratch(len(key), np.int32)
    for part in row_slices(len(key)):
        track_ids[part] = rank[key[part]]
    tasks = (partial(pc.take, coded[name][1], pa.array(codes[name], mask=codes[name] < 0)) for name in TRACK_COLUMNS)
    columns = dict(zip(TRACK_COLUMNS, run_in_order(tasks), strict=True))
    numbers = {"count": pa.array(-(ranked >> ROW_BITS)), "first_place": pa.array(place + 1)}
    return track_ids, pa.table(columns | numbers), codes


def _spellings(coded: Coded, row: Codes, first: Mapping[str, Codes], added: Ids | None) -> pa.Table:
    """Count the spellings of each track except its first; return a table sorted by track id, artist and title.

    Args:
        coded: the columns in the order of the corpus.
        row: the track id of each occurrence.
        first: for each column, the index of the string in the first row of each track.
        added: the occurrences that are examined; None for all.
    """
    (artist, artists), (title, titles) = coded["artist"], coded["title"]
    names = ["row", "artist", "title"]
    found = [pa.table({name: pa.array([], pa.int32()) for name in names} | {"count": pa.array([], pa.int64())})]
    for part in row_slices(len(row) if added is None else len(added)):
        here = part if added is None else added[part]
        rows, artist_here, title_here = row[here], artist[here], title[here]
        other = (artist_here != first["artist"][rows]) | (title_here != first["title"][rows])
        written = pa.table({"row": rows[other], "artist": artist_here[other], "title": title_here[other]})
        found.append(written.group_by(names).aggregate([([], "count_all")]).rename_columns([*names, "count"]))
    spelt = pa.concat_tables(found).group_by(names).aggregate([("count", "sum")]).rename_columns([*names, "count"])
    written = {"artist": pc.take(artists, spelt["artist"]), "title": pc.take(titles, spelt["title"])}
    spelt = pa.table({"row": spelt["row"].cast(pa.int64())} | written | {"count": spelt["count"]})
    return spelt.sort_by([(name, "ascending") for name in names])


def _other_uris(coded: Coded, row: Codes, first: Mapping[str, Codes], added: Ids | None) -> pa.Table:
    """Return a table of the uris of each track other than its main uri, in order of first appearance.

    The arguments are the same as those of `_spellings`.
    """
    codes, uris = coded["uri"]
    found = [pa.table({name: pa.array([], pa.int32()) for name in ("uri", "row")})]
    for part in row_slices(len(row) if added is None else len(added)) if len(uris) else ():
        here = part if added is None else added[part]
        uri, rows = codes[here], row[here]
        other = (uri >= 0) & (uri != first["uri"][rows])
        found.append(_without_repeats(pa.table({"uri": uri[other], "row": rows[other]})))
    pairs = _without_repeats(pa.concat_tables(found))
    return pa.table({"uri": pc.take(uris, pairs["uri"]), "row": pairs["row"].cast(pa.int64())})


def _without_repeats(table: pa.Table) -> pa.Table:
    """Return the distinct rows of a table in order of first appearance."""
    return table.group_by(table.column_names, use_threads=False).aggregate([])


def _number_playlists(coded: Coded, group_by: GroupBy) -> tuple[Codes, pa.Table, int]:
    """Number the playlists in order of first appearance.

    Returns:
        The number of each row's playlist, int32 (rows,); the table of playlists; how many playlists were merged with
        another owner's playlist of the same name.
    """
    (owner, owners), (name, names), (key, keys) = coded["owner"], coded["playlist"], coded["key"]
    # A playlist is identified by its owner, its name and its key, if it has one. With group_by "name", it is identified
    # by its name alone.
    playlist, apart = number_pairs((owner, len(owners)), (name, len(names)))
    if not is_constant(key):
        playlist, apart = number_pairs((playlist, apart), (key, len(keys)))
    if group_by == "name":
        playlist, _ = number_keys(len(name), lambda part: name[part].astype(np.int64), len(names))
    first = first_rows(playlist)
    described = {
        "owner": pc.take(owners, pa.array(owner[first])),
        "name": pc.take(names, pa.array(name[first])),
        "key": pc.take(keys, pa.array(key[first], mask=key[first] < 0)),
    }
    return playlist, pa.table(described), apart - len(first)


def _arrange_rows(coded: Coded, group_by: GroupBy, known: KnownRows | None) -> tuple[Arrangement, pa.Table, int]:
    """Sort the rows by playlist; `known` are the rows of the existing corpus.

    Returns:
        The order of the rows; the table of playlists; how many playlists were merged with another owner's playlist of
        the same name.
    """
    playlist, playlists, welded = _number_playlists(coded, group_by)
    del coded  # to remove the temporary files of the columns
    if known:
        playlist = known.by_playlist(playlist)
    offsets = offsets_of(count_codes(playlist, playlists.num_rows))
    return Arrangement(playlist, offsets), playlists, welded


def _kept_playlists(playlists: pa.Table, kept: Ids, unlisted: int) -> pa.Table:
    """Return the table of the playlists in `kept`; keys that are unique only within their file are replaced.

    Such a key is replaced by the number of its playlist. The numbers start at `unlisted`, which is the number of
    playlists of the existing corpus that are not in the table (see `KnownRows`).
    """
    number, tables = np.cumsum(np.diff(kept, prepend=kept[:1]) != 0) + unlisted, [playlists[:0]]
    for part in row_slices(len(kept)):
        table = playlists.take(pa.array(kept[part]))
        keys = table["key"].cast(TEXT)
        numbers = pa.array(number[part]).cast(TEXT)
        own = pc.binary_join_element_wise(pa.scalar("#", TEXT), numbers, pa.scalar("", TEXT))
        tables.append(table.set_column(2, "key", pc.if_else(pc.match_substring(keys, IN_ONE_FILE), own, keys)))
    return pa.concat_tables(tables, promote_options="permissive")


def encode(blocks: Iterable[RowBlock], settings: ExtractSettings | None = None) -> EncodedPlaylists:
    """Encode a stream of blocks of rows; without `settings`, the default settings are used."""
    encoder = PlaylistEncoder(settings or ExtractSettings())
    for block in blocks:
        encoder.add(block)
    return encoder.encode()
