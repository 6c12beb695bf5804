"""Whole experiments are copied, renamed, packed and unpacked; an archive may come from a stranger."""

from __future__ import annotations

import io
import json
import os
import shutil
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

import skipgramophone as package
from skipgramophone.errors import ExperimentError, SgpError, SourceError, StorageError
from skipgramophone.experiment.experiment import open_experiment
from skipgramophone.pipeline.archive import copy_experiment, pack_experiment, rename_experiment, unpack_experiment
from tests.conftest import run_sgp


@pytest.fixture
def root(sample_root: Path, tmp_path: Path) -> Path:
    """A directory with a copy of the trained sample."""
    shutil.copytree(sample_root, tmp_path / "root")
    return tmp_path / "root"


def contents(directory: Path) -> dict[str, bytes]:
    """All files of an experiment but for its lock and its description, which says the name."""
    files = {path.relative_to(directory).as_posix(): path for path in directory.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items() if name not in (".lock", "experiment.json")}


def test_a_copy_and_another_name_answer_alike(root: Path) -> None:
    whole = contents(root / "demo")
    copy_experiment("demo", "again", root)
    rename_experiment("again", "new", root)
    assert sorted(path.name for path in root.iterdir()) == ["demo", "new"]
    assert contents(root / "demo") == contents(root / "new") == whole
    described = [json.loads((root / name / "experiment.json").read_text()) for name in ("demo", "new")]
    assert [one.pop("name") for one in described] == ["demo", "new"]
    assert described[0] == described[1]
    index = open_experiment("new", root).manifest("index")  # its time is kept, so that it need not be hashed
    assert (root / "new/index/tracks.annoy").stat().st_mtime_ns == index.files["tracks.annoy"]["modified_ns"]
    answers = [package.similar(name, "every pencil knows", experiments_dir=root) for name in ("demo", "new")]
    assert answers[0] == answers[1]
    assert answers[1].answered_by == "index"


@pytest.mark.parametrize("move", [copy_experiment, rename_experiment])
def test_a_name_that_is_taken_or_none_is_refused(root: Path, move: Callable[..., None]) -> None:
    (root / "empty").mkdir()
    for new, why in (
        ("demo", "already exists: choose another name"),
        ("empty", "already exists: choose another name"),
        ("../up", "cannot be an experiment's name"),
        (".hidden", "cannot be an experiment's name"),
    ):
        with pytest.raises(ExperimentError, match=why):
            move("demo", new, root)
    with pytest.raises(ExperimentError, match="there is no experiment 'nobody'"):
        move("nobody", "new", root)
    with open_experiment("demo", root).writing("train"), pytest.raises(ExperimentError, match="is being written by"):
        move("demo", "new", root)
    os.mkfifo(root / "demo" / "pipe")
    with pytest.raises(ExperimentError, match="pipe is not a regular file or directory: move it out of"):
        copy_experiment("demo", "new", root)
    assert sorted(path.name for path in root.iterdir()) == ["demo", "empty"]


def test_what_is_packed_comes_out_again(root: Path, tmp_path: Path) -> None:
    (root / "demo" / "notes.txt").write_text("mine")
    whole = contents(root / "demo")
    (root / "demo" / ".corpus.1.draft").mkdir()
    (root / "demo" / ".corpus.1.draft" / "half").write_text("half")
    size = pack_experiment("demo", tmp_path / "demo.zip", experiments_dir=root)
    assert size == (tmp_path / "demo.zip").stat().st_size
    elsewhere = tmp_path / "elsewhere"
    assert unpack_experiment(tmp_path / "demo.zip", experiments_dir=elsewhere) == "demo"
    assert contents(elsewhere / "demo") == whole
    assert package.similar("demo", "every pencil knows", experiments_dir=elsewhere).answered_by == "index"
    with pytest.raises(ExperimentError, match="already exists: choose another name"):
        unpack_experiment(tmp_path / "demo.zip", experiments_dir=elsewhere)
    assert unpack_experiment(tmp_path / "demo.zip", "theirs", experiments_dir=elsewhere) == "theirs"
    assert json.loads((elsewhere / "theirs" / "experiment.json").read_text())["name"] == "theirs"
    with pytest.raises(
        ExperimentError, match=r"demo\.zip already exists: choose another path, or replace it with --force"
    ):
        pack_experiment("demo", tmp_path / "demo.zip", experiments_dir=root)


def archive_of(members: list[tuple[str, bytes]], kind: int = 0) -> bytes:
    """An archive with an experiment's description and some members more."""
    held = io.BytesIO()
    described = {"format": 1, "name": "theirs", "created": "2026-01-01", "version": "0.1.0"}
    with zipfile.ZipFile(held, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of two members of one name, which is what is asked for
        archive.writestr("experiment.json", json.dumps(described))
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.external_attr = kind << 16
            archive.writestr(info, data)
    return held.getvalue()


@pytest.mark.parametrize(
    "archive",
    [
        *(
            archive_of([(name, b"x")])
            for name in (
                "../up", "/tmp/absolute", "corpus/../../up", "corpus/./x", "corpus//x", "..", "a\\..\\up", "line\nend",
                "experiment.json", ".lock", ".demo.1.draft/x", "/".join("abcdefghi"), "n" * 300, "corpus/",
            )
        ),
        archive_of([("corpus", b"/etc")], 0o120777),  # a link, through which the next would be written
        archive_of([("corpus", b"")], 0o010644),  # a pipe
    ],
)  # fmt: skip
def test_no_path_of_a_member_is_obeyed_blindly(tmp_path: Path, archive: bytes) -> None:
    (tmp_path / "evil.zip").write_bytes(archive)
    with pytest.raises(SourceError, match=r"evil\.zip is not a valid archive: unsafe member '"):
        unpack_experiment(tmp_path / "evil.zip", experiments_dir=tmp_path / "root" / "experiments")
    assert [path.name for path in tmp_path.rglob("*")] == ["evil.zip"]


def test_a_member_that_stands_where_another_needs_a_directory(tmp_path: Path) -> None:
    (tmp_path / "evil.zip").write_bytes(archive_of([("corpus", b"x"), ("corpus/x", b"x")]))
    with pytest.raises(SgpError):
        unpack_experiment(tmp_path / "evil.zip", experiments_dir=tmp_path / "experiments")
    assert list((tmp_path / "experiments").iterdir()) == []


def test_what_is_damaged_is_refused_and_leaves_nothing(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, into = tmp_path / "demo.zip", tmp_path / "into"
    pack_experiment("demo", place, experiments_dir=root)
    whole = place.read_bytes()
    half = len(whole) // 2

    def changed(member: str, change: Callable[[bytes], bytes]) -> bytes:
        """The archive with another content of a member."""
        other = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(whole)) as packed, zipfile.ZipFile(other, "w") as written:
            for name in packed.namelist():
                written.writestr(name, change(packed.read(name)) if name == member else packed.read(name))
        return other.getvalue()

    for data, why in (
        (whole[:half], "is not a packed experiment, or is damaged"),
        (whole[:half] + bytes(64) + whole[half + 64 :], "is not a packed experiment, or is damaged"),
        (b"", "is not a packed experiment, or is damaged"),
        (
            changed("model/context.npy", lambda data: data + b"!"),
            r"is damaged: model/context\.npy: wrong size: 1,193,729 bytes",
        ),
        (changed("model/context.npy", lambda data: data[:-1] + b"!"), r"model/context\.npy: its bytes are not those"),
        (
            changed("model/manifest.json", lambda data: data.replace(b"context.npy", b"../../context.npy")),
            r"is damaged: model/manifest\.json is not as it must be",
        ),
        (
            changed("model/manifest.json", lambda data: data.replace(b"context.npy", b"more.npy")),
            "it was not published",
        ),
        (archive_of([]).replace(b'"format": 1', b'"format": 2'), "damaged"),  # its checksum is another now
    ):
        place.write_bytes(data)
        with pytest.raises(SourceError, match=why):
            unpack_experiment(place, "x", experiments_dir=into)
    place.write_bytes(whole)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=9))
    with pytest.raises(StorageError, match=r"it needs [0-9,]+ bytes, and 9 are free"):
        unpack_experiment(place, "x", experiments_dir=into)
    with pytest.raises(SourceError, match="nowhere is not a file"):
        unpack_experiment(tmp_path / "nowhere", experiments_dir=into)
    assert list(into.iterdir()) == []


def test_a_full_disk_leaves_nothing(root: Path, tmp_path: Path, full_disk: None) -> None:
    plain = package.MapSettings(projection="pca")
    for deed in (
        lambda: copy_experiment("demo", "new", root),
        lambda: pack_experiment("demo", tmp_path / "demo.zip", experiments_dir=root),
        lambda: package.draw_map("demo", tmp_path / "m.html", plain, experiments_dir=root),
    ):
        with pytest.raises(StorageError, match=r"^cannot write [^\n]*$"):
            deed()
    assert [path.name for path in root.iterdir()] == ["demo"]
    assert [path.name for path in tmp_path.iterdir()] == ["root"]


def test_the_commands(root: Path, tmp_path: Path) -> None:
    def ran(*arguments: str | Path) -> str:
        done = run_sgp("experiments", *arguments, "--experiments-dir", root)
        assert (done.code, done.out) == (0, "")
        return done.err

    assert ran("copy", "demo", "again") == "copied 'demo' to 'again'\n"
    assert ran("rename", "again", "other") == "renamed 'again' to 'other'\n"
    assert ran("pack", "other", tmp_path / "o.zip").startswith(f"packed 'other' into {tmp_path / 'o.zip'} (")
    assert ran("unpack", tmp_path / "o.zip", "--name", "third") == "unpacked 'third'\n"
    shutil.copytree(root / "third", root / ".third.1.draft")  # as a killed writer leaves it
    listed = run_sgp("experiments", "--json", "--experiments-dir", root)
    assert [one["experiment"] for one in json.loads(listed.out)] == ["demo", "other", "third"]
