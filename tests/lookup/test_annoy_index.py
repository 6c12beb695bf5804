"""Vectors on disk, exact search, and the Annoy index, which must never answer wrongly."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from skipgramophone.errors import ExperimentError
from skipgramophone.experiment.arrays import read_array
from skipgramophone.experiment.corpus import Corpus, read_corpus
from skipgramophone.experiment.embeddings import Embeddings, Matrix, read_embeddings, unit_rows
from skipgramophone.lookup import exact_search as exact_search_module
from skipgramophone.lookup import index_builder, index_recall
from skipgramophone.lookup.annoy_index import AnnoyCandidates, nearest_by_index, require_sound_nodes, usable
from skipgramophone.lookup.exact_search import exact_search, nearest_to_each
from skipgramophone.lookup.index_builder import build_index
from skipgramophone.lookup.index_recall import measured_recall
from skipgramophone.settings import IndexSettings
from skipgramophone.training.vocabulary import Vocabulary


def vectors(rows: int, dim: int, seed: int) -> Matrix:
    """Random normal vectors; the last two rows are zero."""
    rng = np.random.default_rng(seed)
    matrix = (rng.standard_normal((rows, dim)) * rng.uniform(0.1, 5, (rows, 1))).astype(np.float32)
    matrix[-2:] = 0
    return matrix


def test_embeddings_round_trip_byte_for_byte(tmp_path: Path) -> None:
    centre, context, bias = vectors(20, 6, 1), vectors(20, 6, 2), vectors(20, 1, 3)[:, 0]
    Embeddings(centre, context, bias).write(tmp_path)
    read = read_embeddings(tmp_path, 20)
    assert read.centre.tobytes() == centre.tobytes()
    assert read.context.tobytes() == context.tobytes()
    assert read.context_bias.tobytes() == bias.tobytes()
    assert read.learnt().tolist() == [True] * 18 + [False] * 2
    assert read.dim == 6
    with pytest.raises(ExperimentError, match="does not match its catalogue of"):
        read_embeddings(tmp_path, 21)
    (tmp_path / "context_bias.npy").unlink()  # as in the first format
    assert not read_embeddings(tmp_path, 20).context_bias.any()


def test_a_corpus_round_trips_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    corpus = Corpus(np.array([0, 1, 0, 2], np.int32), np.array([0, 3, 4], np.int64))
    corpus.write(tmp_path)
    read = read_corpus(tmp_path)
    assert read.track_ids.tolist() == [0, 1, 0, 2]
    assert read.lengths().tolist() == [3, 1]
    assert read.counts(4).tolist() == [2, 1, 1, 0]
    for offsets in ([0, 3, 5], [1, 4], [0, 3, 2, 4], []):
        np.save(tmp_path / "offsets.npy", np.array(offsets, np.int64))
        with pytest.raises(ExperimentError, match=r"offsets\.npy does not match track_ids\.npy"):
            read_corpus(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"\x93NUMPY\x01\x00", b"no array at all", b"\x93NUMPY\x01\x00\x10\x00{'descr': 'O'  }"]
)
def test_a_damaged_array_gives_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.npy").write_bytes(content)
    with pytest.raises(ExperimentError, match=r"x\.npy is damaged"):
        read_array(tmp_path / "x.npy", np.float32, 2)


@pytest.mark.parametrize("shape", ["(-100, 2)", "(10000000000000000000000, 2)", "(3, 2)", "x", "((((", "(2, 2)" * 9])
def test_a_wrong_array_header_gives_one_line(tmp_path: Path, shape: str) -> None:
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    (tmp_path / "x.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + b"\0" * 8)
    with pytest.raises(ExperimentError, match=r"x\.npy is damaged"):
        read_array(tmp_path / "x.npy", np.float32, 2)


def test_an_array_header_of_python_2_gives_one_line(tmp_path: Path) -> None:
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 2L), }\n"
    (tmp_path / "x.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(16))
    with pytest.raises(ExperimentError, match=r"x\.npy is damaged: .*Python 2"):
        read_array(tmp_path / "x.npy", np.float32, 2)


def test_a_zip_is_not_an_array(tmp_path: Path) -> None:
    (tmp_path / "x.npy").write_bytes(b"PK\x03\x04 a zip file, or so it seems")
    with pytest.raises(ExperimentError, match=r"x\.npy is damaged"):
        read_array(tmp_path / "x.npy", np.float32, 2)


def test_pickles_and_other_dtypes_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "pickle.npy", np.array([{"a": 1}], object), allow_pickle=True)
    np.save(tmp_path / "double.npy", np.zeros((2, 2)))
    np.save(tmp_path / "flat.npy", np.zeros(4, np.float32))
    for name in ("pickle", "double", "flat"):
        with pytest.raises(ExperimentError, match=f"{name}.npy is damaged"):
            read_array(tmp_path / f"{name}.npy", np.float32, 2)


@pytest.mark.parametrize("number", [1, 5, 40, 1000])
def test_exact_search_equals_a_full_sort(number: int) -> None:
    centre = vectors(300, 8, 3)
    for row in (0, 7, 150):
        found = exact_search(centre).nearest(unit_rows(centre[row]), number, np.array([row]))
        cosine = [
            (float(centre[row] @ centre[i] / np.linalg.norm(centre[row]) / np.linalg.norm(centre[i])), i)
            for i in range(298)
            if i != row
        ]
        expected = sorted(cosine, key=lambda pair: -pair[0])[:number]
        assert found.rows.tolist() == [i for _, i in expected]
        np.testing.assert_allclose(found.similarities, [s for s, _ in expected], atol=1e-5)


def test_the_index_reaches_the_recall_that_it_states(tmp_path: Path) -> None:
    centre = vectors(3000, 24, 4)
    facts = build_index(tmp_path / "x.annoy", centre, IndexSettings(trees=10, recall=0.95))
    assert facts.recall_at_10 >= 0.95
    index = AnnoyCandidates(tmp_path / "x.annoy", facts)
    hits = 0
    queries = range(0, 2998, 23)
    for row in queries:
        without = np.array([row])
        near = nearest_by_index(index, centre, unit_rows(centre[row]), number=10, without=without)
        true = exact_search(centre).nearest(unit_rows(centre[row]), 10, without)
        assert near is not None
        assert len(near.rows) == 10
        assert row not in near.rows
        assert not set(near.rows.tolist()) & {2998, 2999}
        hits += len(set(near.rows.tolist()) & set(true.rows.tolist()))
    assert hits / (10 * len(queries)) >= 0.9


@pytest.mark.parametrize("rows", [3000, 25])
def test_an_index_in_several_files_searches_all_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    centre = vectors(rows, 24, 4)
    path = tmp_path / "x.annoy"
    monkeypatch.setattr(index_builder, "ROWS_PER_SHARD", -(-rows // 7))
    facts = build_index(path, centre, IndexSettings(trees=10, recall=0.95))
    assert facts.shards == 7
    assert sorted(one.name for one in tmp_path.iterdir()) == ["x.annoy", *(f"x.annoy.{at}" for at in range(1, 7))]
    assert facts.bytes == sum(one.stat().st_size for one in tmp_path.iterdir())
    require_sound_nodes(path, facts)
    assert measured_recall(path, centre, facts) == facts.recall_at_10 >= 0.95
    index = AnnoyCandidates(path, facts)
    assert len(index) == rows
    exact, hits, queries = exact_search(centre), 0, range(0, rows - 2, 23)
    for row in queries:
        near = nearest_by_index(index, centre, unit_rows(centre[row]), number=10, without=np.array([row]))
        true = exact.nearest(unit_rows(centre[row]), 10, np.array([row]))
        assert near is not None
        hits += len(set(near.rows.tolist()) & set(true.rows.tolist()))
    assert hits / (10 * len(queries)) >= 0.9
    # Swapped files of the same number of rows give wrong rows, which is detected.
    (tmp_path / "x.annoy.1").rename(tmp_path / "other")
    (tmp_path / "x.annoy.3").rename(tmp_path / "x.annoy.1")
    (tmp_path / "other").rename(tmp_path / "x.annoy.3")
    if rows > 1000:
        assert measured_recall(path, centre, facts) < 0.9
    (tmp_path / "x.annoy.6").write_bytes(b"")
    with pytest.raises(ExperimentError, match=r"x\.annoy\.6 is damaged"):
        require_sound_nodes(path, facts)


def test_the_same_seed_gives_the_same_index_file(tmp_path: Path) -> None:
    centre = vectors(500, 8, 5)
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        build_index(tmp_path / name, centre, IndexSettings(random_seed=seed, trees=5))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_bytes() != (tmp_path / "c").read_bytes()


def test_an_index_that_does_not_match_is_never_opened(tmp_path: Path) -> None:
    centre = vectors(100, 8, 6)
    facts = asdict(build_index(tmp_path / "x.annoy", centre, IndexSettings(trees=2)))
    assert usable(facts, centre) is not None
    wrong: list[tuple[str, object]] = [
        ("dimension", 9), ("dimension", 8.0), ("items", 99), ("metric", "dot"), ("trees", "x"), ("trees", None),
        ("trees", 2**40), ("search_k", "many"), ("search_k", 10**30), ("search_k", 0), ("trees", True),
        ("shards", 0), ("shards", 101), ("shards", None), ("shards", True),
    ]  # fmt: skip
    for name, value in wrong:
        assert usable(facts | {name: value}, centre) is None, (name, value)
    assert usable({}, centre) is None
    first_format = {name: value for name, value in facts.items() if name != "shards"}
    assert usable(first_format, centre) == usable(facts, centre)
    assert usable(facts | {"surprise": 1}, centre) is None


def test_an_index_with_nodes_outside_the_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.annoy"
    for rows in (3, 300):  # with few rows, a tree is one node
        path.unlink(missing_ok=True)
        facts = build_index(path, vectors(rows, 4, 1), IndexSettings(trees=3))
        require_sound_nodes(path, facts)
    whole = path.read_bytes()
    nodes = np.frombuffer(whole, np.int32).reshape(-1, 3 + 4)
    split = int(np.flatnonzero(nodes[:, 0] > 4 + 2)[0])
    few = int(np.flatnonzero((np.arange(len(nodes)) >= 300) & (nodes[:, 0] == 3))[0])
    for node, column, value in (
        *((split, column, value) for column in (1, 2) for value in (-1, split, len(nodes), 2**31 - 1)),
        *((few, column, value) for column in (1, 3) for value in (-1, 300)),
        *((7, 0, value) for value in (0, 2, -1)),
        (few, 0, -1),
    ):
        changed = nodes.copy()
        changed[node, column] = value
        path.write_bytes(changed.tobytes())
        with pytest.raises(ExperimentError, match=f"node {node} points outside the file"):
            require_sound_nodes(path, facts)
    fewer = nodes.copy()
    fewer[-1, 0] = 299
    for content in (b"", whole[:-4], whole[: 28 * 300], fewer.tobytes()):
        path.write_bytes(content)
        with pytest.raises(ExperimentError, match="not an index of 300 tracks"):
            require_sound_nodes(path, facts)


def test_vectors_that_are_not_finite_are_not_indexed(tmp_path: Path) -> None:
    centre = vectors(100, 8, 8)
    centre[7, 3] = np.nan
    with pytest.raises(ExperimentError, match="contains values that are not finite"):
        build_index(tmp_path / "x.annoy", centre, IndexSettings(trees=2))


def test_block_size_and_ties_do_not_change_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    centre = vectors(60, 4, 9)
    centre[5] = centre[40] = centre[23]  # three equal vectors
    whole = build_index(tmp_path / "whole", centre, IndexSettings(trees=4))
    exact = exact_search(centre).nearest(unit_rows(centre[23]), 3, np.array([23]))
    assert exact.rows[:2].tolist() == [5, 40]
    monkeypatch.setattr(index_builder, "BLOCK_ROWS", 7)
    monkeypatch.setattr(index_recall, "COMPARED_ROWS", 7)
    assert build_index(tmp_path / "blocks", centre, IndexSettings(trees=4)) == whole
    assert (tmp_path / "blocks").read_bytes() == (tmp_path / "whole").read_bytes()
    again = exact_search(centre).nearest(unit_rows(centre[23]), 3, np.array([23]))
    assert again.rows.tolist() == exact.rows.tolist()
    index = AnnoyCandidates(tmp_path / "whole", whole)
    near = nearest_by_index(index, centre, unit_rows(centre[23]), number=3, without=np.array([23]))
    assert near is not None
    assert near.rows.tolist() == exact.rows.tolist()


def test_too_few_candidates_are_left_to_exact_search(tmp_path: Path) -> None:
    centre = vectors(12, 4, 7)
    path = tmp_path / "x.annoy"
    index = AnnoyCandidates(path, build_index(path, centre, IndexSettings(trees=2)))
    vector = unit_rows(centre[0])
    assert nearest_by_index(index, centre, vector, number=11, without=np.array([0])) is None
    assert len(exact_search(centre).nearest(vector, 11, np.array([0])).rows) == 9


def test_noise_and_keep_probabilities() -> None:
    vocabulary = Vocabulary(np.array([81, 16, 1, 0]), min_count=2)
    assert vocabulary.noise(0.75).tolist() == pytest.approx([27 / 35, 8 / 35, 0, 0])
    assert vocabulary.noise(0).tolist() == [0.5, 0.5, 0, 0]
    assert vocabulary.noise(-1).tolist() == pytest.approx([16 / 97, 81 / 97, 0, 0])
    assert vocabulary.keep(0).tolist() == [1, 1, 0, 0]
    share = 81 / 97
    assert vocabulary.keep(0.1)[0] == pytest.approx(np.sqrt(0.1 / share) + 0.1 / share)


@pytest.mark.parametrize(("tracks", "number"), [(2, 1), (7, 3), (60, 10), (1300, 50), (300, 299)])
def test_the_neighbour_table_equals_exact_search(tracks: int, number: int) -> None:
    centre = np.random.default_rng(tracks).standard_normal((tracks, 8)).astype(np.float32)
    centre[-1] = centre[0]  # equal vectors, whatever the order of the sums
    rows, similarities = nearest_to_each(centre, number)
    assert rows.shape == similarities.shape == (tracks, number)
    for row in range(min(tracks, 100)):
        true = exact_search(centre).nearest(unit_rows(centre[row]), number, np.array([row]))
        np.testing.assert_allclose(similarities[row], true.similarities, atol=1e-6)
        assert row not in rows[row]
        assert len(set(rows[row])) == number
        np.testing.assert_allclose(unit_rows(centre[rows[row]]) @ unit_rows(centre[row]), similarities[row], atol=1e-6)


@pytest.mark.parametrize(("tracks", "number"), [(3, 1), (60, 10), (300, 500), (1300, 40)])
def test_a_batch_of_vectors_finds_what_each_finds_alone(
    tracks: int, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    centre = vectors(tracks, 8, 11)  # the last two rows are zero
    exact = exact_search(centre)
    asked = unit_rows(np.random.default_rng(12).standard_normal((9, 8)).astype(np.float32))
    without = [np.arange(at % 3) for at in range(9)]
    monkeypatch.setattr(exact_search_module, "TABLE_ROWS", 4)
    found = exact.nearest_to_many(asked, number, without)
    assert len(found) == 9
    for vector, left_out, near in zip(asked, without, found, strict=True):
        alone = exact.nearest(vector, number, left_out)
        assert near.rows.tolist() == alone.rows.tolist()
        np.testing.assert_allclose(near.similarities, alone.similarities, atol=1e-6)
