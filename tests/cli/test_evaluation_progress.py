"""The progress of `sgp evaluate`: the share of all steps never decreases, and each line names its step."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.cli import progress
from skipgramophone.evaluation import scorecard
from tests.conftest import Sgp, two_genres


@pytest.fixture
def lines_of(
    sgp: Sgp, experiments: Path, write_dump: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., list[tuple[int, str]]]:
    """Return a function that runs `sgp evaluate` and returns the shares and texts of all progress lines.

    There are several batches of queries, so that each ranking is reported several times.
    """
    assert sgp("extract", "genres", write_dump(two_genres()), "-q").code == 0
    assert sgp("train", "genres", "-wsz", "bag", "-emb", "8", "-e", "2", "-q").code == 0
    assert sgp("experiments", "copy", "genres", "other").code == 0
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    monkeypatch.setattr(scorecard, "SCORE_BYTES", 4 * 80 * 20)  # 20 queries of 80 tracks in a batch

    def run(*arguments: str) -> list[tuple[int, str]]:
        ran = sgp("evaluate", "genres", *arguments)
        assert ran.code == 0, ran.err
        found = re.findall(r"^evaluate +(\d+)%  (.*)$", ran.err, re.MULTILINE)
        return [(int(share), text) for share, text in found]

    return run


def test_the_share_of_all_steps_never_decreases_and_each_step_has_its_number(
    lines_of: Callable[..., list[tuple[int, str]]],
) -> None:
    lines = lines_of("--share", "0.2")
    shares = [share for share, _ in lines]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 100)
    assert shares.count(100) == 1
    steps = list(dict.fromkeys(text for _, text in lines))
    assert steps[:4] == [
        "step 1 of 5: fitting popularity",
        "step 2 of 5: fitting item-kNN",
        "step 3 of 5: tuning iALS",
        "step 4 of 5: fitting iALS",
    ]
    assert steps[4] == "step 5 of 5: ranking by popularity"
    assert steps[-1] == "step 5 of 5: ranking by hybrid"
    assert len([text for _, text in lines if text == steps[-1]]) > 1  # several batches


def test_given_parameters_are_not_tuned_and_one_step_has_no_number(
    lines_of: Callable[..., list[tuple[int, str]]],
) -> None:
    given = lines_of("--share", "0.2", "--ials-alpha", "3", "--ials-regularization", "5", "--score", "cosine")
    assert "step 3 of 4: fitting iALS" in [text for _, text in given]
    assert not any("tuning" in text for _, text in given)
    for arguments in (("--baselines", "none"), ("--compare", "other")):
        lines = lines_of("--share", "0.2", *arguments)
        shares = [share for share, _ in lines]
        assert shares == sorted(shares)
        assert (shares[-1], shares.count(100)) == (100, 1)
        assert {"ranking by cosine", "ranking by hybrid"} <= {text for _, text in lines}
        assert not any(text.startswith("step") for _, text in lines)
