"""Errors name a setting as the user gave it: by its option on the command line, by its field in Python."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import typer

import skipgramophone.settings as declared
from skipgramophone.cli.app import app
from skipgramophone.errors import SettingError
from skipgramophone.settings.setting import option_of, setting_of
from skipgramophone.wording import COMMAND_LINE
from tests.conftest import run_sgp

CLASSES = [each for name, each in sorted(vars(declared).items()) if name.endswith("Settings")]


def wrong_values() -> Iterator[tuple[type[Any], str, Any]]:
    """Yield each setting with an invalid value for it."""
    for kind in CLASSES:
        for field in fields(kind):
            if setting_of(field) is not None:
                yield kind, field.name, object()


@pytest.mark.parametrize(("kind", "name", "value"), list(wrong_values()))
def test_every_setting_is_named_as_a_field_and_as_an_option(kind: type[Any], name: str, value: Any) -> None:
    option = next(option_of(field) for field in fields(kind) if field.name == name)
    with pytest.raises(SettingError) as wrong:
        kind(**{name: value})
    assert str(wrong.value).startswith(f"{name} must be ")
    assert wrong.value.on_command_line == f"{option}{str(wrong.value).removeprefix(name)}"


def commands() -> dict[str, Any]:
    """Return all commands by name."""
    found: dict[str, Any] = {}
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        below = getattr(command, "commands", None)
        found |= {f"{name} {child}": one for child, one in below.items()} if below else {name: command}
    return found


def test_every_long_option_is_the_one_that_errors_name() -> None:
    options = {option for command in commands().values() for each in command.params for option in each.opts}
    named = {option_of(field) for kind in CLASSES for field in fields(kind) if setting_of(field)}
    assert named - options == set()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ("similar demo x --by heart", "--by must be one of "),
        ("similar demo x -n 0", "--number must be at least 1, not 0"),
        ("similar demo x --max-per-artist few", "--max-per-artist must be a whole number (0 = no limit), not 'few'"),
        ("similar demo x --exclude-versions lvie", "--exclude-versions must be one or more of "),
        ("similar demo x --longer-than 5m --shorter-than 2m", "--longer-than must not be above --shorter-than"),
        ("similar demo x --shorter-than soon", "--shorter-than: a time span must be a number followed by s, m or h"),
        ("similar demo x --of artists --fold-versions", "--fold-versions is for lists of tracks: "),
        ("similar demo x --format pdf", "--format must be one of "),
        ("continue demo x --artist-gap 2", "--artist-gap needs an ordered list: add --arrange"),
        ("extract demo --sample --keep dust", "--keep must be one of episodes, placeholders, skips, not 'dust'"),
        ("extract demo --sample --session-gap soon", "--session-gap must be a time span above 0, such as 90s"),
        ("extract demo --sample --since soon", "--since must be a date or a time"),
        (
            "extract demo --sample --min-length 9 --max-length 5",
            "--max-length must be at least 2 and ",
        ),
        ("extract demo --sample --encoding klingon", "--encoding must be one that Python knows"),
        ("extract demo --sample --columns by=Name", "--columns has no role 'by'"),
        ("extract demo --sample --holdout some", "--holdout must be a share"),
        ("train demo -wsz sack", "--window-size must be 'auto', 'bag' or a number, not 'sack'"),
        ("train demo -lr nan", "--learning-rate must be above 0, not nan"),
        ("evaluate demo --seeds 2 --protocol lookup", "--seeds cannot be combined with the protocol lookup"),
        ("evaluate demo --recency 0.5 --protocol lookup", "--recency needs the protocol next-item"),
    ],
)
def test_an_error_names_the_option(tmp_path: Path, arguments: str, problem: str) -> None:
    ran = run_sgp(*arguments.split(), "--experiments-dir", tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"error: {problem}")


def test_the_option_of_a_setting_has_its_name() -> None:
    other = {"checkpoint_seconds": "--checkpoint-every", "exclude": "--exclude-file"}
    # In `export`, "only" is the option --only. In look-ups, where it may also be a list of names, it is --only-file.
    named = [field for kind in CLASSES for field in fields(kind) if setting_of(field) and field.name != "only"]
    assert {option_of(field) for field in named} >= {"-k", "--min-count", *other.values()}
    for field in named:
        assert option_of(field) == other.get(field.name, COMMAND_LINE(field.name))


def test_an_error_in_a_settings_file_names_the_file_and_the_setting(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text("[train]\nmin_count = 0\n")
    ran = run_sgp("train", "demo", "--config", file, "--experiments-dir", tmp_path)
    assert (ran.code, ran.err) == (2, f"error: {file}: min_count must be at least 1, not 0\n")


def test_no_message_names_an_option_without_its_dashes() -> None:
    names = {option_of(field).lstrip("-") for kind in CLASSES for field in fields(kind) if setting_of(field)} - {"k"}
    bare = re.compile(rf"[\"'](?:{'|'.join(sorted(names))}) (?:and [a-z-]+ )?(?:must|cannot|needs?|applies|is for)\b")
    sources = Path(declared.__file__).parents[1].rglob("*.py")
    assert [path.name for path in sources if bare.search(path.read_text(encoding="utf-8"))] == []
