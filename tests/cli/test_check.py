"""`sgp check` finds any change to the files of an experiment and names it; it reports nothing if there is none."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

import skipgramophone as package
from skipgramophone.experiment.experiment import open_experiment
from skipgramophone.experiment.manifest import FORMAT, Manifest, digest_of
from skipgramophone.experiment.publishing import file_sha256
from tests.conftest import Sgp, dump_text, two_genres

GOLDEN = Path(__file__).parents[1] / "golden" / "experiments"
SETTINGS = package.TrainSettings(window_size="bag", embedding_dim=8, epochs=3)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An experiment with all its stages. Tests work on a copy."""
    root = tmp_path_factory.mktemp("trained")
    (root / "dump.csv").write_text(dump_text(two_genres()) + '"one","","",""\n')
    package.extract("whole", root / "dump.csv", experiments_dir=root)
    package.train("whole", SETTINGS, experiments_dir=root)
    return root / "whole"


@pytest.fixture
def whole(trained: Path, experiments: Path) -> Path:
    """A copy of the trained experiment, whose file times differ from those in its manifests."""
    return Path(shutil.copytree(trained, experiments / "whole", copy_function=shutil.copyfile))


def republish(whole: Path, stage: str) -> None:
    """Rewrite the manifest of a stage to match its files, so that only a check of their content can fail."""
    manifest = open_experiment(whole.name, whole.parent).manifest(stage)
    files = {
        name: {"bytes": (whole / stage / name).stat().st_size, "sha256": file_sha256(whole / stage / name)}
        for name in manifest.files
    }
    manifest = replace(manifest, files=files)
    manifest = replace(manifest, digest=digest_of(manifest))
    (whole / stage / "manifest.json").write_text(json.dumps({"format": FORMAT} | asdict(manifest)))


def test_a_sound_experiment_passes(sgp: Sgp, whole: Path, experiments: Path) -> None:
    before = {path: path.read_bytes() for path in whole.rglob("*") if path.is_file()}
    ran = sgp("check", "whole", "-q")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert sgp("check").out.endswith("MB: no damage found\n")
    assert {path: path.read_bytes() for path in whole.rglob("*") if path.is_file()} == before
    shutil.copytree(GOLDEN / "first", experiments / "first")
    vectors, names = np.eye(4, dtype=np.float32), np.array(["a - b", "c - d", "e - f", "g - h"])
    np.savez(experiments / "v.npz", vectors=vectors, tracks=names)
    package.import_vectors("theirs", experiments / "v.npz")
    found = json.loads(sgp("check", "--json").out)
    assert (found["experiments"], found["findings"]) == (["first", "theirs", "whole"], [])


@pytest.mark.parametrize("deed", ["flip", "cut", "add", "remove", "link"])
def test_a_change_to_any_file_is_found(sgp: Sgp, trained: Path, whole: Path, deed: str) -> None:
    rng = np.random.default_rng(1)
    for file in sorted(
        path.relative_to(trained) for stage in ("corpus", "model", "index") for path in (trained / stage).iterdir()
    ):
        path, content = whole / file, (trained / file).read_bytes()
        if not content and deed in ("flip", "cut"):
            continue
        at = int(rng.integers(max(1, len(content))))
        if deed == "flip":
            path.write_bytes(content[:at] + bytes([content[at] ^ 1 << int(rng.integers(8))]) + content[at + 1 :])
        elif deed == "cut":
            path.write_bytes(content[:at])
        elif deed == "add":
            path.write_bytes(content + b"\0")
        else:
            path.unlink()
            if deed == "link":
                path.symlink_to(trained / file)
        ran = sgp("check", "whole")
        if ran.code == 0:  # a blank, or a digit of a time: no content changed
            assert (file.name, deed) in {("manifest.json", "flip"), ("manifest.json", "link")}
        else:
            assert (ran.code, ran.err) == (5, "")
            if file.name != "manifest.json":
                assert ran.out.startswith(f"damaged  whole/{file}: ")
                assert len(ran.out.splitlines()) == 2
            assert f"damaged  whole/{file.parent}" in ran.out
            assert "run sgp check" not in ran.out
        path.unlink(missing_ok=True)
        shutil.copyfile(trained / file, path)


def spoil_centre(stage: Path) -> None:
    centre = np.load(stage / "centre.npy")
    centre[5, 3] = np.nan
    np.save(stage / "centre.npy", centre)


def scribble(stage: Path) -> None:
    (stage / "centre_mean.npy").write_bytes(b"scribble")


def swap_halves(stage: Path) -> None:
    centre = np.load(stage / "centre.npy")
    np.save(stage / "centre.npy", centre[:-1])


def name_a_stranger(stage: Path) -> None:
    ids = np.load(stage / "track_ids.npy")
    ids[7] = 10**6
    np.save(stage / "track_ids.npy", ids)


def miscount(stage: Path) -> None:
    ids = np.load(stage / "track_ids.npy")
    ids[ids == 0] = 1
    np.save(stage / "track_ids.npy", ids)


def misplace(stage: Path) -> None:
    places = np.load(stage / "postings.npy")
    places[0] += 1
    np.save(stage / "postings.npy", places)


def misname(stage: Path) -> None:
    rows = np.load(stage / "name_rows.npy")
    rows[-1] += 1 if rows[-1] == 0 else -1
    np.save(stage / "name_rows.npy", rows)


def plant(statement: str) -> Callable[[Path], None]:
    def planted(stage: Path) -> None:
        with closing(sqlite3.connect(stage / "tracks.sqlite", isolation_level=None)) as database:
            database.execute(statement)

    return planted


def forget_a_list(stage: Path) -> None:
    import pyarrow.parquet as pq

    pq.write_table(pq.read_table(stage / "playlists.parquet").slice(1), stage / "playlists.parquet")


def foreign_index(stage: Path) -> None:
    from annoy import AnnoyIndex

    index, rng = AnnoyIndex(8, "angular"), np.random.default_rng(2)
    for row in range(len(np.load(stage.parent / "model" / "centre.npy"))):
        index.add_item(row, rng.standard_normal(8))
    index.build(32)
    index.save(str(stage / "tracks.annoy"))


def write_rubbish(stage: Path) -> None:
    (stage / "rejects.jsonl").write_text('{"line": 1}\nrubbish\n')


@pytest.mark.parametrize(
    ("stage", "spoil", "message"),
    [
        ("model", spoil_centre, "vectors contain values that are not finite"),
        ("model", scribble, "centre_mean.npy is damaged"),
        ("model", swap_halves, "does not match its catalogue of"),
        ("corpus", name_a_stranger, "unknown track id in a playlist"),
        ("corpus", miscount, "counts in tracks.sqlite do not match the playlists"),
        ("corpus", misplace, "postings do not match the playlists"),
        ("corpus", misname, "the name index does not match the names"),
        (
            "corpus",
            plant("CREATE TRIGGER t AFTER INSERT ON tracks BEGIN DELETE FROM tracks; END"),
            "unexpected trigger or view 't'",
        ),
        ("corpus", plant("CREATE VIEW v AS SELECT 1"), "unexpected trigger or view 'v'"),
        ("corpus", plant("DELETE FROM tracks WHERE row = 3"), "the largest row number is"),
        ("corpus", plant("UPDATE tracks SET title = x'00' WHERE row = 3"), "row 3"),
        ("corpus", forget_a_list, "playlists.parquet has 59 rows for 60 playlists"),
        ("corpus", write_rubbish, "line 2 is not a JSON object"),
        ("index", foreign_index, "recall@10 is "),
    ],
)
def test_content_is_checked_too(sgp: Sgp, whole: Path, stage: str, spoil: Callable[[Path], None], message: str) -> None:
    spoil(whole / stage)
    republish(whole, stage)
    ran = sgp("check", "whole")
    first = ran.out.splitlines()[0]
    assert (ran.code, ran.err) == (5, "")
    assert first.startswith(f"damaged  whole/{stage}: ")
    assert message in first


@pytest.mark.parametrize(
    ("name", "listed"),
    [
        ("../../secret", {"bytes": 6, "sha256": "0"}),
        ("centre.npy", "rubbish"),
        ("a" * 256, {"bytes": 6, "sha256": "0"}),
        ("\ud800", {"bytes": 6, "sha256": "0"}),
    ],
)
def test_unsafe_file_names_in_a_manifest_are_refused(
    sgp: Sgp, whole: Path, experiments: Path, name: str, listed: object
) -> None:
    (experiments / "secret").write_text("secret")
    manifest = json.loads((whole / "model" / "manifest.json").read_text())
    manifest["files"][name] = listed
    (whole / "model" / "manifest.json").write_text(json.dumps(manifest))
    ran = sgp("check", "whole")
    assert (ran.code, ran.err) == (5, "")
    problem = "a file name is too long, contains a directory, or contains a character that cannot be printed"
    assert f"a field has the wrong type, or {problem}: run sgp train whole --force" in ran.out.splitlines()[0]


def test_stale_stages_and_leftovers_are_not_damage(sgp: Sgp, whole: Path, experiments: Path) -> None:
    package.train("whole", replace(SETTINGS, random_seed=1), force=True)
    shutil.rmtree(whole / "index")
    shutil.copytree(whole / "model", whole / ".model.999999999.draft")
    (whole / ".experiment.json.new").write_text("{")
    (whole / f".index.{os.getppid()}.draft").mkdir()  # the draft of a running process
    (whole / "evaluation" / "models" / ".abc.999999999.draft").mkdir(parents=True)
    package.train("whole", SETTINGS, force=True)
    shutil.copytree(whole / "model", whole / ".model.999999999.draft")
    manifest = json.loads((whole / "index" / "manifest.json").read_text())
    assert sgp("extract", "whole", "--sample", "--force", "-q").code == 0
    shutil.copytree(whole / "model", whole / ".model.999999999.draft", dirs_exist_ok=True)
    ran = sgp("check", "whole")
    lines = [line.split(":")[0] for line in ran.out.splitlines()]
    assert ran.code == 0
    assert lines[0] == "stale  whole/model"
    assert manifest["stage"] == "index"
    assert "leftover  whole/.model.999999999.draft" in lines
    assert "leftover  whole/.experiment.json.new" in lines
    assert "leftover  whole/evaluation/models/.abc.999999999.draft" in lines
    assert not any("index" in line and "draft" in line for line in lines)
    assert (whole / ".model.999999999.draft").exists()
    assert sgp("check", "whole", "--clean").code == 0
    assert not (whole / ".model.999999999.draft").exists()
    assert not (whole / ".experiment.json.new").exists()
    assert list((whole / "evaluation" / "models").iterdir()) == []
    assert (whole / f".index.{os.getppid()}.draft").exists()


def test_bad_input_gives_one_line(sgp: Sgp, whole: Path, experiments: Path) -> None:
    assert sgp("check", "nobody").err == (
        f"error: there is no experiment 'nobody' in {experiments}: run sgp extract nobody SOURCE\n"
    )
    assert sgp("check", "../whole").code == 1
    (whole / "experiment.json").write_text("{")
    ran = sgp("check")
    assert ran.code == 5
    assert ran.out.startswith("damaged  whole/experiment.json: ")
    advice = "restore it from a backup; or copy experiment.json from another experiment, and replace the name in it"
    assert advice in ran.out
    assert len(ran.out.splitlines()) == 2


def test_a_replacement_between_two_stages_is_no_damage(
    sgp: Sgp, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The corpus is replaced after the model has been checked, so the index would be checked with the new corpus."""
    from skipgramophone.experiment.publishing import draft_directory, publish
    from skipgramophone.pipeline import check, stage_content

    (tmp_path / "other.csv").write_text(dump_text(two_genres(80, tracks=90)))
    package.extract("other", tmp_path / "other.csv", experiments_dir=tmp_path)
    require = stage_content.require_sound_content
    replaced: list[bool] = []

    def replace_after_the_model(experiment: object, manifest: Manifest) -> None:
        require(experiment, manifest)  # type: ignore[arg-type]
        if manifest.stage == "model" and not replaced:
            replaced.append(True)
            with draft_directory(whole / "corpus") as draft:
                shutil.copytree(tmp_path / "other" / "corpus", draft, dirs_exist_ok=True)
                publish(draft, whole / "corpus")

    monkeypatch.setattr(check, "require_sound_content", replace_after_the_model)
    ran = sgp("check", "whole", "--json")
    states = {finding["place"]: finding["state"] for finding in json.loads(ran.out)["findings"]}
    assert (ran.code, states) == (0, {"whole/model": "stale"})
    assert replaced
