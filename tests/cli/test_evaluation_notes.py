"""The lines below the tables of `sgp evaluate`: which playlists are skipped, and which baselines are compared."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from skipgramophone.cli.evaluation_notes import verdicts
from skipgramophone.evaluation.comparison import Comparison, RankerResult
from skipgramophone.evaluation.scorecard import Estimate
from skipgramophone.pipeline.reports import EvaluateReport
from tests.conftest import Sgp


def ranker(name: str, mean: float, **against: Estimate) -> RankerResult:
    """Return the result of a ranker: a mean R-precision, and its differences from baselines (`_` in a name is `-`)."""
    compared = {baseline.replace("_", "-"): {"r_precision": found} for baseline, found in against.items()}
    return RankerResult(name, {"r_precision": Estimate(mean, mean, mean)}, compared, 0.5, 0.5, 0.5, {})


def report(*judged: RankerResult, asked: int = 100) -> EvaluateReport:
    """Return the report of an evaluation with these rankers."""
    found = Comparison(100, asked, 3 * asked, 100 - asked, 80, 900, 0, list(judged), [])
    return EvaluateReport(
        "demo",
        {"of": "tracks"},
        training={},
        corpus="",
        split="",
        imported=False,
        set_aside=False,
        started_from=None,
        created="",
        version="",
        snapshots=None,
        judgement=found,
    )


WORSE, SAME, BETTER = Estimate(-0.02, -0.03, -0.01), Estimate(0.0, -0.01, 0.01), Estimate(0.02, 0.01, 0.03)


def test_the_main_rankings_are_compared_with_the_best_baseline_and_with_counting() -> None:
    baselines = [ranker("popularity", 0.1), ranker("item-kNN", 0.2), ranker("iALS", 0.3)]
    cosine = ranker("cosine", 0.2, popularity=BETTER, item_kNN=SAME, iALS=WORSE)
    hybrid = ranker("hybrid", 0.3, popularity=BETTER, item_kNN=BETTER, iALS=SAME)
    factors = ranker("factors", 0.3, popularity=BETTER, item_kNN=BETTER, iALS=SAME)
    assert verdicts(report(*baselines, cosine, factors, hybrid), "r_precision", verbose=False) == [
        "cosine: significantly worse than iALS (R-precision -0.020 [-0.030, -0.010], paired)",
        "cosine: no significant difference from item-kNN (R-precision +0.000 [-0.010, +0.010], paired)",
        "hybrid: no significant difference from iALS (R-precision +0.000 [-0.010, +0.010], paired)",
        "hybrid: significantly better than item-kNN (R-precision +0.020 [+0.010, +0.030], paired)",
    ]
    every = verdicts(report(*baselines, cosine, factors, hybrid), "r_precision", verbose=True)
    assert [line.split(" (")[0].split()[-1] for line in every] == ["popularity", "item-kNN", "iALS"] * 3


def test_counting_is_compared_once_if_it_is_the_best_baseline_or_was_not_computed() -> None:
    best = [ranker("popularity", 0.1), ranker("item-kNN", 0.2)]
    hybrid = ranker("hybrid", 0.3, popularity=BETTER, item_kNN=BETTER)
    line = "hybrid: significantly better than item-kNN (R-precision +0.020 [+0.010, +0.030], paired)"
    assert verdicts(report(*best, hybrid), "r_precision", verbose=False) == [line]
    few = verdicts(report(*best, hybrid, asked=7), "r_precision", verbose=False)
    assert few == [line.replace("significantly better than", "too few held-out playlists (7) for a comparison with")]
    without = [ranker("popularity", 0.1), ranker("hybrid", 0.3, popularity=BETTER)]
    assert [line.split(" (")[0] for line in verdicts(report(*without), "r_precision", verbose=False)] == [
        "hybrid: significantly better than popularity"
    ]


@pytest.fixture
def orders(sgp: Sgp, experiments: Path, write_dump: Callable[..., Path]) -> Sgp:
    """Train experiment "orders": 120 playlists of 2 to 9 of the 30 tracks; half of them have fewer than 5 tracks."""
    rng = np.random.default_rng(3)
    lengths = [2 + at % 3 if at % 2 else 5 + at % 5 for at in range(120)]
    rows = [
        (f"o{at}", "a", str(track), "list")
        for at, length in enumerate(lengths)
        for track in rng.choice(30, length, replace=False)
    ]
    assert sgp("extract", "orders", write_dump(rows), "-q").code == 0
    assert sgp("train", "orders", "-wsz", "bag", "-emb", "8", "-e", "2", "-q").code == 0
    return sgp


def test_the_report_says_how_many_playlists_were_not_evaluated_and_why(orders: Sgp) -> None:
    counted = json.loads(orders("evaluate", "orders", "--share", "0.5", "--baselines", "none", "--json").out)
    skipped = counted["judgement"]["passed_over"]
    assert skipped > 10
    shown = orders("evaluate", "orders", "--share", "0.5", "--baselines", "none").out
    assert f"\n{skipped} held-out playlists were not evaluated: fewer than 5 of their tracks can be ranked\n" in shown

    assert orders("experiments", "copy", "orders", "other").code == 0
    compared = orders("evaluate", "orders", "--share", "0.5", "--compare", "other").out
    assert (
        f"\n{skipped} held-out playlists were not evaluated: fewer than 5 of their tracks can be ranked\n" in compared
    )

    asked, held_out = map(int, re.findall(r"(\d+) of (\d+) held-out", compared)[0])
    assert held_out - asked == skipped
    all_asked = orders("evaluate", "orders", "--protocol", "deezer2018", "--baselines", "none").out
    assert "not evaluated" not in all_asked
