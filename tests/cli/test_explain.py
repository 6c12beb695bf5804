"""`sgp explain`, compared with numbers that are counted by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import skipgramophone as sgp
from skipgramophone.experiment.embeddings import unit_rows
from skipgramophone.experiment.postings import membership
from tests.conftest import run_sgp

A, B = "sample:track:0700", "faded raincoat"


def test_the_counts_match_the_playlists(sample_root: Path) -> None:
    ran = run_sgp("explain", "demo", A, B, "--json", "--experiments-dir", sample_root)
    found = json.loads(ran.out)
    with sgp.open("demo", sample_root) as demo:
        a, b = (demo.resolve(name).track.row for name in (A, B))
        unit = unit_rows(np.asarray(demo.embeddings.centre))
        held = membership(demo.corpus, len(demo)).toarray() > 0
        playlists, names = demo.playlists(), demo.tracks()["uri"]
    cosine = unit @ unit[[a, b]].T
    others = np.setdiff1d(np.arange(len(unit)), [a, b])
    assert found["similarity"] == pytest.approx(cosine[a, 1], abs=1e-5)
    assert found["ranks"] == [
        1 + (cosine[others, 0] > cosine[b, 0]).sum(),
        1 + (cosine[others, 1] > cosine[a, 1]).sum(),
    ]
    assert found["playlists"] == held[:, [a, b]].sum(axis=0).tolist()
    both = np.flatnonzero(held[:, a] & held[:, b])
    assert found["shared"] == len(both)
    assert found["expected"] == pytest.approx(held[:, a].mean() * held[:, b].mean() * len(held), abs=1e-3)
    shortest = playlists.loc[both].sort_values("length", kind="stable").head(5)
    assert [tuple(shared.values()) for shared in found["shared_playlists"]] == [
        (name, owner, length) for owner, name, length in shortest[["owner", "name", "length"]].itertuples(index=False)
    ]
    between = others[np.argsort(-cosine[others].min(axis=1), kind="stable")][:5]
    assert [near["uri"] for near in found["between"]] == names[between].tolist()
    for near, row in zip(found["between"], between, strict=True):
        assert near["similarities"] == pytest.approx(cosine[row].tolist(), abs=1e-5)
        assert near["shared"] == [(held[:, row] & held[:, one]).sum() for one in (a, b)]
    for at in (0, 1):
        nearest = others[np.argsort(-cosine[others, at], kind="stable")][:5]
        assert [near["uri"] for near in found["neighbours"][at]] == names[nearest].tolist()


def test_the_default_ranking_gives_the_ranks_and_scores_of_a_look_up(sample_root: Path) -> None:
    found = json.loads(run_sgp("explain", "demo", A, B, "--json", "--experiments-dir", sample_root).out)["hybrid"]
    with sgp.open("demo", sample_root) as demo:
        everything = sgp.SimilarSettings(number=len(demo), exact=True)
        for (query, other), place in zip(((A, B), (B, A)), found, strict=True):
            answer, row = demo.similar(query, everything), demo.resolve(other).track.row
            near = next(near for near in answer.neighbours if near.track.row == row)
            assert place["rank"] == near.rank
            assert place["score"] == pytest.approx(near.score, abs=2e-6)


def test_the_terms_of_a_score_are_those_of_the_documented_formula(sample_root: Path) -> None:
    found = json.loads(run_sgp("explain", "demo", A, B, "--json", "--experiments-dir", sample_root).out)
    a, b = found["tracks"]
    assert a["artist"] != b["artist"]
    rarer = min(a["count"], b["count"])
    for place, other in zip(found["hybrid"], (b, a), strict=True):
        terms = place["terms"]
        assert sum(terms.values()) == pytest.approx(place["score"], abs=1e-5)
        assert terms["count"] == pytest.approx(0.15 * np.log(1 + other["count"]), abs=1e-5)
        assert terms["similarity"] == pytest.approx(0.4 * (1 - 2 / rarer) * found["similarity"], abs=1e-5)
        assert terms["artist"] == pytest.approx(0, abs=1e-6)
        assert 0 < terms["playlists"] <= 1


def test_tracks_of_one_artist_have_an_artist_term(sample_root: Path) -> None:
    with sgp.open("demo", sample_root) as demo:
        artists = demo.tracks()["artist"]
        one, other = np.flatnonzero(artists == artists[demo.resolve(A).track.row])[:2].tolist()
        tracks = demo.catalogue.tracks([one, other])
        found = demo.explain(tracks[0].uri or "", tracks[1].uri or "")
    assert found.hybrid is not None
    assert found.hybrid[0].terms.artist == pytest.approx(2 * np.log(2) / np.sqrt(tracks[1].count + 3), abs=1e-6)


def test_the_page_it_prints(sample_root: Path) -> None:
    ran = run_sgp("explain", "demo", A, B, "-n", "1", "--experiments-dir", sample_root)
    lines = ran.out.splitlines()
    assert lines[0] == "Jörund Tarrovale Trio - Every Pencil Knows and Jörund Tarroquist - Faded Raincoat"
    found = json.loads(run_sgp("explain", "demo", A, B, "--json", "--experiments-dir", sample_root).out)["hybrid"]
    of_second, of_first = found
    places = f"lists B as number {of_second['rank']}, and a look-up of B lists A as number {of_first['rank']}"
    assert f"rank by hybrid      a look-up of A {places} (hybrid is the default ranking)" in lines
    shown = next(line for line in lines if line.startswith("score of B"))
    listed = {name: value for name, value in of_second["terms"].items() if abs(value) >= 0.0005}
    terms = ", ".join(f"{name} {value:.3f}" for name, value in listed.items())
    assert shown == f"score of B          {of_second['score']:.3f} ({terms})"
    heads = ["shared playlists (the shortest 1 of 29)", "near both", "nearest to A", "nearest to B"]
    assert [line for line in lines if line in heads] == heads
    same = run_sgp("explain", "demo", A, A, "--experiments-dir", sample_root)
    assert (same.code, same.err) == (2, f"error: '{A}' and '{A}' are the same track: give two different ones\n")
    assert run_sgp("explain", "demo", A, "no such name at all", "--experiments-dir", sample_root).code == 3
