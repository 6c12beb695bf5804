"""A file that is given instead of the name of an experiment: the error shows how to read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from skipgramophone.errors import ExperimentError
from skipgramophone.experiment.experiment import open_experiment
from skipgramophone.experiment.new_experiment import new_experiment


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an experiments directory; the working directory contains a file with playlists."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my lists.csv").touch()
    (tmp_path / "experiments").mkdir()
    return tmp_path / "experiments"


def test_the_command_names_the_experiment_after_the_file(root: Path) -> None:
    with pytest.raises(ExperimentError) as raised:
        open_experiment("my lists.csv", root)
    assert str(raised.value).endswith(": run sgp extract my-lists 'my lists.csv'")


def test_a_path_of_a_file_is_not_a_name(root: Path) -> None:
    with pytest.raises(ExperimentError) as raised:
        open_experiment("./my lists.csv", root)
    assert str(raised.value) == (
        "'./my lists.csv' is a file, not an experiment: to read it, run sgp extract my-lists './my lists.csv'"
    )
    with pytest.raises(ExperimentError, match="it contains a slash"):
        open_experiment("./other.csv", root)


def test_an_experiment_that_is_named_after_the_file_is_suggested(root: Path) -> None:
    with new_experiment("my-lists", root) as made, made.publishing("corpus", {}) as draft:
        (draft.path / "text").touch()
    with pytest.raises(ExperimentError, match=r"did you mean 'my-lists'\?"):
        open_experiment("my lists.csv", root)
