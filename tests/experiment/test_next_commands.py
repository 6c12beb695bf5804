"""The commands that messages suggest repeat the settings of the model or the index that they replace."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from typing import Any

import pytest

from skipgramophone.experiment.manifest import Manifest
from skipgramophone.experiment.next_commands import continue_command, remake_command, repeated_options
from skipgramophone.settings import IndexSettings, TrainSettings
from tests.conftest import Sgp

MUSIC = "\n".join(f"#EXTINF:1,Artist {at % 4} - Song {at}\n{at}.mp3" for at in range(12)) + "\n"


def manifest(stage: str, settings: dict[str, Any], **facts: Any) -> Manifest:
    """A manifest with the given settings and facts."""
    return Manifest(stage, "a", "b", settings=settings, files={}, facts=facts, created="")


def test_a_model_with_default_settings_needs_no_options() -> None:
    model = manifest("model", asdict(TrainSettings(window_size="bag")), order={"window_size": "bag"})
    assert remake_command("demo", model) == "sgp train demo --force"
    assert continue_command("demo", model).endswith("run sgp train demo --force --from demo")


def test_settings_that_differ_from_the_defaults_are_repeated() -> None:
    settings = TrainSettings(window_size="bag", embedding_dim=64, learning_rate=0.05, factors=False)
    model = manifest("model", asdict(settings), order=None)
    options = "--window-size bag --embedding-dim 64 --learning-rate 0.05 --no-factors"
    assert remake_command("my shop", model) == f"sgp train 'my shop' --force {options}"
    assert continue_command("my shop", model).endswith(f"run sgp train 'my shop' --force --from 'my shop' {options}")


def test_a_context_that_was_chosen_by_a_test_is_chosen_again() -> None:
    settings = asdict(TrainSettings(window_size=5, epochs=3))
    assert repeated_options(manifest("model", settings, order={"window_size": 5})) == ["--epochs", "3"]


def test_an_index_is_rebuilt_with_its_settings_and_without_force() -> None:
    index = manifest("index", asdict(IndexSettings(recall=0.999, shards=2)))
    assert remake_command("demo", index) == "sgp index demo --recall 0.999 --shards 2"


def test_imported_vectors_are_imported_again() -> None:
    model = manifest("model", asdict(TrainSettings(epochs=3)), imported="vectors.txt")
    assert remake_command("demo", model) == "sgp import demo FILE --force"
    assert repeated_options(model) == []


@pytest.mark.parametrize("settings", [{"epochs": "; rm -rf ~"}, {"epochs": 0}, {"negatives": [1]}])
def test_settings_that_are_not_valid_are_not_repeated(settings: dict[str, Any]) -> None:
    assert repeated_options(manifest("model", settings)) == []


def test_settings_of_other_versions_are_ignored() -> None:
    assert repeated_options(manifest("model", {"epochs": 3, "optimizer": "x"})) == ["--epochs", "3"]


def test_the_suggested_command_trains_with_the_settings_of_the_model(sgp: Sgp, tmp_path: Any) -> None:
    one, two = tmp_path / "one.m3u", tmp_path / "two.m3u"
    one.write_text(MUSIC)
    two.write_text(MUSIC.replace("Song 11", "Song 12"))
    assert sgp("extract", "mine", one, "-q").code == 0
    assert sgp("train", "mine", "-wsz", "bag", "-emb", "8", "-e", "2", "--no-factors", "-q").code == 0
    ran = sgp("extract", "mine", two, "--append")
    program, *words = shlex.split(ran.err.rpartition("run ")[2])
    assert program == "sgp"
    again = sgp(*words)
    assert again.code == 0
    assert "vectors        13 tracks × 8; 12 initialized from earlier vectors" in again.out
    assert "context        whole playlist\n" in again.out
    assert "epochs         2 over 24 occurrences" in again.out
