"""Playlists held out by extract: how they are chosen, and that only evaluate uses them."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from skipgramophone.evaluation.holdout import make_split, read_extract_split
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.corpus import read_corpus, read_held_out_corpus
from skipgramophone.experiment.experiment import open_experiment
from skipgramophone.experiment.name_search import NameSearch
from skipgramophone.settings import EvaluateSettings
from tests.conftest import Row, Sgp, two_genres

WriteDump = Callable[..., Path]
Named = tuple[str, str]


def playlist_rows() -> list[Row]:
    """Return playlists of two genres, and a copy of every third one with another owner and one more track."""
    rows = two_genres(60)
    rows += [(f"copier of {row[0]}", *row[1:]) for row in rows if int(row[3].split()[1]) % 3 == 0]
    return rows + [(f"copier of owner {at % 9}", "x", f"rare {at}", f"list {at}") for at in range(0, 60, 3)]


def playlists_of(stage: Path, prefix: str = "") -> dict[Named, frozenset[str]]:
    """Return the names of the tracks of each playlist, by owner and name."""
    corpus = read_corpus(stage, prefix)
    with closing(Catalogue(stage)) as catalogue:
        names = [track.name for track in catalogue.all_tracks()]
    table = pq.read_table(stage / f"{prefix}playlists.parquet")
    keys = list(zip(table["owner"].to_pylist(), table["name"].to_pylist(), strict=True))
    ids = np.split(corpus.track_ids, corpus.offsets[1:-1])
    return {key: frozenset(names[row] for row in own) for key, own in zip(keys, ids, strict=True)}


def test_held_out_playlists_are_not_in_the_corpus_and_have_no_near_duplicate(
    sgp: Sgp, experiments: Path, write_dump: WriteDump
) -> None:
    dump = write_dump(playlist_rows())
    assert sgp("extract", "all", dump, "-q").code == 0
    ran = sgp("extract", "x", dump, "--holdout", "0.2", "-rs", "5")
    assert ran.code == 0
    everything, stage = playlists_of(experiments / "all" / "corpus"), experiments / "x" / "corpus"
    trained, aside = playlists_of(stage), playlists_of(stage, "held_out_")
    assert trained | aside == everything
    assert not trained.keys() & aside.keys()
    # evaluate would make the same split.
    corpus = read_corpus(experiments / "all" / "corpus")
    settings = EvaluateSettings(share=0.2, random_seed=5)
    split = make_split(open_experiment("all"), corpus, settings, None)
    assert {key for key, held_out in zip(everything, split.held_out, strict=True) if held_out} == aside.keys()
    for tracks in aside.values():
        overlap = [len(tracks & others) / len(tracks | others) for others in trained.values()]
        assert max(overlap) < 0.8
    rows = sum(len(tracks) for tracks in aside.values())
    facts = json.loads((stage / "manifest.json").read_text())["facts"]
    assert facts["held_out_playlists"] == len(aside)
    assert facts["rows_used"] == facts["occurrences"] + facts["held_out_occurrences"] == len(playlist_rows())
    summary = f"held out {len(aside)} playlists, {facts['held_out_occurrences']} occurrences"
    assert summary in " ".join(ran.out.split())
    assert rows <= facts["held_out_occurrences"]
    with closing(Catalogue(stage)) as catalogue:
        counts = catalogue.counts()
        assert counts == sorted(counts, reverse=True)
        assert counts == read_corpus(stage).counts(len(catalogue)).tolist()
        assert min(counts) == 0  # the additional track of a copy that is held out
    assert sgp("check", "x").code == 0
    np.save(stage / "held_out_track_ids.npy", np.full(facts["held_out_occurrences"], 10_000, np.int32))
    assert sgp("check", "x").code == 5


def test_playlists_are_held_out_by_name_with_their_group(
    sgp: Sgp, experiments: Path, write_dump: WriteDump, tmp_path: Path
) -> None:
    rows = [(f"o{at % 3}@{at}", "a", str(6 * at + track), f"p{at}") for at in range(12) for track in range(6)]
    rows += [("copier", *row[1:3], "copy") for row in rows if row[3] == "p7"]
    dump, names = write_dump(rows), tmp_path / "names.txt"
    names.write_text("p7\n\np9\n")
    assert sgp("extract", "x", dump, "--holdout", names, "-q").code == 0
    assert {name for _, name in playlists_of(experiments / "x" / "corpus", "held_out_")} == {"p7", "p9", "copy"}
    names.write_text("o2\n")
    assert sgp("extract", "x", dump, "--holdout", names, "--group", "[^@]*", "--force", "-q").code == 0
    aside = playlists_of(experiments / "x" / "corpus", "held_out_")
    assert {name for _, name in aside} == {"p2", "p5", "p8", "p11"}

    before = (experiments / "x" / "corpus" / "manifest.json").read_bytes()
    names.write_text("p7\nunknown\n")
    (tmp_path / "latin.txt").write_bytes(b"na\xefve\n")
    refused: list[tuple[list[str | Path], int, str]] = [
        (["--holdout", "1.5"], 2, "--holdout must be above 0 and below 1, or a file, not 1.5"),
        (
            ["--holdout", "some"],
            2,
            "--holdout must be a share, such as 0.1, or a file with playlist names, not 'some'",
        ),
        (
            ["--holdout", "0.99"],
            1,
            "cannot hold out a share of 0.99: there are only 13 playlists in 12 groups, and "
            "a group is held out as a whole: choose a smaller share, or add playlists",
        ),
        (
            ["--holdout", names],
            1,
            "no playlist matches 'unknown' (1 name without a match): correct the file that names the playlists to hold "
            "out",
        ),
        (["--holdout", tmp_path / "latin.txt"], 1, "latin.txt is not valid UTF-8: save it as UTF-8 text ("),
        (["--holdout", "0.1", "--group", "("], 1, "--group '(' is not a valid regular expression"),
        (["--group", "a"], 2, "--group has an effect only on held-out playlists: add --holdout"),
        (["--append", "--holdout", names], 2, "--holdout FILE can be used only for a new corpus, not together"),
        (
            ["--append", "--holdout", "0.1"],
            2,
            "holdout is None in this corpus, and must be the same for added sources, not 0.1",
        ),
    ]
    for arguments, code, message in refused:
        ran = sgp("extract", "x", dump, "--force", *arguments)
        assert (ran.code, ran.err.count("\n"), message in ran.err) == (code, 1, True), ran.err
    assert (experiments / "x" / "corpus" / "manifest.json").read_bytes() == before


def test_held_out_playlists_stay_held_out_when_the_corpus_grows(
    sgp: Sgp, experiments: Path, write_dump: WriteDump
) -> None:
    stage, dump = experiments / "x" / "corpus", write_dump(playlist_rows(), "a.csv")
    assert sgp("extract", "x", dump, "--holdout", "0.2", "--max-length", "8", "-q").code == 0
    trained, aside = playlists_of(stage), playlists_of(stage, "held_out_")
    grown, copied, other = next(iter(aside)), list(aside)[-1], next(iter(trained))
    added = [(*grown[:1], "new", f"of {at}", grown[1]) for at in range(3)]
    added += [(*other[:1], "new", "of 1", other[1])]
    with closing(Catalogue(stage)) as catalogue:
        rows = [NameSearch(catalogue).resolve(name).track for name in aside[copied]]
    added += [("duplicate", track.artist, track.title, "duplicate") for track in rows]
    added += [("unrelated", "new", f"of {at}", "unrelated") for at in range(9)]
    assert sgp("extract", "x", write_dump(added, "b.csv"), "--append", "-q").code == 0
    now, still = playlists_of(stage), playlists_of(stage, "held_out_")
    assert set(still) == {*aside, ("duplicate", "duplicate")}
    assert set(now) == {*trained, ("unrelated", "unrelated")}
    assert "new - of 1" in now[other]
    held = read_held_out_corpus(stage)
    facts = json.loads((stage / "manifest.json").read_text())["facts"]
    assert held is not None
    assert (len(held), held.occurrences) == (facts["held_out_playlists"], facts["held_out_occurrences"])
    assert facts["rows_used"] == facts["occurrences"] + facts["held_out_occurrences"]
    assert sgp("check", "x").code == 0


def test_evaluate_uses_the_held_out_playlists(
    sgp: Sgp, experiments: Path, write_dump: WriteDump, tmp_path: Path
) -> None:
    assert sgp("extract", "x", write_dump(playlist_rows()), "--holdout", "0.3", "-q").code == 0
    aside = playlists_of(experiments / "x" / "corpus", "held_out_")
    with closing(Catalogue(experiments / "x" / "corpus")) as catalogue:
        names = [track.name for track in catalogue.all_tracks() if track.count]
    vectors = np.random.default_rng(1).standard_normal((len(names), 4)).astype(np.float32)
    np.savez(tmp_path / "v.npz", vectors=vectors, tracks=np.array(names))
    assert sgp("import", "x", tmp_path / "v.npz", "-q").code == 0
    report = json.loads(sgp("evaluate", "x", "--score", "cosine", "--json").out)
    assert report["set_aside"]
    assert report["judgement"]["held_out"] == len(aside)
    ran = sgp("evaluate", "x", "--group", ".*")
    assert (ran.code, ran.err) == (
        1,
        "error: sgp extract has already held out playlists, so --group has no effect: leave out --group, or make a new "
        "split with --share or --held-out\n",
    )
    corpus = read_corpus(experiments / "x" / "corpus")
    assert read_extract_split(open_experiment("x"), corpus, EvaluateSettings(share=0.1)) is None


@pytest.mark.slow
def test_evaluate_uses_the_model_itself(sgp: Sgp, experiments: Path, write_dump: WriteDump) -> None:
    assert sgp("extract", "x", write_dump(playlist_rows()), "--holdout", "0.3", "-q").code == 0
    assert sgp("train", "x", "-wsz", "bag", "-emb", "4", "-e", "1", "-q").code == 0
    ran = sgp("evaluate", "x", "--score", "cosine", "--json")
    assert ran.code == 0
    report = json.loads(ran.out)
    aside = playlists_of(experiments / "x" / "corpus", "held_out_")
    assert (report["set_aside"], report["started_from"]) == (True, None)
    assert report["judgement"]["held_out"] == len(aside)
    assert report["judgement"]["unknown"] > 0  # rare tracks that the model was not trained on
    assert not (experiments / "x" / "evaluation" / "models").exists()
    line = "sgp extract held out these playlists, so the model of the experiment itself was evaluated"
    assert line in sgp("evaluate", "x", "--score", "cosine").out


def test_the_parts_of_a_long_playlist_stay_together(sgp: Sgp, write_dump: WriteDump) -> None:
    dump = write_dump([("o", "a", f"{at}", f"p{at // 9}") for at in range(90)])
    assert sgp("extract", "x", dump, "--max-length", "3", "-q").code == 0
    experiment = open_experiment("x")
    corpus = read_corpus(experiment.directory("corpus"))
    split = make_split(experiment, corpus, EvaluateSettings(share=0.2), None)
    assert len(set(split.groups.tolist())) == 10
    assert split.held_out.reshape(10, 3).all(axis=1).sum() == split.held_out.reshape(10, 3).any(axis=1).sum() == 2
