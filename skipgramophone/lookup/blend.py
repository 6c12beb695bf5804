"""Finds the blend of two lists of tracks: tracks that rank high for both lists.

All tracks are ranked for each list separately, so each track has two ranks. Tracks are sorted by the worse rank; ties
are broken by the better rank. The score of a track is 1 / (its worse rank); its similarity is the lower of its two
cosines.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from skipgramophone.experiment.arrays import Rows
from skipgramophone.lookup.exact_search import Neighbours
from skipgramophone.lookup.results import Answer
from skipgramophone.lookup.scoring import Question
from skipgramophone.lookup.search import Search
from skipgramophone.lookup.selection import select
from skipgramophone.settings import SimilarSettings
from skipgramophone.settings.setting import require_named

FIRST_WIDTH = 1000  # initial number of candidates
WIDENED = 4  # factor by which the number of candidates grows if filters leave too few tracks


def blend(search: Search, questions: tuple[Question, Question], settings: SimilarSettings) -> Answer:
    """Return the tracks that rank high for both of two queries.

    Raises:
        SettingError: the settings ask for diversity, which is defined only for scores that are comparable with cosines.
    """
    require_named(
        not settings.diversity,
        lambda named: (
            f"{named('diversity')} cannot be combined with a blend, because a blend is sorted by ranks, not by "
            "scores: leave this option out"
        ),
    )
    rows, worse = _common_ranks(search, questions, settings)
    seeds = {seed.track.row: seed for one in questions for seed in one.seeds}
    both = search.question(tuple(seeds.values()), ())
    width, number = FIRST_WIDTH, settings.number
    while True:
        found = Neighbours(rows[:width], (1 / worse[:width]).astype(np.float32))
        listed = select(search.pool(found), both.seeds, both.vector, settings)
        if len(listed.chosen) == number or width >= len(rows):
            break
        width *= WIDENED
    notes = (*questions[0].notes, *(note for note in questions[1].notes if note not in questions[0].notes))
    answer = search.answer_of(replace(both, notes=notes), listed, settings)
    chosen = np.array([near.track.row for near in answer.neighbours], np.int64)
    cosines = np.stack([search.exact.cosines(question.vector)[chosen] for question in questions]).min(axis=0)
    shown = zip(answer.neighbours, cosines.tolist(), listed.chosen, strict=True)
    lower = tuple(replace(near, similarity=cosine, score=choice.score) for near, cosine, choice in shown)
    return replace(answer, neighbours=lower, agreement=None)


def _common_ranks(
    search: Search, questions: tuple[Question, Question], settings: SimilarSettings
) -> tuple[Rows, npt.NDArray[np.int64]]:
    """Return two arrays: the tracks that are similar enough to both lists, best first; and each track's worse rank."""
    ranks = []
    for question in questions:
        rows, scores = search.scored(question, settings)
        rank = np.zeros(len(search.catalogue), np.int64)  # rank of each track, from 1; 0 for tracks that are not ranked
        rank[rows[np.lexsort((rows, -scores))]] = np.arange(1, len(rows) + 1)
        ranks.append(rank)
    one, other = ranks
    rows = np.flatnonzero((one > 0) & (other > 0))
    worse, better = np.maximum(one, other)[rows], np.minimum(one, other)[rows]
    order = np.lexsort((rows, better, worse))
    return rows[order], worse[order]
