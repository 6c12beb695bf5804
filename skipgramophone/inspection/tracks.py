"""What may be wrong with tracks: how often they occur, and whether one song is several of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from skipgramophone.inspection.contents import EXAMPLES, Contents, Ids, numbered
from skipgramophone.inspection.findings import Finding, found, percent
from skipgramophone.settings import Thresholds


def faults_of_tracks(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Everything that is found about the tracks of a corpus but their letters."""
    yield from _seen_once(contents, thresholds)
    yield from _everywhere(contents, thresholds)
    yield from _of_several_uris(contents, thresholds)


def _seen_once(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Whether most tracks occur a single time."""
    once, of = contents.counts == 1, len(contents.counts)
    number = int(np.count_nonzero(once))
    if number > thresholds.seen_once * of:
        said = f"{number:,} of {of:,} tracks ({percent(number, of)}) occur once"
        names = contents.track_names(np.flatnonzero(once)[:EXAMPLES])
        yield found("seen-once", said, number, of, "tracks", names)


def _everywhere(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Tracks that stand in a large share of all playlists; of few playlists that is no wonder."""
    number = len(contents.corpus)
    if number < thresholds.playlists:
        return
    there = np.flatnonzero(contents.holders > thresholds.everywhere * number)
    if len(there):
        most = int(contents.holders.max())
        tracks = "1 track stands" if len(there) == 1 else f"{len(there):,} tracks stand"
        said = f"{tracks} in more than {thresholds.everywhere:.0%} of the playlists"
        said += f", the most frequent in {percent(most, number)}"
        names = contents.track_names(there[np.argsort(-contents.counts[there], kind="stable")[:EXAMPLES]])
        yield found("everywhere", said, len(there), len(contents.counts), "tracks", names)


def _of_several_uris(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Tracks that share artist and title with a more frequent one, because each has a uri of its own, or none."""
    named = _name_numbers(contents)
    order = np.lexsort((-contents.counts, named))
    is_first = np.concatenate([[True], np.diff(named[order]) != 0])
    further = order[~is_first]
    number, of = len(further), len(named)
    if number > thresholds.several_uris * of:
        said = f"{number:,} of {of:,} tracks ({percent(number, of)}) have artist and title of a more frequent one"
        yield found("several-uris", said, number, of, "tracks", _most_shared(contents, named, further))


def _name_numbers(contents: Contents) -> Ids:
    """A number for each track's artist and title, the same for the same."""
    titles = numbered(contents.titles)
    return numbered(contents.artists) * (int(titles.max(initial=0)) + 1) + titles


def _most_shared(contents: Contents, named: Ids, further: Ids) -> tuple[str, ...]:
    """The names that most tracks have, with how many do."""
    _, first, number = np.unique(named[further], return_index=True, return_counts=True)
    most = np.argsort(-number, kind="stable")[:EXAMPLES]
    shown = contents.track_names(further[first[most]])
    return tuple(f"{name} ({number[at] + 1:,} tracks)" for name, at in zip(shown, most, strict=True))
