"""An open experiment keeps answering from the corpus and model that were opened, whatever happens to its files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import skipgramophone as package
from skipgramophone.errors import ExperimentError
from skipgramophone.lookup.lookup import Lookup
from skipgramophone.lookup.opened_index import GONE
from skipgramophone.settings import ContinueSettings, SimilarSettings
from tests.conftest import dump_text, run_sgp, two_genres

SEEDS = ["folk 3", "folk 4"]
OTHER = [("o", "folk artist 3", "folk 3", f"other {n}") for n in range(9)] + two_genres(playlists=20, length=5)


def answers_of(lookup: Lookup) -> list[object]:
    """Return everything that an open experiment answers, except how it found the answer."""
    found: list[object] = [
        (answer.seeds, answer.neighbours, answer.agreement)
        for settings in (
            SimilarSettings(),
            *(ContinueSettings(by=by) for by in ("model", "factors", "hybrid", "cosine+count")),
        )
        for answer in [lookup.similar_to(lookup.asked([(name, 1.0) for name in SEEDS]).seeds, settings)]
    ]
    both = [(name, 1.0) for name in SEEDS]
    found += [
        lookup.similar_artists(both, SimilarSettings(of="artists", by=by)).neighbours for by in ("cosine", "hybrid")
    ]
    found.append(lookup.similar_playlists(both).neighbours)
    arranged = lookup.continuation(SEEDS, ContinueSettings(arrange=True, number=8))
    found += [arranged.neighbours, arranged.arrangement]
    found += [lookup.explain(SEEDS[0], SEEDS[1]), lookup.playlist_names(range(5)), lookup.playlists().to_dict()]
    return [*found, lookup.corpus.track_ids.tolist(), lookup.tracks().to_dict()]


def extract_again(root: Path) -> None:
    (root / "other.csv").write_text(dump_text(OTHER))
    package.extract("genres", root / "other.csv", force=True, experiments_dir=root)


def append(root: Path) -> None:
    (root / "other.csv").write_text(dump_text(OTHER))
    package.extract("genres", root / "other.csv", append=True, experiments_dir=root)


def replace_all(root: Path) -> None:
    """Replace corpus, model and index by those of other playlists."""
    extract_again(root)
    names = sorted({f"{row[1]} - {row[2]}" for row in OTHER})
    vectors = np.random.default_rng(1).standard_normal((len(names), 16)).astype(np.float32)
    np.savez(root / "other.npz", vectors=vectors, tracks=np.array(names))
    package.import_vectors("genres", root / "other.npz", force=True, experiments_dir=root)


def rename(root: Path) -> None:
    assert run_sgp("experiments", "rename", "genres", "first", "--experiments-dir", root).code == 0


def remove(root: Path) -> None:
    assert run_sgp("experiments", "rm", "genres", "--yes", "--experiments-dir", root).code == 0


def rename_and_replace(root: Path) -> None:
    rename(root)
    replace_all(root)


def restore(root: Path) -> None:
    """Replace the experiment by a packed copy of another one."""
    replace_all(root)
    for words in (["pack", "genres", str(root / "a.zip")], ["rm", "genres", "--yes"], ["unpack", str(root / "a.zip")]):
        assert run_sgp("experiments", *words, "--experiments-dir", root).code == 0


CHANGES = [restore, extract_again, append, replace_all, rename, remove, rename_and_replace]


@pytest.mark.parametrize(("change", "asks_first"), [*((change, False) for change in CHANGES), (replace_all, True)])
def test_an_open_experiment_answers_as_before(
    trained: Path, tmp_path: Path, change: Callable[[Path], None], asks_first: bool
) -> None:
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    with package.open("genres", trained) as lookup:
        right = answers_of(lookup)
    with package.open("genres", tmp_path) as lookup:
        if asks_first:
            lookup.similar("folk 3", SimilarSettings(by="cosine"))
        change(tmp_path)
        assert answers_of(lookup) == right
        if change not in (extract_again, append):  # these keep the model and its index
            answer = lookup.similar("folk 3", SimilarSettings(by="cosine"))
            assert answer.answered_by == ("index" if asks_first else "exact search")
            assert any(note.startswith(GONE) for note in answer.notes) != asks_first
            with pytest.raises(ExperimentError, match="is being replaced by another process: try again"):
                lookup.opened.open_catalogue()


def test_a_rebuilt_index_is_used_and_never_mixed_with_the_old_one(trained: Path, tmp_path: Path) -> None:
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    with package.open("genres", tmp_path) as lookup:
        by_cosine = SimilarSettings(by="cosine")
        right = lookup.similar("folk 3", replace(by_cosine, exact=True)).neighbours
        assert lookup.search._index.facts  # read before the index is rebuilt
        assert run_sgp("index", "genres", "--trees", "3", "--experiments-dir", tmp_path).code == 0
        between, after = lookup.similar("folk 3", by_cosine), lookup.similar("folk 3", by_cosine)
    assert (between.neighbours, after.neighbours) == (right, right)
    assert between.answered_by == "exact search"
    assert between.notes[-1].startswith("the index was replaced while it was opened: used exact search")
    assert after.answered_by == "index"


@pytest.mark.parametrize(
    "name", ["model/factors.npy", "model/ease.npy", "model/smoothed.npy", "model/centre.npy", "corpus/postings.npy"]
)
def test_a_file_that_is_cut_off_gives_one_line_instead_of_a_crash(trained: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(trained / "genres", tmp_path / "genres")
    with package.open("genres", tmp_path) as lookup:
        lookup.continuation(SEEDS)
        os.truncate(tmp_path / "genres" / name, 100)
        with pytest.raises(
            ExperimentError, match=f"another program has truncated .*{Path(name).name} while it was open"
        ):
            lookup.continuation(SEEDS)


def test_an_index_that_is_cut_off_is_not_used(trained: Path, tmp_path: Path) -> None:
    shutil.copytree(trained / "genres", tmp_path / "genres")
    with package.open("genres", tmp_path) as lookup:
        by_cosine = SimilarSettings(by="cosine")
        before = lookup.similar("folk 3", by_cosine)
        os.truncate(tmp_path / "genres" / "index" / "tracks.annoy", 0)
        after = lookup.similar("folk 3", by_cosine)
    assert (before.answered_by, after.answered_by) == ("index", "exact search")
    assert after.neighbours == before.neighbours
    assert after.notes[-1].startswith("the index is damaged: used exact search")
