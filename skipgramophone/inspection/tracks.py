"""Problems with tracks: very rare and very frequent tracks, and songs that occur as several tracks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow.compute as pc

from skipgramophone.inspection.contents import EXAMPLES, Contents, Ids, rank_strings
from skipgramophone.inspection.findings import Apply, Finding, make_finding, percent
from skipgramophone.settings import Thresholds
from skipgramophone.wording import plural

FEWEST_LEFT = 10  # `sgp train --min-count 2` is suggested only if at least this many tracks would be left
TOO_FEW_LEFT = (
    "add playlists that have tracks in common; to leave rare tracks out of answers, use sgp similar --min-count, "
    "because sgp train --min-count 2 would leave too few tracks"
)


def inspect_tracks(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Yield findings about the frequency of tracks and about tracks that share a name."""
    yield from _seen_once(contents, thresholds)
    yield from _everywhere(contents, thresholds)
    yield from _several_uris(contents, thresholds)


def _seen_once(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Report the tracks that occur only once, if their share of all tracks is above the threshold."""
    once, of = contents.counts == 1, len(contents.counts)
    number = int(np.count_nonzero(once))
    if number > thresholds.seen_once * of:
        what = f"{number:,} of {of:,} tracks ({percent(number, of)}) occur only once"
        names = contents.track_names(np.flatnonzero(once)[:EXAMPLES])
        # Training needs a playlist with two tracks that occur at least --min-count times. --min-count 2 is therefore
        # proposed only if such a playlist exists.
        enough_left = of - number >= FEWEST_LEFT and (contents.distinct_among(~once) > 1).any()
        apply: Apply | None = None if enough_left else {}
        remedy = None if enough_left else TOO_FEW_LEFT
        yield make_finding(
            "seen-once", what, count=number, of=of, unit="tracks", examples=names, apply=apply, remedy=remedy
        )


def _everywhere(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Find tracks that are in a large share of all playlists, unless there are fewer than `thresholds.playlists`."""
    number = len(contents.corpus)
    if number < thresholds.playlists:
        return
    frequent = np.flatnonzero(contents.playlist_counts > thresholds.everywhere * number)
    if len(frequent):
        most = int(contents.playlist_counts.max())
        what = f"{plural(len(frequent), 'track')} in more than {thresholds.everywhere:.0%} of the playlists"
        what += f", the most frequent in {percent(most, number)}"
        names = contents.track_names(frequent[np.argsort(-contents.counts[frequent], kind="stable")[:EXAMPLES]])
        yield make_finding(
            "everywhere", what, count=len(frequent), of=len(contents.counts), unit="tracks", examples=names
        )


def _several_uris(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Find tracks that have the artist and title of a more frequent track, but another uri.

    Tracks without an artist do not count, because products with the same name are different products.
    """
    named = _name_numbers(contents)
    order = np.lexsort((-contents.counts, named))
    is_first = np.concatenate([[True], np.diff(named[order]) != 0])
    has_artist = pc.not_equal(contents.artists, "").to_numpy(zero_copy_only=False)
    further = order[~is_first & has_artist[order]]
    number, of = len(further), len(named)
    if number > thresholds.several_uris * of:
        what = f"{number:,} of {of:,} tracks ({percent(number, of)}) have the artist and title of a more frequent track"
        names = _most_shared(contents, named, further)
        yield make_finding("several-uris", what, count=number, of=of, unit="tracks", examples=names)


def _name_numbers(contents: Contents) -> Ids:
    """Return one number per track, int64 (tracks,), which is the same for tracks with the same artist and title."""
    titles = rank_strings(contents.titles)
    return rank_strings(contents.artists) * (int(titles.max(initial=0)) + 1) + titles


def _most_shared(contents: Contents, named: Ids, further: Ids) -> tuple[str, ...]:
    """Return the names that the most tracks share, each with its number of tracks, as in "name (3 tracks)"."""
    _, first, number = np.unique(named[further], return_index=True, return_counts=True)
    most = np.argsort(-number, kind="stable")[:EXAMPLES]
    shown = contents.track_names(further[first[most]])
    return tuple(f"{name} ({number[at] + 1:,} tracks)" for name, at in zip(shown, most, strict=True))
