"""Usage lines: brackets mark optional arguments, an ellipsis marks arguments that can be repeated."""

from __future__ import annotations

from typing import Any

import pytest
import typer

from skipgramophone.cli.app import app
from skipgramophone.cli.usage import Command
from tests.conftest import run_sgp

USAGE = {
    "extract": "EXPERIMENT [SOURCE]...",
    "inspect": "[EXPERIMENT|SOURCE]...",
    "train": "EXPERIMENT",
    "similar": "EXPERIMENT [TRACK]...",
    "explain": "EXPERIMENT A B",
    "export": "EXPERIMENT DESTINATION",
    "import": "EXPERIMENT FILE",
    "map": "EXPERIMENT",
    "evaluate": "EXPERIMENT",
    "tune": "EXPERIMENT",
    "index": "EXPERIMENT",
    "check": "[EXPERIMENT]",
    "run": "EXPERIMENT [SOURCE]...",
    "continue": "EXPERIMENT [TRACK]...",
    "experiments rm": "EXPERIMENT",
    "experiments copy": "EXPERIMENT NEW",
    "experiments rename": "EXPERIMENT NEW",
    "experiments pack": "EXPERIMENT ARCHIVE",
    "experiments unpack": "ARCHIVE",
}


@pytest.mark.parametrize("name", USAGE)
def test_the_usage_line_shows_optional_and_repeatable_arguments(name: str) -> None:
    assert run_sgp(*name.split(), "--help").out.splitlines()[0] == f"Usage: sgp {name} [OPTIONS] {USAGE[name]}"


def test_every_command_has_such_a_usage_line() -> None:
    root = typer.main.get_command(app)
    found: dict[str, Any] = {}
    for name, command in root.commands.items():  # type: ignore[attr-defined]
        below = getattr(command, "commands", None)
        found |= {f"{name} {child}": one for child, one in below.items()} if below else {name: command}
    assert {name for name, command in found.items() if not command.hidden} == set(USAGE)
    assert all(isinstance(command, Command) for command in found.values())


@pytest.mark.parametrize("command", [(), ("experiments",)])
def test_lists_of_commands_are_not_cut_on_a_terminal_of_80_columns(
    command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    listed = run_sgp(*command, "--help").out.partition("Commands:\n")[2]
    assert listed.count("\n") >= 5
    assert "..." not in listed
