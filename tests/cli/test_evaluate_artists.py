"""`sgp evaluate --of artists`: playlists as lists of artists, with baselines of artists."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import skipgramophone as sgp
from skipgramophone.errors import SettingError
from skipgramophone.evaluation.artist_level import artist_level
from skipgramophone.evaluation.splits import Split
from skipgramophone.experiment.embeddings import Embeddings
from skipgramophone.experiment.experiment import open_experiment
from skipgramophone.pipeline.stages import open_corpus
from tests.conftest import Ran, dump_text, run_sgp, two_genres

FIXED = ("--ials-regularization", "80", "--ials-alpha", "20", "--ials-factors", "4", "--share", "0.2", "--draws", "1")


@pytest.fixture(scope="module")
def genres(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of experiment "genres": two genres with eleven artists each, and a joint credit."""
    root = tmp_path_factory.mktemp("artists")
    rows = two_genres(100)
    rows += [("owner 1", "folk artist 1, folk artist 2", "joint", f"list {at}") for at in range(0, 100, 4)]
    (root / "dump.csv").write_text(dump_text(rows))
    assert run_sgp("extract", "genres", root / "dump.csv", "-q", "--experiments-dir", root).code == 0
    trained = run_sgp("train", "genres", "-wsz", "bag", "-emb", "8", "-e", "3", "-q", "--experiments-dir", root)
    assert trained.code == 0
    return root


def evaluate(root: Path, *arguments: str) -> Ran:
    """Run `sgp evaluate genres --of artists`."""
    return run_sgp("evaluate", "genres", "--of", "artists", *FIXED, *arguments, "--experiments-dir", root)


def test_artists_are_evaluated_next_to_baselines_of_artists(genres: Path) -> None:
    ran = evaluate(genres, "--protocol", "lookup", "--json")
    assert ran.code == 0
    report = json.loads(ran.out)
    assert report["settings"]["of"] == "artists"
    rows = {row["ranker"]: row for row in report["judgement"]["judged"]}
    assert list(rows) == ["popularity", "item-kNN", "iALS", "cosine", "cosine+count", "hybrid"]
    assert report["judgement"]["tracks_ranked"] == 22
    for name in ("item-kNN", "hybrid"):  # genres never mix, so that half of the artists can be excluded
        found = rows[name]["metrics"]["r_precision"]
        assert found["low"] > rows["popularity"]["metrics"]["r_precision"]["mean"]
        assert 0 <= found["low"] <= found["mean"] <= found["high"] <= 1
    reports = [path.name for path in (genres / "genres" / "evaluation").glob("*.json")]
    assert [name.split("-2")[0] for name in reports] == ["lookup-of-artists"]
    listed = run_sgp("experiments", "show", "genres", "--json", "--experiments-dir", genres)
    assert (listed.code, "lookup of artists" in listed.out) == (0, True)


def test_the_report_names_artists(genres: Path) -> None:
    ran = evaluate(genres, "--baselines", "none", "--score", "cosine", "--json")
    assert [row["ranker"] for row in json.loads(ran.out)["judgement"]["judged"]] == ["cosine"]
    lines = evaluate(genres, "--score", "cosine").out.splitlines()
    assert lines[0].startswith("continuation of artists on genres: ")
    assert lines[0].endswith("held-out playlists, 22 ranked artists")
    assert any(line.startswith("cosine: ") and "(R-precision" in line for line in lines)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--protocol", "deezer2018"], "deezer2018 evaluates tracks, not artists: choose another protocol"),
        (["--score", "model"], "the score 'model' needs context vectors, which artists do not have"),
        (["--score", "factors"], "the score 'factors' needs track factors, which artists do not have"),
    ],
)
def test_what_artists_do_not_have_is_refused(genres: Path, arguments: list[str], error: str) -> None:
    ran = evaluate(genres, *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert error in ran.err
    with pytest.raises(SettingError, match="of must be one of tracks, artists"):
        sgp.EvaluateSettings(of="playlists")  # type: ignore[arg-type]


def test_artists_know_nothing_of_held_out_playlists(genres: Path) -> None:
    experiment = open_experiment("genres", genres)
    corpus, tracks = open_corpus(experiment)
    split = Split(np.arange(len(corpus)) % 3 == 0, np.arange(len(corpus)))
    counts = split.training_part(corpus).counts(tracks)
    vectors = np.random.default_rng(1).standard_normal((tracks, 4)).astype(np.float32)
    model = (Embeddings(vectors, vectors, np.zeros(tracks, np.float32)), sgp.TrainSettings(min_count=3))
    evaluated = artist_level(experiment, corpus, split, [model])
    ((embeddings, settings),) = evaluated.models
    assert settings.min_count == 1
    assert not embeddings.has_context
    with sgp.open("genres", genres) as opened:
        name = "folk artist 1"
        rows = [track.row for track in opened.artists.tracks(name)]
        number = opened.artist_search.artists.find(name)
    weights = (counts[rows] / counts[rows].max()) ** 1.5
    expected = weights @ (vectors[rows] / np.linalg.norm(vectors[rows], axis=1, keepdims=True))
    assert embeddings.centre[number] == pytest.approx(expected / np.linalg.norm(expected), abs=1e-5)


def test_two_experiments_are_compared_by_their_artists(genres: Path) -> None:
    assert run_sgp("experiments", "copy", "genres", "other", "--experiments-dir", genres).code == 0
    trained = run_sgp(
        "train", "other", "-wsz", "bag", "-emb", "8", "-e", "1", "--force", "-q", "--experiments-dir", genres
    )
    assert trained.code == 0
    ran = evaluate(genres, "--compare", "other", "--score", "cosine")
    assert ran.code == 0
    assert ran.out.splitlines()[0].endswith("22 artists that both rank")
