"""`inspect` of an experiment whose corpus is replaced at the same time."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import skipgramophone as package
from skipgramophone.errors import ExperimentError
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.experiment import Experiment
from skipgramophone.pipeline import stages
from tests.conftest import two_genres


def test_a_corpus_that_is_replaced_is_read_again(
    write_dump: Callable[..., Path], experiments: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The playlists are read before, their names after the replacement."""
    package.extract("new", write_dump(two_genres(30)))
    new = package.inspect("new")
    package.extract("demo", write_dump(two_genres(20)))
    kept = shutil.copytree(experiments / "demo", experiments / "old")
    read, times = stages.open_corpus, [1]

    def replaced_afterwards(experiment: Experiment) -> tuple[Corpus, int]:
        found = read(experiment)
        if times:
            other = experiments / "new" if times.pop() else kept
            shutil.rmtree(experiment.path)
            shutil.copytree(other, experiment.path)
        return found

    monkeypatch.setattr("skipgramophone.pipeline.inspect.open_corpus", replaced_afterwards)
    demo = package.inspect("demo")
    assert replace(demo, inspected=new.inspected, command=new.command, seconds=0) == replace(new, seconds=0)
    times[:] = [1, 0] * 10  # with every attempt, the other corpus
    with pytest.raises(ExperimentError, match="'demo' is being replaced by another process: try again"):
        package.inspect("demo")
