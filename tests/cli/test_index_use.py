"""Look-ups use the index or exact search, whichever is faster, and give the same answers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import skipgramophone as sgp
from skipgramophone.lookup import scoring, search_width
from tests.cli.test_similar import neighbours, similar
from tests.conftest import Ran, dump_text, run_sgp, two_genres


def test_the_default_ranking_gives_the_same_list_by_index_and_by_exact_search(
    sample_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sgp.open("demo", sample_root) as demo:
        uris = [track.uri or "" for track in demo.catalogue.tracks(range(0, 2900, 97))]
        assert len(demo) <= scoring.FEW_TRACKS
        default = [demo.similar(uri) for uri in uris]
        assert {answer.answered_by for answer in default} == {"exact search"}
        assert [demo.similar(uri, sgp.SimilarSettings(exact=True)) for uri in uris] == default
        monkeypatch.setattr(scoring, "FEW_TRACKS", len(demo) - 1)
        by_index = [demo.similar(uri) for uri in uris]
    assert {answer.answered_by for answer in by_index} == {"index"}
    for one, other in zip(by_index, default, strict=True):
        assert [near.track for near in one.neighbours] == [near.track for near in other.neighbours]
        scores = [[near.score or 0.0 for near in answer.neighbours] for answer in (one, other)]
        assert scores[0] == pytest.approx(scores[1], abs=1e-5)


def test_a_small_corpus_without_an_index_gives_no_note(trained: Path, tmp_path: Path) -> None:
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    whole = similar(tmp_path, "folk 3", "--json")
    shutil.rmtree(tmp_path / "genres" / "index")
    assert similar(tmp_path, "folk 3", "--json") == whole
    assert whole[2] == ""


def test_an_index_is_optional_and_may_be_several_files(tmp_path: Path) -> None:
    def run(*arguments: str) -> Ran:
        return run_sgp(*arguments, "--experiments-dir", tmp_path)

    (tmp_path / "dump.csv").write_text(dump_text(two_genres(200)))
    assert run("extract", "genres", str(tmp_path / "dump.csv"), "-q").code == 0
    trained = run("train", "genres", "-e", "2", "-emb", "8", "--no-index", "--json", "-q")
    assert json.loads(trained.out)["index"] is None
    assert not (tmp_path / "genres" / "index").exists()
    assert run("check", "genres").code == 0
    asked = similar(tmp_path, "folk 3", "--by", "cosine", "--json")
    assert asked[0] == 0
    assert json.loads(asked[1])["answered_by"] == "exact search"
    assert "no index: used exact search; rebuild it with sgp index genres" in asked[2]
    exact = neighbours(tmp_path, "folk 3", "--by", "cosine", "--exact")

    built = run("index", "genres", "--shards", "3", "--trees", "5", "--recall", "1", "--json")
    assert json.loads(built.out)["shards"] == 3
    assert run("check", "genres").code == 0
    asked = similar(tmp_path, "folk 3", "--by", "cosine", "--json")
    assert json.loads(asked[1])["answered_by"] == "index"
    assert [one["title"] for one in json.loads(asked[1])["neighbours"]] == [one["title"] for one in exact]

    shard = tmp_path / "genres" / "index" / "tracks.annoy.2"
    shard.write_bytes(shard.read_bytes()[:-4])
    assert "the index is damaged: used exact search" in similar(tmp_path, "folk 3", "--by", "cosine")[2]
    assert run("check", "genres").code == 5


def test_exact_search_answers_without_a_remark_if_it_is_as_fast(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    monkeypatch.setattr(search_width, "BRIEF_NODES", 0)
    monkeypatch.setattr(search_width, "NODE_ROWS", 1000)
    built = run_sgp("index", "genres", "--recall", "1", "--trees", "1", "--experiments-dir", tmp_path)
    assert "look-ups      use exact search: at the requested recall, the index would not be faster\n" in built.out
    ask = ("folk 3", "--by", "cosine", "--json")
    assert json.loads(similar(trained, *ask)[1])["answered_by"] == "index"
    asked = similar(tmp_path, *ask)
    assert (json.loads(asked[1])["answered_by"], asked[2]) == ("exact search", "")
    assert asked == similar(tmp_path, *ask, "--exact")
    batch = similar(tmp_path, "-", "--by", "cosine", stdin="folk 3\nfolk 4\n")
    assert [json.loads(line)["answered_by"] for line in batch[1].splitlines()] == ["exact search"] * 2
    assert run_sgp("check", "genres", "--experiments-dir", tmp_path).code == 0
