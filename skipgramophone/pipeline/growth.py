"""Adds a few rows to a large corpus.

Only the tracks and playlists that the added rows may change (the touched part) are encoded again. The catalogue file is
copied, and the copy is changed. Arrays are written as a whole, which is fast. The result is identical to that of
encoding all rows of the corpus again. In any of these cases, all rows are encoded again:

- Many rows are added, or they may change a large part of the corpus.
- The corpus or an added row has identifiers of tracks.
- An added row has an album, a duration or a location, but no row of the corpus has one.
- Playlists of the corpus are held out.
- A setting needs all playlists.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.arrow_types import TEXT
from skipgramophone.experiment.catalogue import FACTS
from skipgramophone.experiment.catalogue_growth import CatalogueChanges, grow_catalogue
from skipgramophone.experiment.catalogue_writer import FACT_TYPES, TRACKS
from skipgramophone.experiment.corpus import REJECTS, Corpus
from skipgramophone.experiment.json_files import write_lines
from skipgramophone.experiment.playlist_table import write_playlist_table
from skipgramophone.experiment.postings import Postings, has_postings, read_postings, sorted_unique
from skipgramophone.names.arrow_normalization import identities
from skipgramophone.names.normalization import identity
from skipgramophone.pipeline.append import Before, playlist_of, require_distinct
from skipgramophone.pipeline.extract_report import known_albums
from skipgramophone.pipeline.reports import ExtractReport, Writing
from skipgramophone.pipeline.touched import TouchedPart, rows_of_new_playlists, titles_of, touched_part
from skipgramophone.playlists.encoding.cleaning import count_repeats
from skipgramophone.playlists.encoding.encoded_playlists import EncodedPlaylists
from skipgramophone.playlists.encoding.encoder import PlaylistEncoder
from skipgramophone.playlists.encoding.known_rows import OPTIONAL
from skipgramophone.playlists.encoding.name_counts import count_sorted
from skipgramophone.playlists.readers.rows import Reject, RowBlock
from skipgramophone.settings import ExtractSettings

FEW_ROWS = 1 << 16  # added rows count as few if there are at most this many of them
FEW_OF = 16  # added rows also count as few if they are at most 1/16 of the rows of the corpus
# Names of counts in a report. When rows are added, each of these counts increases by the same number in the touched
# part and in the whole corpus.
SUMS = ("without_artist", "namesakes", "sorted_by_title", "sortable")
TRACK_BITS = 32  # a (track, playlist) pair is packed into 64 bits


@dataclass(frozen=True, slots=True)
class Growth:
    """A corpus that grows by a few rows.

    Attributes:
        before: the corpus before it grows.
        part: the tracks and playlists of the earlier corpus that the added rows may change.
        encoded: the tracks and playlists of `part`, encoded together with the added rows.
        rows: int64, catalogue row of each track of `encoded`.
        corpus: the playlists of the whole corpus, including the added rows.
        playlists: owner, name and key of these playlists.
        postings: the postings of the whole corpus.
        sorted_by_title: by how much two numbers differ between the grown and the earlier corpus: the number of
            playlists that are sorted by title, and the number of playlists that are long enough to test this.
    """

    before: Before
    part: TouchedPart
    encoded: EncodedPlaylists
    rows: Rows
    corpus: Corpus
    playlists: pa.Table
    postings: Postings
    sorted_by_title: tuple[int, int]

    def reported(self, report: ExtractReport) -> ExtractReport:
        """Turn the report on the tracks and playlists that were encoded again into one on the whole corpus."""
        facts, known = self.before.manifest.facts, self.part.known
        report = self.before.reported(report, self.encoded, known.corpus, known.tracks.num_rows)
        in_order, sortable = self.sorted_by_title
        repeats, same_tracks = count_repeats(self.postings)
        nameless = pc.equal(known.tracks["artist"], "").to_numpy()[known.corpus.track_ids]
        return replace(
            report,
            owners=pc.count_distinct(self.playlists["owner"]).as_py(),
            playlists=len(self.corpus),
            tracks=len(self.postings.offsets) - 1,
            occurrences=self.corpus.occurrences,
            longest_playlist=int(self.corpus.lengths().max()),
            repeats=repeats,
            same_tracks=same_tracks,
            without_artist=facts["without_artist"] + self.encoded.without_artist - int(np.count_nonzero(nameless)),
            namesakes=facts["namesakes"] + self.encoded.namesakes - _count_namesakes(known.tracks),
            most_namesakes=[self._most_frequent(*most) for most in self.encoded.most_namesakes],
            sorted_by_title=facts["sorted_by_title"] + in_order,
            sortable=facts["sortable"] + sortable,
            albums=facts.get("albums", 0) + known_albums(self.encoded.tracks) - known_albums(known.tracks),
        )

    def write(self, directory: Path, progress: Callable[[Writing], None] | None) -> None:
        """Write the files of the corpus stage into a directory."""
        before, tracks = self.before, self.before.number_of_tracks
        grow_catalogue(before.directory, directory, tracks, self._changes())
        if progress:
            progress(Writing(len(self.postings.offsets) - 1, len(self.postings.offsets) - 1))
        self.corpus.write(directory)
        self.postings.write(directory)
        write_playlist_table(directory, self.playlists)
        write_lines(directory / REJECTS, [one.as_dict() for one in self.encoded.rejects], before.directory / REJECTS)

    def _changes(self) -> CatalogueChanges:
        """Return the changes to make in the catalogue."""
        known, tracks = self.part.known, self.encoded.tracks.take(pa.array(np.argsort(self.rows)))
        facts = [name for name in FACTS if name in known.tracks.column_names]
        kinds = TRACKS | {name: FACT_TYPES[name] for name in facts}
        tracks = tracks.select([name for name in kinds if name in tracks.column_names])
        for name in set(kinds) - set(tracks.column_names):
            tracks = tracks.append_column(name, pa.nulls(tracks.num_rows, kinds[name]))
        old, new = tracks.slice(0, known.tracks.num_rows), tracks.slice(known.tracks.num_rows)
        gained = self._true_counts()[: old.num_rows]
        differs = gained != known.tracks["count"].to_numpy()
        for name in facts:
            stated = pc.is_valid(old[name]).to_numpy(), pc.is_valid(known.tracks[name]).to_numpy()
            differs |= stated[0] != stated[1]
        changed = pa.table({"row": self.part.rows, "count": gained} | {name: old[name] for name in facts})
        places = self.before.added_places(new["first_place"].to_numpy(), known.corpus.occurrences)
        spelt, uris = self.encoded.spellings, self.encoded.uris
        return CatalogueChanges(
            changed.filter(pa.array(differs)),
            new.set_column(new.column_names.index("first_place"), "first_place", pa.array(places)),
            spelt.set_column(0, "row", pa.array(self.rows[spelt["row"].to_numpy()])),
            uris.set_column(1, "row", pa.array(self.rows[uris["row"].to_numpy()])),
        )

    def _true_counts(self) -> Rows:
        """Return the count of each encoded track in the whole corpus, int64 (tracks,), in order of catalogue row."""
        known = self.part.known
        counts = self.encoded.tracks["count"].to_numpy()[np.argsort(self.rows)].copy()
        listed = known.corpus.counts(known.tracks.num_rows)
        counts[: len(listed)] += known.tracks["count"].to_numpy() - listed
        return np.asarray(counts, np.int64)

    def _most_frequent(self, artist: str, title: str, bearers: int) -> tuple[str, str, int]:
        """Return artist and title in the spelling of the most frequent track with this name, and `bearers`.

        `bearers`, the number of tracks with this name, is returned unchanged.
        """
        tracks, counts = self.encoded.tracks.take(pa.array(np.argsort(self.rows))), self._true_counts()
        name = identity(artist), identity(title)
        named = zip(tracks["artist"].to_pylist(), tracks["title"].to_pylist(), strict=True)
        rows = [row for row, (one, other) in enumerate(named) if (identity(one), identity(other)) == name]
        places = tracks["first_place"].to_numpy()
        best = max(rows, key=lambda row: (counts[row], -places[row]))
        return tracks["artist"][best].as_py(), tracks["title"][best].as_py(), bearers


class GrowingEncoder:
    """Encodes added rows together with the corpus.

    If only a few rows are added, they are encoded together with the part of the corpus that they may change. Otherwise,
    they are encoded together with the whole corpus.

    Attributes:
        rejects: the rejected records of the added rows.
        left_out: number of added rows that readers left out, by reason.
    """

    def __init__(self, settings: ExtractSettings, before: Before, only_read: bool) -> None:
        """Create an encoder.

        Args:
            settings: settings for reading and cleaning.
            before: the corpus before it grows.
            only_read: true for a dry run, which writes nothing. A dry run encodes the whole corpus.
        """
        self._settings, self._before = settings, before
        self._blocks: list[RowBlock] | None = []
        self._encoder = PlaylistEncoder(settings)
        self._rows = 0
        self.rejects: list[Reject] = []
        self.left_out: Counter[str] = Counter()
        if only_read or not _grows_by_parts(before, settings):
            self._begin_with_all()

    def add(self, block: RowBlock) -> None:
        """Add a block of rows."""
        self.rejects += block.rejects
        self.left_out.update(block.left_out)
        self._rows += block.used
        if self._blocks is None:
            self._encoder.add(block)
            return
        self._blocks.append(block)
        if self._rows > _few(self._before):
            self._begin_with_all()

    def encode(self) -> EncodedPlaylists | Growth:
        """Encode all rows, and clean the playlists."""
        if self._blocks is not None:
            touched = self._touched_part(self._blocks)
            if touched:
                return _grown(self._before, touched, self._blocks, self._settings)
            self._begin_with_all()
        return self._before.grown(self._encoder.encode())

    def _touched_part(self, blocks: Sequence[RowBlock]) -> TouchedPart | None:
        """Return the tracks and playlists that added rows may change; None if all of the corpus must be encoded."""
        part = touched_part(self._before, blocks, self._settings.group_by, self._settings.min_length)
        states_more = any(
            name in block.table.column_names and name not in part.known.tracks.column_names
            for block in blocks
            for name in OPTIONAL
        )
        many = max(FEW_ROWS, self._before.corpus.occurrences // 2)
        few = part.known.corpus.lengths().min() < self._settings.min_length
        return None if states_more or few or part.known.corpus.occurrences > many else part

    def _begin_with_all(self) -> None:
        """Encode all rows of the corpus, followed by the added rows."""
        blocks, self._blocks = self._blocks or [], None
        self._encoder.begin_with(self._before.rows())
        for block in blocks:
            self._encoder.add(block)


def _few(before: Before) -> int:
    """Return the maximum number of added rows for which only a part of the corpus is encoded again."""
    return max(FEW_ROWS, before.corpus.occurrences // FEW_OF)


def _grows_by_parts(before: Before, settings: ExtractSettings) -> bool:
    """Whether it is possible to encode only the tracks and playlists that added rows may change (touched part)."""
    facts: dict[str, Any] = before.manifest.facts
    return bool(
        before.can_grow
        and before.number_of_tracks
        and has_postings(before.directory)
        and not before.held_out.any()
        and not before.has_identifiers
        and not settings.matched
        and not settings.drop_duplicate_playlists
        and settings.max_length is None
        and all(isinstance(facts.get(name), int) for name in SUMS)
        and isinstance(facts.get("most_namesakes"), list)
        and isinstance(facts.get("albums", 0), int)
    )


def _grown(before: Before, part: TouchedPart, blocks: Sequence[RowBlock], settings: ExtractSettings) -> Growth:
    """Encode the added rows together with the touched part of the corpus; merge the result into the corpus.

    The touched part consists of the tracks and playlists that the added rows may change.

    Raises:
        ExperimentError: two tracks of the corpus have become one.
    """
    encoder = PlaylistEncoder(settings)
    encoder.begin_with(part.known)
    for block in blocks:
        encoder.add(block)
    encoded, known = encoder.encode(), part.known
    first = encoded.tracks["first_place"].to_numpy() - 1
    old = first < known.corpus.occurrences
    require_distinct(old, known.tracks.num_rows)
    rows = np.empty(len(first), np.int64)
    rows[old] = part.rows[known.corpus.track_ids[first[old]]]
    tracks = before.number_of_tracks + int(np.count_nonzero(~old))
    rows[~old] = np.arange(before.number_of_tracks, tracks)
    corpus, added = _with_added(before.corpus, part, encoded, rows)
    new = pa.array(np.flatnonzero(playlist_of(known.corpus, encoded.first_rows) < 0))
    columns = before.playlists.column_names
    playlists = pa.concat_tables(
        [before.playlists, encoded.playlists.select(columns).take(new).cast(before.playlists.schema)]
    )
    postings = _with_pairs(
        read_postings(before.directory, before.corpus, before.number_of_tracks), corpus, added, tracks
    )
    added_blocks = rows_of_new_playlists(before, blocks, settings.group_by)
    longer = _sorted_by_title(before, corpus, encoded, rows)
    new_ones = _sorted_if_new(added_blocks, settings) if len(corpus) > len(before.corpus) else (0, 0)
    return Growth(
        before=before,
        part=part,
        encoded=encoded,
        rows=rows,
        corpus=corpus,
        playlists=playlists,
        postings=postings,
        sorted_by_title=(longer[0] + new_ones[0], longer[1] + new_ones[1]),
    )


def _sorted_by_title(before: Before, corpus: Corpus, encoded: EncodedPlaylists, rows: Rows) -> tuple[int, int]:
    """Return how the added tracks change the number of existing playlists that are sorted by title.

    Also return how they change the number of existing playlists that are long enough to test whether they are sorted.
    """
    old = len(before.corpus)
    longer = np.flatnonzero(corpus.lengths()[:old] > before.corpus.lengths())
    now, then = corpus.playlists(longer), before.corpus.playlists(longer)
    there = sorted_unique(now.track_ids)
    known = there[there < before.number_of_tracks]
    new = encoded.tracks["title"].take(pa.array(np.argsort(rows)[np.searchsorted(np.sort(rows), there[len(known) :])]))
    titles = pa.concat_arrays([titles_of(before.directory, known.astype(np.int64)), *new.cast(TEXT).chunks])
    # An array indexed by track is much faster than a binary search for each occurrence.
    code_of = np.zeros(int(there.max(initial=-1)) + 1, np.int32)
    code_of[there] = np.arange(len(there))
    counts = []
    for playlists in (now, then):
        codes = code_of[playlists.track_ids]
        counts.append(count_sorted(codes, titles, playlists.offsets))
    return counts[0][0] - counts[1][0], counts[0][1] - counts[1][1]


def _sorted_if_new(blocks: Sequence[RowBlock], settings: ExtractSettings) -> tuple[int, int]:
    """Return how many new playlists are sorted by title, and how many are long enough for this test."""
    encoder = PlaylistEncoder(settings)
    for block in blocks:
        encoder.add(block)
    encoded = encoder.encode()
    counts = encoded.counts.result()
    return counts.sorted_by_title, counts.sortable


def _count_namesakes(tracks: pa.Table) -> int:
    """Return how many tracks share their name (artist and title) with an earlier track.

    This is the number of tracks minus the number of their different names.
    """
    names = pa.table({name: identities(tracks[name].combine_chunks()) for name in ("artist", "title")})
    return int(tracks.num_rows - names.group_by(["artist", "title"]).aggregate([]).num_rows)


def _with_added(corpus: Corpus, part: TouchedPart, encoded: EncodedPlaylists, rows: Rows) -> tuple[Corpus, Rows]:
    """Return the corpus with the added occurrences, and a sorted array of the added (track, playlist) pairs.

    Each pair is packed into one number.
    """
    # Playlist 0 is the extra playlist with all touched tracks. It is not part of the corpus.
    number = playlist_of(part.known.corpus, encoded.first_rows)
    known = np.zeros(len(number), np.int64)
    known[number >= 0] = part.known.corpus.lengths()[number[number >= 0]]
    lengths = encoded.corpus.lengths()
    playlist = np.where(number > 0, part.playlists[np.maximum(number, 1) - 1] if len(part.playlists) else 0, -1)
    playlist[number < 0] = len(corpus) + np.arange(np.count_nonzero(number < 0))
    of_occurrence = np.repeat(playlist, lengths)
    is_added = np.arange(len(encoded.track_ids)) - np.repeat(encoded.offsets[:-1] + known, lengths) >= 0
    track_ids = rows[encoded.track_ids[is_added]]
    of_added = of_occurrence[is_added]
    more = np.bincount(of_added, minlength=len(corpus))
    ends = np.append(corpus.offsets[1:], np.full(len(more) - len(corpus), corpus.occurrences))
    offsets = np.concatenate([[0], ends + np.cumsum(more)])
    grown = Corpus(np.insert(corpus.track_ids, ends[of_added], track_ids.astype(np.int32)), offsets)
    return grown, sorted_unique(track_ids << TRACK_BITS | of_added)


def _with_pairs(postings: Postings, corpus: Corpus, added: Rows, tracks: int) -> Postings:
    """Add pairs of track and playlist to postings, and return the new postings.

    Args:
        postings: the postings of the corpus before it grew.
        corpus: the grown corpus.
        added: the added pairs, int64, sorted; each number is track << `TRACK_BITS` | playlist.
        tracks: number of tracks in the new catalogue.
    """
    track, playlist = added >> TRACK_BITS, added & (1 << TRACK_BITS) - 1
    offsets = np.append(postings.offsets, np.full(tracks + 1 - len(postings.offsets), postings.offsets[-1]))
    touched = sorted_unique(track)
    lengths = offsets[touched + 1] - offsets[touched]
    begins = np.cumsum(lengths) - lengths
    places = np.repeat(offsets[touched] - begins, lengths) + np.arange(lengths.sum())
    listed = np.repeat(touched, lengths) << TRACK_BITS | postings.playlists[places].astype(np.int64)
    at = np.searchsorted(listed, added)
    of = np.searchsorted(touched, track)
    places = offsets[track] + at - begins[of]
    playlists = np.insert(postings.playlists, places, playlist.astype(np.int32))
    gained = np.bincount(track, minlength=tracks)
    return Postings(corpus, playlists, offsets + np.concatenate([[0], np.cumsum(gained)]))
