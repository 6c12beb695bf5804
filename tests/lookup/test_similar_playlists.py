"""Lists of playlists: exact similarities, shared tracks, and corpora without playlists."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import skipgramophone as sgp
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.embeddings import unit_rows
from skipgramophone.lookup import similar_playlists as module
from skipgramophone.lookup.exact_search import exact_search
from skipgramophone.lookup.mixed_answers import playlist_group
from skipgramophone.lookup.mixed_query import mixed_query
from skipgramophone.lookup.similar_playlists import playlist_lengths, sums_of_playlists

OTTERS, PENCIL = "The Unpaid Otters", "every pencil knows"


@pytest.fixture(scope="module")
def demo(sample_root: Path) -> sgp.Lookup:
    """Open the trained sample."""
    return sgp.open("demo", sample_root)


def cosines(demo: sgp.Lookup, query: np.ndarray) -> np.ndarray:
    """Return the cosine of each playlist's summed unit vectors with a query, one playlist after the other."""
    unit = unit_rows(np.asarray(demo.embeddings.centre)).astype(np.float64)
    corpus = demo.corpus
    sums = [unit[corpus.track_ids[corpus.offsets[p] : corpus.offsets[p + 1]]].sum(axis=0) for p in range(len(corpus))]
    return np.array([query @ each / np.linalg.norm(each) for each in sums])


@pytest.mark.parametrize("at_once", [1, 1000])
def test_the_nearest_playlists_are_found_exactly(
    demo: sgp.Lookup, at_once: int, monkeypatch: pytest.MonkeyPatch, sample_root: Path
) -> None:
    monkeypatch.setattr(module, "OCCURRENCES_AT_ONCE", at_once)
    with sgp.open("demo", sample_root) as opened:
        answer = opened.similar_playlists(PENCIL, artist=OTTERS)
    wanted = cosines(demo, demo.mixed_query(PENCIL, artist=OTTERS).vector.astype(np.float64))
    assert [near.similarity for near in answer.neighbours] == pytest.approx(np.sort(wanted)[::-1][:10], abs=1e-5)
    table = demo.playlists()
    asked = {seed.track.row for seed in (*demo.asked(artist=OTTERS).seeds, *demo.asked([(PENCIL, 1)]).seeds)}
    for near in answer.neighbours:
        assert near.similarity == pytest.approx(wanted[near.playlist], abs=1e-5)
        assert (near.owner, near.name) == tuple(table.loc[near.playlist, ["owner", "name"]])
        own = set(demo.corpus.track_ids[demo.corpus.offsets[near.playlist] : demo.corpus.offsets[near.playlist + 1]])
        assert (near.tracks, near.shared) == (len(own), len(own & asked))


def test_a_playlist_is_the_one_most_similar_to_its_own_tracks(demo: sgp.Lookup, tmp_path: Path) -> None:
    corpus = demo.corpus
    number = int(np.argmax(corpus.lengths()))
    rows = dict.fromkeys(corpus.track_ids[corpus.offsets[number] : corpus.offsets[number + 1]].tolist())
    names = [track.uri or track.name for track in demo.catalogue.tracks(list(rows))]
    (tmp_path / "mine.txt").write_text("\n".join([*names[1:], "nothing like this"]))
    answer = demo.similar_playlists(file=tmp_path / "mine.txt")
    first = answer.neighbours[0]
    assert (first.playlist, first.shared, first.tracks) == (number, len(rows) - 1, len(rows))
    assert first.similarity == pytest.approx(1, abs=1e-2)  # a repeated track counts twice in the corpus
    assert any(note.startswith("left out: ") for note in answer.notes)


def test_the_playlist_that_is_the_query_is_not_listed(demo: sgp.Lookup, tmp_path: Path) -> None:
    number = int(np.argmax(demo.corpus.lengths()))
    ids = demo.corpus.track_ids[demo.corpus.offsets[number] : demo.corpus.offsets[number + 1]]
    tracks = demo.catalogue.tracks(np.unique(ids).tolist())
    (tmp_path / "mine.txt").write_text("\n".join(track.uri or track.name for track in tracks))
    by_file = demo.similar_playlists(file=tmp_path / "mine.txt")
    owner, name = demo.playlist_names([number])[0]
    assert by_file.notes == (f"left out '{owner} - {name}', because it has exactly the tracks of the query",)
    with_more = demo.similar_playlists(PENCIL, file=tmp_path / "mine.txt")  # no longer the same playlist
    assert (with_more.neighbours[0].playlist, with_more.notes) == (number, ())
    group = playlist_group(demo, number, name)
    by_number = demo.playlist_search.answer(mixed_query(demo.search, [group], []), sgp.SimilarSettings(of="playlists"))
    for answer in (by_file, by_number):
        assert len(answer.neighbours) == 10
        assert number not in [near.playlist for near in answer.neighbours]
    assert by_file.neighbours == by_number.neighbours


def test_tracks_without_a_vector_and_empty_playlists_count_nothing() -> None:
    centre = np.array([[3, 4], [0, 2], [0, 0]], np.float32)
    corpus = Corpus(np.array([0, 1, 3, 2, 1, 1], np.int32), np.array([0, 0, 3, 4, 4, 6]))  # track 3 was added later
    exact = exact_search(centre)
    # (0.6, 0.8) + (0, 1) = (0.6, 1.8); nothing; (0, 1) + (0, 1) = (0, 2)
    assert playlist_lengths(corpus, exact) == pytest.approx([0, np.hypot(0.6, 1.8), 0, 0, 2], abs=1e-6)
    sums = sums_of_playlists(corpus, exact.cosines(np.array([0, 1], np.float32)))
    assert sums == pytest.approx([0, 1.8, 0, 0, 2], abs=1e-6)
    nothing = Corpus(np.zeros(0, np.int32), np.zeros(1, np.int64))
    assert len(playlist_lengths(nothing, exact)) == len(sums_of_playlists(nothing, np.ones(3, np.float32))) == 0


def test_the_list_ends_when_there_are_no_more_playlists(demo: sgp.Lookup) -> None:
    answer = demo.similar_playlists(PENCIL, sgp.SimilarSettings(of="playlists", number=100_000))
    assert len(answer.neighbours) == len(demo.corpus)
    assert answer.notes == (f"only {len(demo.corpus)} of 100000 results: there are no more playlists",)
    assert len({near.playlist for near in answer.neighbours}) == len(demo.corpus)


def test_playlists_below_the_least_similarity_are_left_out(demo: sgp.Lookup) -> None:
    nearest = demo.similar_playlists(PENCIL).neighbours
    cut = nearest[4].similarity - 1e-5
    answer = demo.similar_playlists(PENCIL, sgp.SimilarSettings(of="playlists", min_similarity=cut))
    assert answer.neighbours == tuple(near for near in nearest if near.similarity >= cut)
    assert answer.notes == (f"only {len(answer.neighbours)} of 10 results: no more playlists pass the filters",)
