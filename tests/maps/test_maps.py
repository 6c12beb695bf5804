"""The map: projection, clusters, colours, pictures, and a page that is safe against hostile names."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import skipgramophone as package
from skipgramophone.errors import ExperimentError, SettingError
from skipgramophone.experiment.catalogue import Track
from skipgramophone.maps import picture, projection
from skipgramophone.maps.clusters import TrackGroup, describe_clusters, find_clusters
from skipgramophone.maps.colouring import Colouring, by_artist
from skipgramophone.maps.drawing import Drawing, draw
from skipgramophone.maps.page import page
from skipgramophone.wording import visible
from tests.conftest import Sgp, run_sgp

HOSTILE = [
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(2)>",
    "<!--",
    '"',
    "$data",
    "&lt;",
    "\u202egnp",
    "]]>",
]


class Elements(HTMLParser):
    """The elements of a page with their attributes, and the text of each script and style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.raw: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record an element."""
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Record the text of scripts and styles."""
        tag, attributes = self.elements[-1] if self.elements else ("", {})
        if tag in ("script", "style") and data.strip():
            self.raw.append((tag, attributes, data))


def drawing_of(tracks: list[Track], **values: Any) -> Drawing:
    """Return a map of some tracks with random vectors."""
    centre = np.random.default_rng(7).standard_normal((len(tracks), 4)).astype(np.float32)
    return draw("A <b>map", tracks, centre, package.MapSettings(projection="pca", clusters=3, **values))


def page_of(tracks: list[Track]) -> str:
    """Return the page of a map of some tracks."""
    return page(drawing_of(tracks))


def hostile_tracks() -> list[Track]:
    """Return tracks with names that try to inject markup."""
    return [Track(row, name, HOSTILE[-1 - row], None, 9 - row, row) for row, name in enumerate(HOSTILE)]


def data_of(text: str) -> dict[str, Any]:
    """Return the data for the page's script, with decoded numbers."""
    (raw,) = [content for tag, attributes, content in Elements(text).raw if attributes.get("id") == "data"]
    data: dict[str, Any] = json.loads(raw)
    kinds = {"places": "<u2", "near": "<u4", "similarity": "<i2"}
    for colouring in data["colourings"].values():
        colouring["labels"] = np.frombuffer(base64.b64decode(colouring["labels"]), "<u2")
    return data | {name: np.frombuffer(base64.b64decode(data[name]), kind) for name, kind in kinds.items()}


def test_no_name_injects_markup_into_the_page() -> None:
    text = page_of(hostile_tracks())
    harmless = page_of([Track(row, "a", "b", None, 1, row) for row in range(len(HOSTILE))])
    assert [tag for tag, _ in Elements(text).elements] == [tag for tag, _ in Elements(harmless).elements]
    data = data_of(text)
    assert data["title"] == list(map(visible, HOSTILE[::-1]))
    assert [data["artists"][at] for at in data["artist"]] == list(map(visible, HOSTILE))
    assert "A &lt;b&gt;map" in text


def test_the_page_describes_the_map() -> None:
    drawing = drawing_of(hostile_tracks())
    assert drawing.about == (
        "8 tracks; larger dots are more frequent tracks. Nearest tracks are computed from the full vectors. "
        f"The map (principal components) preserves {drawing.preserved:.0%} of nearest neighbours."
    )
    assert drawing.about in page(drawing)


def test_the_policy_allows_only_this_script_and_this_style() -> None:
    elements = Elements(page_of(hostile_tracks()))
    (policy,) = [
        attributes["content"] for tag, attributes in elements.elements if "http-equiv" in attributes and tag == "meta"
    ]
    assert policy is not None
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert set(rules) == {"default-src", "base-uri", "form-action", "img-src", "script-src", "style-src"}
    assert rules["img-src"] == "data:"
    for tag in ("script", "style"):
        (content,) = [text for name, attributes, text in elements.raw if name == tag and "type" not in attributes]
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert rules[f"{tag}-src"] == f"'sha256-{digest}'"
        assert not re.search(r"\beval\(|new Function|innerHTML|https?:", content)
    for tag, attributes in elements.elements:
        assert not {"src", "style", "action", "srcset"} & set(attributes), tag
        assert not any(name.startswith("on") for name in attributes)
        assert attributes.get("href", "data:,") == "data:,"


def test_the_page_contains_exact_neighbours_and_positions(sample_root: Path, tmp_path: Path) -> None:
    settings = package.MapSettings(projection="pca", neighbours=5)
    report = package.draw_map("demo", tmp_path / "a.html", settings, experiments_dir=sample_root)
    package.draw_map("demo", tmp_path / "b.html", settings, experiments_dir=sample_root)
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert text == (tmp_path / "b.html").read_text(encoding="utf-8")
    data = data_of(text)
    with package.open("demo", sample_root) as demo:
        centre = np.asarray(demo.embeddings.centre, np.float64)
        tracks = list(demo.catalogue.all_tracks())
    assert data["title"] == [track.title for track in tracks]
    assert data["count"] == [track.count for track in tracks]
    unit = centre / np.linalg.norm(centre, axis=1, keepdims=True)
    similarity = unit @ unit.T
    np.fill_diagonal(similarity, -2)
    near = data["near"].reshape(-1, 5)
    best = np.sort(similarity, axis=1)[:, :-6:-1]
    np.testing.assert_allclose(np.take_along_axis(similarity, near.astype(np.int64), axis=1), best, atol=1e-5)
    np.testing.assert_allclose(data["similarity"].reshape(-1, 5) / 32767, best, atol=1e-4)
    places = data["places"].reshape(-1, 2)
    assert places.max() == 65535
    assert (report.tracks, report.not_shown, len(report.clusters)) == (len(tracks), 0, 12)
    assert sum(cluster.tracks for cluster in report.clusters) == len(tracks)
    assert report.bytes == (tmp_path / "a.html").stat().st_size


def test_components_equal_those_of_a_singular_value_decomposition() -> None:
    centre = np.random.default_rng(2).standard_normal((50, 6)).astype(np.float32) * [5, 3, 1, 1, 1, 1]
    unit = centre / np.linalg.norm(centre, axis=1, keepdims=True)
    left, singular, _ = np.linalg.svd(unit - unit.mean(axis=0), full_matrices=False)
    plane = projection.by_components(np.asarray(centre, np.float32))
    np.testing.assert_allclose(np.abs(plane), np.abs(left[:, :2] * singular[:2]), atol=1e-5)
    assert (plane.max(axis=0) >= -plane.min(axis=0)).all()
    assert projection.by_components(np.ones((3, 1), np.float32)).tolist() == [[0, 0]] * 3


def test_the_preserved_share_counts_common_neighbours() -> None:
    # Distances grow along the line, so the previous point is the nearest.
    line = np.stack([np.arange(8) ** 2, np.zeros(8)], axis=1).astype(np.float32)
    previous = np.array([[1], [0], [1], [2], [3], [4], [5], [6]])
    assert projection.preserved_share(line, previous, 1) == 1
    far = np.array([[7], [7], [7], [7], [0], [0], [0], [0]])
    assert projection.preserved_share(line, far, 1) == 0


def test_the_most_frequent_artists_have_a_colour() -> None:
    artists = ["b", "a", "", "b", "c", "a"]
    tracks = [
        Track(row, artist, "t", None, count, row)
        for row, (artist, count) in enumerate(zip(artists, [9, 5, 99, 1, 5, 3], strict=True))
    ]
    colouring = by_artist(tracks, 2)  # b has 10, a 8, c 5; an empty name is not an artist
    assert colouring.groups == [TrackGroup("b", 2), TrackGroup("a", 2), TrackGroup("other artists", 2)]
    assert colouring.labels.tolist() == [0, 1, 2, 0, 2, 1]
    assert colouring.colours()[-1] == (0, 0)
    assert len(set(colouring.colours())) == 3
    without_rest = by_artist(tracks[:2], 2)
    assert (without_rest.groups, without_rest.has_rest) == ([TrackGroup("b", 1), TrackGroup("a", 1)], False)


def test_clusters_are_labelled_with_their_leading_artists() -> None:
    rng = np.random.default_rng(4)
    directions = np.repeat(np.eye(3, 5), [10, 20, 6], axis=0)
    centre = (directions * rng.uniform(1, 9, (36, 1)) + 0.01 * rng.standard_normal((36, 5))).astype(np.float32)
    labels = find_clusters(centre, 3, 1)
    assert labels.tolist() == [1] * 10 + [0] * 20 + [2] * 6
    np.testing.assert_array_equal(labels, find_clusters(centre, 3, 1))
    artists = ["folk"] * 4 + ["everywhere"] * 6 + ["techno"] * 5 + ["everywhere"] * 15 + [""] * 6
    tracks = [Track(row, artist, "t", None, 2, row) for row, artist in enumerate(artists)]
    tracks[30:] = [Track(row, "", "lamp" if row < 34 else "", None, 2, row) for row in range(30, 36)]
    # Weights: techno 10 * 10 / 10 and everywhere 30 * 30 / 42 in the largest; folk 8 and everywhere 12 * 12 / 42 next.
    assert describe_clusters(tracks, labels) == [
        TrackGroup("everywhere, techno", 20),
        TrackGroup("folk, everywhere", 10),
        TrackGroup("lamp", 6),
    ]
    assert find_clusters(np.ones((5, 3), np.float32), 4, 1).tolist() == [0] * 5


def test_clusters_of_products_are_labelled_with_their_leading_titles() -> None:
    names = [("", "lamp", 9), ("", "bulb", 4), ("", "shade", 3), ("", "plug", 2), ("", "cup", 5), ("Ada", "mug", 9)]
    names += [("", "bowl", 9), ("", "", 7), ("Ada", "jug", 1), ("Bo", "pan", 2), ("", "pot", 99)]
    tracks = [Track(row, artist, title, None, count, row) for row, (artist, title, count) in enumerate(names)]
    labels = np.array([0, 0, 0, 0, 1, 1, 1, 2, 3, 3, 3])
    # Most tracks of the last cluster have an artist: Bo 2 * 2 / 2, Ada 1 * 1 / 10.
    assert describe_clusters(tracks, labels) == [
        TrackGroup("lamp, bulb, shade", 4),
        TrackGroup("bowl, mug, cup", 3),
        TrackGroup("without an artist", 1),
        TrackGroup("Bo, Ada", 3),
    ]
    assert by_artist(tracks[:5], 2).groups == [TrackGroup("without an artist", 5)]


def test_the_map_of_a_shop_shows_products_in_its_legend(sgp: Sgp, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="Matplotlib is not installed")
    names = np.array(["lamp", "bulb", "cup", "mug"])
    vectors = np.array([[1, 0], [1, 0.1], [0, 1], [0.1, 1]], np.float32)
    np.savez(tmp_path / "v.npz", vectors=vectors, artist=np.array([""] * 4), title=names, count=np.arange(4, 0, -1))
    assert sgp("import", "shop", tmp_path / "v.npz", "-q").code == 0
    files = ["-o", tmp_path / "m.html", "--svg", tmp_path / "m.svg"]
    assert sgp("map", "shop", *files, "--clusters", "2", "-q").code == 0
    root = ElementTree.parse(tmp_path / "m.svg").getroot()
    shown = [text for element in root.iter() if element.tag.endswith("}text") for text in element.itertext()]
    assert shown == ["Map of shop", "lamp, bulb", "cup, mug"]
    groups = data_of((tmp_path / "m.html").read_text())["colourings"]["cluster"]["groups"]
    assert [group["label"] for group in groups] == ["lamp, bulb", "cup, mug"]


def test_each_step_is_reported(sample_root: Path, tmp_path: Path) -> None:
    steps: list[tuple[str, float, int]] = []
    package.draw_map(
        "demo",
        tmp_path / "map.html",
        package.MapSettings(projection="pca", top=200),
        experiments_dir=sample_root,
        progress=lambda *step: steps.append(step),
    )
    assert [done for _, done, _ in steps] == [0, 1, 1, 2, 3, 4]
    assert [name for name, _, _ in steps] == [
        "finding nearest neighbours",
        "finding nearest neighbours: 200 of 200 tracks",
        "projecting by principal components",
        "finding clusters",
        "measuring the projection",
        "writing",
    ]
    assert {of for _, _, of in steps} == {5}


def test_a_page_of_twenty_thousand_tracks_is_small() -> None:
    names = [(f"Some Artist {row % 2000}", f"A Title of the Usual Length {row} - Live") for row in range(20_000)]
    tracks = [Track(row, artist, title, None, 20_000 - row, row) for row, (artist, title) in enumerate(names)]
    plane = np.random.default_rng(7).standard_normal((len(tracks), 2)).astype(np.float32)
    near, similarities = np.zeros((20_000, 10), np.int64), np.zeros((20_000, 10), np.float32)
    one_group = Colouring(np.zeros(20_000, np.int64), [TrackGroup("all", 20_000)])
    colourings: Any = {"cluster": one_group, "artist": by_artist(tracks, 12)}
    text = page(Drawing("t", tracks, plane, near, similarities, colourings, "cluster", "pca", 1.0))
    assert len(text.encode()) < 6_000_000  # 300 bytes per track: 30 MB at 100,000
    assert data_of(text)["near"].shape == (200_000,)


@pytest.mark.parametrize("colour", ["cluster", "artist"])
def test_pictures_show_points_and_group_labels(tmp_path: Path, colour: Any) -> None:
    pytest.importorskip("matplotlib", reason="Matplotlib is not installed")
    names = [*HOSTILE, "$\\frac{1}{0}$", "\x1b[31m", "\x00", "椎名林檎"]
    tracks = [Track(row, name, "t", None, 99 - row, row) for row, name in enumerate(names * 4)]
    drawing = drawing_of(tracks, colour=colour)
    for place in ("a.svg", "b.svg", "a.png"):
        picture.write(tmp_path / place, drawing, place[2:])
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    root = ElementTree.parse(tmp_path / "a.svg").getroot()
    kinds = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert not kinds & {"script", "foreignObject", "a"}
    shown = [text for element in root.iter() if element.tag.endswith("}text") for text in element.itertext()]
    labels = [picture.escape(group.label) for group in drawing.colourings[colour].groups]
    assert shown == ["A <b>map", *(label if len(label) <= 60 else f"{label[:59]}…" for label in labels)]
    from matplotlib.image import imread

    pixels = imread(tmp_path / "a.png")
    assert pixels.shape[:2] == (1200, 2100)
    colourful = np.ptp(pixels[..., :3], axis=2) > 0.2
    assert 48 * 4 < np.count_nonzero(colourful) < pixels.size / 20  # points, with background between them


def test_pictures_without_matplotlib_are_an_error(
    sample_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture, "find_spec", lambda name: None)
    with pytest.raises(SettingError, match=r"Matplotlib is not installed: pip install 'skipgramophone\[map\]'"):
        package.draw_map("demo", tmp_path / "m.html", pictures={"png": tmp_path / "m.png"}, experiments_dir=sample_root)
    with pytest.raises(SettingError, match="picture format must be png or svg, not 'gif'"):
        package.draw_map("demo", tmp_path / "m.html", pictures={"gif": tmp_path / "m.gif"}, experiments_dir=sample_root)
    assert not list(tmp_path.iterdir())


def test_a_map_can_have_very_few_tracks(experiments: Path, tmp_path: Path) -> None:
    for tracks in (1, 2, 3):
        names = np.array([f"artist - {at}" for at in range(tracks)])
        np.savez(tmp_path / "v.npz", vectors=np.eye(3, dtype=np.float32)[:tracks], tracks=names)
        package.import_vectors("few", tmp_path / "v.npz", force=True)
        package.draw_map("few", tmp_path / "few.html", force=True)
        data = data_of((tmp_path / "few.html").read_text(encoding="utf-8"))
        assert len(data["near"]) == tracks * (tracks - 1)


def test_the_command(sample_root: Path, tmp_path: Path) -> None:
    place = tmp_path / "map.html"
    options = ("--experiments-dir", sample_root, "--projection", "pca")
    ran = run_sgp("map", "demo", "-o", place, "--top", "500", *options)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[2] == "tracks      500 in 12 clusters; 2,484 rarer ones not shown (--top)"
    before = place.read_bytes()
    refused = run_sgp("map", "demo", "-o", place, *options)
    assert (refused.code, refused.out, refused.err) == (
        1,
        "",
        f"error: {place} already exists: choose another path, or replace it with --force\n",
    )
    assert place.read_bytes() == before
    stills = ("--png", tmp_path / "map.png", "--svg", tmp_path / "map.svg")
    report = json.loads(run_sgp("map", "demo", "-o", place, "--force", "--json", *stills, *options).out)
    assert report["pictures"] == [str(tmp_path / "map.png"), str(tmp_path / "map.svg")]
    refused = run_sgp("map", "demo", "-o", tmp_path / "new.html", *stills, *options)
    assert (refused.code, refused.err) == (
        1,
        f"error: {tmp_path / 'map.png'} already exists: choose another path, or replace it with --force\n",
    )
    assert not (tmp_path / "new.html").exists()
    assert report["tracks"] == 2984
    with pytest.raises(ExperimentError, match="it is not a regular file"):
        package.draw_map("demo", tmp_path, experiments_dir=sample_root, force=True)
