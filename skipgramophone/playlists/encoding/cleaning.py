"""Clean playlists: drop repeats, near-duplicates and short playlists, and split long ones, depending on the settings.

Playlists are cleaned before tracks are renumbered by count, so the track numbers here are not the final track ids. The
result contains the indices of the occurrences to keep ("places"), and the number of dropped occurrences by reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skipgramophone.experiment.arrays import scratch
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.postings import Postings
from skipgramophone.playlists.encoding.automatic_lists import is_automatic
from skipgramophone.playlists.encoding.near_duplicates import join_near_duplicates
from skipgramophone.playlists.encoding.numbering import playlist_slices, row_slices, take_codes
from skipgramophone.playlists.encoding.row_numbers import AllRows, RowNumbers
from skipgramophone.settings import ExtractSettings

Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
TRACK_BITS = 32  # a (playlist, track) pair is packed into 64 bits: playlist << TRACK_BITS | track
LARGEST_HASH = (1 << 64) - 1
NEAR_DUPLICATE_SEED = 1  # seed of the hash functions that find near-duplicates
# Reasons for dropping occurrences. Reports and manifests show a number before each reason, as in "3 repeated within a
# playlist".
ALREADY_IN_PLAYLIST = "already in their playlists"
REPEATED = "repeated within a playlist"
AUTOMATIC = "in automatic playlists"
NEAR_DUPLICATE = "in near-duplicates of other playlists"
SHORTER = "in playlists shorter than"


@dataclass(frozen=True, slots=True)
class CleanedPlaylists:
    """The result of cleaning: the playlists and occurrences that remain.

    Attributes:
        places: indices of the kept occurrences in the corpus, ascending.
        offsets: int64 (playlists + 1,), bounds of the kept playlists in `places`.
        playlists: int64 (playlists,), for each kept playlist, its number in the corpus; all parts of a split playlist
            have the number of this playlist.
        left_out: number of dropped occurrences by reason.
        split: number of playlists that were split.
    """

    places: RowNumbers
    offsets: Ids
    playlists: Ids
    left_out: dict[str, int]
    split: int = 0


def clean_corpus(
    corpus: Corpus, settings: ExtractSettings, known: Flags | None = None, names: pa.ChunkedArray | None = None
) -> CleanedPlaylists:
    """Drop automatic playlists, repeats, near-duplicates and short playlists, and split long playlists.

    The settings select the steps.

    Args:
        corpus: all playlists.
        settings: what to drop and split.
        known: bool (occurrences,); when a corpus grows, true for the occurrences that the existing corpus contains
            (default: none). These occurrences are always kept. Before all other steps, a new occurrence is dropped
            if its track is already in the same playlist.
        names: the name of each playlist, by which automatic playlists are recognized.
    """
    clean = CleanedPlaylists(AllRows(corpus.occurrences), corpus.offsets, np.arange(len(corpus)), {})
    if known is not None:
        clean = _without_places(clean, _is_already_known(corpus, known), ALREADY_IN_PLAYLIST)
    if settings.drop_automatic_playlists and names is not None:
        clean = _without_playlists(clean, is_automatic(names), AUTOMATIC)
    if settings.repeats == "drop":
        left = Corpus(take_codes(corpus.track_ids, clean.places), clean.offsets)
        clean = _without_places(clean, _is_repeat(left), REPEATED)
    if settings.drop_duplicate_playlists:
        left = Corpus(take_codes(corpus.track_ids, clean.places), clean.offsets)
        stay = np.zeros(len(left), np.bool_)
        if known is not None:
            stay = np.logical_or.reduceat(known[clean.places[:]], clean.offsets[:-1])
        duplicate = has_longer_near_duplicate(left, stay)
        clean = _without_playlists(clean, duplicate, NEAR_DUPLICATE)
    if settings.min_length > 1:
        short = np.diff(clean.offsets) < settings.min_length
        clean = _without_playlists(clean, short, f"{SHORTER} {settings.min_length:,}")
    return clean if settings.max_length is None else _split(clean, settings.max_length)


def count_repeats(held: Postings) -> tuple[int, int]:
    """Count the repeats within playlists, and the playlists with the same set of tracks as an earlier playlist.

    A set is represented by the sum of random 64-bit numbers, one per track. In a corpus of a million playlists, the
    chance that two different sets have the same sum is one in ten million.
    """
    corpus, tracks = held.corpus, len(held.offsets) - 1
    if not len(corpus):
        return 0, 0
    hashes = np.random.default_rng(tracks).integers(0, LARGEST_HASH, tracks, np.uint64, endpoint=True)
    sums = np.zeros(len(corpus), np.uint64)
    # `held` lists the playlists of each track. So `playlist_slices` yields slices of tracks here, despite its name.
    for some in playlist_slices(held.offsets):
        ends = held.offsets[some.start : some.stop + 1]
        np.add.at(sums, held.playlists[ends[0] : ends[-1]], np.repeat(hashes[some], np.diff(ends)))
    sums.sort()
    return corpus.occurrences - len(held.playlists), int(np.count_nonzero(sums[1:] == sums[:-1]))


def offsets_of(lengths: npt.NDArray[np.int64]) -> Ids:
    """Return the offsets of playlists of the given lengths, int64 (playlists + 1,)."""
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _is_repeat(corpus: Corpus) -> Flags:
    """Return which occurrences repeat an earlier track of the same playlist, bool (occurrences,)."""
    again = np.zeros(corpus.occurrences, np.bool_)
    for some in playlist_slices(corpus.offsets):
        ends = corpus.offsets[some.start : some.stop + 1]
        track_ids = corpus.track_ids[ends[0] : ends[-1]]
        playlist = np.repeat(np.arange(len(ends) - 1), np.diff(ends))
        # The sort is stable, so the first occurrence of a track stays before its repeats.
        order = np.lexsort((track_ids, playlist))
        same = (np.diff(track_ids[order]) == 0) & (np.diff(playlist[order]) == 0)
        again[ends[0] + order[1:][same]] = True
    return again


def _is_already_known(corpus: Corpus, known: Flags) -> Flags:
    """Return which new occurrences have the track of a `known` occurrence in the same playlist, bool (occurrences,)."""
    begins = corpus.offsets[:-1]
    read_again = np.logical_or.reduceat(known, begins) & ~np.logical_and.reduceat(known, begins)
    places = np.flatnonzero(np.repeat(read_again, corpus.lengths()))
    playlist = np.repeat(np.arange(len(corpus)), corpus.lengths())[places]
    pair = playlist << TRACK_BITS | corpus.track_ids[places]
    again = np.zeros(corpus.occurrences, np.bool_)
    again[places] = np.isin(pair, pair[known[places]])
    return again & ~known


def has_longer_near_duplicate(corpus: Corpus, stay: Flags) -> Flags:
    """Return which playlists are near-duplicates of a longer playlist, or of an earlier one of the same length.

    The result has one flag per playlist, bool (playlists,).

    Args:
        corpus: the playlists.
        stay: bool (playlists,), playlists that must be kept; the result is false for them. A near-duplicate of such a
            playlist is flagged even if it is longer.
    """
    group = join_near_duplicates(corpus, np.arange(len(corpus)), NEAR_DUPLICATE_SEED)
    best = np.lexsort((np.arange(len(corpus)), -corpus.lengths(), ~stay, group))
    again = np.zeros(len(corpus), np.bool_)
    again[best[1:][np.diff(group[best]) == 0]] = True
    return again & ~stay


def _without_places(clean: CleanedPlaylists, gone: Flags, reason: str) -> CleanedPlaylists:
    """Drop the occurrences for which `gone` is true, and count them in `left_out` under `reason`."""
    left = [np.empty(0, np.int64)]
    for some in playlist_slices(clean.offsets):
        ends = clean.offsets[some.start : some.stop + 1]
        left.append(np.add.reduceat(~gone[ends[0] : ends[-1]], ends[:-1] - ends[0], dtype=np.int64))
    offsets = offsets_of(np.concatenate(left))
    places = _selected(clean.places, (~gone[part] for part in row_slices(len(gone))), int(offsets[-1]))
    return _with_count(clean, CleanedPlaylists(places, offsets, clean.playlists, {}), reason)


def _without_playlists(clean: CleanedPlaylists, gone: Flags, reason: str) -> CleanedPlaylists:
    """Drop the playlists for which `gone` is true, and count their occurrences in `left_out` under `reason`."""
    lengths = np.diff(clean.offsets)
    offsets = offsets_of(lengths[~gone])
    kept = (np.repeat(~gone[some], lengths[some]) for some in playlist_slices(clean.offsets))
    places = _selected(clean.places, kept, int(offsets[-1]))
    return _with_count(clean, CleanedPlaylists(places, offsets, clean.playlists[~gone], {}), reason)


def _selected(places: RowNumbers, kept: Iterable[Flags], number: int) -> RowNumbers:
    """Return the places to keep, of which there are `number`; `kept` yields one flag per place, slice by slice."""
    if number == len(places):
        return places
    found, start, filled = scratch(number, np.int32), 0, 0
    for flags in kept:
        some = places[start : start + len(flags)][flags]
        found[filled : filled + len(some)] = some
        start, filled = start + len(flags), filled + len(some)
    return found


def _with_count(before: CleanedPlaylists, after: CleanedPlaylists, reason: str) -> CleanedPlaylists:
    """Return a copy of `after` in which `left_out` has an additional entry for `reason`.

    The entry is the number of occurrences that are in `before` but not in `after`.
    """
    number = len(before.places) - len(after.places)
    left_out = before.left_out | ({reason: number} if number else {})
    return CleanedPlaylists(after.places, after.offsets, after.playlists, left_out)


def _split(clean: CleanedPlaylists, max_length: int) -> CleanedPlaylists:
    """Split playlists into parts that have nearly equal lengths and at most `max_length` occurrences."""
    lengths = np.diff(clean.offsets)
    parts = -(-lengths // max_length)
    part = np.arange(parts.sum()) - np.repeat(offsets_of(parts)[:-1], parts)
    length, among = np.repeat(lengths, parts), np.repeat(parts, parts)
    ends = length * (part + 1) // among - length * part // among
    playlists = np.repeat(clean.playlists, parts)
    split = int(np.count_nonzero(parts > 1))
    return CleanedPlaylists(clean.places, offsets_of(ends), playlists, clean.left_out, split=split)


def dropped_by_cleaning(left_out: Mapping[str, int]) -> int:
    """Return the number of rows in `left_out` that cleaning dropped; readers left out the other rows.

    >>> dropped_by_cleaning({"repeated within a playlist": 2, "in playlists shorter than 5": 3, "in folders": 7})
    5
    """
    reasons = (ALREADY_IN_PLAYLIST, AUTOMATIC, REPEATED, NEAR_DUPLICATE, SHORTER)
    return sum(number for reason, number in left_out.items() if reason.startswith(reasons))
