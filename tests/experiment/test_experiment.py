"""The experiment directory: names, manifests, stale stages, the lock and atomic publishing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from skipgramophone.errors import ExperimentError, StorageError
from skipgramophone.experiment import publishing
from skipgramophone.experiment.checkpoint import read_checkpoint
from skipgramophone.experiment.experiment import Experiment, open_experiment
from skipgramophone.experiment.new_experiment import new_experiment
from skipgramophone.experiment.publishing import draft_directory, publish, published_file, remove_leftovers, withdraw

NEXT_STEP = "; restore it from a backup, or run sgp check to see which command re-creates it"


def put(experiment: Experiment, stage: str, text: str, **settings: int) -> None:
    """Publish a stage with one file."""
    with experiment.publishing(stage, settings) as draft:
        (draft.path / "file.txt").write_text(text)
        draft.facts["words"] = len(text.split())


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    """An experiment with a corpus and a model."""
    with new_experiment("tried", tmp_path) as made:
        put(made, "corpus", "some playlists", rows=2)
        put(made, "model", "some vectors")
    return made


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../evil", "it contains a slash"),
        ("/etc/evil", "it contains a slash"),
        ("a/b", "it contains a slash"),
        ("a\\b", "it contains a backslash"),
        ("", "it is empty"),
        (".", "it begins with ."),
        ("..", "it begins with ."),
        (".hidden", "it begins with ."),
        ("-x", "it begins with -"),
        ("a\nb", "it contains control characters"),
        ("a\0b", "it contains control characters"),
        ("a\u202eb", "it contains control characters"),
        ("x" * 201, "it is longer than 200 bytes"),
        ("ж" * 101, "it is longer than 200 bytes"),
    ],
)
def test_an_invalid_name_is_refused(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(ExperimentError) as refused, new_experiment(name, tmp_path / "inside"):
        pass
    assert "cannot be an experiment's name" in str(refused.value)
    assert str(refused.value).endswith(f": {why}")
    assert list(tmp_path.iterdir()) == []


def test_a_manifest_describes_a_stage(experiment: Experiment) -> None:
    manifest = experiment.manifest("corpus")
    assert manifest.settings == {"rows": 2}
    assert manifest.facts == {"words": 2}
    assert manifest.files["file.txt"]["bytes"] == len("some playlists")
    assert manifest.parent is None
    assert experiment.current("model").parent == manifest.digest


def test_a_digest_depends_on_content_and_settings_but_not_on_time(tmp_path: Path) -> None:
    digests = []
    for name, text, rows in (("a", "x", 1), ("b", "x", 1), ("c", "y", 1), ("d", "x", 2)):
        with new_experiment(name, tmp_path) as made:
            put(made, "corpus", text, rows=rows)
        digests.append(made.manifest("corpus").digest)
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


def test_a_stale_stage_is_refused_with_the_command_to_run(experiment: Experiment) -> None:
    with experiment.writing("train"):
        put(experiment, "corpus", "other playlists")
    with pytest.raises(ExperimentError) as stale:
        experiment.current("model")
    assert str(stale.value) == (
        "the model of 'tried' is out of date: its corpus has been replaced; run sgp train tried --force"
    )


def test_an_existing_stage_is_not_replaced_without_force(experiment: Experiment) -> None:
    experiment.require_new("index", force=False)
    put(experiment, "index", "some trees")
    for stage, python, command_line in (
        (
            "corpus",
            "add to it with append=True, choose another name",
            "add to it with sgp extract --append, choose another name",
        ),
        ("model", "choose another name to keep both", "choose another name to keep both"),
        ("index", "choose another name to keep both", "choose another name to keep both"),
    ):
        experiment.require_new(stage, force=True)
        with pytest.raises(ExperimentError) as refused:
            experiment.require_new(stage, force=False)
        start = f"experiment 'tried' already has {'an' if stage == 'index' else 'a'} {stage}:"
        assert str(refused.value) == f"{start} {python}, or replace it with force=True"
        assert refused.value.on_command_line == f"{start} {command_line}, or replace it with --force"


def test_the_error_for_a_missing_stage_names_the_command(tmp_path: Path, experiment: Experiment) -> None:
    with pytest.raises(ExperimentError, match="experiment 'tried' has no index yet: run sgp index tried"):
        experiment.manifest("index")
    with pytest.raises(ExperimentError, match=r"there is no experiment 'other' in .*: run sgp extract other SOURCE"):
        open_experiment("other", tmp_path)


def test_the_error_for_a_missing_model_resumes_an_unfinished_run(tmp_path: Path) -> None:
    with new_experiment("tried", tmp_path) as made:
        put(made, "corpus", "some playlists")
    with pytest.raises(ExperimentError, match=r"experiment 'tried' has no model yet: run sgp train tried$"):
        made.current("model")
    (made.path / "checkpoint").mkdir()
    with pytest.raises(ExperimentError) as missing:
        made.current("model")
    assert str(missing.value) == (
        "experiment 'tried' has no model yet, because its training was interrupted: "
        "continue with sgp train tried --resume"
    )


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', "[" * 100_000])
def test_a_damaged_manifest_is_reported_in_one_line(experiment: Experiment, text: str) -> None:
    (experiment.directory("corpus") / "manifest.json").write_text(text)
    with pytest.raises(ExperimentError, match=r"manifest\.json is damaged") as damaged:
        experiment.manifest("corpus")
    assert "\n" not in str(damaged.value)
    assert str(damaged.value).endswith(NEXT_STEP)


@pytest.mark.parametrize(
    "change",
    [{"files": {name: {"bytes": 1}}} for name in ("../x", "a/b", ".", "a" * 256, "\ud800", "\n")]
    + [{"files": {"centre.npy": 1}}, {"parent": []}, {"digest": 1}],
)
def test_a_manifest_with_wrong_types_or_unsafe_names_is_refused(
    experiment: Experiment, change: dict[str, object]
) -> None:
    path = experiment.directory("corpus") / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    problem = "a file name is too long, contains a directory, or contains a character that cannot be printed"
    with pytest.raises(ExperimentError, match=f"a field has the wrong type, or {problem}{NEXT_STEP}$"):
        experiment.manifest("corpus")


@pytest.mark.parametrize(
    ("format", "next_step"), [(99, ": update skipgramophone"), (0, NEXT_STEP), ("1", NEXT_STEP), (None, NEXT_STEP)]
)
def test_an_unknown_format_is_refused(experiment: Experiment, format: object, next_step: str) -> None:
    path = experiment.directory("corpus") / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": format}))
    with pytest.raises(ExperimentError, match=f"has format {format!r}; this version reads format 1{next_step}$"):
        experiment.manifest("corpus")


def test_the_error_for_a_damaged_checkpoint_does_not_only_replace_it(experiment: Experiment) -> None:
    state = experiment.path / "checkpoint" / "state.json"
    state.parent.mkdir()
    advice = "; restore it from a backup, or start over with sgp train tried --force"
    for text, problem, next_step in (
        ("{", "is damaged: Expecting property name", advice),
        ("{}", "has format None; this version reads format 1", advice),
        ('{"format": 2}', "has format 2; this version reads format 1", ": update skipgramophone"),
    ):
        state.write_text(text)
        with pytest.raises(ExperimentError) as raised:
            read_checkpoint(experiment.path)
        assert str(raised.value).startswith(f"{state} {problem}")
        assert str(raised.value).endswith(next_step)


def test_a_new_experiment_without_a_published_stage_is_removed(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), new_experiment("tried", tmp_path) as made, made.publishing("corpus", {}) as draft:
        (draft.path / "half.txt").write_text("half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_failed_stage_keeps_the_previous_one(experiment: Experiment) -> None:
    before = experiment.manifest("corpus")
    with pytest.raises(RuntimeError), experiment.writing("train"), experiment.publishing("corpus", {}) as draft:
        (draft.path / "file.txt").write_text("half")
        raise RuntimeError
    assert experiment.manifest("corpus") == before
    assert (experiment.directory("corpus") / "file.txt").read_text() == "some playlists"
    assert sorted(path.name for path in experiment.path.iterdir()) == [".lock", "corpus", "experiment.json", "model"]


@pytest.mark.parametrize("by_system", [True, False])
def test_a_stage_is_replaced_as_a_whole(
    experiment: Experiment, monkeypatch: pytest.MonkeyPatch, by_system: bool
) -> None:
    if not by_system:
        monkeypatch.setattr(publishing, "_exchange_by_system", lambda _draft, _place: False)
    with experiment.writing("train"):
        put(experiment, "corpus", "other playlists")
    assert (experiment.directory("corpus") / "file.txt").read_text() == "other playlists"
    assert sorted(path.name for path in experiment.path.iterdir()) == [".lock", "corpus", "experiment.json", "model"]


@pytest.mark.parametrize("at", [0, 1])
@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_a_stage_is_restored_if_a_rename_is_interrupted(
    experiment: Experiment, monkeypatch: pytest.MonkeyPatch, at: int, error: type[BaseException]
) -> None:
    monkeypatch.setattr(publishing, "_exchange_by_system", lambda _draft, _place: False)
    real, renamed = Path.rename, list[Path]()

    def rename(path: Path, to: Path) -> Path:
        renamed.append(path)
        if len(renamed) == at + 1:
            raise error
        return real(path, to)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises((error, StorageError)), experiment.writing("train"):
        put(experiment, "corpus", "other playlists")
    assert (experiment.directory("corpus") / "file.txt").read_text() == "some playlists"
    assert sorted(path.name for path in experiment.path.iterdir()) == [".lock", "corpus", "experiment.json", "model"]


def test_drafts_of_a_killed_writer_are_removed_by_the_next_one(experiment: Experiment) -> None:
    (experiment.path / ".corpus.4194305.draft").mkdir()
    (experiment.path / ".corpus.4194305.draft" / "half.txt").write_text("half")
    (experiment.path / ".model.4194305.old").mkdir()
    (experiment.path / ".index.4194305.draft").write_text("a file")
    (experiment.path / ".index.4194306.draft").symlink_to(experiment.path / "corpus")
    with experiment.writing("train"):
        pass
    assert sorted(path.name for path in experiment.path.iterdir()) == [".lock", "corpus", "experiment.json", "model"]


HOLD = """
import sys, time
from pathlib import Path
from skipgramophone.experiment.experiment import open_experiment
with open_experiment("tried", Path(sys.argv[1])).writing("train"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("text", ["{", '{"format": 99}', "[]"])
def test_a_damaged_or_unknown_description_is_refused(tmp_path: Path, experiment: Experiment, text: str) -> None:
    (experiment.path / "experiment.json").write_text(text)
    with pytest.raises(ExperimentError, match=r"experiment\.json (is damaged|has format)"):
        open_experiment("tried", tmp_path)
    with (
        pytest.raises(ExperimentError, match=r"experiment\.json (is damaged|has format)"),
        new_experiment("tried", tmp_path),
    ):
        pass
    assert (experiment.path / "experiment.json").read_text() == text


def test_a_second_writer_of_a_new_experiment_does_not_remove_it(tmp_path: Path) -> None:
    with new_experiment("tried", tmp_path) as first:
        with pytest.raises(ExperimentError, match="is being written by"), new_experiment("tried", tmp_path):
            pass
        put(first, "corpus", "some playlists")
    assert open_experiment("tried", tmp_path).has("corpus")


def test_files_are_flushed_before_a_stage_is_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[str] = []
    real = os.fsync

    def record(handle: int) -> None:
        flushed.append(Path(f"/proc/self/fd/{handle}").readlink().name)
        real(handle)

    with new_experiment("tried", tmp_path) as made, made.publishing("corpus", {}) as draft:
        (draft.path / "a.txt").write_text("a")
        monkeypatch.setattr(os, "fsync", record)
    assert set(flushed[:2]) == {"a.txt", "manifest.json"}
    assert re.fullmatch(r"\.corpus\.t[0-9a-f]{10}\.draft", flushed[2])
    assert flushed[3:] == ["tried"]
    flushed.clear()
    with published_file(tmp_path / "out.txt") as path:
        path.write_text("x")
    assert re.fullmatch(r"\.out\.txt\.t[0-9a-f]{10}\.draft", flushed[0])
    assert flushed[1:] == [tmp_path.name]


def test_a_second_writer_is_refused_unless_the_first_is_dead(experiment: Experiment) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(experiment.path.parent)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(ExperimentError) as held, experiment.writing("train"):
        pass
    assert f"experiment 'tried' is being written by process {holder.pid} on " in str(held.value)
    assert str(held.value).endswith(" (sgp train tried): wait for it or stop it")
    holder.kill()
    holder.wait()
    holder.stdout.close()
    with experiment.writing("train"):
        pass


def test_a_directory_of_a_writer_that_was_killed_early_can_be_used(tmp_path: Path) -> None:
    for name, left in (("a", []), ("b", [".lock"]), ("c", [".lock", ".experiment.json.new"])):
        (tmp_path / name).mkdir()
        for file in left:
            (tmp_path / name / file).write_text('{"pid": 1')
        with new_experiment(name, tmp_path) as made:
            put(made, "corpus", "some playlists")
        assert open_experiment(name, tmp_path).has("corpus")


def test_a_foreign_directory_is_refused_and_unchanged(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letters.txt").write_text("dear")
    with (
        pytest.raises(ExperimentError, match="exists and is not an experiment: choose another name"),
        new_experiment("mine", tmp_path),
    ):
        pass
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letters.txt"]
    (tmp_path / "file").write_text("x")
    with pytest.raises(ExperimentError, match="exists and is not an experiment"), new_experiment("file", tmp_path):
        pass


def test_a_file_is_published_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    place = tmp_path / "out.txt"
    place.write_text("old")
    with pytest.raises(RuntimeError), published_file(place) as draft:
        draft.write_text("half")
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["out.txt"]
    assert place.read_text() == "old"
    with published_file(place) as draft:
        draft.write_text("new")
    assert [path.name for path in tmp_path.iterdir()] == ["out.txt"]
    assert place.read_text() == "new"


def test_a_failing_disk_is_reported_and_leaves_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_handle: int) -> None:
        raise OSError(5, os.strerror(5))

    place = tmp_path / "stage"
    monkeypatch.setattr(os, "fsync", fail)
    with (
        pytest.raises(StorageError, match=r"cannot write .*stage: Input/output error"),
        draft_directory(place) as draft,
    ):
        (draft / "x").write_text("x")
        publish(draft, place)
    assert list(tmp_path.iterdir()) == []


def test_a_directory_is_withdrawn_before_its_files_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "checkpoint"
    place.mkdir()
    (place / "state.json").write_text("{}")
    monkeypatch.setattr("shutil.rmtree", lambda *_args, **_kinds: None)  # killed before the first file is removed
    withdraw(place)
    assert not place.exists()
    (left,) = tmp_path.iterdir()
    assert re.fullmatch(r"\.checkpoint\.t[0-9a-f]{10}\.old", left.name)
    monkeypatch.undo()
    remove_leftovers(tmp_path)
    withdraw(place)
    assert list(tmp_path.iterdir()) == []
