"""Makes a query from the last plays of a listening history, in which newer and repeated plays count more.

Of the last n plays, the newest has weight 1, the play before it has weight (n - 1) / n, and so on; the oldest play has
weight 1 / n. The weight of a track is the sum of the weights of its plays. A track that was played several times
therefore counts more. If a track is not among the last n plays, but among the last `exclude_recent` plays, it has
weight 0: it does not change the query, but the answer does not list it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from skipgramophone.experiment.condition import Condition
from skipgramophone.lookup.results import Answer, Asked, Fallback, Seed
from skipgramophone.names.normalization import fold_name
from skipgramophone.playlists.listening_history import read_plays
from skipgramophone.playlists.playlist_file import NamedTrack
from skipgramophone.settings import HistorySettings
from skipgramophone.wording import plural

if TYPE_CHECKING:
    from skipgramophone.experiment.catalogue import Track
    from skipgramophone.lookup.lookup import Lookup


def heard(lookup: Lookup, history: Path, settings: HistorySettings, fallback: bool = False) -> Asked:
    """Return the weighted tracks of the last plays, and the tracks that must not be suggested, which have weight 0.

    Raises:
        UnknownTrackError: none of the last plays matches a track.
        SourceError: the file is not the listening history of one listener.
        StorageError: the file system failed.
    """
    plays = read_plays(history)
    weights = weights_of(plays[-settings.last :])
    names = [(lookup.known_as(track), weight) for track, weight in weights.items()]
    asked = lookup.asked(names, leave_out=True, fallback=fallback)
    tracks = {seed.track.row for seed in asked.seeds if not seed.may_be_listed}
    sums: dict[tuple[Track, Fallback | None], float] = {}
    for seed in asked.seeds:
        sums[seed.track, seed.fallback] = sums.get((seed.track, seed.fallback), 0.0) + seed.weight
    seeds = [Seed(track, weight, replaced) for (track, replaced), weight in sums.items()]
    recent = plays[-settings.exclude_recent :] if settings.exclude_recent else []
    others = {
        track.row: track
        for play in dict.fromkeys(recent)
        for track in _exactly(lookup, play)
        if track.row not in tracks
    }
    learnt = lookup.embeddings.learnt()
    left_out = [Seed(track, 0.0) for track in others.values() if track.row < len(learnt) and learnt[track.row]]
    notes = (f"not suggested: {plural(len(left_out), 'track')} from the last {plural(len(recent), 'play')}",)
    return Asked((*seeds, *left_out), (*asked.notes, *(notes if left_out else ())))


def weights_of(plays: Sequence[NamedTrack]) -> dict[NamedTrack, float]:
    """Return the weight of each track, given the plays with the oldest first.

    >>> weights_of([NamedTrack("a"), NamedTrack("b"), NamedTrack("a"), NamedTrack("c")])
    {NamedTrack(name='a', uri=None): 1.0, NamedTrack(name='b', uri=None): 0.5, NamedTrack(name='c', uri=None): 1.0}
    """
    weights: dict[NamedTrack, float] = {}
    for age, play in enumerate(plays, 1):
        weights[play] = weights.get(play, 0.0) + age / len(plays)
    return weights


def without_ignored(answer: Answer) -> Answer:
    """Return the answer without the query tracks (`seeds`) of weight 0."""
    return replace(answer, seeds=tuple(seed for seed in answer.seeds if seed.weight))


def _exactly(lookup: Lookup, play: NamedTrack) -> list[Track]:
    """Return the tracks that match a play: by uri, else by whole name, else by an identifier.

    Differences in case and accents are ignored when names are compared.
    """
    query = lookup.known_as(play)
    by_uri = [] if query == play.name else lookup.names.by_uri(query)
    return by_uri or lookup.catalogue.matching(Condition("name_folded = ?", [fold_name(play.name)]))
