"""The search width of the index: the smallest that reaches the recall, or exact search if it is as fast."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from skipgramophone import exporters
from skipgramophone.experiment.embeddings import Matrix, unit_rows
from skipgramophone.lookup import search_width
from skipgramophone.lookup.annoy_index import AnnoyCandidates, IndexFacts, usable
from skipgramophone.lookup.index_builder import build_index
from skipgramophone.lookup.index_recall import draw_queries, measured_recall
from skipgramophone.lookup.search_width import is_exact_search_as_fast, search_widths, tune_search_width
from skipgramophone.settings import IndexSettings
from tests.exporters.track_vectors import vectors_of


def noise(rows: int, dim: int, seed: int) -> Matrix:
    """Vectors without any structure, which are hard for every index."""
    return np.random.default_rng(seed).standard_normal((rows, dim)).astype(np.float32)


def recall_by_counting(path: Path, centre: Matrix, facts: IndexFacts) -> float:
    """Recall@10 of the index, from a complete sort for each query that the random seed selects."""
    unit, index = unit_rows(centre), AnnoyCandidates(path, facts)
    hits = 0
    queries = draw_queries(centre, facts.random_seed)
    for query in queries:
        cosine = unit @ unit[query]
        cosine[query] = -2
        true = np.argsort(-cosine, kind="stable")[:10]
        hits += len(set(true.tolist()) & set(index.near(unit[query], 31).tolist()))
    return hits / (10 * len(queries))


def test_the_narrowest_sufficient_width_is_chosen(tmp_path: Path) -> None:
    centre, path = noise(200, 8, 1), tmp_path / "x.annoy"
    built = build_index(path, centre, IndexSettings(trees=2))
    widths = search_widths(built)
    assert widths == [20, 26, 34, 45, 59, 77, 101, 132, 172, 224, 292, 380, 494]
    reached = [recall_by_counting(path, centre, replace(built, search_k=width)) for width in widths]
    assert reached == sorted(reached)
    for recall in (0.3, 0.6, 0.9, 0.98, 1.0):
        facts = tune_search_width(path, centre, built, recall, use_exact_search=True)
        first = next(at for at, value in enumerate(reached) if value >= recall)
        assert (facts.search_k, facts.answered_by) == (widths[first], "index")
        assert facts.recall_at_10 == pytest.approx(reached[first])
        assert measured_recall(path, centre, facts) == facts.recall_at_10


def test_exact_search_answers_if_it_is_as_fast(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_width, "BRIEF_NODES", 100)
    centre, path = noise(2000, 32, 2), tmp_path / "x.annoy"
    settings = IndexSettings(trees=2, recall=0.99)
    facts = build_index(path, centre, settings)
    # 20, 26, 34, ... 380, 494; exact search for 2,000 tracks is as fast as 500 nodes of the index
    assert (facts.search_k, facts.answered_by) == (494, "exact search")
    assert facts.recall_at_10 < 0.99
    assert facts.recall_at_10 == pytest.approx(recall_by_counting(path, centre, facts))
    assert measured_recall(path, centre, facts) == facts.recall_at_10
    path.unlink()
    assert build_index(path, centre, settings) == facts
    path.unlink()
    sufficient = build_index(path, centre, settings, use_exact_search=False)
    assert (sufficient.recall_at_10 >= 0.99, sufficient.answered_by) == (True, "index")
    assert sufficient.search_k > 494


def test_exported_indexes_reach_the_recall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_width, "BRIEF_NODES", 0)
    monkeypatch.setattr(search_width, "NODE_ROWS", 10**6)  # exact search is always as fast
    vectors = replace(vectors_of([str(at) for at in range(400)]), centre=noise(400, 16, 3))
    exporters.write(tmp_path / "near.annoy", "annoy", vectors)
    facts = json.loads((tmp_path / "near.annoy" / "manifest.json").read_text())
    assert facts["recall_at_10"] >= IndexSettings().recall
    assert "answered_by" not in facts


def test_cost_is_estimated_from_counts() -> None:
    facts = IndexFacts(100, 100_000, "angular", 32, 320, 1, 0.5, 1)
    assert not is_exact_search_as_fast(facts, 24_999)
    assert is_exact_search_as_fast(facts, 25_000)
    assert is_exact_search_as_fast(replace(facts, shards=2), 12_500)
    assert not is_exact_search_as_fast(replace(facts, items=100), 4096)
    assert is_exact_search_as_fast(replace(facts, items=100), 4097)


def test_descriptions_of_earlier_versions_are_read(tmp_path: Path) -> None:
    centre = noise(30, 4, 4)
    facts = build_index(tmp_path / "x.annoy", centre, IndexSettings(trees=2))
    now = {name: getattr(facts, name) for name in IndexFacts.__slots__}
    earlier = {name: value for name, value in now.items() if name not in {"shards", "answered_by"}}
    assert usable(earlier, centre) == usable(now, centre) == facts
    assert usable(now | {"answered_by": "luck"}, centre) is None
    assert usable(now | {"answered_by": ["index"]}, centre) is None
