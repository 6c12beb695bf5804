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
from collections.abc import Iterable
from concurrent.futures import Future
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.experiment.arrow_types import TEXT
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.postings import Postings, build_postings
from skipgramophone.parallel import background_thread, run_in_order, start_task
from skipgramophone.playlists.encoding.arrangement import Arrangement
from skipgramophone.playlists.encoding.cleaning import CleanedPlaylists, clean_corpus, count_repeats, offsets_of
from skipgramophone.playlists.encoding.corpus_rows import CorpusRows
from skipgramophone.playlists.encoding.encoded_playlists import EncodedPlaylists, PlaylistCounts
from skipgramophone.playlists.encoding.identifier_matching import Matching, match_tracks
from skipgramophone.playlists.encoding.key_numbering import number_keys, number_pairs
from skipgramophone.playlists.encoding.known_rows import OPTIONAL, PLAYLIST_COLUMNS, TRACK_COLUMNS, KnownRows
from skipgramophone.playlists.encoding.name_counts import count_empty, count_namesakes, count_sorted
from skipgramophone.playlists.encoding.numbering import (
    Codes,
    Column,
    Numbering,
    count_codes,
    first_rows,
    is_constant,
    row_slices,
    take_codes,
)
from skipgramophone.playlists.encoding.other_names import other_spellings, other_uris
from skipgramophone.playlists.encoding.partitioning import partition_by_letters
from skipgramophone.playlists.encoding.track_facts import with_facts
from skipgramophone.playlists.encoding.track_identifiers import track_identifiers
from skipgramophone.playlists.encoding.track_numbering import (
    NumberedTracks,
    number_by_count,
    number_by_name,
    number_by_uri,
)
from skipgramophone.playlists.readers.rows import COLUMNS, IDENTIFIERS, IN_ONE_FILE, Reject, RowBlock, dictionary_of
from skipgramophone.settings import ExtractSettings, GroupBy

Ids = npt.NDArray[np.int64]
Coded = dict[str, Column]


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
            coded, named, track, matching = self._identified()
            arrangement, playlists, welded = arranged.result()
        clean, of_used = self._cleaned(track, arrangement, playlists["name"])
        kept = CorpusRows(arrangement, clean)
        # These tasks may still run while the catalogue is written. The first one starts before the tracks are numbered,
        # because numbering uses only one core most of the time.
        sorted_by_title = start_task(partial(_count_sorted, coded["title"], kept))
        named_by = {name: coded[name][0] for name in TRACK_COLUMNS} | {"named": named}
        numbered = number_by_count(track, kept.numbers, of_used, named_by)
        del named, track, of_used, named_by  # removes their temporary files
        tracks = with_facts(_table_of_tracks(numbered, coded), coded, numbered.ids, kept)
        for name in tuple(coded):
            codes, values = coded.pop(name)  # removes the file of the unsorted column before the next one is sorted
            coded[name] = kept.select(codes), values
        postings = start_task(partial(build_postings, Corpus(numbered.ids, kept.offsets), tracks.num_rows))
        counts = start_task(partial(_playlist_counts, sorted_by_title, postings))
        # Rows of the existing corpus keep the names of their tracks, so only the added rows are examined.
        added = np.flatnonzero(kept.numbers[:] >= self._known_rows) if self._known_rows else None
        namesakes, most_namesakes = count_namesakes(numbered.first["named"], tracks)
        return EncodedPlaylists(
            tracks=tracks,
            spellings=other_spellings(coded, numbered.ids, numbered.first, added),
            uris=other_uris(coded, numbered.ids, numbered.first, added),
            identifiers=track_identifiers(*coded[IDENTIFIERS], numbered.ids),
            matching=matching,
            known_postings=postings,
            counts=counts,
            playlists=_kept_playlists(playlists, clean.playlists, self._known.unlisted if self._known else 0),
            first_rows=kept.firsts,
            last_rows=kept.lasts,
            track_ids=numbered.ids,
            offsets=kept.offsets,
            without_artist=count_empty(*coded["artist"]),
            namesakes=namesakes,
            most_namesakes=most_namesakes,
            left_out=dict(self.left_out) | clean.left_out,
            split=clean.split,
            welded=welded,
            rejects=self.rejects,
        )

    @property
    def _known_rows(self) -> int:
        """Number of rows of the existing corpus, which are the first rows."""
        return self._known.corpus.occurrences if self._known else 0

    def _identified(self) -> tuple[Coded, Codes, Codes, Matching | None]:
        """Finish the columns of tracks, and identify the track of each row.

        Returns:
            The columns; the number of each row's artist and title, int32 (rows,); the number of its track, int32
            (rows,); which tracks were merged by their identifiers, or None if the settings do not match tracks.
        """
        coded = self._finished(name for name in self._columns if name not in PLAYLIST_COLUMNS)
        named, names = number_by_name(coded["artist"], coded["title"])
        track = named if self._settings.merge_uris else number_by_uri(coded["uri"], named, names)
        matching = None
        if self._settings.matched:
            track, matching = match_tracks(track, coded, self._settings, self._known)
        if known := self._known:
            coded = {name: (known.by_track(codes), values) for name, (codes, values) in coded.items()}
            named, track = known.by_track(named), known.by_track(track)
        return coded, named, track, matching

    def _arranged(self) -> tuple[Arrangement, pa.Table, int]:
        """Finish the columns that identify playlists, and sort the rows by playlist; see `_arrange_rows`."""
        return _arrange_rows(self._finished(PLAYLIST_COLUMNS), self._settings.group_by, self._known)

    def _finished(self, names: Iterable[str]) -> Coded:
        """Return finished columns."""
        names = list(names)
        return dict(zip(names, run_in_order(self._columns[name].finish for name in names), strict=True))

    def _cleaned(
        self, track: Codes, arrangement: Arrangement, names: pa.ChunkedArray
    ) -> tuple[CleanedPlaylists, Codes]:
        """Clean the playlists; also return the number of the track of each row that remains, in the new order."""
        unclean = Corpus(arrangement.sorted(track), arrangement.offsets)
        is_known = arrangement.rows[:] < self._known_rows if self._known_rows else None
        clean = clean_corpus(unclean, self._settings, is_known, names)
        return clean, take_codes(unclean.track_ids, clean.places)


def _count_sorted(title: Column, kept: CorpusRows) -> tuple[int, int]:
    """Call `count_sorted` for the titles of the kept rows; `title` contains those of all rows."""
    return count_sorted(kept.select(title[0]), title[1], kept.offsets)


def _playlist_counts(sorted_by_title: Future[tuple[int, int]], postings: Future[Postings]) -> PlaylistCounts:
    """Wait for the result of `count_sorted` and the playlists of each track, and count the repeats in playlists."""
    return PlaylistCounts(*sorted_by_title.result(), *count_repeats(postings.result()))


def _table_of_tracks(numbered: NumberedTracks, coded: Coded) -> pa.Table:
    """Return the table of tracks; `coded` contains the columns of all rows."""
    first = {name: pa.array(numbered.first[name], mask=numbered.first[name] < 0) for name in TRACK_COLUMNS}
    tasks = (partial(pc.take, coded[name][1], codes) for name, codes in first.items())
    columns = dict(zip(first, run_in_order(tasks), strict=True))
    return pa.table(columns | {"count": pa.array(numbered.counts), "first_place": pa.array(numbered.rows + 1)})


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
