"""Training builds the index while it computes the factors of the hybrid ranking, if memory suffices for both."""

from __future__ import annotations

from pathlib import Path

import pytest

import skipgramophone as package
from skipgramophone.errors import StorageError
from skipgramophone.lookup import index_builder
from skipgramophone.pipeline import train as use_case
from skipgramophone.settings import TrainSettings
from skipgramophone.training import memory
from tests.conftest import dump_text, two_genres

SETTINGS = TrainSettings(window_size="bag", embedding_dim=8, epochs=1)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A directory with the untrained experiment "genres"."""
    (tmp_path / "dump.csv").write_text(dump_text([*two_genres()]))
    package.extract("genres", tmp_path / "dump.csv", experiments_dir=tmp_path)
    return tmp_path


def stage_files(root: Path) -> dict[str, bytes]:
    """The files of the model and the index, without manifests and logs, which contain times."""
    found = {path: path.read_bytes() for stage in ("model", "index") for path in (root / "genres" / stage).iterdir()}
    return {
        f"{path.parent.name}/{path.name}": text for path, text in found.items() if path.suffix not in (".json", ".log")
    }


def test_the_files_are_the_same_if_memory_is_short(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stages: list[str] = []
    begun: list[str] = []
    build = index_builder.death_of_annoy

    def begin() -> str | None:
        begun.append(stages[-1])
        return build()

    monkeypatch.setattr("skipgramophone.pipeline.stages.death_of_annoy", begin)
    package.train("genres", SETTINGS, experiments_dir=root, stage=stages.append)
    beside = stage_files(root)
    free = 4 << 30  # enough to train, but not for two tasks at the same time
    monkeypatch.setattr(memory, "free_bytes", lambda: free)
    monkeypatch.setattr(use_case, "bytes_for_index", lambda _tracks, _dim: free)
    package.train("genres", SETTINGS, experiments_dir=root, force=True, stage=stages.append)
    assert stage_files(root) == beside
    assert {"model/centre.npy", "model/factors.npy", "index/tracks.annoy"} <= set(beside)
    assert begun == ["compiling", "building the index"]


def test_a_model_is_kept_if_its_index_cannot_be_built(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_builder, "death_of_annoy", lambda: "SIGILL")
    with pytest.raises(StorageError, match="no index was built"):
        package.train("genres", SETTINGS, experiments_dir=root)
    assert (root / "genres" / "model" / "factors.npy").is_file()
    assert sorted(path.name for path in (root / "genres").iterdir() if path.is_dir()) == ["corpus", "model"]
    assert package.open("genres", experiments_dir=root)
