"""Cleaning of playlists: what is left out or split because it was asked for, each with its count.

It works on numbers of tracks, before tracks are ranked by count, and says which places of the corpus stay.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skipgramophone.experiment.arrays import scratch
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.postings import distinct, postings
from skipgramophone.playlists.near_duplicates import join_near_duplicates
from skipgramophone.playlists.numbering import playlist_slices, row_slices
from skipgramophone.settings import ExtractSettings

Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
TRACK_BITS = 32  # of a track's number, beside that of its playlist
MOST = (1 << 64) - 1
NEAR_DUPLICATE_SEED = 1  # of the hashes by which near-duplicates are found


@dataclass(frozen=True, slots=True)
class CleanedPlaylists:
    """What stays of a corpus.

    Attributes:
        places: int32, the occurrences that stay, rising.
        offsets: int64 (playlists + 1,), of the playlists that stay, over `places`.
        playlists: int64 (playlists,), which playlist of the corpus each is or is a part of.
        left_out: occurrences that do not stay, by what for.
        split: playlists that were split.
    """

    places: npt.NDArray[np.int32]
    offsets: Ids
    playlists: Ids
    left_out: dict[str, int]
    split: int = 0


def clean_corpus(corpus: Corpus, settings: ExtractSettings, known: Flags | None = None) -> CleanedPlaylists:
    """Leave out and split what the settings ask for: repeats, then near-duplicates, then by length.

    Args:
        corpus: all playlists.
        settings: what to leave out and split.
        known: bool (occurrences,), those that a corpus which grows holds already: they stay, and what is read of the
            same tracks in the same playlists is left out first; None: none.
    """
    known = np.zeros(corpus.occurrences, np.bool_) if known is None else known
    clean = CleanedPlaylists(_all_places(corpus.occurrences), corpus.offsets, np.arange(len(corpus)), {})
    if known.any():
        clean = _without_places(clean, _is_already_known(corpus, known), "that their playlists hold already")
    if settings.repeats == "drop":
        left = Corpus(corpus.track_ids[clean.places], clean.offsets)
        clean = _without_places(clean, _is_repeat(left), "repeats of a track in its playlist")
    if settings.drop_duplicate_playlists:
        stay = np.logical_or.reduceat(known[clean.places], clean.offsets[:-1])
        twin = has_longer_near_duplicate(Corpus(corpus.track_ids[clean.places], clean.offsets), stay)
        clean = _without_playlists(clean, twin, "of playlists that are nearly the same as another")
    if settings.min_length > 1:
        short = np.diff(clean.offsets) < settings.min_length
        clean = _without_playlists(clean, short, f"of playlists shorter than {settings.min_length:,}")
    return clean if settings.max_length is None else _split(clean, settings.max_length)


def count_repeats(corpus: Corpus) -> tuple[int, int]:
    """Count the places whose track has stood in the playlist before, and the playlists whose set of tracks has.

    The sets are compared by the sums of random numbers of 64 bits: two different ones are taken for the same once in
    ten million corpora of a million playlists.
    """
    if not len(corpus):
        return 0, 0
    tracks = int(corpus.track_ids.max()) + 1
    held = postings(corpus, tracks)
    hashes = np.random.default_rng(tracks).integers(0, MOST, tracks, np.uint64, endpoint=True)
    sums = np.zeros(len(corpus), np.uint64)
    for some in playlist_slices(held.offsets):  # tracks, and the playlists of each
        ends = held.offsets[some.start : some.stop + 1]
        np.add.at(sums, held.playlists[ends[0] : ends[-1]], np.repeat(hashes[some], np.diff(ends)))
    return corpus.occurrences - len(held.playlists), len(sums) - len(distinct(sums))


def offsets_of(lengths: npt.NDArray[np.int64]) -> Ids:
    """Offsets of playlists of some lengths."""
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _all_places(occurrences: int) -> npt.NDArray[np.int32]:
    """All places of a corpus, int32 (occurrences,)."""
    places = scratch(occurrences, np.int32)
    for part in row_slices(occurrences):
        places[part] = np.arange(part.start, part.stop)
    return places


def _is_repeat(corpus: Corpus) -> Flags:
    """Places whose track has stood in the playlist before."""
    playlist = np.repeat(np.arange(len(corpus)), corpus.lengths())
    order = np.lexsort((corpus.track_ids, playlist))  # stable: the first of a track comes first
    again = np.zeros(corpus.occurrences, np.bool_)
    same = (np.diff(corpus.track_ids[order]) == 0) & (np.diff(playlist[order]) == 0)
    again[order[1:][same]] = True
    return again


def _is_already_known(corpus: Corpus, known: Flags) -> Flags:
    """Places that are read of tracks that their playlist is known to hold."""
    begins = corpus.offsets[:-1]
    read_again = np.logical_or.reduceat(known, begins) & ~np.logical_and.reduceat(known, begins)
    places = np.flatnonzero(np.repeat(read_again, corpus.lengths()))
    playlist = np.repeat(np.arange(len(corpus)), corpus.lengths())[places]
    pair = playlist << TRACK_BITS | corpus.track_ids[places]
    again = np.zeros(corpus.occurrences, np.bool_)
    again[places] = np.isin(pair, pair[known[places]])
    return again & ~known


def has_longer_near_duplicate(corpus: Corpus, stay: Flags) -> Flags:
    """Playlists of which another that is nearly the same is longer, or as long and earlier; but for those that stay."""
    group = join_near_duplicates(corpus, np.arange(len(corpus)), NEAR_DUPLICATE_SEED)
    best = np.lexsort((np.arange(len(corpus)), -corpus.lengths(), ~stay, group))
    again = np.zeros(len(corpus), np.bool_)
    again[best[1:][np.diff(group[best]) == 0]] = True
    return again & ~stay


def _without_places(clean: CleanedPlaylists, gone: Flags, reason: str) -> CleanedPlaylists:
    """Leave out places."""
    left = np.add.reduceat(~gone, clean.offsets[:-1], dtype=np.int64)
    return _with_count(clean, CleanedPlaylists(clean.places[~gone], offsets_of(left), clean.playlists, {}), reason)


def _without_playlists(clean: CleanedPlaylists, gone: Flags, reason: str) -> CleanedPlaylists:
    """Leave out playlists with all their places."""
    lengths = np.diff(clean.offsets)
    places = clean.places[np.repeat(~gone, lengths)]
    return _with_count(clean, CleanedPlaylists(places, offsets_of(lengths[~gone]), clean.playlists[~gone], {}), reason)


def _with_count(before: CleanedPlaylists, after: CleanedPlaylists, reason: str) -> CleanedPlaylists:
    """What stays, with the count of what did not."""
    number = len(before.places) - len(after.places)
    left_out = before.left_out | ({reason: number} if number else {})
    return CleanedPlaylists(after.places, after.offsets, after.playlists, left_out)


def _split(clean: CleanedPlaylists, most: int) -> CleanedPlaylists:
    """Split playlists into parts of at most so many places, as equal as can be."""
    lengths = np.diff(clean.offsets)
    parts = -(-lengths // most)
    part = np.arange(parts.sum()) - np.repeat(offsets_of(parts)[:-1], parts)
    length, among = np.repeat(lengths, parts), np.repeat(parts, parts)
    ends = length * (part + 1) // among - length * part // among
    playlists = np.repeat(clean.playlists, parts)
    return CleanedPlaylists(clean.places, offsets_of(ends), playlists, clean.left_out, int(np.count_nonzero(parts > 1)))
