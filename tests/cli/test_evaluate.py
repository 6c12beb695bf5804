"""`sgp evaluate`: reports, errors and stability."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import skipgramophone as package
from skipgramophone.evaluation.baselines import BASELINES
from tests.conftest import Sgp, dump_text, run_sgp, two_genres
from tests.json_schemas import require_valid


@pytest.fixture(scope="module")
def genres_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of experiment "genres": 200 playlists, trained for three epochs."""
    root = tmp_path_factory.mktemp("evaluate")
    (root / "dump.csv").write_text(dump_text(two_genres(200)))
    assert run_sgp("extract", "genres", root / "dump.csv", "-q", "--experiments-dir", root).code == 0
    trained = run_sgp("train", "genres", "-wsz", "bag", "-emb", "8", "-e", "3", "-q", "--experiments-dir", root)
    assert trained.code == 0
    return root


def evaluate_genres(root: Path, *arguments: str) -> tuple[int, str, str]:
    """Run `sgp evaluate genres`."""
    ran = run_sgp("evaluate", "genres", *arguments, "--experiments-dir", root)
    return ran.code, ran.out, ran.err


def test_the_report_is_printed_as_json_and_saved(genres_root: Path) -> None:
    code, out, err = evaluate_genres(genres_root, "--json", "--draws", "2", "--share", "0.2")
    assert (code, err) == (0, "")
    report = json.loads(out)
    require_valid(report, "evaluate")
    rows = {row["ranker"]: row for row in report["judgement"]["judged"]}
    assert list(rows) == [
        "popularity",
        "item-kNN",
        "iALS",
        "cosine",
        "index",
        "cosine+count",
        "model",
        "factors",
        "hybrid",
    ]
    assert set(rows["hybrid"]["against"]) == {"popularity", "item-kNN", "iALS"}
    assert report["judgement"]["asked"] * 2 == report["judgement"]["questions"]
    # Two genres that never mix: co-occurrence finds the genre, popularity only half of the tracks.
    assert rows["item-kNN"]["metrics"]["r_precision"]["mean"] > rows["popularity"]["metrics"]["r_precision"]["mean"]
    # With so few tracks, the index returns the same as exact search.
    assert rows["index"]["metrics"]["recall@10"] == rows["cosine"]["metrics"]["recall@10"]
    assert set(rows["index"]["against"]) == {"cosine"}
    for row in rows.values():
        found = row["metrics"]["r_precision"]
        assert 0 <= found["low"] <= found["mean"] <= found["high"] <= 1
    kept = [json.loads(path.read_text()) for path in (genres_root / "genres" / "evaluation").glob("*.json")]
    assert report in kept


def test_one_score_can_be_evaluated_alone_and_printed_as_csv(genres_root: Path) -> None:
    reports = genres_root / "genres" / "evaluation"
    before = len(list(reports.glob("lookup-*.json")))
    for _ in range(2):  # reports of the same second do not overwrite each other
        code, out, _ = evaluate_genres(genres_root, "--csv", "--score", "cosine", "--protocol", "lookup", "-q")
        assert code == 0
    assert len(list(reports.glob("lookup-*.json"))) == before + 2
    records = list(csv.DictReader(io.StringIO(out)))
    assert {record["ranker"] for record in records} == {"popularity", "item-kNN", "iALS", "cosine"}
    assert {"r_precision", "ndcg", "ndcg@10", "recall@10", "hit@10", "mrr", "clicks"} < {r["metric"] for r in records}


def test_all_baselines_or_none_can_be_compared(genres_root: Path) -> None:
    code, out, _ = evaluate_genres(genres_root, "--baselines", "all", "--score", "cosine", "--ials-alpha", "3")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[3:10]] == [*BASELINES["all"], "cosine"]
    assert "cosine: significantly " in out or "cosine: no significant " in out
    for line in ("RP3beta: beta 0.# (beta", "EASE: regularization # (regularization"):
        pattern = re.escape(line).replace("\\#", r"\d+") + r" chosen on \d+ validation playlists\)$"
        assert re.search(f"^{pattern}", out, re.MULTILINE)
    pattern = r"^iALS: regularization [\d.]+, alpha 3, factors 128 \(regularization chosen on "
    assert re.search(pattern, out, re.MULTILINE)
    code, out, _ = evaluate_genres(genres_root, "--baselines", "none", "--score", "cosine", "--json")
    report = json.loads(out)["judgement"]
    assert ([row["ranker"] for row in report["judged"]], report["baselines"]) == (["cosine"], [])


@pytest.mark.parametrize("protocol", ["next-item", "deezer2018"])
def test_hit_rate_is_the_main_metric_if_one_track_is_wanted(genres_root: Path, protocol: str) -> None:
    code, out, err = evaluate_genres(genres_root, "--protocol", protocol)
    assert (code, err) == (0, "")
    assert "hit@10   NDCG@10     mrr   clicks" in out
    assert "(hit@10 " in out
    assert ("euclidean" in out) == (protocol == "deezer2018")


def test_names_of_rankings_are_never_shortened(genres_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    _, out, _ = evaluate_genres(genres_root, "--score", "cosine")
    assert "…" not in out
    assert len(re.findall("^popularity ", out, re.MULTILINE)) > 2  # the tables are split into blocks


def test_the_model_of_a_split_is_reused(genres_root: Path) -> None:
    evaluate_genres(genres_root, "--share", "0.15", "--baselines", "none")
    models = sorted((genres_root / "genres" / "evaluation" / "models").iterdir())
    again = evaluate_genres(genres_root, "--share", "0.15", "--protocol", "lookup", "--baselines", "none")
    assert again[0] == 0
    assert sorted((genres_root / "genres" / "evaluation" / "models").iterdir()) == models


def test_a_model_of_an_earlier_version_is_trained_again_with_its_constants(
    genres_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def vectors_of_splits() -> set[bytes]:
        evaluate_genres(tmp_path, "--share", "0.15", "--baselines", "none")
        models = tmp_path / "genres" / "evaluation" / "models"
        return {(model / "centre.npy").read_bytes() for model in models.iterdir()}

    shutil.copytree(genres_root / "genres" / "corpus", tmp_path / "genres" / "corpus")
    shutil.copy(genres_root / "genres" / "experiment.json", tmp_path / "genres")
    settings = package.TrainSettings(window_size="bag", embedding_dim=8, epochs=3)
    with monkeypatch.context() as earlier:
        earlier.setattr("skipgramophone.training.trainer.DECAY", 1.0)
        earlier.setattr("skipgramophone.training.batches.BAG_SHARED", 16)
        package.train("genres", settings, experiments_dir=tmp_path)
        expected = vectors_of_splits()
    manifest = tmp_path / "genres" / "model" / "manifest.json"
    content = json.loads(manifest.read_text())
    assert content["facts"].pop("learning_rate_decay") == 1.0
    assert content["facts"]["layout"].pop("shared") == 16
    manifest.write_text(json.dumps(content))
    shutil.rmtree(tmp_path / "genres" / "evaluation")
    assert vectors_of_splits() == expected
    package.train("genres", settings, force=True, experiments_dir=tmp_path)
    assert len(vectors_of_splits() - expected) == 1  # the model of the present version has another split model


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (["--protocol", "x"], 2, "--protocol must be one of continuation, next-item, lookup, deezer2018, not 'x'"),
        (["--score", "x"], 2, "--score must be one of cosine, cosine+count, model, factors, hybrid, not 'x'"),
        (["--baselines", "some"], 2, "--baselines must be one of default, all, none, not 'some'"),
        (["--ease-regularization", "0"], 2, "--ease-regularization must be above 0, not 0.0"),
        (["--draws", "0"], 2, "--draws must be from 1 to 100, not 0"),
        (["--share", "0"], 2, "--share must be above 0 and below 1, not 0.0"),
        (["-k", "400"], 1, "k is 400, but only 80 tracks can be ranked: use a smaller -k"),
        (
            ["--seeds", "2", "--protocol", "lookup"],
            2,
            "--seeds cannot be combined with the protocol lookup, in which one track is given",
        ),
        (
            ["--protocol", "deezer2018", "--share", "0.2"],
            2,
            "--share has no effect with the protocol deezer2018, which holds out the last track of each playlist",
        ),
        (
            ["--protocol", "deezer2018", "--held-out", "names.txt"],
            2,
            "--held-out has no effect with the protocol deezer2018, which holds out the last track of each playlist",
        ),
        (
            ["--share", "0.2", "--held-out", "names.txt"],
            2,
            "hold out either a share of the playlists (--share) or those listed in a file (--held-out), not both",
        ),
        (
            ["--group", "("],
            1,
            "--group '(' is not a valid regular expression: missing ), unterminated subpattern at position 0",
        ),
    ],
)
def test_invalid_options_are_one_line_errors(genres_root: Path, arguments: list[str], code: int, line: str) -> None:
    assert evaluate_genres(genres_root, *arguments) == (code, "", f"error: {line}\n")


def test_holding_out_nearly_all_playlists_is_an_error(genres_root: Path) -> None:
    code, out, err = evaluate_genres(genres_root, "--share", "0.999")
    assert (code, out) == (1, "")
    assert err.startswith("error: cannot hold out a share of 0.999: there are only 200 playlists in ")


def test_imported_vectors_are_evaluated_without_training(genres_root: Path, tmp_path: Path) -> None:
    run_sgp("extract", "foreign", genres_root / "dump.csv", "-q", "--experiments-dir", tmp_path)
    rng = np.random.default_rng(1)
    names = [f"{genre} artist {track % 11} - {genre} {track}" for genre in ("folk", "techno") for track in range(40)]
    # Vectors that encode only the genre.
    genre = np.repeat(np.eye(2, 6, dtype=np.float32), 40, axis=0)
    vectors = genre + 0.1 * rng.standard_normal((80, 6)).astype(np.float32)
    np.savez(tmp_path / "v.npz", vectors=vectors, tracks=names)
    assert run_sgp("import", "foreign", tmp_path / "v.npz", "-q", "--experiments-dir", tmp_path).code == 0
    ran = run_sgp("evaluate", "foreign", "--share", "0.2", "--json", "--experiments-dir", tmp_path)
    assert (ran.code, ran.err) == (0, "")
    report = json.loads(ran.out)
    assert report["imported"]
    rows = {row["ranker"]: row["metrics"] for row in report["judgement"]["judged"]}
    assert "model" not in rows  # there are no context vectors
    assert rows["cosine"]["r_precision"]["mean"] > 1.5 * rows["popularity"]["r_precision"]["mean"]
    assert not (tmp_path / "foreign" / "evaluation" / "models").exists()
    shown = run_sgp("evaluate", "foreign", "--share", "0.2", "--baselines", "none", "--experiments-dir", tmp_path)
    assert shown.out.endswith(
        "warning: the vectors were imported and may have been trained on the held-out playlists, so these scores may "
        "be too good\n"
    )
    none = run_sgp("evaluate", "foreign", "--share", "0.2", "--score", "model", "--experiments-dir", tmp_path)
    assert none.err == ("error: --score model needs context vectors, and this model has none: use --score cosine\n")


def test_a_model_of_a_replaced_corpus_is_an_error(sgp: Sgp, experiments: Path, tmp_path: Path) -> None:
    dump = tmp_path / "dump.csv"
    dump.write_text(dump_text(two_genres(40)))
    assert sgp("extract", "x", dump, "-q").code == 0
    assert sgp("evaluate", "x").err == "error: experiment 'x' has no model yet: run sgp train x\n"
    assert sgp("train", "x", "-wsz", "bag", "-emb", "8", "-e", "1", "-q").code == 0
    dump.write_text(dump_text(two_genres(41)))
    assert sgp("extract", "x", dump, "--force", "-q").code == 0
    ran = sgp("evaluate", "x")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        "error: the model of 'x' is out of date: its corpus has been replaced; "
        "run sgp train x --force --window-size bag --embedding-dim 8 --epochs 1\n"
    )


def test_stability_compares_two_seeds_and_look_ups_report_it(
    sgp: Sgp, experiments: Path, write_dump: Callable[..., Path]
) -> None:
    assert sgp("extract", "demo", write_dump(two_genres()), "-q").code == 0
    assert sgp("train", "demo", "-wsz", "bag", "-emb", "8", "-e", "3", "-q").code == 0
    ran = sgp("evaluate", "demo", "--stability", "-k", "3", "--json")
    found = json.loads(ran.out)
    assert (ran.code, found["neighbours"], found["asked"]) == (0, 3, 80)
    require_valid(found, "evaluate_stability")
    assert found["by_chance"] < found["agreement"]["mean"] < 1
    shown = sgp("evaluate", "demo", "--stability", "-k", "3").out
    assert "stability of demo: top-3 neighbours (hybrid) of 80 tracks after training with another seed" in shown
    assert "by chance" in shown

    # similar reports the stability of the query's stratum; explain reports that of its two tracks exactly.
    for row, stratum in ((0, "head"), (79, "tail")):
        with package.open("demo", experiments) as demo:
            track = demo.catalogue.track(row)
            counts = np.array(demo.catalogue.counts())
        name = track.name
        assert found["least"][stratum] == counts[counts >= found["least"][stratum]].min()
        answer = json.loads(sgp("similar", "demo", name, "--json").out)
        share = found["by_frequency"][stratum]
        assert answer["agreement"] == {"neighbours": 3, "tracks": stratum, **share}
        unchanged = f"{share['mean']:.0%} of top-3 neighbours stay the same with another seed"
        line = f"stability: {unchanged}, measured on tracks about as frequent as the query track ({stratum})"
        assert line in sgp("similar", "demo", name).err
    assert json.loads(sgp("similar", "demo", name, "--by", "cosine", "--json").out)["agreement"] is None
    (kept,) = (experiments / "demo" / "evaluation" / "models").iterdir()
    centres = [np.load(place / "centre.npy") for place in (experiments / "demo" / "model", kept)]
    near = []
    for centre in centres:
        unit = centre / np.linalg.norm(centre, axis=1, keepdims=True)
        cosine = unit[:2] @ unit.T
        near.append((cosine, [set(np.argsort(-np.where(np.arange(80) == at, -2, cosine[at]))[:3]) for at in (0, 1)]))
    names = [demo.catalogue.track(at).name for demo in [package.open("demo", experiments)] for at in (0, 1)]
    second = json.loads(sgp("explain", "demo", *names, "--json").out)["second_training"]
    cosine = near[1][0]
    assert second == {
        "neighbours": 3,
        "agreed": [len(near[0][1][at] & near[1][1][at]) for at in (0, 1)],
        "similarity": pytest.approx(float(cosine[0, 1]), abs=1e-5),
        "ranks": [1 + int((np.delete(cosine[at], [0, 1]) > cosine[at, 1 - at]).sum()) for at in (0, 1)],
    }
    assert "another seed" in sgp("explain", "demo", *names).out

    # A damaged report, or one of another model, is ignored.
    report = experiments / "demo" / "evaluation" / "stability.json"
    content = json.loads(report.read_text())
    wrong: list[object] = [float("nan"), 7.0, "1", None, {}, []]
    for value in wrong:
        damaged = json.loads(json.dumps(content))
        damaged["stability"]["by_frequency"]["head"] = {"mean": value, "low": 0.1, "high": 0.2}
        for text in (json.dumps(damaged), json.dumps(content | {"stability": value}), json.dumps(value)):
            report.write_text(text)
            assert json.loads(sgp("similar", "demo", names[0], "--json").out)["agreement"] is None
    report.write_text(json.dumps(content | {"model": "0" * 64}))
    assert json.loads(sgp("similar", "demo", names[0], "--json").out)["agreement"] is None
    assert json.loads(sgp("explain", "demo", *names, "--json").out)["second_training"] is None


@pytest.mark.parametrize(("owners", "line"), [(1, None), (40, "sgp evaluate mine --group '.*'")])
def test_snapshots_give_a_command_that_works_or_none(sgp: Sgp, tmp_path: Path, owners: int, line: str | None) -> None:
    rng = np.random.default_rng(1)
    rows = []
    for at in range(120):  # three playlists of each series share at least 8 of 24 tracks
        titles = [f"song {at // 3}.{at % 3 + place}" for place in range(10)]
        titles += [f"hit {number}" for number in rng.choice(60, 6, replace=False)]
        rows += [(f"owner {at // 3 % owners}", "A", title, f"list {at}") for title in titles]
    path = tmp_path / "dump.csv"
    path.write_text(dump_text(rows))
    assert sgp("extract", "mine", path, "-q").code == 0
    assert sgp("train", "mine", "-wsz", "bag", "-emb", "8", "-e", "1", "--no-factors", "-q").code == 0
    ran = sgp("evaluate", "mine", "--baselines", "none")
    assert ran.code == 0
    assert "these scores are too good" in ran.out
    commands = [found for found in ran.out.splitlines() if found.startswith("sgp ")]
    assert commands == ([line] if line else [])
    if line:
        again = sgp(*shlex.split(line)[1:], "--baselines", "none")
        assert (again.code, "too good" in again.out) == (0, False)
    else:
        assert "cannot be held out together. Either there are too few owners" in " ".join(ran.out.split())
