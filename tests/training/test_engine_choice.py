"""Tests of the choice of an engine."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from skipgramophone.settings import RunSettings
from skipgramophone.training import engine_choice
from skipgramophone.training.cluster.config import Role

ROLE = Role({"chief": ["127.0.0.1:1"], "worker": ["127.0.0.1:2"], "ps": ["127.0.0.1:3"]}, "chief", 0)


def test_signals_end_a_chief_that_connects_to_its_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TensorFlow does not return to Python while a machine does not answer."""
    during: list[Any] = []

    def connect(*_given: object) -> str:
        during.append([signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)])
        return "engine"

    def graceful(_number: int, _frame: object) -> None:
        """End gracefully."""

    monkeypatch.setattr(engine_choice, "ClusterEngine", connect)
    monkeypatch.setattr(engine_choice, "await_members", lambda _role: None)
    kept = {number: signal.signal(number, graceful) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with engine_choice.engine_for(RunSettings(role=ROLE), tmp_path, tmp_path / "log") as make:
            assert make(None, None) == "engine"  # type: ignore[arg-type, comparison-overlap]
            assert [signal.getsignal(number) for number in kept] == [graceful, graceful]
            signal.signal(signal.SIGINT, signal.default_int_handler)  # as in a notebook
            make(None, None)  # type: ignore[arg-type]
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
    default = signal.SIG_DFL
    assert during == [[default, default], [signal.default_int_handler, default]]
