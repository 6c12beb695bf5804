"""Marks of unstable tracks, compared with simulated trainings with other seeds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

import skipgramophone as sgp
from skipgramophone.lookup.lookup import Lookup
from skipgramophone.lookup.results import Seed
from skipgramophone.lookup.seed_noise import stable
from tests.conftest import run_sgp

DRAWS = 2000
CLOSE = 0.06  # a simulated share that is closer to a half decides nothing


def share_of_draws(
    scores: npt.NDArray[np.float32], counts: npt.NDArray[np.int64], count: int, *, listed: int, lost: int
) -> npt.NDArray[np.float64]:
    """Add noise of the cosine to the scores many times; return how often each listed track stays listed, (listed,)."""
    rarer = np.minimum(counts, count)
    deviations = 0.4 * np.maximum(0, 1 - lost / rarer) * (0.05 + 0.15 / rarer)
    noise = np.random.default_rng(5).standard_normal((DRAWS, len(scores))) * deviations
    drawn = scores + noise
    last = np.sort(drawn, axis=1)[:, -listed]
    return np.asarray((drawn >= last[:, None]).mean(axis=0)[:listed])


@pytest.mark.parametrize(("has_smoothed", "lost"), [(True, 2), (False, 1)])
@pytest.mark.parametrize(("spread", "listed"), [(0.02, 10), (0.1, 10), (0.1, 1), (0.5, 25), (0.1, 100)])
def test_stable_tracks_stay_in_most_simulated_lists(spread: float, listed: int, has_smoothed: bool, lost: int) -> None:
    rng, decided = np.random.default_rng(11), []
    for count in (1, 2, 5, 200):  # with 1, no score changes, and all listed tracks stay
        scores = np.sort(1 + spread * rng.standard_normal(listed + 100).astype(np.float32))[::-1]
        counts = rng.integers(1, 20, len(scores))
        share = share_of_draws(scores, counts, count, listed=listed, lost=lost)
        clear = np.abs(share - 0.5) > CLOSE
        marked = stable(scores, counts, count, listed=listed, has_smoothed=has_smoothed)
        np.testing.assert_array_equal(marked[clear], share[clear] > 0.5)
        decided += share[clear].tolist()
    assert decided


def test_a_gap_counts_less_for_rare_tracks_and_with_many_contenders() -> None:
    def is_stable(count: int, contenders: int) -> bool:
        scores = np.array([1.0] + [0.945] * contenders, np.float32)
        return bool(stable(scores, np.full(len(scores), count), count, listed=1, has_smoothed=False)[0])

    # Deviations are 0.0267 for a count of 3, and 0.02 for a large one: gaps of 2.1 and 2.7 deviations.
    assert is_stable(3, contenders=1)
    assert not is_stable(3, contenders=50)
    assert is_stable(1000, contenders=50)


def test_a_list_of_all_candidates_and_one_that_no_seed_changes_are_stable() -> None:
    whole = np.array([3, 2], np.float32)
    assert stable(whole, np.array([9, 9]), 9, listed=2, has_smoothed=True).tolist() == [True, True]
    tied = np.array([1, 0.9, 0.9, 0.9], np.float32)  # no score depends on the seed, so the order of ties stays
    for count, has_smoothed in ((1, False), (2, True)):
        assert stable(tied, np.array([1, 5, 5, 5]), count, listed=2, has_smoothed=has_smoothed).tolist() == [True, True]


@pytest.fixture(scope="module")
def demo(sample_root: Path) -> Iterator[Lookup]:
    """The trained sample."""
    with sgp.open("demo", sample_root) as opened:
        yield opened


@pytest.mark.parametrize(
    "settings",
    [
        sgp.SimilarSettings(),
        sgp.SimilarSettings(number=3, exact=True),
        sgp.SimilarSettings(min_count=30),
        sgp.SimilarSettings(popularity=0.1),
    ],
)
def test_look_ups_compare_with_all_tracks_that_pass_the_filters(demo: Lookup, settings: sgp.SimilarSettings) -> None:
    counts, marks, agree = np.array(demo.catalogue.counts()), [], 0
    for row in range(40, len(counts), 300):
        seed = Seed(demo.catalogue.track(row))
        near = demo.similar_to([seed], settings).neighbours
        rows, scores = demo.search.scored(demo.search.question([seed], ()), settings)
        passed = counts[rows] >= settings.min_count
        rows, scores = rows[passed], scores[passed]
        best = np.argsort(-scores, kind="stable")[:110]
        assert [one.track.row for one in near] == rows[best[: settings.number]].tolist()
        share = share_of_draws(scores[best], counts[rows[best]], int(counts[row]), listed=settings.number, lost=2)
        marks += [one.stable for one in near]
        agree += sum(
            one.stable == (part > 0.5) or abs(part - 0.5) < CLOSE for one, part in zip(near, share, strict=True)
        )
    assert set(marks) == {True, False}
    assert agree == len(marks)


def test_marks_are_only_made_where_they_were_measured(demo: Lookup) -> None:
    one, other = (Seed(demo.catalogue.track(row)) for row in (1000, 2000))

    def marks(seeds: list[Seed], settings: sgp.SimilarSettings) -> set[bool | None]:
        return {near.stable for near in demo.similar_to(seeds, settings).neighbours}

    assert None not in marks([one], sgp.SimilarSettings())
    assert None not in marks([one], sgp.SimilarSettings(max_per_artist=1))
    assert marks([one, other], sgp.SimilarSettings()) == {None}
    assert marks([one], sgp.SimilarSettings(by="cosine")) == {None}
    assert marks([one], sgp.SimilarSettings(diversity=0.3)) == {None}


def test_tables_json_csv_and_frames_show_the_same_marks(demo: Lookup, sample_root: Path) -> None:
    settings = sgp.SimilarSettings(number=12)
    tracks = (demo.catalogue.track(row) for row in range(len(demo.catalogue) - 1, 0, -7))
    track, near = next(
        (track, near)
        for track in tracks
        for near in [demo.similar_to([Seed(track)], settings).neighbours]
        if 1 < sum(not one.stable for one in near) < 6
    )
    wanted = [one.stable for one in near]

    def similar(*more: str) -> str:
        ran = run_sgp("similar", "demo", track.uri or "", "-n", "12", *more, "--experiments-dir", sample_root)
        notes.append(ran.err)
        return ran.out

    notes: list[str] = []
    lines = similar().splitlines()[3:]
    assert [not line.lstrip().startswith("~") for line in lines] == wanted
    assert [int(re.match(r" *~?(\d+) ", line)[1]) for line in lines] == list(range(1, 13))  # type: ignore[index]
    assert "~ probably not in the top 12 of a model trained with another seed (see sgp similar --help)\n" in notes[0]
    assert [one["stable"] for one in json.loads(similar("--json"))["neighbours"]] == wanted
    head, *rows = (line.rsplit(",", 1)[1] for line in similar("--format", "csv").splitlines())
    assert (head, rows) == ("stable", [str(one).lower() for one in wanted])
    assert "~" not in similar("--format", "plain")
    assert not any("~" in note for note in notes[1:])
    assert demo.neighbours(track.uri or "", settings)["stable"].tolist() == wanted
