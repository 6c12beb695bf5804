"""Thresholds of `sgp inspect`: which values are reported as findings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Values above which (for `playlists`: below which) an inspection reports a finding.

    The comments give the unit of each value, then the reason for the value. "Zenodo" is a slice of 10,000 rows of the
    Zenodo data set, "archive" the playlist archive of docs/quality.md.
    """

    rejected: float = 0.01  # share of rows; any dump has a few bad rows
    playlists: int = 100  # number; with the 40 playlists of Zenodo, two seeds share 1 of 20 nearest tracks
    of_one_track: float = 0.1  # share of playlists; fewer do little harm
    giant_length: int = 2000  # tracks in a playlist; editorial playlists of the archive have fewer than 800
    in_giants: float = 0.05  # share of occurrences that are in such playlists
    in_order: float = 0.1  # share of playlists with 5 or more tracks; by chance, 1 in 40 of length 5 is sorted
    out_of_order: float = 0.05  # share of descents allowed in a sorted playlist: later additions, other alphabets
    of_one_artist: float = 0.25  # share of playlists with 5 or more tracks; any collection has some albums
    repeated: float = 0.01  # share of occurrences; Zenodo has 0.05 %
    near_duplicates: float = 0.02  # share of playlists; the archive has 0.2 %
    welded_length: int = 100  # tracks in a playlist; shorter playlists may have repeats by chance
    welded_repeats: float = 0.1  # share of the playlist; one person rarely repeats so many tracks
    seen_once: float = 0.5  # share of tracks; the archive has 49 %, as usual for a long tail
    everywhere: float = 0.2  # share of playlists with the track; at most 13 % in the archive
    several_uris: float = 0.05  # share of tracks; reissues alone make fewer
    without_artist: float = 0.01  # share of occurrences, if other tracks have an artist; Zenodo has 0.08 %
    placeholders: float = 0.001  # share of occurrences; a placeholder occurs often
    joined_artists: float = 0.02  # share of tracks; duos with a name such as "a & b" are rarer
    spoilt_names: float = 0.001  # share of tracks; an encoding error affects many names, a typo only one
