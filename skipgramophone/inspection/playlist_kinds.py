"""Finds playlists that are not coherent or not independent: whole libraries, automatic lists and snapshots.

Snapshots are the states of one playlist at different times.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow.compute as pc

from skipgramophone.evaluation.snapshots import ALIKE, find_series
from skipgramophone.inspection.contents import EXAMPLES, Contents, Ids, Marks
from skipgramophone.inspection.findings import Apply, Finding, Kind, make_finding, percent
from skipgramophone.playlists.encoding.automatic_lists import is_automatic
from skipgramophone.settings import Thresholds
from skipgramophone.wording import plural

SEED = 7  # random seed for the sample of playlists to compare with others
USUAL = 95  # the proposed --max-length is this percentile of the playlist lengths, rounded up
SHORTEST_PART = 50  # smallest --max-length to propose, in tracks
PART = 500  # --max-length to propose if every playlist is too long or a whole library


def inspect_kinds(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Yield findings about whole libraries, automatic lists and snapshots."""
    libraries = whole_libraries(contents, thresholds)
    number, of = int(contents.lengths[libraries].sum()), contents.corpus.occurrences
    if number > thresholds.in_libraries * of:
        share = percent(number, of)
        problem = f"contain most tracks of their owner's other playlists and make up {share} of all occurrences"
        apply = {"extract": ("--max-length", str(usual_length(contents, ~libraries)))}
        yield playlist_finding(contents, "whole-libraries", libraries, problem, apply=apply)
    automatic = is_automatic(contents.playlists["name"])
    if automatic.mean() > thresholds.automatic:
        # If all playlists are automatic, they cannot be left out, because no playlist would remain.
        none: Apply | None = {} if automatic.all() else None
        yield playlist_finding(contents, "automatic-lists", automatic, "are made by a service or player", apply=none)
    yield from _snapshots(contents)


def whole_libraries(contents: Contents, thresholds: Thresholds) -> Marks:
    """Mark the playlists that contain nearly all tracks of their owner's other playlists.

    Such a playlist must also be long, and at least twice as long as each other playlist of the same owner.
    """
    owner = contents.playlists["owner"].combine_chunks().dictionary_encode().indices.to_numpy().astype(np.int64)
    lengths = contents.distinct_tracks
    order = np.lexsort((-lengths, owner))  # the longest playlist of an owner comes first
    first = np.flatnonzero(np.diff(owner[order], prepend=-1))
    playlists = np.diff(first, append=len(order))
    candidate = (playlists >= max(2, thresholds.library_owner)) & (lengths[order[first]] >= thresholds.library_length)
    second = np.minimum(first + 1, len(order) - 1)
    candidate &= lengths[order[second]] * 2 <= lengths[order[first]]
    marked = np.zeros(len(owner), np.bool_)
    for start, number in zip(first[candidate].tolist(), playlists[candidate].tolist(), strict=True):
        library, *others = order[start : start + number].tolist()
        elsewhere = np.unique(np.concatenate([_tracks(contents, other) for other in others]))
        inside = np.isin(elsewhere, _tracks(contents, library))
        marked[library] = inside.mean() >= thresholds.library_share
    return marked


def usual_length(contents: Contents, usual: Marks) -> int:
    """Return the --max-length to propose: a round length that most playlists marked by `usual` do not exceed.

    >>> [round_up(length) for length in (50, 51, 200, 201, 7000)]
    [50, 100, 200, 500, 10000]
    """
    lengths = contents.lengths[usual]
    return max(SHORTEST_PART, round_up(float(np.percentile(lengths, USUAL)))) if len(lengths) else PART


def round_up(length: float) -> int:
    """Round up to the next number of the series 1, 2, 5, 10, 20, 50 and so on."""
    power = 1
    while True:
        for step in (1, 2, 5):
            if step * power >= length:
                return step * power
        power *= 10


def playlist_finding(
    contents: Contents, kind: Kind, chosen: Marks, problem: str, *, apply: Apply | None = None
) -> Finding:
    """Return a finding about the playlists that `chosen` marks."""
    number, of = int(np.count_nonzero(chosen)), len(contents.corpus)
    what = f"{number:,} of {of:,} playlists ({percent(number, of)}) {problem}"
    examples = longest_playlists(contents, chosen)
    return make_finding(kind, what, count=number, of=of, unit="playlists", examples=examples, apply=apply)


def longest_playlists(contents: Contents, chosen: Marks) -> tuple[str, ...]:
    """Return the names of the longest playlists among those that `chosen` marks, as examples for a finding."""
    which: Ids = np.flatnonzero(chosen)
    return contents.playlist_names(which[np.argsort(-contents.lengths[which], kind="stable")[:EXAMPLES]])


def _snapshots(contents: Contents) -> Iterator[Finding]:
    """Yield a finding if a sample of the playlists contains several snapshots of one playlist."""
    owners = contents.playlists["owner"]
    if pc.count_distinct(owners).as_py() < 2:
        return
    series = find_series(contents.corpus, owners.to_pylist(), SEED)
    if series:
        what = f"{series.alike:,} of {plural(series.sampled, 'sampled playlist')} "
        what += f"({percent(series.alike, series.sampled)}) have a Jaccard similarity of at least {ALIKE:.0%} with "
        what += "another playlist whose owner has the same or a similar name; "
        what += f"to keep them together, use --group '{series.group}'"
        yield make_finding(
            "snapshots", what, count=series.alike, of=series.sampled, unit="playlists", examples=(),
            apply={"evaluate": ("--group", series.group)},
        )  # fmt: skip


def _tracks(contents: Contents, playlist: int) -> Ids:
    """Return the distinct tracks of a playlist."""
    offsets = contents.corpus.offsets
    distinct: Ids = np.unique(contents.corpus.track_ids[offsets[playlist] : offsets[playlist + 1]])
    return distinct
