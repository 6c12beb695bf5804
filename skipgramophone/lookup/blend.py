"""Blend of two lists of tracks: the tracks that rank high for both.

All tracks are ranked for each list on its own. The place of a track in the blend is the worse of its two ranks; ties
are ordered by the better one. The score is 1 / (the worse rank), and the similarity the lower of the two cosines.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import SettingError
from skipgramophone.experiment.arrays import Rows
from skipgramophone.lookup.exact_search import Neighbours
from skipgramophone.lookup.results import Answer
from skipgramophone.lookup.scoring import Question
from skipgramophone.lookup.search import Search
from skipgramophone.lookup.selection import select
from skipgramophone.settings import SimilarSettings

FIRST_WIDTH = 1000  # candidates to select from at first
WIDENED = 4  # factor by which the candidates grow while filters leave too few


def blend(search: Search, questions: tuple[Question, Question], settings: SimilarSettings) -> Answer:
    """Find the tracks between the tracks of two questions.

    Raises:
        SettingError: the settings ask for diversity, which needs scores that are comparable with cosines.
    """
    if settings.diversity:
        raise SettingError("diversity cannot be combined with a blend, which ranks by place: leave it out")
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
    """Return the rows of the tracks that are similar enough to both lists, in order, and the worse rank of each."""
    ranks = []
    for question in questions:
        rows, scores = search.scored(question, settings)
        rank = np.zeros(len(search.catalogue), np.int64)  # from 1; 0 for tracks that are not ranked
        rank[rows[np.lexsort((rows, -scores))]] = np.arange(1, len(rows) + 1)
        ranks.append(rank)
    one, other = ranks
    rows = np.flatnonzero((one > 0) & (other > 0))
    worse, better = np.maximum(one, other)[rows], np.minimum(one, other)[rows]
    order = np.lexsort((rows, better, worse))
    return rows[order], worse[order]
