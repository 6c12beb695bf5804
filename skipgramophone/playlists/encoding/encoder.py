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
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.experiment.arrow_types import TEXT
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.postings import Postings, build_postings
from skipgramophone.names.arrow_normalization import identities
from skipgramophone.parallel import background_thread, run_in_order, start_task
from skipgramophone.playlists.encoding.cleaning import clean_corpus, count_repeats, offsets_of
from skipgramophone.playlists.encoding.encoded_playlists import EncodedPlaylists, PlaylistCounts
from skipgramophone.playlists.encoding.identifier_matching import match_tracks
from skipgramophone.playlists.encoding.key_numbering import number_keys
from skipgramophone.playlists.encoding.known_rows import OPTIONAL, PLAYLIST_COLUMNS, TRACK_COLUMNS, KnownRows
from skipgramophone.playlists.encoding.name_counts import count_empty, count_sorted, most_namesakes
from skipgramophone.playlists.encoding.numbering import (
    Codes,
    Numbering,
    count_codes,
    first_rows,
    row_slices,
    rows_by_code,
    take_codes,
)
from skipgramophone.playlists.encoding.partitioning import FEW_VALUES, Partition, partition_by_letters, single_part
from skipgramophone.playlists.encoding.track_facts import with_facts
from skipgramophone.playlists.encoding.track_identifiers import track_identifiers
from skipgramophone.playlists.readers.rows import COLUMNS, IDENTIFIERS, IN_ONE_FILE, Reject, RowBlock, dictionary_of
from skipgramophone.settings import ExtractSettings, GroupBy

Ids = npt.NDArray[np.int64]
ROW_BITS = 32
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
            named = _named_tracks(coded)
            track = named if self._settings.merge_uris else _tracks_by_uri(coded["uri"][0], named)
            order, offsets, playlists, welded = arranged.result()
        known, matching = 0, None
        if self._settings.matched:
            track, matching = match_tracks(track, coded, self._settings, self._known)
        if grown := self._known:
            known = grown.corpus.occurrences
            named, track = map(grown.by_track, (named, track))
            coded |= {name: (grown.by_track(coded[name][0]), coded[name][1]) for name in (*TRACK_COLUMNS, *OPTIONAL)}
        unclean = Corpus(take_codes(track, order), offsets)
        clean = clean_corpus(unclean, self._settings, order < known, playlists["name"])
        used = order if len(clean.places) == len(order) else order[clean.places]
        offsets = clean.offsets
        # The tasks may still run while the catalogue is written. The first one starts before the tracks are numbered,
        # because numbering uses only one core most of the time.
        sorted_by_title = start_task(partial(count_sorted, *coded["title"], used, offsets))
        track_ids, tracks = _number_tracks(coded, track, used)
        tracks = with_facts(tracks, coded, track_ids, used)
        postings = start_task(partial(build_postings, Corpus(track_ids, offsets), tracks.num_rows))
        counts = start_task(partial(_playlist_counts, sorted_by_title, postings))
        # Rows of the existing corpus keep the names of their tracks, so only the added rows are examined.
        added = np.flatnonzero(used >= known) if known else slice(None)
        row, place = track_ids[added], used[added]
        spellings, uris = _spellings(coded, row, place, tracks), _other_uris(coded, row, place, tracks)
        name_of = named[tracks["first_place"].to_numpy() - 1]
        bearers = np.bincount(name_of)
        return EncodedPlaylists(
            tracks=tracks,
            spellings=spellings,
            uris=uris,
            identifiers=track_identifiers(*coded[IDENTIFIERS], track_ids, used),
            matching=matching,
            known_postings=postings,
            counts=counts,
            playlists=_kept_playlists(playlists, clean.playlists, grown.unlisted if grown else 0),
            first_rows=used[offsets[:-1]].astype(np.int64),
            last_rows=used[offsets[1:] - 1].astype(np.int64),
            track_ids=track_ids,
            offsets=offsets,
            without_artist=count_empty(*coded["artist"], used),
            namesakes=tracks.num_rows - int(np.count_nonzero(bearers)),
            most_namesakes=most_namesakes(name_of, bearers, tracks),
            left_out=dict(self.left_out) | clean.left_out,
            split=clean.split,
            welded=welded,
            rejects=self.rejects,
        )

    def _arranged(self) -> tuple[Codes, Ids, pa.Table, int]:
        """Finish the columns that identify playlists, and sort the rows by playlist; see `_arrange_rows`."""
        return _arrange_rows(self._finished(PLAYLIST_COLUMNS), self._settings.group_by, self._known)

    def _finished(self, names: Iterable[str]) -> Coded:
        """Return finished columns."""
        names = list(names)
        return dict(zip(names, run_in_order(self._columns[name].finish for name in names), strict=True))


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
    """Encode the values of one part of several partitions."""
    return pa.concat_arrays([partitioned.part(part) for partitioned in split]).dictionary_encode()


def _named_tracks(coded: Coded) -> Codes:
    """Number the rows by artist and title, regardless of spelling, in order of first appearance; int32 (rows,)."""
    (artist, artists), (title, titles) = coded["artist"], coded["title"]
    (artist_key, _), (title_key, keys) = run_in_order(partial(_identity_keys, strings) for strings in (artists, titles))
    return number_keys(len(artist), lambda part: artist_key[artist[part]] * keys + title_key[title[part]])


def _tracks_by_uri(uri: Codes, named: Codes) -> Codes:
    """Number the rows by track, int32 (rows,).

    A track is identified by its uri or, without a uri, by `named`: rows with the same artist and title have one number.
    """
    if np.all(uri < 0):
        return named
    return number_keys(len(uri), lambda part: np.where(uri[part] >= 0, -1 - uri[part], named[part]).astype(np.int64))


def _number_tracks(coded: Coded, track: Codes, used: Codes) -> tuple[Codes, pa.Table]:
    """Number the tracks by count.

    Args:
        coded: the columns of all rows.
        track: number of the track of each row; the numbers need not be in a particular order.
        used: indices of the rows that are used, in the order of the corpus.

    Returns:
        The track id of each used row, int32 (len(used),), and the table of tracks.
    """
    (artist, artists), (title, titles), (uri, uris) = coded["artist"], coded["title"], coded["uri"]
    key = take_codes(track, used)
    count = count_codes(key, int(track.max(initial=-1)) + 1)
    first = np.full(len(count), len(track))
    for part in row_slices(len(used)):
        # `minimum.at` is ten times as fast if both arrays have the same dtype.
        np.minimum.at(first, key[part], used[part].astype(np.int64))
    # A count and a row are packed into 64 bits, because sorting them is faster than sorting indices.
    ranked = (-count << ROW_BITS | first)[count > 0]
    ranked.sort()
    place = ranked & ((1 << ROW_BITS) - 1)
    rank = np.empty(len(count), np.int32)
    rank[track[place]] = np.arange(len(place))
    for part in row_slices(len(key)):
        key[part] = rank[key[part]]
    names = {
        "artist": partial(pc.take, artists, pa.array(artist[place])),
        "title": partial(pc.take, titles, pa.array(title[place])),
        "uri": partial(pc.take, uris, pa.array(uri[place], mask=uri[place] < 0)),
    }
    columns = dict(zip(names, run_in_order(names.values()), strict=True))
    return key, pa.table(columns | {"count": pa.array(-(ranked >> ROW_BITS)), "first_place": pa.array(place + 1)})


def _spellings(coded: Coded, row: Codes, used: Codes, tracks: pa.Table) -> pa.Table:
    """Count the spellings of each track except its first; return a table sorted by track id, artist and title.

    `row[i]` is the track id of row `used[i]`, int32 (len(used),). A track id is the index of a row of `tracks`.
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


def _other_uris(coded: Coded, row: Codes, used: Codes, tracks: pa.Table) -> pa.Table:
    """Return a table of the uris of each track other than its main uri, in order of first appearance."""
    codes, uris = coded["uri"]
    own, names = codes[tracks["first_place"].to_numpy() - 1], ["uri", "row"]
    found = [pa.table({name: pa.array([], pa.int32()) for name in names})]
    for part in row_slices(len(used)) if len(uris) else ():
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
        The number of each row's playlist, int32 (rows,); the table of playlists; how many playlists were merged with
        another owner's playlist of the same name.
    """
    (owner, owners), (name, names), (key, keys) = coded["owner"], coded["playlist"], coded["key"]
    # A playlist is identified by its owner, its name and its key, if it has one. With group_by "name", it is identified
    # by its name alone.
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


def _arrange_rows(coded: Coded, group_by: GroupBy, known: KnownRows | None) -> tuple[Codes, Ids, pa.Table, int]:
    """Sort the rows by playlist; `known` are the rows of the existing corpus.

    Returns:
        The row indices, playlist by playlist, int32 (rows,); the bounds of the playlists in these indices; the table of
        playlists; how many playlists were merged with another owner's playlist of the same name.
    """
    playlist, playlists, welded = _number_playlists(coded, group_by)
    if known:
        playlist = known.by_playlist(playlist)
    offsets = offsets_of(count_codes(playlist, playlists.num_rows))
    return rows_by_code(playlist, offsets), offsets, playlists, welded


def _kept_playlists(playlists: pa.Table, kept: Ids, unlisted: int) -> pa.Table:
    """Return the table of the playlists in `kept`; keys that are unique only within their file are replaced.

    Such a key is replaced by the number of its playlist. The numbers start at `unlisted`, which is the number of
    playlists of the existing corpus that are not in the table (see `KnownRows`).
    """
    table = playlists.take(pa.array(kept))
    number = pa.array(np.unique(kept, return_inverse=True)[1] + unlisted).cast(TEXT)
    keys = table["key"].cast(TEXT)
    own = pc.binary_join_element_wise(pa.scalar("#", TEXT), number, pa.scalar("", TEXT))
    return table.set_column(2, "key", pc.if_else(pc.match_substring(keys, IN_ONE_FILE), own, keys))


def encode(blocks: Iterable[RowBlock], settings: ExtractSettings | None = None) -> EncodedPlaylists:
    """Encode a stream of blocks of rows; without `settings`, the default settings are used."""
    encoder = PlaylistEncoder(settings or ExtractSettings())
    for block in blocks:
        encoder.add(block)
    return encoder.encode()
