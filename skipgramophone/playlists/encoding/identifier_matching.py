"""Recognizes tracks across sources: tracks with different names or uris that share an identifier are merged.

An identifier may be wrong. Tracks with the same identifier are therefore merged only if their names are alike (see
`typos.are_alike`). Otherwise they are a conflict, which is counted and reported. If many tracks with clearly different
names share an identifier, it is treated as a placeholder and ignored. When a corpus grows, two existing tracks are
never merged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.names.normalization import full_name
from skipgramophone.names.typos import are_alike
from skipgramophone.playlists.encoding.known_rows import KnownRows
from skipgramophone.playlists.encoding.known_tracks import recognized
from skipgramophone.playlists.encoding.numbering import Codes, Column, first_rows, row_slices
from skipgramophone.playlists.encoding.track_identifiers import track_identifiers
from skipgramophone.playlists.readers.rows import IDENTIFIERS
from skipgramophone.settings import ExtractSettings

MOST_KINDS = 20  # an identifier is ignored as a placeholder if tracks with more than 20 different names share it


@dataclass(frozen=True, slots=True)
class SharedIdentifier:
    """An identifier that several tracks share, and the names of these tracks."""

    identifier: str
    names: tuple[str, ...]


@dataclass(slots=True)
class Matching:
    """The result of matching tracks by identifiers.

    Attributes:
        merged: number of tracks that were merged into another track.
        merges: the identifiers by which tracks with different names or uris were merged.
        conflicts: the identifiers that tracks with clearly different names share; these tracks stay separate.
        known: the identifiers that would merge two tracks of the existing corpus; these tracks stay separate.
    """

    merged: int = 0
    merges: list[SharedIdentifier] = field(default_factory=list)
    conflicts: list[SharedIdentifier] = field(default_factory=list)
    known: list[SharedIdentifier] = field(default_factory=list)


class _Groups:
    """Groups of tracks to merge; each group is represented by its first track."""

    def __init__(self, tracks: int, known: int) -> None:
        self._parent = list(range(tracks))
        self._known = known

    def first(self, track: int) -> int:
        """Return the first track of a track's group."""
        while self._parent[track] != track:
            self._parent[track] = self._parent[self._parent[track]]
            track = self._parent[track]
        return track

    def join(self, one: int, other: int) -> bool:
        """Join the groups of two tracks, or return False if they must stay separate.

        This is the case if both groups have a track of the existing corpus, because such tracks are never merged.
        """
        first, second = sorted((self.first(one), self.first(other)))
        if first != second and second < self._known:
            return False
        self._parent[second] = first
        return True

    def firsts(self) -> Codes:
        """Return the first track of every track's group, int32 (tracks,)."""
        return np.array([self.first(track) for track in range(len(self._parent))], np.int32)


def match_tracks(
    track: Codes, columns: Mapping[str, Column], settings: ExtractSettings, known: KnownRows | None
) -> tuple[Codes, Matching]:
    """Return the number of each row's track after matching, int32 (rows,), and what was merged.

    Args:
        track: number of the track of each row, in order of first appearance; tracks of the existing corpus come first.
        columns: artist, title, uri and identifiers of each row, as readers return them.
        settings: the kinds of identifiers to match by, and whether uris are merged.
        known: the existing corpus when a corpus grows.
    """
    table = track_identifiers(*columns[IDENTIFIERS], track).table
    of_kinds = [pc.starts_with(table["identifier"], f"{kind}:") for kind in settings.matched]
    chosen = np.logical_or.reduce([flags.to_numpy() for flags in of_kinds])
    table = table.filter(pa.array(chosen))
    found = Matching()
    shared = list(_shared(table))
    first = first_rows(track)
    again = recognized(columns, first, known, settings.merge_uris) if known else []
    if not shared and not again:
        return track, found
    groups = _Groups(len(first), known.tracks.num_rows if known else 0)
    for one, other in again:
        groups.join(one, other)
    members = sorted({number for _, numbers in shared for number in numbers})
    both = zip(*(_texts(columns[name], first[members]) for name in ("artist", "title")), strict=True)
    names = dict(zip(members, both, strict=True))
    for identifier, numbers in shared:
        _match(identifier, numbers, names, groups, found=found)
    firsts = groups.firsts()
    found.merged = int(np.count_nonzero(firsts != np.arange(len(firsts))))
    matched = np.empty(len(track), np.int32)
    for part in row_slices(len(track)):
        matched[part] = firsts[track[part]]
    return matched, found


def _match(
    identifier: str, numbers: Sequence[int], names: dict[int, tuple[str, str]], groups: _Groups, *, found: Matching
) -> None:
    """Join the tracks that share an identifier and have similar names, and record what was merged and what was not."""
    kinds: list[int] = []  # the first track of each set of tracks with similar names
    alike: list[tuple[int, int]] = []
    for number in numbers:
        same = next((other for other in kinds if are_alike(names[other], names[number])), None)
        if same is not None:
            alike.append((same, number))
        else:
            kinds.append(number)
        if len(kinds) > MOST_KINDS:
            alike.clear()
            break
    merged: list[tuple[int, int]] = []
    refused: list[tuple[int, int]] = []
    for same, number in alike:
        if groups.first(same) != groups.first(number):
            (merged if groups.join(same, number) else refused).append((same, number))
    for pairs, listed in ((merged, found.merges), (refused, found.known)):
        if pairs:
            listed.append(_described(identifier, (number for pair in pairs for number in pair), names))
    if len(kinds) > 1:
        found.conflicts.append(_described(identifier, kinds, names))


def _described(identifier: str, numbers: Iterable[int], names: dict[int, tuple[str, str]]) -> SharedIdentifier:
    """Return an identifier with the names ("artist - title") of the tracks in `numbers`, which share it."""
    return SharedIdentifier(identifier, tuple(full_name(*names[number]) for number in dict.fromkeys(numbers)))


def _shared(table: pa.Table) -> Iterable[tuple[str, list[int]]]:
    """Return each identifier that several tracks share, with the numbers of these tracks; sorted by identifier."""
    encoded = table["identifier"].combine_chunks().dictionary_encode()
    codes = np.asarray(encoded.indices, np.int64)
    several = np.bincount(codes, minlength=len(encoded.dictionary)) > 1
    rows = np.flatnonzero(several[codes]) if len(codes) else codes
    tracks: dict[str, list[int]] = {}
    texts = table["identifier"].take(pa.array(rows)).to_pylist()
    for text, number in zip(texts, table["row"].take(pa.array(rows)).to_pylist(), strict=True):
        tracks.setdefault(text, []).append(number)
    return sorted(tracks.items())


def _texts(column: Column, rows: npt.NDArray[np.int64]) -> list[str]:
    """Return the values of a column in the given rows."""
    codes, values = column
    texts: list[str] = values.take(pa.array(codes[rows])).to_pylist()
    return texts
