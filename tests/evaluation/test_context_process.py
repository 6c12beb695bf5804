"""Choosing the context in a process of its own gives the same choice as in this process, also if the process fails."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import skipgramophone as sgp
from skipgramophone.evaluation import context_process
from skipgramophone.evaluation.window_choice import ContextChoice, choose_context
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.experiment import Experiment
from skipgramophone.pipeline.stages import open_corpus

Large = tuple[Path, Corpus, int, ContextChoice]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Large:
    """A corpus for which a process is started, and its context, chosen in this process."""
    root = tmp_path_factory.mktemp("large")
    rng = np.random.default_rng(1)
    tracks_of = np.cumsum(rng.integers(1, 9, (5200, 10)), axis=1) + rng.integers(0, 900, (5200, 1))
    lines = (" ".join(map(str, tracks)) for tracks in tracks_of.tolist())
    (root / "sessions.txt").write_text("\n".join(lines) + "\n")
    sgp.extract("made", root / "sessions.txt", experiments_dir=root)
    corpus, tracks = open_corpus(Experiment("made", root / "made"))
    assert corpus.occurrences >= context_process.FEW_OCCURRENCES
    return root / "made" / "corpus", corpus, tracks, choose_context(corpus, tracks, 1)


def test_the_process_makes_the_same_choice(large: Large, monkeypatch: pytest.MonkeyPatch) -> None:
    directory, corpus, tracks, expected = large
    monkeypatch.setattr(context_process, "choose_context", lambda *_arguments: pytest.fail("chosen in this process"))
    assert expected.over_shuffled is not None
    with context_process.choosing_context(directory, corpus, tracks, 1) as choose:
        assert choose() == expected


@pytest.mark.parametrize("program", [shutil.which("false"), "/does/not/exist", ""])
def test_the_choice_is_the_same_if_the_process_fails(
    large: Large, program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory, corpus, tracks, expected = large
    monkeypatch.setattr(sys, "executable", program)
    with context_process.choosing_context(directory, corpus, tracks, 1) as choose:
        assert choose() == expected


def test_the_process_ends_with_the_block(large: Large, monkeypatch: pytest.MonkeyPatch) -> None:
    directory, corpus, tracks, _ = large
    started: list[subprocess.Popen[bytes]] = []

    class Noted(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **settings: Any) -> None:
            super().__init__(*arguments, **settings)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Noted)
    choosing = context_process.choosing_context(directory, corpus, tracks, 1)
    with pytest.raises(KeyboardInterrupt), choosing:
        raise KeyboardInterrupt
    assert [process.returncode for process in started] == [-signal.SIGKILL]
