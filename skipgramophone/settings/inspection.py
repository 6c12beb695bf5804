"""Thresholds of `sgp inspect`: which values are reported as findings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Limits of an inspection: a value above its limit (for `playlists`: below it) is reported as a finding.

    The comments give the unit of each value, then the reason for the value. "Zenodo" is a slice of 10,000 rows of the
    Zenodo data set, and "archive" is the playlist archive of docs/quality.md.
    """

    rejected: float = 0.01  # share of rows that are rejected; any dump has a few bad rows
    playlists: int = 100  # number of playlists; for 40 playlists, another training seed changes 19 of 20 neighbours
    of_one_track: float = 0.1  # share of playlists with a single track; a few of them do little harm
    giant_length: int = 2000  # tracks in a playlist; editorial playlists of the archive have fewer than 800
    in_giants: float = 0.05  # share of occurrences that are in playlists of giant length
    library_length: int = 100  # minimum number of tracks of a library, which contains its owner's other playlists
    library_share: float = 0.8  # minimum share of the tracks of the other playlists that a library contains
    library_owner: int = 4  # minimum number of playlists of its owner; with fewer, it may contain the others by chance
    in_libraries: float = 0.05  # share of occurrences that are in libraries; the same value as `in_giants`
    automatic: float = 0.02  # share of automatic playlists; the archive is above this limit (4.6 % of its playlists)
    in_order: float = 0.1  # share of sorted playlists; by chance, 1 in 40 playlists of 5 tracks is sorted
    # Share of consecutive tracks in a sorted playlist that are not in order; later additions and other alphabets cause
    # some of them.
    out_of_order: float = 0.05
    of_one_artist: float = 0.25  # share of playlists with a single artist; some albums among the playlists are normal
    repeated: float = 0.01  # share of occurrences that repeat a track; 0.05 % in Zenodo
    near_duplicates: float = 0.02  # share of playlists that have a near-duplicate; 0.2 % in the archive
    welded_length: int = 100  # tracks in a suspected merge of playlists; shorter playlists have repeats by chance
    welded_repeats: float = 0.1  # share of repeats in such a playlist; one person rarely repeats so many tracks
    seen_once: float = 0.5  # share of tracks that occur once; 49 % in the archive, which is usual
    everywhere: float = 0.2  # share of playlists that contain the same track; at most 13 % in the archive
    several_uris: float = 0.05  # share of tracks with the name of another track; reissues alone cause a smaller share
    without_artist: float = 0.01  # share of occurrences without an artist; 0.08 % in Zenodo
    placeholders: float = 0.001  # share of occurrences with a placeholder as name
    joined_artists: float = 0.02  # share of tracks by several artists; real duos such as "a & b" are rarer
    spoilt_names: float = 0.001  # share of tracks with damaged names; encoding errors damage many names, typos few
