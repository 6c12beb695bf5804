"""The Python interface, used on the built-in sample as in a notebook."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import skipgramophone as sgp
from skipgramophone.errors import AmbiguousTrackError
from skipgramophone.experiment.embeddings import unit_rows
from skipgramophone.pipeline.reports import Reading, Writing
from skipgramophone.playlists.sample import SampleTrack, sample_world
from tests.conftest import dump_text, two_genres


@pytest.fixture(scope="module")
def demo(sample_root: Path) -> sgp.Lookup:
    """Open the trained sample."""
    return sgp.open("demo", sample_root)


def sample_tracks(demo: sgp.Lookup) -> list[SampleTrack]:
    """Return the generator's record of each row."""
    by_uri = {track.uri: track for track in sample_world().tracks}
    return [by_uri[track.uri or ""] for track in demo.catalogue.all_tracks()]


def nearest(demo: sgp.Lookup, number: int) -> np.ndarray:
    """Return the rows of the nearest tracks of every track, found by a full sort."""
    unit = unit_rows(np.asarray(demo.embeddings.centre))
    similarity = unit @ unit.T
    np.fill_diagonal(similarity, -2)
    return np.argsort(-similarity, axis=1)[:, :number]


def test_neighbours_share_a_scene(demo: sgp.Lookup) -> None:
    tracks = sample_tracks(demo)
    shared = np.array(
        [
            sum(bool(set(tracks[row].scenes) & set(tracks[near].scenes)) for near in found)
            for row, found in enumerate(nearest(demo, 10))
        ]
    )
    assert shared.mean() >= 9
    assert (shared >= 8).mean() >= 0.98


def test_versions_of_a_song_are_among_each_other_s_five_nearest(demo: sgp.Lookup) -> None:
    tracks = sample_tracks(demo)
    versions: dict[int, set[int]] = {}
    for row, track in enumerate(tracks):
        versions.setdefault(track.song, set()).add(row)
    found = nearest(demo, 5)
    several = [rows for rows in versions.values() if len(rows) > 1]
    assert len(several) > 100
    for rows in several:
        for row in rows:
            assert rows - {row} <= set(found[row].tolist()), tracks[row]


def test_similar_vector_and_frames_agree(demo: sgp.Lookup) -> None:
    track = demo.catalogue.track(17)
    answer = demo.similar(track.uri or "", sgp.SimilarSettings(by="cosine", number=7))
    assert answer.seeds == (sgp.Seed(track),)
    vector = demo.vector(track.uri or "")
    assert vector.tobytes() == np.asarray(demo.embeddings.centre[17]).tobytes()
    for neighbour in answer.neighbours:
        other = np.asarray(demo.embeddings.centre[neighbour.track.row])
        cosine = vector @ other / np.linalg.norm(vector) / np.linalg.norm(other)
        assert neighbour.similarity == pytest.approx(cosine, abs=1e-5)
    assert [n.track.row for n in answer.neighbours] == nearest(demo, 7)[17].tolist()
    frame = demo.neighbours(track.uri or "", sgp.SimilarSettings(by="cosine", number=7))
    assert frame["row"].tolist() == [n.track.row for n in answer.neighbours]
    assert frame.index.tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert frame["shared"].tolist() == [n.shared for n in answer.neighbours]
    assert "score" not in frame  # the ranking is the similarity
    hybrid = demo.neighbours(track.uri or "", sgp.SimilarSettings(number=7))
    assert hybrid["score"].is_monotonic_decreasing


def test_every_command_that_reports_something_is_a_function() -> None:
    assert {"evaluate", "tune", "map", "compare_experiments"} <= set(sgp.__all__)
    assert sgp.map is sgp.draw_map
    for name in sgp.__all__:
        assert getattr(sgp, name) is not None
    assert sgp.EvaluateSettings().protocol == sgp.TuneSettings().protocol == "continuation"


def test_an_evaluation_is_a_report(demo: sgp.Lookup, tmp_path: Path) -> None:
    shutil.copytree(demo.experiment.path, tmp_path / "demo")
    vectors = np.asarray(demo.embeddings.centre)
    np.savez(tmp_path / "v.npz", vectors=vectors, tracks=[track.uri or "" for track in demo.catalogue.all_tracks()])
    sgp.import_vectors("demo", tmp_path / "v.npz", force=True, experiments_dir=tmp_path)  # so that nothing is trained
    settings = sgp.EvaluateSettings(score="cosine", draws=1, ials_factors=8, ials_regularization=80.0, ials_alpha=20.0)
    report = sgp.evaluate("demo", settings, experiments_dir=tmp_path)
    assert [row.ranker for row in report.judgement.judged] == ["popularity", "item-kNN", "iALS", "cosine"]


def test_errors_carry_candidates(demo: sgp.Lookup) -> None:
    with pytest.raises(AmbiguousTrackError) as several:
        demo.similar("the")
    assert len(several.value.candidates) > 1
    (outcome,) = demo.similar_many(["the"])
    assert isinstance(outcome, AmbiguousTrackError)
    assert outcome.candidates == several.value.candidates


def test_frames_contain_the_whole_corpus(demo: sgp.Lookup) -> None:
    world = sample_world()
    tracks, playlists = demo.tracks(), demo.playlists()
    assert len(tracks) == len(demo) == len(world.tracks)
    assert tracks["count"].is_monotonic_decreasing
    assert tracks["count"].sum() == playlists["length"].sum() == sum(len(p.tracks) for p in world.playlists)
    assert playlists["owner"].tolist() == [p.owner for p in world.playlists]
    assert playlists["name"].tolist() == [p.name for p in world.playlists]
    start, end = demo.corpus.offsets[123:125]
    assert tracks["uri"].iloc[demo.corpus.track_ids[start:end]].tolist() == [
        world.tracks[number].uri for number in world.playlists[123].tracks
    ]


def test_package_functions_extract_train_query_and_export(tmp_path: Path) -> None:
    dump = tmp_path / "dump.csv"
    rows = "".join(f'"u","A","t{at % 80}","p{at // 10}"\n' for at in range(800))
    dump.write_text('"user_id", "artistname", "trackname", "playlistname"\n' + rows)
    report = sgp.extract("x", [dump], experiments_dir=tmp_path / "e")
    assert report.tracks == 80
    seen: list[int] = []
    settings = sgp.TrainSettings(epochs=2, embedding_dim=8)
    stages: list[str] = []
    sgp.train(
        "x", settings, experiments_dir=tmp_path / "e", progress=lambda at: seen.append(at.epoch), stage=stages.append
    )
    assert stages[0] == "reading the corpus"
    assert stages[-6:] == [
        "loading TensorFlow",
        "compiling",
        "smoothing the vectors",
        "factorizing the playlists",
        "fitting a regression to the playlists",
        "building the index",
    ]
    assert seen == sorted(seen)
    assert set(seen) == {1, 2}
    assert len(sgp.similar("x", "t3", experiments_dir=tmp_path / "e").neighbours) == 10
    assert sgp.build_index("x", experiments_dir=tmp_path / "e").items == 80
    assert sgp.export("x", tmp_path / "x.npz", experiments_dir=tmp_path / "e").tracks == 80
    with pytest.raises(sgp.SgpError, match="already has a corpus"):
        sgp.extract("x", [dump], experiments_dir=tmp_path / "e")


def test_extract_reports_progress_of_reading_and_writing(tmp_path: Path) -> None:
    reported: list[Reading | Writing] = []
    (tmp_path / "dump.csv").write_text(dump_text(two_genres(6)))
    report = sgp.extract("x", tmp_path / "dump.csv", experiments_dir=tmp_path, progress=reported.append)
    size = (tmp_path / "dump.csv").stat().st_size
    assert reported == [Reading(size, size, report.rows_read), Writing(report.tracks, report.tracks)]


def test_same_seed_gives_the_same_experiment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digests, created = [], []
    for name, year in (("one", 2001), ("two", 2002)):
        monkeypatch.setattr("skipgramophone.experiment.manifest.now", f"{year}-01-01T00:00:00+00:00".__str__)
        sgp.extract(name, sample=True, settings=sgp.ExtractSettings(num_rows=600), experiments_dir=tmp_path)
        sgp.train(name, sgp.TrainSettings(epochs=1, embedding_dim=8), experiments_dir=tmp_path)
        experiment = sgp.open(name, tmp_path).experiment
        manifests = [experiment.manifest(stage) for stage in ("corpus", "model", "index")]
        digests.append([manifest.digest for manifest in manifests])
        created.append([manifest.created[:4] for manifest in manifests])
    assert digests[0] == digests[1]
    assert created == [["2001"] * 3, ["2002"] * 3]  # a time stamp in a digest would differ
