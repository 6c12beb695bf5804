"""Two answers side by side: what identifies a track in both."""

from __future__ import annotations

import pytest

from skipgramophone.experiment.catalogue import Track
from skipgramophone.lookup.compare import matched_by
from skipgramophone.lookup.results import Answer, Neighbour


def answer_of(*uris: str | None) -> Answer:
    neighbours = tuple(
        Neighbour(rank, 0.5, Track(row=rank, artist="a", title=f"t{rank}", uri=uri, count=1, first_place=0))
        for rank, uri in enumerate(uris, 1)
    )
    return Answer(seeds=(), neighbours=neighbours, answered_by="exact search", ranked_by="cosine", notes=())


@pytest.mark.parametrize(
    ("one", "other", "by"),
    [
        (("x", "y"), ("y", "z"), "uri"),
        (("x", "y"), (None, None), "name"),
        ((None,), (None,), "name"),
        (("x", None), ("y", "z"), "uri or name"),
    ],
)
def test_tracks_are_matched_by_uri_if_both_answers_have_uris(
    one: tuple[str | None, ...], other: tuple[str | None, ...], by: str
) -> None:
    assert matched_by(answer_of(*one), answer_of(*other)) == by
