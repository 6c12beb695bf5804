"""Files that `sgp export` has written are not read as playlists."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from skipgramophone.errors import SourceError
from skipgramophone.playlists.detection.own_exports import OWN_EXPORT
from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings
from tests.conftest import Sgp


@pytest.fixture
def exports(sgp: Sgp, sample_root: Path, experiments: Path, tmp_path: Path) -> Path:
    """A directory with exports in several formats."""
    shutil.copytree(sample_root / "demo", experiments / "demo")
    for name, options in (("v.csv", []), ("v.npz", []), ("v.vec", []), ("p", ["--format", "projector"])):
        place = tmp_path / "exports" / name
        place.parent.mkdir(exist_ok=True)
        assert sgp("export", "demo", place, *options, "-q").code == 0
    return tmp_path / "exports"


def test_exports_next_to_playlists_are_skipped(exports: Path) -> None:
    (exports / "list.txt").write_text("Ada Fenn - Rain\nNell Quay - Salt\n")
    found = open_sources([exports], ExtractSettings())
    assert [reader.file.name for reader in found.readers if reader.file] == ["exports/list.txt"]
    skipped = dict(found.passed_over)
    assert {"exports/v.csv", "exports/v.vec", "exports/v.vec.names.jsonl", "exports/p/metadata.tsv"} <= skipped.keys()
    assert set(skipped.values()) == {OWN_EXPORT}


def test_an_export_alone_is_refused(exports: Path) -> None:
    with pytest.raises(SourceError, match=OWN_EXPORT):
        open_sources([exports / "v.csv"], ExtractSettings())


@pytest.mark.parametrize(
    "manifest",
    ["", "[]", json.dumps({"files": {"x.csv": {}}}), json.dumps({"written_by": "others 1.0", "files": {"x.csv": {}}})],
)
def test_other_manifests_do_not_matter(tmp_path: Path, manifest: str) -> None:
    (tmp_path / "x.csv").write_text("artist,title\nAda,Rain\nNell,Salt\n")
    (tmp_path / "x.csv.manifest.json").write_text(manifest)
    found = open_sources([tmp_path / "x.csv"], ExtractSettings())
    assert len(found.readers) == 1
