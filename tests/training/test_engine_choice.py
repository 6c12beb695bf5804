"""Tests of the choice of an engine."""

from __future__ import annotations

import contextlib
import signal
import socket
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from skipgramophone.settings import RunSettings
from skipgramophone.training import engine_choice
from skipgramophone.training.cluster import member
from skipgramophone.training.cluster.config import Role

ROLE = Role({"chief": ["127.0.0.1:1"], "worker": ["127.0.0.1:2"], "ps": ["127.0.0.1:3"]}, "chief", 0)


@pytest.mark.usefixtures("network")
def test_a_chief_reports_the_members_that_it_waits_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(member, "SECONDS", 0.01)
    monkeypatch.setattr(member, "SECONDS_TO_ANSWER", 0.05)
    monkeypatch.setattr(engine_choice, "ClusterEngine", lambda *_given: None)
    sockets = [socket.socket() for _ in range(3)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    chief, worker, server = (f"127.0.0.1:{one.getsockname()[1]}" for one in sockets)
    role = Role({"chief": [chief], "worker": [worker], "ps": [server]}, "chief", 0)
    seen: list[str] = []

    def serve(listening: socket.socket) -> None:
        """Answer each connection as a server of gRPC does: with a SETTINGS frame."""
        listening.listen()
        with contextlib.suppress(OSError):  # closed at the end
            while True:
                with listening.accept()[0] as connection:
                    connection.sendall(b"\0\0\0\x04\0\0\0\0\0")

    sockets[1].listen()  # another program uses the port of the worker, and says nothing
    Thread(target=serve, args=[sockets[2]], daemon=True).start()

    def stage(text: str) -> None:
        seen.append(text)
        if len(seen) == 4:
            Thread(target=serve, args=[sockets[1]], daemon=True).start()

    with engine_choice.engine_for(RunSettings(role=role), tmp_path, tmp_path / "log", stage):
        pass
    for one in sockets:
        one.close()
    late = f"waiting for worker 0 at {worker}"
    both = f"{late}, ps 0 at {server}"
    assert seen[0] == both
    assert set(seen) <= {both, late}
    assert seen[3:] == [late] * len(seen[3:])
    assert len(seen) >= 4


def test_signals_end_a_chief_that_connects_to_its_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TensorFlow does not return to Python while a machine does not answer."""
    during: list[Any] = []

    def connect(*_given: object) -> str:
        during.append([signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)])
        return "engine"

    def graceful(_number: int, _frame: object) -> None:
        """End gracefully."""

    monkeypatch.setattr(engine_choice, "ClusterEngine", connect)
    monkeypatch.setattr(engine_choice, "await_members", lambda _role, _waiting_for: None)
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
