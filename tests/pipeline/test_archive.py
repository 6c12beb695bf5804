"""Copying, renaming, packing and unpacking of experiments; archives may come from untrusted sources."""

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
def root(trained: Path, tmp_path: Path) -> Path:
    """A directory with a copy of the small experiment."""
    shutil.copytree(trained / "genres", tmp_path / "root" / "genres")
    return tmp_path / "root"


def contents(directory: Path) -> dict[str, bytes]:
    """Read all files of an experiment except its lock and experiment.json, which contains its name."""
    files = {path.relative_to(directory).as_posix(): path for path in directory.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items() if name not in (".lock", "experiment.json")}


def test_copied_and_renamed_experiments_give_the_same_answers(root: Path) -> None:
    whole = contents(root / "genres")
    copy_experiment("genres", "again", root)
    rename_experiment("again", "new", root)
    assert sorted(path.name for path in root.iterdir()) == ["genres", "new"]
    assert contents(root / "genres") == contents(root / "new") == whole
    described = [json.loads((root / name / "experiment.json").read_text()) for name in ("genres", "new")]
    assert [one.pop("name") for one in described] == ["genres", "new"]
    assert described[0] == described[1]
    index = open_experiment("new", root).manifest("index")  # kept modification times save hashing the index again
    assert (root / "new/index/tracks.annoy").stat().st_mtime_ns == index.files["tracks.annoy"]["modified_ns"]
    by_cosine = package.SimilarSettings(by="cosine")
    answers = [package.similar(name, "folk 3", by_cosine, experiments_dir=root) for name in ("genres", "new")]
    assert answers[0] == answers[1]
    assert answers[1].answered_by == "index"


@pytest.mark.parametrize("move", [copy_experiment, rename_experiment])
def test_taken_and_invalid_names_are_refused(root: Path, move: Callable[..., None]) -> None:
    (root / "empty").mkdir()
    for new, why in (
        ("genres", "already exists: choose another name"),
        ("empty", "already exists: choose another name"),
        ("../up", "cannot be an experiment's name"),
        (".hidden", "cannot be an experiment's name"),
    ):
        with pytest.raises(ExperimentError, match=why):
            move("genres", new, root)
    with pytest.raises(ExperimentError, match="there is no experiment 'unknown'"):
        move("unknown", "new", root)
    with open_experiment("genres", root).writing("train"), pytest.raises(ExperimentError, match="is being written by"):
        move("genres", "new", root)
    os.mkfifo(root / "genres" / "pipe")
    with pytest.raises(ExperimentError, match="pipe is not a regular file or directory: move it out of"):
        copy_experiment("genres", "new", root)
    assert sorted(path.name for path in root.iterdir()) == ["empty", "genres"]


def test_unpacked_experiment_equals_the_packed_one(root: Path, tmp_path: Path) -> None:
    (root / "genres" / "notes.txt").write_text("mine")
    whole = contents(root / "genres")
    (root / "genres" / ".corpus.1.draft").mkdir()
    (root / "genres" / ".corpus.1.draft" / "half").write_text("half")
    size = pack_experiment("genres", tmp_path / "genres.zip", experiments_dir=root)
    assert size == (tmp_path / "genres.zip").stat().st_size
    elsewhere = tmp_path / "elsewhere"
    assert unpack_experiment(tmp_path / "genres.zip", experiments_dir=elsewhere) == "genres"
    assert contents(elsewhere / "genres") == whole
    by_cosine = package.SimilarSettings(by="cosine")
    assert package.similar("genres", "folk 3", by_cosine, experiments_dir=elsewhere).answered_by == "index"
    with pytest.raises(ExperimentError, match="already exists: choose another name with --name NEW"):
        unpack_experiment(tmp_path / "genres.zip", experiments_dir=elsewhere)
    assert unpack_experiment(tmp_path / "genres.zip", "theirs", experiments_dir=elsewhere) == "theirs"
    assert json.loads((elsewhere / "theirs" / "experiment.json").read_text())["name"] == "theirs"
    with pytest.raises(
        ExperimentError, match=r"genres\.zip already exists: choose another path, or replace it with force=True"
    ):
        pack_experiment("genres", tmp_path / "genres.zip", experiments_dir=root)


@pytest.mark.parametrize(
    ("stage", "name", "change"),
    [
        ("model", "factors.npy", None),
        ("model", "factors.json", b"{"),
        ("model", "ease.npy", None),
        ("corpus", "manifest.json", b"{"),
        ("index", "more", b"x"),
    ],
)
def test_a_damaged_experiment_is_not_packed(
    root: Path, tmp_path: Path, stage: str, name: str, change: bytes | None
) -> None:
    path = root / "genres" / stage / name
    if change is None:
        path.unlink()
    else:
        path.write_bytes(change)
    place = f"{stage}/{name}"
    message = rf"'genres' is damaged and is not packed, .*{place}.*; run sgp check genres to list all damage"
    with pytest.raises(ExperimentError, match=message):
        pack_experiment("genres", tmp_path / "genres.zip", experiments_dir=root)
    assert not (tmp_path / "genres.zip").exists()


def archive_of(members: list[tuple[str, bytes]], kind: int = 0) -> bytes:
    """Return an archive with experiment.json and further members."""
    held = io.BytesIO()
    described = {"format": 1, "name": "theirs", "created": "2026-01-01", "version": "0.1.0"}
    with zipfile.ZipFile(held, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns of duplicate members, which are intended here
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
                "experiment.json", ".lock", ".genres.1.draft/x", "/".join("abcdefghi"), "n" * 300, "corpus/",
            )
        ),
        archive_of([("corpus", b"/etc")], 0o120777),  # a link that a later member could write through
        archive_of([("corpus", b"")], 0o010644),  # a pipe
    ],
)  # fmt: skip
def test_unsafe_member_paths_are_refused(tmp_path: Path, archive: bytes) -> None:
    (tmp_path / "evil.zip").write_bytes(archive)
    with pytest.raises(SourceError, match=r"evil\.zip is not a valid archive: unsafe member '"):
        unpack_experiment(tmp_path / "evil.zip", experiments_dir=tmp_path / "root" / "experiments")
    assert [path.name for path in tmp_path.rglob("*")] == ["evil.zip"]


def test_member_in_place_of_a_directory_of_another_is_refused(tmp_path: Path) -> None:
    (tmp_path / "evil.zip").write_bytes(archive_of([("corpus", b"x"), ("corpus/x", b"x")]))
    with pytest.raises(SgpError):
        unpack_experiment(tmp_path / "evil.zip", experiments_dir=tmp_path / "experiments")
    assert list((tmp_path / "experiments").iterdir()) == []


def test_damaged_archive_is_refused_and_leaves_nothing(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, into = tmp_path / "genres.zip", tmp_path / "into"
    pack_experiment("genres", place, experiments_dir=root)
    whole = place.read_bytes()
    half = len(whole) // 2

    def changed(member: str, change: Callable[[bytes], bytes]) -> bytes:
        """Return the archive with the content of one member changed."""
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
            r"is damaged: model/context\.npy: wrong size: 5,313 bytes",
        ),
        (changed("model/context.npy", lambda data: data[:-1] + b"!"), r"model/context\.npy: checksum mismatch"),
        (
            changed("model/manifest.json", lambda data: data.replace(b"context.npy", b"../../context.npy")),
            r"is damaged: invalid model/manifest\.json",
        ),
        (
            changed("model/manifest.json", lambda data: data.replace(b"context.npy", b"more.npy")),
            r"model/context\.npy: file is not listed in the manifest",
        ),
        (archive_of([]).replace(b'"format": 1', b'"format": 2'), "damaged"),  # the checksum of the member is wrong
    ):
        place.write_bytes(data)
        with pytest.raises(SourceError, match=why):
            unpack_experiment(place, "x", experiments_dir=into)
    place.write_bytes(whole)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=9))
    with pytest.raises(StorageError, match=r"this needs [0-9,]+ bytes, but only 9 are free"):
        unpack_experiment(place, "x", experiments_dir=into)
    with pytest.raises(SourceError, match="nowhere is not a file"):
        unpack_experiment(tmp_path / "nowhere", experiments_dir=into)
    assert list(into.iterdir()) == []


@pytest.fixture
def sample(sample_root: Path, tmp_path: Path) -> Path:
    """A directory with a copy of the trained sample, whose files are larger than the full disk allows."""
    return Path(shutil.copytree(sample_root, tmp_path / "root"))


def test_full_disk_leaves_nothing(sample: Path, tmp_path: Path, full_disk: None) -> None:
    plain = package.MapSettings(projection="pca")
    for write in (
        lambda: copy_experiment("demo", "new", sample),
        lambda: pack_experiment("demo", tmp_path / "demo.zip", experiments_dir=sample),
        lambda: package.draw_map("demo", tmp_path / "m.html", plain, experiments_dir=sample),
    ):
        with pytest.raises(StorageError, match=r"^cannot write [^\n]*$"):
            write()
    assert [path.name for path in sample.iterdir()] == ["demo"]
    assert [path.name for path in tmp_path.iterdir()] == ["root"]


def test_experiments_commands_report_what_they_did(root: Path, tmp_path: Path) -> None:
    def ran(*arguments: str | Path) -> str:
        done = run_sgp("experiments", *arguments, "--experiments-dir", root)
        assert (done.code, done.out) == (0, "")
        return done.err

    assert ran("copy", "genres", "again") == "copied 'genres' to 'again'\n"
    assert ran("rename", "again", "other") == "renamed 'again' to 'other'\n"
    assert ran("pack", "other", tmp_path / "o.zip").startswith(f"packed 'other' into {tmp_path / 'o.zip'} (")
    assert ran("unpack", tmp_path / "o.zip", "--name", "third") == "unpacked 'third'\n"
    shutil.copytree(root / "third", root / ".third.1.draft")  # a draft that a killed process left behind
    listed = run_sgp("experiments", "--json", "--experiments-dir", root)
    assert [one["experiment"] for one in json.loads(listed.out)] == ["genres", "other", "third"]
