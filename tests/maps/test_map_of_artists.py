"""`sgp map --of artists`: artists instead of tracks."""

from __future__ import annotations

import json
import re
from pathlib import Path

import skipgramophone as package
from tests.conftest import run_sgp


def test_a_map_of_artists_shows_artists(sample_root: Path, tmp_path: Path) -> None:
    place = tmp_path / "map.html"
    options = ("--of", "artists", "--projection", "pca", "--top", "50", "--experiments-dir", sample_root)
    ran = run_sgp("map", "demo", "-o", place, *options)
    assert ran.code == 0
    assert re.search(r"^artists +50 in 12 clusters; 451 rarer ones not shown", ran.out, re.MULTILINE)
    html = place.read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    data = json.loads(found[1])
    with package.open("demo", sample_root) as demo:
        entries, _ = demo.artist_search.entries()
    assert data["of"] == "artists"
    assert [data["artists"][at] for at in data["artist"]] == [entry.artist for entry in entries[:50]]
    assert set(data["title"]) == {""}
    assert data["count"] == sorted(data["count"], reverse=True)
    assert "Find an artist" in html
    assert (
        "50 artists; larger dots are more frequent artists. Nearest artists are computed from the full vectors." in html
    )
    assert "Most frequent artists" in html
