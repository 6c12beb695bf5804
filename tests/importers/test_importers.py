"""Import of vectors: which files are read, how vectors are matched to tracks, and what an import writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import skipgramophone as package
from skipgramophone import importers
from skipgramophone.errors import ExperimentError, SettingError, SourceError, TrainingError
from skipgramophone.experiment.catalogue import Catalogue, Track
from skipgramophone.experiment.embeddings import Matrix
from skipgramophone.pipeline.import_vectors import UNUSED
from skipgramophone.settings import RunSettings
from tests.conftest import Sgp, run_sgp, two_genres
from tests.exporters.track_vectors import HOSTILE_NAMES, vectors_of

ROWS = [
    ("o", "Ada", "One", "p"),
    ("o", "Ada", "One", "q"),
    ("o", "Ada", "Two", "p"),
    ("o", "", "echoes", "p"),
    ("o", "Éa - Bo", "Three", "q"),
]


def save(path: Path, names: list[str], **more: Any) -> Matrix:
    """Write an npz file with one distinct vector per name, and return the vectors."""
    vectors = np.eye(len(names), dtype=np.float32) + 1
    np.savez(path, vectors=vectors, tracks=np.array(names), **more)
    return vectors


def test_vectors_are_matched_to_the_tracks_of_a_corpus(
    experiments: Path, write_dump: Callable[..., Path], tmp_path: Path
) -> None:
    package.extract("world", write_dump(ROWS))
    names = ["unknown - track", "éa - bo - three", " ECHOES", "ADA - one", "Ada - One"]
    vectors = save(tmp_path / "v.npz", names)
    report = package.import_vectors("world", tmp_path / "v.npz")
    assert (report.vectors, report.unused, report.by_uri, report.namesakes) == (5, 2, 0, 0)
    assert (report.tracks, report.tracks_learnt, report.corpus_of_names) == (4, 3, False)
    world = package.open("world")
    for at, name in ((3, "ada - one"), (2, "echoes"), (1, "three")):
        np.testing.assert_array_equal(world.vector(name), vectors[at])
    assert not world.embeddings.centre[world.resolve("two").track.row].any()
    model = world.experiment.directory("model")
    records = [json.loads(line) for line in (model / UNUSED).read_text(encoding="utf-8").splitlines()]
    assert [(record["vector"], record["reason"]) for record in records] == [
        (1, "no track has this uri or this artist and title"),
        (5, "another vector of the file belongs to the same track"),
    ]
    assert len(world.corpus) == 2  # the playlists are unchanged


def test_only_a_successful_forced_import_discards_an_unfinished_run(
    experiments: Path, write_dump: Callable[..., Path], tmp_path: Path
) -> None:
    package.extract("world", write_dump(two_genres()))
    settings, run = package.TrainSettings(embedding_dim=8, epochs=3), RunSettings(checkpoint_seconds=0)

    def interrupt(progress: Any) -> None:
        if progress.epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        package.train("world", settings, run=run, progress=interrupt)
    checkpoint = experiments / "world" / "checkpoint"
    save(tmp_path / "strange.npz", ["unknown - track"])
    with pytest.raises(SourceError, match=r"contains 1 vector, but none matches a track"):
        package.import_vectors("world", tmp_path / "strange.npz", force=True)
    assert checkpoint.is_dir()
    save(tmp_path / "v.npz", ["folk artist 0 - folk 0"])
    with pytest.raises(ExperimentError, match="'world' has an unfinished run at epoch"):
        package.import_vectors("world", tmp_path / "v.npz")
    assert package.import_vectors("world", tmp_path / "v.npz", force=True).tracks_learnt == 1
    assert not checkpoint.exists()


def test_stale_imported_vectors_are_imported_again_and_not_trained_over(
    experiments: Path, write_dump: Callable[..., Path], tmp_path: Path
) -> None:
    package.extract("world", write_dump(two_genres()))
    save(tmp_path / "v.npz", ["folk artist 0 - folk 0", "folk artist 1 - folk 1"])
    package.import_vectors("world", tmp_path / "v.npz")
    (tmp_path / "more.csv").write_text("artist,title,playlist\nNewcomer,One,p\nNewcomer,Two,p\n")
    package.extract("world", tmp_path / "more.csv", append=True)
    again = "run sgp import world FILE --force"
    with package.open("world") as grown:
        assert grown.similar("folk 0").notes[0].endswith(f"to use vectors that contain the new tracks, {again}")
    with pytest.raises(ExperimentError, match=f"has grown since the model was made: to use vectors .*, {again}$"):
        package.export("world", tmp_path / "out.npz")
    package.extract("world", tmp_path / "more.csv", force=True)
    with pytest.raises(ExperimentError, match=f"its corpus has been replaced; {again}$"):
        package.open("world")


def test_uri_takes_precedence_over_the_name(experiments: Path, tmp_path: Path) -> None:
    package.extract("demo", sample=True)
    first, second = catalogue_of("demo")[:2]
    names = [second.name, first.name, first.uri or ""]
    uris = np.array([first.uri, "sample:track:none", ""])  # the uri of the second is not in the corpus
    save(tmp_path / "v.npz", names, uri=uris)
    report = package.import_vectors("demo", tmp_path / "v.npz")
    assert (report.by_uri, report.unused, report.tracks_learnt) == (1, 2, 1)
    demo = package.open("demo")
    np.testing.assert_array_equal(demo.vector(first.uri or ""), [2, 1, 1])
    save(tmp_path / "keys.npz", [second.uri or "", first.uri or ""])
    assert package.import_vectors("demo", tmp_path / "keys.npz", force=True).by_uri == 2
    np.testing.assert_array_equal(package.open("demo").vector(first.uri or ""), [1, 2])


def catalogue_of(name: str) -> list[Track]:
    """Return the tracks of an experiment without a model."""
    from skipgramophone.experiment.experiment import open_experiment

    return list(Catalogue(open_experiment(name).directory("corpus")).all_tracks())


def test_names_become_a_catalogue_if_there_is_no_corpus(experiments: Path, tmp_path: Path, sgp: Sgp) -> None:
    names = ["rare - a", "common - b", "middling - c", "lone"]
    vectors = save(tmp_path / "v.npz", names, count=np.array([1, 9, 5, 5]))
    report = package.import_vectors("elsewhere", tmp_path / "v.npz")
    assert (report.tracks, report.corpus_of_names, report.has_context) == (4, True, False)
    elsewhere = package.open("elsewhere")
    assert [track.name for track in elsewhere.catalogue.all_tracks()] == [names[at] for at in (1, 2, 3, 0)]
    assert [track.count for track in elsewhere.catalogue.all_tracks()] == [9, 5, 5, 1]
    np.testing.assert_array_equal(elsewhere.embeddings.centre, vectors[[1, 2, 3, 0]])
    assert not elsewhere.embeddings.context.any()
    assert elsewhere.playlists().empty
    assert sgp("similar", "elsewhere", "lone").code == 0
    with pytest.raises(TrainingError):
        package.train("elsewhere", force=True)
    with pytest.raises(ExperimentError, match="already has a model: choose another name to keep both"):
        package.import_vectors("elsewhere", tmp_path / "v.npz")
    save(tmp_path / "other.npz", ["new - a", "new - b"])
    assert package.import_vectors("elsewhere", tmp_path / "other.npz", force=True).tracks == 2
    assert package.open("elsewhere").resolve("new - a").track.count == 0


@pytest.mark.parametrize("format", sorted(importers.FORMATS))
def test_exported_file_can_be_imported(
    experiments: Path, tmp_path: Path, write_dump: Callable[..., Path], format: str
) -> None:
    from skipgramophone import exporters

    vectors = vectors_of(HOSTILE_NAMES)
    vectors.centre[-1, -1] = np.float32(-3.4e16)
    exporters.write(tmp_path / "out", format, vectors)
    read = importers.read(tmp_path / "out", format)
    assert list(read.artist) == HOSTILE_NAMES
    assert list(read.title) == HOSTILE_NAMES[::-1]
    assert list(read.uri) == [track.uri for track in vectors.tracks]
    np.testing.assert_array_equal(read.centre, vectors.centre)
    if read.context is not None:
        np.testing.assert_array_equal(read.context, vectors.context)
    package.import_vectors("hostile", tmp_path / "out", format)
    imported = list(package.open("hostile").catalogue.all_tracks())
    assert [(track.artist, track.title, track.count) for track in imported] == [
        (track.artist, track.title, track.count) for track in vectors.tracks
    ]


def test_gensim_files_with_spaces_in_the_keys(tmp_path: Path) -> None:
    models = pytest.importorskip("gensim.models", reason="gensim is not installed")
    words = models.KeyedVectors(3)
    names = ["Ada - One two", "100% pure", "b%20c", "lone", "d%23e"]
    words.add_vectors(names, np.arange(15, dtype=np.float32).reshape(5, 3) / 7)
    words.save_word2vec_format(str(tmp_path / "w.txt"))
    read = importers.read(tmp_path / "w.txt", "word2vec")
    assert [read.name(at) for at in range(5)] == ["Ada - One two", "100% pure", "b c", "lone", "d%23e"]
    np.testing.assert_array_equal(read.centre, words.vectors)
    words.save_word2vec_format(str(tmp_path / "w.bin"), binary=True)
    with pytest.raises(SourceError, match="binary files cannot have keys with spaces: save them as text"):
        importers.read(tmp_path / "w.bin", "word2vec-binary")
    spaceless = models.KeyedVectors(3)
    spaceless.add_vectors(["a", "spotify:track:1"], words.vectors[:2])
    spaceless.save_word2vec_format(str(tmp_path / "s.bin"), binary=True)
    read = importers.read(tmp_path / "s.bin", "word2vec-binary")
    assert list(read.title) == ["a", "spotify:track:1"]
    np.testing.assert_array_equal(read.centre, words.vectors[:2])


@pytest.mark.parametrize("format", ["word2vec", "word2vec-binary"])
def test_truncated_or_invalid_word2vec_file_is_refused(tmp_path: Path, format: str) -> None:
    from skipgramophone import exporters

    place = tmp_path / "v"
    exporters.write(place, format, vectors_of(["a", "b", "c"]))
    names_path = tmp_path / "v.names.jsonl"
    whole, names = place.read_bytes(), names_path.read_text(encoding="utf-8")
    for part in (
        b"",
        b"3\n",
        b"0 3\n",
        b"9999999 100\n",
        whole[: len(whole) // 2],
        whole[:-14],
        whole + b"more 1 2 3\n",
    ):
        place.write_bytes(part)
        with pytest.raises(SourceError, match=r"is not a word2vec file|cannot be read as word2vec"):
            importers.read(place, format)
    place.write_bytes(whole)
    names_path.write_text("\n".join(names.splitlines()[::-1]), encoding="utf-8")
    with pytest.raises(SourceError, match=r"^the keys in .* differ from those in .*: restore .*\. To use the keys in "):
        importers.read(place, format)
    for line in ("{", "[]", '{"key": 1}'):
        names_path.write_text(line, encoding="utf-8")
        with pytest.raises(SourceError, match="line 1: not a JSON object with key, artist, title, uri, count"):
            importers.read(place, format)


def test_training_cannot_start_from_imported_vectors(
    experiments: Path, tmp_path: Path, write_dump: Callable[..., Path]
) -> None:
    package.extract("world", write_dump(two_genres()))
    settings = package.TrainSettings(embedding_dim=8, epochs=2)
    package.train("world", settings)
    package.export("world", tmp_path / "v.npz")
    package.import_vectors("world", tmp_path / "v.npz", force=True)
    with pytest.raises(ExperimentError, match="training cannot continue from the model of 'world', because it was imp"):
        package.train("world", settings, force=True, start_from="world")


def test_unusable_files_are_refused(experiments: Path, tmp_path: Path, write_dump: Callable[..., Path]) -> None:
    package.extract("world", write_dump(ROWS))
    place = tmp_path / "v.npz"
    vectors = np.eye(2, dtype=np.float32)
    names = np.array(["a - b", "c - d"])
    broken = vectors.copy()
    broken[1, 0] = np.nan
    cases = [
        (
            {"vectors": vectors, "tracks": names},
            "contains 2 vectors, but none matches .* The first vector is called 'a - b'; the first",
        ),
        ({"vectors": broken, "tracks": names}, r"centre vector 2 \('c - d'\) contains a number that is not finite"),
        (
            {"vectors": vectors * np.float64(1e300), "tracks": names},
            "contains a number that is not finite or too large",
        ),
        ({"vectors": vectors, "tracks": names[:1]}, "has 2 vectors but a different number of names: artist 1, title 1"),
        ({"vectors": vectors}, "needs the arrays 'vectors'"),
        ({"vectors": vectors, "tracks": names.astype(object)}, "it contains a pickled array of Python objects: save"),
        ({"vectors": vectors.astype(int), "tracks": names}, "must contain floating-point numbers"),
        ({"vectors": vectors[0], "tracks": names}, "contains no vectors"),
        ({"vectors": vectors[:0], "tracks": names[:0]}, "contains no vectors"),
        ({"vectors": vectors, "context": vectors[:1], "tracks": names}, r"context has the shape \(1, 2\)"),
        (
            {"vectors": vectors, "tracks": names, "count": np.array([-1, 2])},
            "'count' must contain one number per vector, none of them negative",
        ),
        ({"vectors": vectors, "tracks": np.array(["a", "\ud800"])}, "title of vector 2 is not valid text"),
    ]
    for arrays, message in cases:
        np.savez(place, **arrays)
        with pytest.raises(SourceError, match=message):
            package.import_vectors("world", place)
    whole = place.read_bytes()
    np.save(single := tmp_path / "v.npy", vectors)
    with pytest.raises(SourceError, match="contains a single array: save vectors and names together"):
        package.import_vectors("new", single, "npz")
    for damaged in (b"", b"PK\x03\x04", whole[: len(whole) // 2], b"nonsense"):
        place.write_bytes(damaged)
        with pytest.raises(SourceError, match="cannot be read as npz"):
            package.import_vectors("new", place)
        (tmp_path / "v.parquet").write_bytes(damaged)
        with pytest.raises(SourceError, match="cannot be read as Parquet"):
            package.import_vectors("new", tmp_path / "v.parquet")
    ragged = {"artist": ["a", "b"], "title": ["a", "b"], "centre": [[1.0], [1.0, 2.0]]}
    pq.write_table(pa.table(ragged), tmp_path / "v.parquet")
    with pytest.raises(SourceError, match="'centre' must contain the same number of values in each row"):
        package.import_vectors("new", tmp_path / "v.parquet")
    with pytest.raises(SettingError, match=r"cannot tell the format of 'v\.csv' from its suffix: use \.npz, \.parquet"):
        package.import_vectors("new", tmp_path / "v.csv")
    with pytest.raises(SourceError, match="is not a file"):
        package.import_vectors("new", tmp_path / "absent.npz")
    assert [path.name for path in experiments.iterdir()] == ["world"]


def test_a_model_without_vectors_gives_one_line(tmp_path: Path) -> None:
    np.savez(tmp_path / "v.npz", vectors=np.zeros((3, 8), np.float32), tracks=np.array(["a - b", "c - d", "e - f"]))
    package.import_vectors("empty", tmp_path / "v.npz", experiments_dir=tmp_path)
    for command, line in (
        (["similar", "empty", "a - b"], "'a - b' has no vector: the imported vectors do not contain it"),
        (["export", "empty", tmp_path / "x.csv"], "no track of experiment 'empty' has a vector"),
        (["map", "empty", "-o", tmp_path / "m.html"], "experiment 'empty' has no track with a vector to draw: "),
    ):
        ran = run_sgp(*command, "--experiments-dir", tmp_path)
        assert ran.code in (1, 3)
        assert ran.err.startswith(f"error: {line}")
        assert len(ran.err.splitlines()) == 1
