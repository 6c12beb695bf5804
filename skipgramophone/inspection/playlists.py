"""Problems with playlists: their number, length and order, repeats, near-duplicates and merged playlists."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow.compute as pc

from skipgramophone.experiment.corpus import count_descents
from skipgramophone.inspection.contents import EXAMPLES, MIN_SORTABLE, Contents, rank_strings
from skipgramophone.inspection.findings import ADVICE, Finding, Kind, make_finding, percent
from skipgramophone.inspection.playlist_kinds import inspect_kinds, longest_playlists, playlist_finding, usual_length
from skipgramophone.playlists.encoding.cleaning import has_longer_near_duplicate
from skipgramophone.settings import Thresholds
from skipgramophone.wording import plural


def inspect_playlists(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Yield findings about playlists."""
    yield from _too_few(contents, thresholds)
    yield from _too_short(contents, thresholds)
    yield from _too_long(contents, thresholds)
    yield from inspect_kinds(contents, thresholds)
    yield from _sorted(contents, thresholds)
    yield from _one_artist(contents, thresholds)
    yield from _repeats(contents, thresholds)
    yield from _near_duplicates(contents, thresholds)


def _too_few(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Report the number of playlists if there are too few to learn from."""
    number = len(contents.corpus)
    if number < thresholds.playlists:
        what = f"only {plural(number, 'playlist')}"
        yield make_finding("few-playlists", what, count=number, of=number, unit="playlists", examples=())


def _too_short(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Find playlists with a single track."""
    short = contents.distinct_tracks == 1
    if short.mean() > thresholds.of_one_track:
        yield playlist_finding(contents, "short-playlists", short, "contain a single track")


def _too_long(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Find playlists that are so long that they are probably whole libraries."""
    giant = contents.lengths > thresholds.giant_length
    number, of = int(contents.lengths[giant].sum()), contents.corpus.occurrences
    if number > thresholds.in_giants * of:
        problem = (
            f"are longer than {thresholds.giant_length:,} tracks and make up {percent(number, of)} of all occurrences"
        )
        apply = {"extract": ("--max-length", str(usual_length(contents, ~giant)))}
        yield playlist_finding(contents, "giant-playlists", giant, problem, apply=apply)


def _sorted(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Find playlists that are sorted by title or artist: ascending or descending, case-sensitive or not.

    Only playlists with at least `MIN_SORTABLE` different titles or artists are considered. A few tracks may be out of
    order, because players sort accents and articles differently, and people add tracks to sorted playlists.
    """
    kinds: dict[str, Kind] = {"title": "title-order", "artist": "artist-order"}
    for role, kind in kinds.items():
        caseless = rank_strings(contents.titles if role == "title" else contents.artists)[contents.corpus.track_ids]
        as_written = rank_strings(contents.tracks[role].combine_chunks())[contents.corpus.track_ids]
        sortable = contents.distinct_values(caseless) >= MIN_SORTABLE
        fewest = np.minimum.reduce(
            [count_descents(by, contents.corpus.offsets) for by in (as_written, caseless, -caseless)]
        )
        in_order = sortable & (fewest <= thresholds.out_of_order * (contents.lengths - 1))
        number, of = int(np.count_nonzero(in_order)), int(np.count_nonzero(sortable))
        if number > thresholds.in_order * of:
            what = f"{number:,} of {of:,} playlists with at least {MIN_SORTABLE} {role}s ({percent(number, of)})"
            what += f" are sorted by {role}, or nearly sorted"
            names = longest_playlists(contents, in_order)
            yield make_finding(kind, what, count=number, of=of, unit="playlists", examples=names)


def _one_artist(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Find playlists with a single artist, such as albums."""
    if pc.all(pc.equal(contents.artists, "")).as_py():
        return
    long_enough = contents.distinct_tracks >= MIN_SORTABLE
    artists = rank_strings(contents.artists)[contents.corpus.track_ids]
    one_artist = long_enough & (contents.distinct_values(artists) == 1)
    number, of = int(np.count_nonzero(one_artist)), int(np.count_nonzero(long_enough))
    if number > thresholds.of_one_artist * of:
        what = f"{number:,} of {of:,} playlists with at least {MIN_SORTABLE} tracks ({percent(number, of)})"
        what += " contain a single artist"
        names = longest_playlists(contents, one_artist)
        yield make_finding("one-artist", what, count=number, of=of, unit="playlists", examples=names)


def _repeats(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Find repeats of tracks within playlists, and playlists that look like several merged playlists."""
    repeats = contents.lengths - contents.distinct_tracks
    number, of = int(repeats.sum()), contents.corpus.occurrences
    if number > thresholds.repeated * of:
        what = f"{number:,} of {of:,} occurrences ({percent(number, of)}) are repeats within a playlist"
        worst = np.argsort(-repeats, kind="stable")[:EXAMPLES]
        names = contents.playlist_names(worst[repeats[worst] > 0])
        several_owners = pc.count_distinct(contents.playlists["owner"]).as_py() > 1
        influence = "one listener has more influence than many other listeners together"
        effect = f"{ADVICE['repeats'].effect}: {influence}" if several_owners else None
        yield make_finding("repeats", what, count=number, of=of, unit="occurrences", examples=names, effect=effect)
    if pc.all(pc.equal(contents.playlists["owner"], "")).as_py():
        # A playlist name without letters is a number or a time. Such a playlist is a listening session, so it is not a
        # merger of several playlists.
        named = pc.match_substring_regex(contents.playlists["name"], r"\pL").to_numpy()
        merged = named & (contents.lengths > thresholds.welded_length)
        merged &= repeats > thresholds.welded_repeats * contents.lengths
        if merged.any():
            problem = (
                f"have no owner, are longer than {thresholds.welded_length:,} tracks and have many tracks twice or more"
            )
            yield playlist_finding(contents, "looks-welded", merged, problem)


def _near_duplicates(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Find playlists that are near-duplicates of a longer playlist, or of an earlier playlist of the same length.

    If no track has an artist, the playlists are orders or sessions, which different people may repeat.
    """
    if not pc.any(pc.not_equal(contents.artists, "")).as_py():
        return
    duplicates = has_longer_near_duplicate(contents.corpus, np.zeros(len(contents.corpus), np.bool_))
    if duplicates.mean() > thresholds.near_duplicates:
        problem = "have a Jaccard similarity of at least 80% with a longer or earlier playlist"
        yield playlist_finding(contents, "near-duplicates", duplicates, problem)
