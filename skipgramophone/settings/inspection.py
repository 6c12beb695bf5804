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
    # Number of playlists; with only 40 playlists, training with another seed changes 19 of 20 neighbours.
    playlists: int = 100
    of_one_track: float = 0.1  # share of playlists with a single track; a few of them do little harm
    giant_length: int = 2000  # number of tracks in a playlist; editorial playlists of the archive have fewer than 800
    in_giants: float = 0.05  # share of occurrences that are in playlists with more than `giant_length` tracks
    # A library is a playlist that contains most tracks of its owner's other playlists; minimum number of its tracks.
    library_length: int = 100
    library_share: float = 0.8  # minimum share of the tracks in the owner's other playlists that a library contains
    # Minimum number of playlists of the owner of a library; if the owner has fewer, one of them may contain the tracks
    # of the others by chance.
    library_owner: int = 4
    in_libraries: float = 0.05  # share of occurrences that are in libraries; the same value as `in_giants`
    # Maximum share of occurrences that one owner has (without owners: one playlist). The largest share is 0.4 % in the
    # archive, and 2 % in the sessions of the data set Online Retail.
    of_one_owner: float = 0.25
    owners: int = 10  # minimum number of owners; with fewer, it is normal that one of them has such a share
    automatic: float = 0.02  # share of automatic playlists; the archive is above this limit (4.6 % of its playlists)
    in_order: float = 0.1  # share of sorted playlists; by chance, 1 in 40 playlists of 5 tracks is sorted
    # Maximum share of consecutive tracks in a sorted playlist that are not in order; some are not, because players sort
    # accents and articles differently, and because people add tracks to sorted playlists.
    out_of_order: float = 0.05
    of_one_artist: float = 0.25  # share of playlists with a single artist; some albums among the playlists are normal
    repeated: float = 0.01  # share of occurrences that repeat a track; 0.05 % in Zenodo
    near_duplicates: float = 0.02  # share of playlists that have a near-duplicate; 0.2 % in the archive
    # A playlist with more tracks than this may be a merge of several playlists; in shorter playlists, tracks may be
    # repeated by chance.
    welded_length: int = 100
    welded_repeats: float = 0.1  # share of repeats in a playlist above `welded_length`; one person rarely repeats more
    seen_once: float = 0.5  # share of tracks that occur once; 49 % in the archive, which is usual
    # Share of playlists that contain one particular track; at most 13 % for any track in the archive.
    everywhere: float = 0.2
    several_uris: float = 0.05  # share of tracks with the name of another track; reissues alone cause a smaller share
    without_artist: float = 0.01  # share of occurrences without an artist; 0.08 % in Zenodo
    placeholders: float = 0.001  # share of occurrences with a placeholder as name
    joined_artists: float = 0.02  # share of tracks by several artists; real duos such as "a & b" are rarer
    spoilt_names: float = 0.001  # share of tracks with damaged names; encoding errors damage many names, typos few
