"""`sgp evaluate` as people and scripts use it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import skipgramophone as package
from tests.conftest import Sgp, dump_text, run_sgp, two_genres


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Experiment "genres": 200 playlists, trained for one epoch."""
    root = tmp_path_factory.mktemp("evaluate")
    (root / "dump.csv").write_text(dump_text(two_genres(200)))
    assert run_sgp("extract", "genres", root / "dump.csv", "-q", "--experiments-dir", root).code == 0
    trained = run_sgp("train", "genres", "-wsz", "bag", "-emb", "8", "-e", "3", "-q", "--experiments-dir", root)
    assert trained.code == 0
    return root


def evaluated(root: Path, *arguments: str) -> tuple[int, str, str]:
    """Run `sgp evaluate genres`."""
    ran = run_sgp("evaluate", "genres", *arguments, "--experiments-dir", root)
    return ran.code, ran.out, ran.err


def test_the_report_is_shown_printed_as_json_and_kept(judged: Path) -> None:
    code, out, err = evaluated(judged, "--json", "--draws", "2", "--share", "0.2")
    assert (code, err) == (0, "")
    report = json.loads(out)
    rows = {row["ranker"]: row for row in report["judgement"]["judged"]}
    assert list(rows) == ["popularity", "item-kNN", "SVD", "cosine", "index", "cosine+count", "model", "hybrid"]
    assert report["judgement"]["asked"] * 2 == report["judgement"]["questions"]
    # Two genres that never mix: whatever counts who stands with whom finds the genre, and popularity half of it.
    assert rows["item-kNN"]["metrics"]["r_precision"]["mean"] > rows["popularity"]["metrics"]["r_precision"]["mean"]
    # So few tracks are searched whole: what the index serves is what exact search finds.
    assert rows["index"]["metrics"]["recall@10"] == rows["cosine"]["metrics"]["recall@10"]
    assert set(rows["index"]["against"]) == {"cosine"}
    for row in rows.values():
        found = row["metrics"]["r_precision"]
        assert 0 <= found["low"] <= found["mean"] <= found["high"] <= 1
    kept = [json.loads(path.read_text()) for path in (judged / "genres" / "evaluation").glob("*.json")]
    assert report in kept


def test_one_ranking_may_be_judged_alone_and_printed_as_csv(judged: Path) -> None:
    reports = judged / "genres" / "evaluation"
    before = len(list(reports.glob("lookup-*.json")))
    for _ in range(2):  # within a second, and each has its own report
        code, out, _ = evaluated(judged, "--csv", "--score", "cosine", "--protocol", "lookup", "-q")
        assert code == 0
    assert len(list(reports.glob("lookup-*.json"))) == before + 2
    records = list(csv.DictReader(io.StringIO(out)))
    assert {record["ranker"] for record in records} == {"popularity", "item-kNN", "SVD", "cosine"}
    assert {"r_precision", "ndcg", "ndcg@10", "recall@10", "hit@10", "mrr", "clicks"} < {r["metric"] for r in records}


@pytest.mark.parametrize("protocol", ["next-item", "deezer2018"])
def test_where_one_track_is_wanted_hits_decide(judged: Path, protocol: str) -> None:
    code, out, err = evaluated(judged, "--protocol", protocol)
    assert (code, err) == (0, "")
    assert "hit@10   ndcg@10     mrr   clicks" in out
    assert "(hit@10 " in out
    assert ("euclidean" in out) == (protocol == "deezer2018")


def test_the_model_of_a_split_is_kept(judged: Path) -> None:
    evaluated(judged, "--share", "0.15")
    models = sorted((judged / "genres" / "evaluation" / "models").iterdir())
    again = evaluated(judged, "--share", "0.15", "--protocol", "lookup")
    assert again[0] == 0
    assert sorted((judged / "genres" / "evaluation" / "models").iterdir()) == models


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (["--protocol", "x"], 2, "protocol must be one of continuation, next-item, lookup, deezer2018, not 'x'"),
        (["--score", "x"], 2, "score must be one of cosine, cosine+count, model, hybrid, not 'x'"),
        (["--draws", "0"], 2, "draws must be from 1 to 100, not 0"),
        (["--share", "0"], 2, "share must be above 0 and below 1, not 0.0"),
        (["-k", "400"], 1, "k is 400 and only 80 tracks are ranked: give a smaller -k"),
        (["--seeds", "2", "--protocol", "lookup"], 2, "seeds cannot be combined with lookup, which gives one track"),
        (["--group", "("], 1, "--group '(' is no regular expression: missing ), unterminated subpattern at position 0"),
    ],
)
def test_what_cannot_be_asked_is_one_line(judged: Path, arguments: list[str], code: int, line: str) -> None:
    assert evaluated(judged, *arguments) == (code, "", f"error: {line}\n")


def test_where_nearly_all_is_held_out_nothing_is_left(judged: Path) -> None:
    code, out, err = evaluated(judged, "--share", "0.999")
    assert (code, out) == (1, "")
    assert err.startswith("error: there are too few playlists to hold some out: 200, in ")


def test_imported_vectors_are_judged_as_they_are(judged: Path, tmp_path: Path) -> None:
    run_sgp("extract", "foreign", judged / "dump.csv", "-q", "--experiments-dir", tmp_path)
    rng = np.random.default_rng(1)
    names = [f"{genre} artist {track % 11} - {genre} {track}" for genre in ("folk", "techno") for track in range(40)]
    # Vectors that know the genre and nothing else.
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
    shown = run_sgp("evaluate", "foreign", "--share", "0.2", "--experiments-dir", tmp_path)
    assert shown.out.endswith(
        "warning: the vectors were imported and may have been trained on the held-out playlists\n"
    )
    none = run_sgp("evaluate", "foreign", "--share", "0.2", "--score", "model", "--experiments-dir", tmp_path)
    assert none.err == "error: these vectors have no score 'model': they were imported without context\n"


def test_a_corpus_that_changed_is_said(sgp: Sgp, experiments: Path, tmp_path: Path) -> None:
    dump = tmp_path / "dump.csv"
    dump.write_text(dump_text(two_genres(40)))
    assert sgp("extract", "x", dump, "-q").code == 0
    assert sgp("evaluate", "x").err == "error: experiment 'x' has no model yet: run sgp train x\n"
    assert sgp("train", "x", "-wsz", "bag", "-emb", "4", "-e", "1", "-q").code == 0
    dump.write_text(dump_text(two_genres(41)))
    assert sgp("extract", "x", dump, "--force", "-q").code == 0
    ran = sgp("evaluate", "x")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        "error: the model of 'x' is out of date: its corpus has been replaced; run sgp train x --force\n"
    )


def test_stability_compares_two_seeds_and_look_ups_tell_of_it(
    sgp: Sgp, experiments: Path, write_dump: Callable[..., Path]
) -> None:
    assert sgp("extract", "demo", write_dump(two_genres()), "-q").code == 0
    assert sgp("train", "demo", "-wsz", "bag", "-emb", "8", "-e", "3", "-q").code == 0
    ran = sgp("evaluate", "demo", "--stability", "-k", "3", "--json")
    found = json.loads(ran.out)
    assert (ran.code, found["neighbours"], found["asked"]) == (0, 3, 80)
    assert found["by_chance"] < found["agreement"]["mean"] < 1
    shown = sgp("evaluate", "demo", "--stability", "-k", "3").out
    assert "stability of demo: top-3 neighbours of 80 tracks, with another seed" in shown
    assert "by chance" in shown

    # Look-ups tell of it: of the stratum of one track that is asked about, of two tracks that are explained exactly.
    for row, stratum in ((0, "head"), (79, "tail")):
        with package.open("demo", experiments) as demo:
            track = demo.catalogue.track(row)
            counts = np.array(demo.catalogue.counts())
        name = track.name
        assert found["least"][stratum] == counts[counts >= found["least"][stratum]].min()
        answer = json.loads(sgp("similar", "demo", name, "--json").out)
        share = found["by_frequency"][stratum]
        assert answer["agreement"] == {"neighbours": 3, "tracks": stratum, **share}
        told = f"stability for tracks this frequent ({stratum}): {share['mean']:.0%} of top-3 neighbours unchanged"
        assert told in sgp("similar", "demo", name).err
    assert json.loads(sgp("similar", "demo", name, "--by", "hybrid", "--json").out)["agreement"] is None
    (kept,) = (experiments / "demo" / "evaluation" / "models").iterdir()
    centres = [np.load(place / "centre.npy") for place in (experiments / "demo" / "model", kept)]
    near = []
    for centre in centres:
        unit = centre / np.linalg.norm(centre, axis=1, keepdims=True)
        cosine = unit[:2] @ unit.T
        near.append((cosine, [set(np.argsort(-np.where(np.arange(80) == at, -2, cosine[at]))[:3]) for at in (0, 1)]))
    names = [demo.catalogue.track(at).name for demo in [package.open("demo", experiments)] for at in (0, 1)]
    told = json.loads(sgp("explain", "demo", *names, "--json").out)["second_training"]
    there = near[1][0]
    assert told == {
        "neighbours": 3,
        "agreed": [len(near[0][1][at] & near[1][1][at]) for at in (0, 1)],
        "similarity": pytest.approx(float(there[0, 1]), abs=1e-5),
        "ranks": [1 + int((np.delete(there[at], [0, 1]) > there[at, 1 - at]).sum()) for at in (0, 1)],
    }
    assert "another seed" in sgp("explain", "demo", *names).out

    # A report that is rubbish, or of another model, is not told.
    report = experiments / "demo" / "evaluation" / "stability.json"
    content = json.loads(report.read_text())
    wrong: list[object] = [float("nan"), 7.0, "1", None, {}, []]
    for value in wrong:
        spoilt = json.loads(json.dumps(content))
        spoilt["stability"]["by_frequency"]["head"] = {"mean": value, "low": 0.1, "high": 0.2}
        for text in (json.dumps(spoilt), json.dumps(content | {"stability": value}), json.dumps(value)):
            report.write_text(text)
            assert json.loads(sgp("similar", "demo", names[0], "--json").out)["agreement"] is None
    report.write_text(json.dumps(content | {"model": "0" * 64}))
    assert json.loads(sgp("similar", "demo", names[0], "--json").out)["agreement"] is None
    assert json.loads(sgp("explain", "demo", *names, "--json").out)["second_training"] is None
