"""Finds the tracks and playlists of a corpus that added rows may change, so that only these are encoded again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.arrow_types import TEXT
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.catalogue_writer import SPELLINGS, URIS
from skipgramophone.experiment.condition import in_parts, marks
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.postings import sorted_unique
from skipgramophone.names.arrow_normalization import fold_names, full_names, identities
from skipgramophone.names.normalization import SEPARATOR
from skipgramophone.pipeline.append import Before
from skipgramophone.playlists.encoding.known_rows import KnownRows
from skipgramophone.playlists.readers.rows import IN_ONE_FILE, RowBlock
from skipgramophone.settings import GroupBy

# name and key of the extra playlist that contains all touched tracks; no reader makes this key, so it is unique
ALL_TOUCHED = f"{IN_ONE_FILE}touched"
NO_KEY = "\0"  # takes the place of the key in the label of a playlist that has no key
SCANNED_FROM = 8  # If more than 1 / SCANNED_FROM of the tracks of the catalogue is needed, all tracks are read.


@dataclass(frozen=True, slots=True)
class TouchedPart:
    """The part of a corpus that added rows may change.

    Attributes:
        rows: int64, catalogue rows of the touched tracks, ascending.
        playlists: int64, numbers of the touched playlists, ascending.
        known: the input of the encoder. This input contains the touched tracks, and the touched playlists without their
            other tracks. An extra first playlist contains all touched tracks, because the encoder needs each track to
            be in a playlist.
    """

    rows: Rows
    playlists: Rows
    known: KnownRows


def touched_part(before: Before, blocks: Sequence[RowBlock], group_by: GroupBy, at_least: int) -> TouchedPart:
    """Find the tracks and playlists of a corpus that added rows may change.

    The result may contain tracks and playlists that do not change, but it contains all that may change. It contains
    three kinds of tracks:

    - tracks with a uri or a name that also occurs in the added rows;
    - tracks with one of the most common names, because the report lists these names;
    - the first `at_least` tracks of each touched playlist and of the catalogue.

    Args:
        before: the corpus before it grows.
        blocks: the added rows.
        group_by: "name" if playlists are identified by name alone, otherwise "owner".
        at_least: number of first tracks to include. Cleaning drops playlists that have fewer tracks than this, so at
            least this number of tracks of each playlist must be included.
    """
    playlists = np.flatnonzero(pc.is_in(_labels([before.playlists], group_by), _added_labels(blocks, group_by)))
    corpus = before.corpus.playlists(playlists)
    firsts = (corpus.offsets[:-1, None] + np.arange(at_least)).ravel()
    with closing(Catalogue(before.directory)) as catalogue:
        found = [np.arange(min(at_least, len(catalogue))), corpus.track_ids[firsts[firsts < corpus.occurrences]]]
        found.append(_rows_in(catalogue, "uri", _distinct(blocks, "uri")))
        found.append(_rows_in(catalogue, "name_folded", _folded(before, blocks)))
        rows = sorted_unique(np.concatenate(found).astype(np.int64))
        tracks = _tracks_table(catalogue, rows)
    is_touched = np.zeros(before.number_of_tracks, np.bool_)
    is_touched[rows] = True
    kept = np.flatnonzero(is_touched[corpus.track_ids])
    all_touched = np.argsort(tracks["first_place"].to_numpy(), kind="stable")
    track_ids = np.concatenate([all_touched, np.searchsorted(rows, corpus.track_ids[kept])]).astype(np.int32)
    offsets = np.concatenate([[0], len(rows) + np.searchsorted(kept, corpus.offsets)])
    listed = {"owner": [""], "name": [ALL_TOUCHED], "key": [ALL_TOUCHED]}
    first = pa.table({name: pa.array(value, TEXT) for name, value in listed.items()})
    table = pa.concat_tables([first, before.playlists.select(first.column_names).take(pa.array(playlists))])
    unlisted = len(before.corpus) - table.num_rows
    known = KnownRows(
        tracks,
        table,
        Corpus(track_ids, offsets),
        spellings=pa.schema(SPELLINGS).empty_table(),  # needed only to match tracks by identifiers
        uris=pa.schema(URIS).empty_table(),
        unlisted=unlisted,
    )
    return TouchedPart(rows, playlists, known)


def rows_of_new_playlists(before: Before, blocks: Sequence[RowBlock], group_by: GroupBy) -> list[RowBlock]:
    """Return the added rows whose playlist the corpus does not contain."""
    existing = _labels([before.playlists], group_by)
    new = [pc.invert(pc.is_in(_labels([block.table], group_by), existing)) for block in blocks]
    return [replace(block, table=block.table.filter(rows)) for block, rows in zip(blocks, new, strict=True)]


def titles_of(directory: Path, rows: Rows) -> pa.Array:
    """Return the titles of some tracks of a corpus stage; `rows` are ascending."""
    with closing(Catalogue(directory)) as catalogue:
        if len(rows) > len(catalogue) // SCANNED_FROM:
            every = [pa.array([title for (title,) in some], TEXT) for some in catalogue.batches("title")]
            return pa.concat_arrays(every or [pa.array([], TEXT)]).take(pa.array(rows))
        found: list[str] = []
        for some in in_parts(rows.tolist()):
            asked = f"SELECT title FROM tracks WHERE row IN ({marks(some)}) ORDER BY row"
            found += (title for (title,) in catalogue.query(asked, some))
    return pa.array(found, TEXT)


def _tracks_table(catalogue: Catalogue, rows: Rows) -> pa.Table:
    """Return name, `first_place` and count of tracks.

    If the catalogue has locations, durations or albums, they are returned too, as text.
    """
    tracks = catalogue.tracks(rows.tolist())
    columns = {name: pa.array([getattr(track, name) for track in tracks], TEXT) for name in ("artist", "title", "uri")}
    for name in catalogue.facts:
        stated = (getattr(track, name) for track in tracks)
        columns[name] = pa.array([None if value is None else str(value) for value in stated], TEXT)
    for name in ("first_place", "count"):
        columns[name] = pa.array([getattr(track, name) for track in tracks], pa.int64())
    return pa.table(columns)


def _labels(tables: Sequence[pa.Table], group_by: GroupBy) -> pa.ChunkedArray:
    """Return a text that identifies each playlist: its name if `group_by` is "name", else owner, name and key."""
    chunks = []
    for table in tables:
        name = table["name" if "name" in table.column_names else "playlist"]
        key = table["key"] if "key" in table.column_names else pa.chunked_array([pa.nulls(table.num_rows, TEXT)])
        parts = [part.cast(TEXT) for part in ((name,) if group_by == "name" else (table["owner"], name, key))]
        ends = pa.scalar("\0", TEXT)
        joined = pc.binary_join_element_wise(*parts, ends, null_handling="replace", null_replacement=NO_KEY)
        chunks += joined.chunks
    return pa.chunked_array(chunks, TEXT)


def _added_labels(blocks: Sequence[RowBlock], group_by: GroupBy) -> pa.Array:
    """Return the labels (see `_labels`) of the playlists to which the added rows belong, each label once."""
    return _labels([block.table for block in blocks], group_by).unique()


def _distinct(blocks: Sequence[RowBlock], column: str) -> list[str]:
    """Return the distinct strings in one column of the rows that are added to the corpus."""
    there = [block.table[column].cast(TEXT) for block in blocks if column in block.table.column_names]
    chunks = [chunk for part in there for chunk in part.chunks]
    found: list[str] = pa.chunked_array(chunks, TEXT).unique().drop_null().to_pylist()
    return found


def _folded(before: Before, blocks: Sequence[RowBlock]) -> list[str]:
    """Return the names in the added rows and the most common names of the catalogue, normalized by `fold_names`."""
    most = before.manifest.facts["most_namesakes"]
    shared = {name: pa.array([each[at] for each in most], TEXT) for at, name in enumerate(("artist", "title"))}
    added = [block.table.select(list(shared)).cast(pa.schema([(name, TEXT) for name in shared])) for block in blocks]
    names = pa.concat_tables([pa.table(shared), *added]).group_by(["artist", "title"]).aggregate([])
    artists, titles = (names[name].combine_chunks() for name in ("artist", "title"))
    found = [fold_names(full_names(artists, titles))]
    # Names that differ only in case or normalization form are one name. An artist that consists only of spaces is
    # treated as empty.
    plain = identities(artists), identities(titles)
    separated = pc.binary_join_element_wise(*plain, pa.scalar(SEPARATOR, TEXT))
    found += [fold_names(full_names(*plain)), fold_names(separated)]
    folded: list[str] = pa.chunked_array(found, TEXT).unique().to_pylist()
    return folded


def _rows_in(catalogue: Catalogue, column: str, values: Sequence[str]) -> Rows:
    """Return the rows of the tracks with one of the given values in an indexed column, int64."""
    rows: list[int] = []
    for some in in_parts(values):
        rows += catalogue.query_numbers(f"SELECT row FROM tracks WHERE {column} IN ({marks(some)})", some)
    return np.array(rows, np.int64)
