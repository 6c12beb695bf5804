"""Thresholds of `sgp inspect`: from which value on a finding is reported."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """From where on an inspection speaks of something: a share of what it counts, unless it says otherwise."""

    rejected: float = 0.01  # of the rows: below it is the noise of any dump
    playlists: int = 100  # so many: on the 40 of the Zenodo slice two seeds agree on one of twenty nearest tracks
    of_one_track: float = 0.1  # of the playlists: they cost little before
    giant_length: int = 2000  # tracks: no editorial playlist of the archive has 800, but people's libraries have
    in_giants: float = 0.05  # of the occurrences
    library_length: int = 100  # tracks: a list of fewer may well contain what its owner's other lists contain
    library_share: float = 0.8  # of the tracks of its owner's other lists
    library_owner: int = 4  # playlists of an owner, with the library: with fewer, one may repeat another
    in_libraries: float = 0.05  # of the occurrences, as for giants
    automatic: float = 0.02  # of the playlists: it is 4.6 % of the snapshots in the archive
    in_order: float = 0.1  # of playlists of 5 or more: chance sorts one in forty of those of 5, and no longer ones
    out_of_order: float = 0.05  # of the steps in a sorted playlist: later additions, other alphabets
    of_one_artist: float = 0.25  # of playlists of 5 or more: some albums are in any collection
    repeated: float = 0.01  # of the occurrences: it is 0.05 % in the Zenodo slice
    near_duplicates: float = 0.02  # of the playlists: it is 0.2 % among the snapshots of the archive
    welded_length: int = 100  # tracks: shorter playlists hold repeats by chance
    welded_repeats: float = 0.1  # of a playlist's places: no person repeats as much
    seen_once: float = 0.5  # of the tracks: half is what any long tail has (the archive's: 49 %)
    everywhere: float = 0.2  # of the playlists: the most frequent track of the archive occurs in 13 %
    several_uris: float = 0.05  # of the tracks: reissues alone are less
    without_artist: float = 0.01  # of the occurrences, where others have one: it is 0.08 % in the Zenodo slice
    placeholders: float = 0.001  # of the occurrences: a placeholder name is frequent
    joined_artists: float = 0.02  # of the tracks: duets that are artists of their own are fewer
    spoilt_names: float = 0.001  # of the tracks: an encoding error affects many names, a typo one
