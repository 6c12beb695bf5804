"""Experiments that cannot be read are not reported as damaged, and all others are still checked and listed."""

from __future__ import annotations

import json
import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Sgp, file_permissions_apply

GOLDEN = Path(__file__).parents[1] / "golden" / "experiments" / "first"
FILES = [path.relative_to(GOLDEN) for path in sorted(GOLDEN.rglob("*"))]


@pytest.fixture
def two(experiments: Path) -> Path:
    """Two sound experiments, "first" and "second"."""
    for name in ("first", "second"):
        shutil.copytree(GOLDEN, experiments / name)
    return experiments


@pytest.mark.parametrize("place", [Path(), *FILES], ids=str)
def test_a_file_without_permission_could_not_be_checked(sgp: Sgp, two: Path, place: Path) -> None:
    (two / "first" / place).chmod(0)
    with file_permissions_apply():
        found, alone = sgp("check"), sgp("check", "first")
    (two / "first" / place).chmod(0o700)
    assert (found.code, found.err, alone.code, alone.err) == (6, "", 6, "")
    lines = found.out.splitlines()
    assert lines[-1].endswith("B: no damage found; not everything could be checked, see above")
    assert lines[-1].startswith("checked 2 experiments")
    for line in lines[:-1]:
        assert re.fullmatch(
            r"unchecked  first[^:]*: could not be checked: cannot read [^:]*: Permission denied; "
            "solve this problem, then run sgp check first again",
            line,
        )
    assert len(lines) >= 2
    assert "--force" not in found.out + alone.out
    assert sgp("check").code == 0


def test_damage_outweighs_what_could_not_be_checked(sgp: Sgp, two: Path) -> None:
    (two / "first" / "model" / "centre.npy").chmod(0)
    (two / "second" / "model" / "centre.npy").write_bytes(b"")
    with file_permissions_apply():
        found = sgp("check", "--json")
    states = {(one["place"], one["state"]) for one in json.loads(found.out)["findings"]}
    assert found.code == 5
    assert states == {("first/model/centre.npy", "unchecked"), ("second/model/centre.npy", "damaged")}


def later_format(path: Path) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 2}))


@pytest.mark.parametrize("name", ["experiment.json", "corpus/manifest.json", "index/manifest.json"])
def test_a_later_format_is_not_damage(sgp: Sgp, two: Path, name: str) -> None:
    later_format(two / "first" / name)
    found = sgp("check")
    assert (found.code, found.err) == (6, "")
    assert "has format 2; this version reads format 1: update skipgramophone" in found.out
    assert "--force" not in found.out


def test_too_few_descriptors_are_not_damage(two: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (7, 7))

    program = [sys.executable, "-m", "skipgramophone", "check"]
    ran = subprocess.run(program, capture_output=True, text=True, check=False, preexec_fn=limit)
    assert ran.returncode == 6
    assert "damaged" not in ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_stage_that_is_replaced_while_it_is_checked_is_not_damage(
    sgp: Sgp, two: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the first attempt, the manifest and the files belong to different models."""
    from skipgramophone.pipeline import check

    model, before = two / "first" / "model", check.difference_from_manifest

    def replaced_first(directory: Path, name: str, published: dict[str, object] | None) -> str | None:
        if directory == model and not (two / "old").exists():
            model.rename(two / "old")
            shutil.copytree(two / "old", model)
            (model / name).write_bytes(b"of another model")
            difference = before(directory, name, published)
            assert difference
            shutil.rmtree(model)
            shutil.copytree(two / "old", model)
            return difference
        return before(directory, name, published)

    monkeypatch.setattr(check, "difference_from_manifest", replaced_first)
    ran = sgp("check", "first")
    assert (ran.code, len(ran.out.splitlines())) == (0, 1)


@pytest.mark.parametrize("place", ["", "experiment.json", "corpus", "corpus/manifest.json", "model"])
def test_an_experiment_that_cannot_be_read_does_not_hide_the_others(sgp: Sgp, two: Path, place: str) -> None:
    (two / "lost+found").mkdir(mode=0)
    right = {one["experiment"]: one for one in json.loads(sgp("experiments", "--json").out)}
    (two / "first" / place).chmod(0)
    with file_permissions_apply():
        listed, found, csv = sgp("experiments"), sgp("experiments", "--json"), sgp("experiments", "--csv")
    (two / "first" / place).chmod(0o700)
    records = {one["experiment"]: one for one in json.loads(found.out)}
    assert list(records) == ["first", "second"]
    assert records["second"] == right["second"]
    assert [line.split()[0] for line in listed.out.splitlines()[-2:]] == ["first", "second"]
    assert len(csv.out.splitlines()) == 3
    if place in ("", "experiment.json"):
        assert found.code == listed.code == csv.code == 1
        problem = f"cannot read {two / 'first' / 'experiment.json'}: Permission denied"
        assert found.err == f"error: 'first' could not be read: {problem}\n"
        assert records["first"]["problem"] == problem
    else:
        assert (found.code, found.err) == (0, "")
        assert records["first"][place.split("/")[0]].endswith("manifest.json: Permission denied")


def test_a_damaged_description_does_not_hide_the_other_experiments(sgp: Sgp, two: Path) -> None:
    (two / "first" / "experiment.json").write_text("{")
    listed = sgp("experiments")
    assert listed.code == 1
    assert [line.split()[0] for line in listed.out.splitlines()[-2:]] == ["first", "second"]
    assert listed.err.startswith(f"error: 'first' could not be read: {two / 'first' / 'experiment.json'} is damaged")
