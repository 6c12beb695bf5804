"""Lists of artists: their vectors, support, and what is left out."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import skipgramophone as sgp
from skipgramophone.errors import AmbiguousTrackError, ExperimentError, SettingError, UnknownTrackError
from skipgramophone.evaluation.protocols import EvaluationQuery
from skipgramophone.evaluation.rankers import Cosine, Hybrid, item_knn
from skipgramophone.evaluation.scorecard import given_matrix
from skipgramophone.experiment.artists import artists_of
from skipgramophone.experiment.postings import membership
from skipgramophone.lookup import artist_agreement
from skipgramophone.lookup import artist_vectors as module
from skipgramophone.lookup.artist_vectors import artist_vectors
from skipgramophone.settings import Score

OTTERS, PENCIL = "The Unpaid Otters", "every pencil knows"


@pytest.fixture(scope="module")
def demo(sample_root: Path) -> sgp.Lookup:
    """Open the trained sample."""
    return sgp.open("demo", sample_root)


def test_the_vector_of_an_artist_is_the_weighted_sum_of_unit_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    artists = artists_of(["A", "A, B", "C", "A", "D"])  # A, B, C, D
    centre = np.array([[2, 0], [0, 3], [0, 0], [4, 0]], np.float32)  # the last track was added later
    counts = np.array([4, 1, 7, 4, 9])
    for at_once in (1, 100):
        monkeypatch.setattr(module, "ROWS_AT_ONCE", at_once)
        found = artist_vectors(artists, centre, counts)
        # A: 1 (1, 0) + (1/4)^1.5 (0, 1) + 1 (1, 0) = (2, 1/8)
        of_a = np.array([2, 0.125]) / np.hypot(2, 0.125)
        assert found.unit == pytest.approx(np.array([of_a, [0, 1], [0, 0], [0, 0]]), abs=1e-6)
        assert found.tracks.tolist() == [3, 1, 0, 0]
        assert found.counts.tolist() == [9, 1, 0, 0]


def test_artists_without_counts_weigh_their_tracks_alike() -> None:
    found = artist_vectors(artists_of(["A", "A"]), np.eye(2, dtype=np.float32), np.zeros(2, np.int64))
    assert found.unit == pytest.approx(np.full((1, 2), np.sqrt(0.5)), abs=1e-6)


def test_vectors_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ExperimentError, match="not finite"):
        artist_vectors(artists_of(["A"]), np.array([[np.nan]], np.float32), np.ones(1, np.int64))


def test_similarities_are_those_of_the_tracks_of_both_artists(demo: sgp.Lookup) -> None:
    answer = demo.similar_artists(settings=sgp.SimilarSettings(of="artists", by="cosine"), artist=OTTERS)
    assert len(answer.neighbours) == 10
    asked = demo.search.question(demo.asked(artist=OTTERS).seeds, ()).vector
    postings, rows = demo.opened.postings, [seed.track.row for seed in demo.asked(artist=OTTERS).seeds]
    own_playlists = {playlist for row in rows for playlist in postings.of(row).tolist()}
    for near in answer.neighbours:
        seeds = demo.asked(artist=near.artist).seeds
        vector = demo.search.question(seeds, ()).vector
        assert near.similarity == pytest.approx(float(vector @ asked), abs=1e-5)
        assert (near.tracks, near.count) == (len(seeds), sum(seed.track.count for seed in seeds))
        playlists = {playlist for seed in seeds for playlist in postings.of(seed.track.row).tolist()}
        assert near.shared == len(playlists & own_playlists)
    similarities = [near.similarity for near in answer.neighbours]
    assert similarities == sorted(similarities, reverse=True)


def test_no_artist_is_nearer_than_those_listed(demo: sgp.Lookup) -> None:
    answer = demo.similar_artists(PENCIL, sgp.SimilarSettings(of="artists", by="cosine", number=20))
    names = {
        track.artist for track in demo.catalogue.all_tracks() if ", " not in track.artist and "feat" not in track.artist
    }
    credited = {near.artist for near in answer.neighbours}
    vector = demo.vector(PENCIL)
    least = answer.neighbours[-1].similarity
    own = {"Jörund Tarrovale Trio"}
    for name in names - credited - own:
        other = demo.search.question(demo.asked(artist=name).seeds, ()).vector
        assert float(other @ vector) / np.linalg.norm(vector) <= least + 1e-5, name


def test_the_artists_of_a_query_are_not_listed(demo: sgp.Lookup) -> None:
    every = sgp.SimilarSettings(of="artists", number=10_000)
    listed = {near.artist for near in demo.similar_artists(PENCIL, every, artist=OTTERS).neighbours}
    assert "Jörund Tarrovale Trio" not in listed
    assert OTTERS not in listed
    others = {near.artist for near in demo.similar_artists("marble ferryboat - every library knows", every).neighbours}
    assert others - listed >= {"Jörund Tarrovale Trio", OTTERS}


def test_a_name_may_be_an_artist_or_a_track(demo: sgp.Lookup) -> None:
    by_name, by_option = demo.similar_artists("the unpaid otters"), demo.similar_artists(artist=[OTTERS])
    assert by_name.neighbours == by_option.neighbours
    assert [group.name for group in by_name.query.groups] == [OTTERS]
    assert by_name.notes[0].startswith(
        "'the unpaid otters' is the name of an artist: using 5 tracks. If you mean a track, give"
    )
    assert demo.similar_artists(PENCIL).query.tracks[0].track.name.endswith("Every Pencil Knows")


def test_an_artist_weighs_as_much_as_a_track(demo: sgp.Lookup) -> None:
    both = demo.mixed_query([(PENCIL, 1.0)], artist=OTTERS).vector
    track, artist = demo.mixed_query(PENCIL).vector, demo.mixed_query(artist=OTTERS).vector
    assert both == pytest.approx((track + artist) / np.linalg.norm(track + artist), abs=1e-6)
    away = demo.mixed_query([(PENCIL, 1.0), (OTTERS, -0.5)]).vector
    assert away == pytest.approx((track - artist / 2) / np.linalg.norm(track - artist / 2), abs=1e-6)


def test_several_artists_of_a_list_of_tracks_weigh_the_same(demo: sgp.Lookup) -> None:
    seeds = demo.asked(artist=[OTTERS, "Marble Ferryboat"]).seeds
    assert sum(seed.weight for seed in seeds) == pytest.approx(2)
    assert sum(seed.weight for seed in seeds if seed.track.artist == OTTERS) <= 1 + 1e-9
    assert max(seed.weight for seed in demo.asked(artist=OTTERS).seeds) == 1


@pytest.mark.parametrize(
    ("settings", "name"),
    [({"by": "cosine+count"}, "cosine+count"), ({"popularity": 0.5}, "hybrid"), ({"popularity": -1.0}, "hybrid")],
)
def test_scores_sort_the_list(demo: sgp.Lookup, settings: dict[str, object], name: str) -> None:
    answer = demo.similar_artists(PENCIL, sgp.SimilarSettings(of="artists", **settings))  # type: ignore[arg-type]
    assert answer.ranked_by == name
    scores = [near.score or 0 for near in answer.neighbours]
    assert scores == sorted(scores, reverse=True)
    if "by" in settings:
        for near in answer.neighbours:
            assert near.score == pytest.approx(near.similarity + 0.05 * np.log1p(near.count), abs=1e-5)


@pytest.mark.parametrize("at_once", [2000, 1 << 20])
def test_hybrid_is_the_ranking_that_evaluate_measures(
    demo: sgp.Lookup, sample_root: Path, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artist_agreement, "POSTINGS_AT_ONCE", at_once)
    with sgp.open("demo", sample_root) as opened:
        answer = opened.similar_artists(OTTERS, sgp.SimilarSettings(of="artists", by="hybrid"))
    artists, vectors = demo.artist_search.artists, demo.artist_search.vectors
    playlists = membership(artists.playlists_of(demo.corpus), len(artists))
    lengths = np.asarray(playlists.sum(axis=1), np.float32).ravel()
    ranker = Hybrid(item_knn(playlists, lengths), Cosine(vectors.unit), vectors.counts, of_tracks=False)
    asked = EvaluationQuery(0, np.array([artists.find(OTTERS)]), np.empty(0, np.int64), 0)
    scores = ranker.scores(given_matrix([asked], len(artists)))[0]
    for near in answer.neighbours:
        assert near.score == pytest.approx(scores[artists.find(near.artist)], abs=1e-4)
    scores[artists.find(OTTERS)] = -np.inf
    assert answer.neighbours[0].score == pytest.approx(scores.max(), abs=1e-4)


def test_hybrid_weighs_the_parts_of_a_query(demo: sgp.Lookup) -> None:
    settings = sgp.SimilarSettings(of="artists", by="hybrid")
    both = demo.similar_artists([(PENCIL, 1.0), (OTTERS, 1.0)], settings)
    away = demo.similar_artists([(PENCIL, 1.0), (OTTERS, -0.5)], settings)
    assert [near.artist for near in both.neighbours] != [near.artist for near in away.neighbours]
    assert both.ranked_by == "hybrid"


def test_the_scale_of_weights_does_not_change_hybrid(demo: sgp.Lookup) -> None:
    settings = sgp.SimilarSettings(of="artists", by="hybrid")
    whole, small = (
        demo.similar_artists([(PENCIL, 1.0 * scale), ("faded raincoat", scale)], settings) for scale in (1, 0.01)
    )
    assert [near.artist for near in small.neighbours] == [near.artist for near in whole.neighbours]
    assert [near.score for near in small.neighbours] == pytest.approx([near.score for near in whole.neighbours])


def test_vectors_without_playlists_list_artists_but_no_playlists(tmp_path: Path) -> None:
    vectors = np.array([[1, 0], [0.8, 0.6], [0, 1]], np.float32)
    names = np.array(["A - x", "B & C - y", "D, Various Artists - z"])
    np.savez(tmp_path / "v.npz", vectors=vectors, tracks=names)
    sgp.import_vectors("small", tmp_path / "v.npz", experiments_dir=tmp_path)
    with sgp.open("small", tmp_path) as small:
        for by in ("cosine", "hybrid"):
            found = small.similar_artists("x", sgp.SimilarSettings(of="artists", by=by, number=3))
            assert [(near.artist, near.shared) for near in found.neighbours] == [("B & C", None), ("D", None)]
            assert found.neighbours[0].similarity == pytest.approx(0.8)
        with pytest.raises(SettingError, match="experiment 'small' has no playlists to list: extract them"):
            small.similar_playlists("x")


def test_filters_apply_to_artists(demo: sgp.Lookup) -> None:
    plain = demo.similar_artists(PENCIL).neighbours
    without = sgp.SimilarSettings(of="artists", exclude_artist=[plain[0].artist.upper()])
    assert [near.artist for near in demo.similar_artists(PENCIL, without).neighbours][:9] == [
        near.artist for near in plain[1:]
    ]
    frequent = demo.similar_artists(PENCIL, sgp.SimilarSettings(of="artists", min_count=400)).neighbours
    assert all(near.count >= 400 for near in frequent)
    diverse = demo.similar_artists(PENCIL, sgp.SimilarSettings(of="artists", diversity=0.8)).neighbours
    assert diverse[0] == plain[0]
    assert [near.artist for near in diverse] != [near.artist for near in plain]
    few = demo.similar_artists(PENCIL, sgp.SimilarSettings(of="artists", min_count=10**6))
    assert few.neighbours == ()
    assert few.notes == ("only 0 of 10 results: no more artists pass the filters",)
    all_but_one = len(demo.similar_artists(PENCIL, sgp.SimilarSettings(of="artists", number=10**6)).neighbours) + 1
    short = demo.similar_artists(PENCIL, sgp.SimilarSettings(of="artists", number=all_but_one))
    assert short.notes == (f"only {all_but_one - 1} of {all_but_one} results: there are no more artists",)


@pytest.mark.parametrize("by", ["cosine", "hybrid"])
def test_artists_below_the_least_similarity_are_left_out(demo: sgp.Lookup, by: Score) -> None:
    every = demo.similar_artists(PENCIL, sgp.SimilarSettings(of="artists", by=by, number=10**6)).neighbours
    cut = sorted(near.similarity for near in every)[-5] - 1e-5
    found = demo.similar_artists(PENCIL, sgp.SimilarSettings(of="artists", by=by, min_similarity=cut))
    assert [near.artist for near in found.neighbours] == [near.artist for near in every if near.similarity >= cut]
    assert found.notes == ("only 5 of 10 results: no more artists pass the filters",)


def test_excluding_an_artist_excludes_names_with_it(tmp_path: Path) -> None:
    vectors = np.eye(4, dtype=np.float32) + np.float32(0.1)
    names = np.array(["A - x", "Bea & C - y", "Bea Arthur - z", "Bea - w"])
    np.savez(tmp_path / "v.npz", vectors=vectors, tracks=names)
    sgp.import_vectors("small", tmp_path / "v.npz", experiments_dir=tmp_path)
    with sgp.open("small", tmp_path) as small:
        found = small.similar_artists("x", sgp.SimilarSettings(of="artists", exclude_artist=["BEA"]))
        assert [near.artist for near in found.neighbours] == ["Bea Arthur"]


def test_a_part_of_an_artist_s_name_is_enough(demo: sgp.Lookup) -> None:
    exact = demo.similar_artists(artist=OTTERS)
    for found in (
        demo.similar_artists(artist="unpaid oters"),
        demo.similar_artists("unpaid oters"),  # all matching tracks match by their artist
        demo.similar_playlists("unpaid oters"),
    ):
        assert found.notes[0] == "no artist is called 'unpaid oters'; using the artist 'The Unpaid Otters'"
        assert found.query.groups == exact.query.groups
    assert demo.similar_artists("unpaid corner blues").query.tracks[0].track.title == "Unpaid Corner Blues"
    (tracks,) = demo.similar_many(["unpaid otters"])
    assert isinstance(tracks, AmbiguousTrackError)  # in lists of tracks, a name means a track


def test_bad_queries_are_refused(demo: sgp.Lookup) -> None:
    with pytest.raises(UnknownTrackError, match="no artist matches 'the unpayed oters'; did you mean"):
        demo.similar_artists(artist="the unpayed oters")
    with pytest.raises(SettingError, match="give at least one track, artist or album"):
        demo.similar_artists()
    with pytest.raises(UnknownTrackError, match="no artist matches 'zzzzz'"):
        demo.similar_artists(PENCIL, sgp.SimilarSettings(of="artists", exclude_artist=["zzzzz"]))
    with pytest.raises(SettingError, match="this look-up lists tracks, not artists: use similar_artists"):
        demo.similar(PENCIL, sgp.SimilarSettings(of="artists"))


def test_an_artist_without_vectors_is_refused_with_the_reason(sample_root: Path, tmp_path: Path) -> None:
    shutil.copytree(sample_root / "demo", tmp_path / "demo")
    (tmp_path / "more.csv").write_text("artist,title,playlist\nNewcomer,One,p\nNewcomer,Two,p\nNewcomer,Two,q\n")
    sgp.extract("demo", tmp_path / "more.csv", append=True, experiments_dir=tmp_path)
    message = "'Newcomer - Two' has no vector: it was added to the corpus after the model was trained; to train again, "
    with sgp.open("demo", tmp_path) as grown:
        for ask in (grown.similar_artists, grown.similar_playlists):
            for query, artist in (((), "newcomer"), ("newcomer", ()), (PENCIL, "newcomer")):
                with pytest.raises(UnknownTrackError, match=message):
                    ask(query, artist=artist)
        with pytest.raises(UnknownTrackError, match=message):
            grown.asked([(PENCIL, 1.0)], artist="newcomer", leave_out=True)
