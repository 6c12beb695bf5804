"""`sgp evaluate --compare`, and what evaluations keep on disk."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import dump_text, run_sgp, two_genres
from tests.json_schemas import require_valid


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Experiments "good", "same" (its copy), "bad" (random vectors) and "other" (another corpus), not trained here."""
    root = tmp_path_factory.mktemp("compare")
    (root / "dump.csv").write_text(dump_text(two_genres(200)))
    (root / "more.csv").write_text(dump_text(two_genres(201)))
    names = [f"{genre} artist {track % 11} - {genre} {track}" for genre in ("folk", "techno") for track in range(40)]
    rng = np.random.default_rng(1)
    noise = 0.1 * rng.standard_normal((80, 6)).astype(np.float32)
    vectors = {"good": np.repeat(np.eye(2, 6, dtype=np.float32), 40, axis=0) + noise, "bad": noise}
    for name, dump in (("good", "dump.csv"), ("bad", "dump.csv"), ("other", "more.csv")):
        np.savez(root / "v.npz", vectors=vectors.get(name, noise), tracks=names)
        for command in (["extract", name, str(root / dump)], ["import", name, str(root / "v.npz")]):
            assert run_sgp(*command, "-q", "--experiments-dir", root).code == 0
    assert run_sgp("experiments", "copy", "good", "same", "--experiments-dir", root).code == 0
    return root


def evaluate(root: Path, *arguments: str) -> tuple[int, str, str]:
    """Run `sgp evaluate`."""
    ran = run_sgp("evaluate", *arguments, "--share", "0.2", "--experiments-dir", root)
    return ran.code, ran.out, ran.err


def test_two_experiments_are_compared_on_the_same_playlists(imported: Path) -> None:
    code, out, err = evaluate(imported, "bad", "--compare", "good", "--json")
    assert (code, err) == (0, "")
    require_valid(json.loads(out), "evaluate_compare")
    scores = json.loads(out)["comparison"]["scores"]
    assert list(scores) == ["cosine", "hybrid"]
    asked = ("--baselines", "none", "--json")
    alone = [json.loads(evaluate(imported, name, *asked)[1])["judgement"]["judged"] for name in ("bad", "good")]
    for score, metrics in scores.items():
        for metric, found in metrics.items():
            # Each mean is that of the experiment alone, and the mean of the differences is the difference of the means.
            means = [next(row["metrics"][metric]["mean"] for row in rows if row["ranker"] == score) for rows in alone]
            assert [found["first"]["mean"], found["second"]["mean"]] == means
            assert found["difference"]["mean"] == pytest.approx(means[1] - means[0])
    main = scores["cosine"]["r_precision"]["difference"]
    assert main["low"] < main["mean"] < main["high"]
    shown = evaluate(imported, "bad", "--compare", "good", "--score", "cosine")[1].splitlines()
    assert shown[0].startswith("continuation on bad (A) and good (B): 40 of 40 held-out playlists, 80 tracks")
    assert shown[1].split() == ["score", "metric", "A", "B", "B", "-", "A"]
    verdict = "significantly better than" if main["low"] > 0 else "no significant difference from"
    assert shown[-3].startswith(f"good by cosine: {verdict} bad (R-precision +")
    assert shown[-1].startswith("warning: the vectors of good were imported")
    table = evaluate(imported, "bad", "--compare", "good", "--csv")[1].splitlines()
    assert table[0] == "score,metric,mean_a,mean_b,difference,low,high"


def test_a_copy_does_not_differ(imported: Path) -> None:
    _, out, _ = evaluate(imported, "good", "--compare", "same", "--score", "cosine")
    assert "same by cosine: no significant difference from good (R-precision +0.000 [+0.000, +0.000], paired)" in out


def test_experiments_that_cannot_be_compared_are_one_line_errors(imported: Path) -> None:
    for arguments, line in (
        (
            ("good", "--compare", "other"),
            "'good' and 'other' have different corpora, so their scores cannot be compared. To compare settings, "
            "copy the experiment and train the copy with other settings: sgp experiments copy good NEW, then sgp train "
            "NEW --force SETTINGS",
        ),
        (("good", "--compare", "good"), "--compare needs the name of another experiment, not 'good' itself"),
    ):
        assert evaluate(imported, *arguments) == (1, "", f"error: {line}\n")
    both = evaluate(imported, "good", "--compare", "bad", "--stability")
    assert both == (2, "", "error: --compare and --stability cannot be combined: run one after the other\n")


def test_the_main_verdicts_are_shown_and_all_with_verbose(imported: Path) -> None:
    for options, rankers, baselines in (
        ((), ["cosine", "hybrid"], {"iALS", "item-kNN"}),
        (("--verbose",), ["cosine", "index", "cosine+count", "hybrid"], {"popularity", "item-kNN", "iALS", "cosine"}),
    ):
        lines = [line for line in evaluate(imported, "good", *options)[1].splitlines() if line.endswith(", paired)")]
        assert list(dict.fromkeys(line.split(":")[0] for line in lines)) == rankers
        assert {line.partition(" (")[0].split()[-1] for line in lines} <= baselines
        assert len(lines) == (4 if not options else 3 + 1 + 3 + 3)


def test_what_evaluations_keep_is_stated_and_can_be_freed(imported: Path, tmp_path: Path) -> None:
    assert run_sgp("experiments", "copy", "good", "kept", "--experiments-dir", imported).code == 0
    _, out, _ = evaluate(imported, "kept")
    stated = re.search(
        r"kept for later evaluations: (\d+\.\d [kM]B) \(to free this space: sgp experiments rm kept --evaluations\)\n",
        out,
    )
    assert stated
    assert list((imported / "kept" / "evaluation").glob("*.json"))
    refused = run_sgp("experiments", "rm", "kept", "--evaluations", "--experiments-dir", imported)
    problem = "cannot ask for confirmation because the input is not a terminal"
    line = f"error: {problem}: add --yes to remove the evaluations of 'kept'\n"
    assert (refused.code, refused.err) == (2, line)
    ran = run_sgp("experiments", "rm", "kept", "--evaluations", "--yes", "--experiments-dir", imported)
    assert (ran.code, ran.err) == (0, f"removed the evaluations of 'kept' ({stated[1]})\n")
    assert not (imported / "kept" / "evaluation").exists()
    assert run_sgp("similar", "kept", "folk 1", "-n", "1", "--experiments-dir", imported).code == 0
    assert run_sgp("experiments", "rm", "kept", "--yes", "--experiments-dir", imported).code == 0
