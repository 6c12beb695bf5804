"""The files in examples/ run unchanged."""

from __future__ import annotations

import csv
import json
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skipgramophone.errors import SgpError
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.corpus import read_corpus
from tests.conftest import Sgp, dump_text, two_genres

EXAMPLES = Path(__file__).parent.parent / "examples"

pytestmark = pytest.mark.skipif(not EXAMPLES.exists(), reason="the examples are not part of an installed package")


@pytest.mark.slow
@pytest.mark.usefixtures("network")  # the notebook kernel uses local sockets
def test_the_inference_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed")
    monkeypatch.delenv("SGP_EXPERIMENTS", raising=False)
    notebook = nbformat.read(EXAMPLES / "inference.ipynb", as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells), "commit the notebook without outputs"
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [str(output) for cell in notebook.cells for output in cell.get("outputs", [])]
    assert any("2,984 tracks, 64 dimensions" in text for text in shown)
    assert any("Every Pencil Knows (feat. Skellingsson" in text for text in shown)
    assert sorted(path.name for path in (tmp_path / "experiments").iterdir()) == ["notebook-sample"]


def test_the_notebook_only_reads_an_experiment_of_ones_own(
    sgp: Sgp, experiments: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dump.csv").write_text(dump_text(two_genres()))  # its tracks have no uris
    assert sgp("extract", "mine", tmp_path / "dump.csv", "-q").code == 0
    names = [f"{genre} artist {track % 11} - {genre} {track}" for genre in ("folk", "techno") for track in range(40)]
    vectors = np.random.default_rng(1).standard_normal((80, 8)).astype(np.float32)
    np.savez(tmp_path / "v.npz", vectors=vectors, tracks=names)
    assert sgp("import", "mine", tmp_path / "v.npz", "-q").code == 0
    before = {path: path.read_bytes() for path in experiments.rglob("*") if path.is_file()}
    (tmp_path / "map.html").write_text("mine too")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    cells = json.loads((EXAMPLES / "inference.ipynb").read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert "force" not in "".join(code)
    variables: dict[str, Any] = {}
    for cell in code:
        exec(cell.replace("NAME = SAMPLE ", "NAME = 'mine' "), variables)
    assert len(variables["model"]) == 80
    assert len(variables["similarities"]) == 4
    assert {path: path.read_bytes() for path in experiments.rglob("*") if path.is_file()} == before
    assert (tmp_path / "map.html").read_text() == "mine too"
    # An experiment that does not exist is an error, and no sample is made in its place.
    with pytest.raises(SgpError, match="there is no experiment 'mine2'"):
        exec(code[0].replace("NAME = SAMPLE ", "NAME = 'mine2' "), {})


def test_playlists_to_parquet_writes_a_data_set_for_extract(sgp: Sgp, tmp_path: Path, experiments: Path) -> None:
    rng = random.Random(1)
    playlists = {1000 + number: [rng.randrange(40) for _ in range(rng.randint(1, 9))] for number in range(60)}
    rows = [
        {"playlist_id": key, "position": at, "track_uri": f"uri:{track}", "artist": f"artist {track}", "title": "song"}
        for key, tracks in playlists.items()
        for at, track in enumerate(tracks)
    ]
    rng.shuffle(rows)
    with (tmp_path / "rows.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, ["playlist_id", "position", "track_uri", "artist", "title"])
        table.writeheader()
        table.writerows(rows)
    script = [sys.executable, str(EXAMPLES / "playlists_to_parquet.py"), "rows.csv", "playlists"]
    subprocess.run(script, cwd=tmp_path, check=True)
    (tmp_path / "playlists" / "_SUCCESS").touch()  # Spark writes this file
    columns = "id=playlist_id,position=position,uri=track_uri,artist=artist,title=title"
    assert sgp("extract", "all", tmp_path / "playlists", "--columns", columns, "-q").code == 0
    corpus = read_corpus(experiments / "all" / "corpus")
    uris = [track.uri for track in Catalogue(experiments / "all" / "corpus").all_tracks()]
    found = [
        [uris[row] for row in corpus.track_ids[start:end]]
        for start, end in zip(corpus.offsets[:-1], corpus.offsets[1:], strict=True)
    ]
    assert sorted(found) == sorted([f"uri:{track}" for track in tracks] for tracks in playlists.values())


INVENTED = EXAMPLES / "invented_exports.py"


def test_the_script_of_the_tutorials_needs_only_sgp(tmp_path: Path) -> None:
    shutil.copy(INVENTED, tmp_path)
    subprocess.run([sys.executable, INVENTED.name, "shop", "sessions.csv"], cwd=tmp_path, check=True)
    assert (tmp_path / "sessions.csv").read_text().startswith("session_id,timestamp,item_id,title\n")


def test_the_script_of_the_tutorials_says_that_sgp_is_not_installed(tmp_path: Path) -> None:
    without_packages = [sys.executable, "-I", "-S", str(INVENTED), "shop", "sessions.csv"]
    ran = subprocess.run(without_packages, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (1, "", 1)
    assert "install sgp" in ran.stderr
    assert not list(tmp_path.iterdir())
