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


def test_the_page_it_prints(sample_root: Path) -> None:
    ran = run_sgp("explain", "demo", A, B, "-n", "1", "--experiments-dir", sample_root)
    lines = ran.out.splitlines()
    assert lines[0] == "Jörund Tarrovale Trio - Every Pencil Knows and Jörund Tarroquist - Faded Raincoat"
    heads = ["shared playlists (the shortest 1 of 29)", "near both", "nearest to A", "nearest to B"]
    assert [line for line in lines if line in heads] == heads
    same = run_sgp("explain", "demo", A, A, "--experiments-dir", sample_root)
    assert (same.code, same.err) == (2, f"error: '{A}' and '{A}' are the same track: give two different ones\n")
    assert run_sgp("explain", "demo", A, "no such name at all", "--experiments-dir", sample_root).code == 3
