"""A corpus that grows by few rows equals one whose rows are all encoded again."""

from __future__ import annotations

import json
import random
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import skipgramophone as package
from skipgramophone.experiment.catalogue import FILE, Catalogue, Track
from skipgramophone.experiment.name_index_check import require_sound_name_index
from skipgramophone.experiment.name_search import NameSearch
from skipgramophone.pipeline import growth
from skipgramophone.pipeline.append import Before
from tests.experiment.earlier_catalogue import as_earlier_version

COLUMNS = "artist=artist,title=title,uri=uri,playlist=playlist,owner=owner,album=album"
NAMES = ("artist", "title", "uri", "playlist", "owner", "album")
Fields = tuple[str, ...]  # in the order of `NAMES`; the album may be missing
TABLES = {
    "tracks": "SELECT *, rank FROM tracks ORDER BY row",
    "spellings": "SELECT * FROM spellings ORDER BY row, artist, title",
    "uris": "SELECT * FROM uris ORDER BY uri, row",
}
ARTISTS = ["A", "a", " A", "Ä", "A\u0308", "Beatles", "", " "]
TITLES = ["One", "ONE", "one two", "Three", "x", "4", "the long title"]
ROWS = st.lists(
    st.tuples(
        *map(st.sampled_from, (ARTISTS, TITLES, ["", "", "u:1", "u:2", "u:3"], ["p", "q", "r"], ["v", "w"])),
        st.sampled_from(["", "", " ", "L", " L ", "l", "Ö"]),
    ),
    min_size=1,
    max_size=10,
)
ASKED = st.fixed_dictionaries(
    {
        "repeats": st.sampled_from(["keep", "drop"]),
        "merge_uris": st.booleans(),
        "group_by": st.sampled_from(["owner", "name"]),
        "min_length": st.sampled_from([1, 1, 2, 3]),
    }
)


def write_rows(path: Path, rows: list[Fields]) -> Path:
    """Write rows as JSON lines."""
    lines = (dict(zip(NAMES, row, strict=False)) for row in rows)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def content_of(stage: Path) -> dict[str, Any]:
    """Return everything in a corpus stage: bytes of arrays, rows of tables, and facts without times."""
    content: dict[str, Any] = {path.name: path.read_bytes() for path in stage.glob("*.npy")}
    content["rejects"] = (stage / "rejects.jsonl").read_bytes()
    content["playlist table"] = pq.read_table(stage / "playlists.parquet").to_pydict()
    with closing(sqlite3.connect(stage / FILE)) as database:
        content |= {f"table {name}": database.execute(select).fetchall() for name, select in TABLES.items()}
    facts = json.loads((stage / "manifest.json").read_text())["facts"]
    for former in facts.get("former", ()):
        former.pop("created")
        former.pop("digest")
    return content | {key: value for key, value in facts.items() if key not in ("seconds", "rows_per_second")}


def albums_of(stage: Path) -> dict[tuple[str, str, str | None], str | None]:
    """Return the album of each track."""
    with closing(Catalogue(stage)) as catalogue:
        return {(track.artist, track.title, track.uri): track.album for track in catalogue.all_tracks()}


def require_same_names(stage: Path) -> None:
    """Verify that the name index matches the names, and that the catalogue file is sound."""
    with closing(Catalogue(stage)) as catalogue:
        catalogue.require_sound()
        require_sound_name_index(catalogue)


def grow(root: Path, first: list[Fields], more: list[list[Fields]], asked: dict[str, Any], whole: bool) -> Path:
    """Extract rows, append others step by step, and return the corpus stage."""
    extract = package.ExtractSettings(columns=COLUMNS, **asked)
    package.extract("x", write_rows(root / "0.jsonl", first), extract, experiments_dir=root)
    with pytest.MonkeyPatch.context() as patch:
        if whole:
            patch.setattr(growth, "_grows_by_parts", lambda *_: False)
        for number, rows in enumerate(more, 1):
            path = write_rows(root / f"{number}.jsonl", rows)
            package.extract("x", path, extract, append=True, force=True, experiments_dir=root)
    return root / "x" / "corpus"


# Numbers that depend on how rows spell names. If all rows are encoded again, each row has the names of its track.
OF_SPELLINGS = {"without_artist", "sorted_by_title", "most_namesakes"}
OF_REPORT = (
    "without_artist",
    "namesakes",
    "sortable",
    "same_tracks",
    "owners",
    "longest_playlist",
    "playlists",
    "tracks",
    "albums",
)


def require_equal(grown: Path, whole: Path) -> None:
    """Require that two corpus stages have the same content and give the same answers."""
    found, expected = content_of(grown), content_of(whole)
    assert found.keys() == expected.keys()
    for key in expected.keys() - OF_SPELLINGS:
        assert found[key] == expected[key], key
    with closing(Catalogue(grown)) as ours, closing(Catalogue(whole)) as theirs:
        for query in ("one", "a", "ab", "the", "beatles one", "betles", "u:1", "long title", "x"):
            assert NameSearch(ours).find(query) == NameSearch(theirs).find(query)
            assert NameSearch(ours).misspelt(query) == NameSearch(theirs).misspelt(query)
        assert ours.by_count() == theirs.by_count()
        ours.require_sound()


@settings(max_examples=settings().max_examples // 20)  # each example is up to seven extractions
@given(ROWS, st.lists(ROWS, min_size=1, max_size=2), ASKED)
def test_growth_equals_encoding_all_rows(first: list[Fields], more: list[list[Fields]], asked: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        try:
            grown = grow(Path(one), first, more, asked, whole=False)
        except package.SgpError:
            with pytest.raises(package.SgpError):
                grow(Path(other), first, more, asked, whole=True)
            return
        require_equal(grown, grow(Path(other), first, more, asked, whole=True))
        if asked["repeats"] == "drop" and asked["min_length"] == 1:
            sources = sorted(Path(one).glob("*.jsonl"))
            once = package.extract("y", sources, package.ExtractSettings(columns=COLUMNS, **asked), experiments_dir=one)
            facts = json.loads((grown / "manifest.json").read_text())["facts"]
            assert [facts[name] for name in OF_REPORT] == [getattr(once, name) for name in OF_REPORT]
            most = facts["most_namesakes"], once.most_namesakes  # names that are shared equally often are in any order
            assert [shared for *_, shared in most[0]] == [shared for *_, shared in most[1]]
            assert albums_of(grown) == albums_of(Path(one) / "y" / "corpus")
        require_same_names(grown)


def test_playlists_sorted_by_title_are_counted_as_in_one_extraction(tmp_path: Path) -> None:
    rng = random.Random(5)
    parts: list[list[Fields]] = []
    for playlists in (("p", "q", "r", "s"), ("p", "q", "r", "s", "t", "u")):
        rows = [(rng.choice("AB"), f"{number:02} title", "", name, "v") for name in playlists for number in range(7)]
        kept: list[Fields] = [row for row in rows if rng.random() < 0.7]
        unsorted = [row for row in kept if row[3] in "rt"]
        parts.append([row for row in kept if row[3] not in "rt"] + unsorted[::-1])
    parts[1] = [(artist, "9" + title, uri, name, owner) for artist, title, uri, name, owner in parts[1]]
    stage = grow(tmp_path, parts[0], parts[1:], {}, whole=False)
    sources = sorted(tmp_path.glob("*.jsonl"))
    once = package.extract("y", sources, package.ExtractSettings(columns=COLUMNS), experiments_dir=tmp_path)
    facts = json.loads((stage / "manifest.json").read_text())["facts"]
    assert (facts["sorted_by_title"], facts["sortable"]) == (once.sorted_by_title, once.sortable)
    assert 0 < once.sorted_by_title < once.sortable


MONTH: list[list[Fields]] = [
    [("A", "One", "", "p", "v"), ("A", "Two", "", "p", "v"), ("B", "Three", "", "q", "w")],
    [("A", "Two", "", "q", "w"), ("C", "Four", "", "p", "v"), ("C", "Four", "", "r", "v")],
    [("b", "THREE", "", "r", "v"), ("D", "Five", "", "q", "w"), ("A", "One", "", "p", "v")],
]


def test_catalogues_of_earlier_versions_are_written_again_and_then_grow(tmp_path: Path) -> None:
    stages = []
    for name in ("earlier", "now"):
        root = tmp_path / name
        root.mkdir()
        stages.append(grow(root, MONTH[0], [], {}, whole=False))
    as_earlier_version(stages[0] / FILE)
    with closing(Catalogue(stages[0])) as catalogue:
        assert not catalogue.can_grow
    for stage in stages:
        for number, rows in enumerate(MONTH[1:], 1):
            path = write_rows(tmp_path / f"{number}.jsonl", rows)
            extract = package.ExtractSettings(columns=COLUMNS)
            package.extract("x", path, extract, append=True, experiments_dir=stage.parents[1])
            with closing(Catalogue(stage)) as catalogue:
                assert catalogue.can_grow
    require_equal(*stages)
    require_same_names(stages[0])


def test_only_touched_tracks_are_read_if_few_rows_are_added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many: list[Fields] = [(f"Artist {at}", f"Title {at}", "", str(at // 10), "v") for at in range(1000)]
    stage = grow(tmp_path, many, [], {}, whole=False)
    read: list[int] = []

    def counted(catalogue: Catalogue, rows: list[int]) -> list[Track]:
        read.append(len(rows))
        return read_tracks(catalogue, rows)

    read_tracks = Catalogue.tracks
    monkeypatch.setattr(Catalogue, "tracks", counted)
    monkeypatch.setattr(Before, "names", property(lambda _: pytest.fail("the whole catalogue was read")))
    columns = package.ExtractSettings(columns=COLUMNS)
    rows = [*MONTH[1], ("artist 7", "TITLE 7", "", "3", "v")]
    package.extract("x", write_rows(tmp_path / "few", rows), columns, append=True, experiments_dir=tmp_path)
    assert read == [3]  # the first track of the corpus, the first of the playlist, and the one that was added to it
    require_same_names(stage)


def test_many_added_rows_are_encoded_with_all_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grow(tmp_path, MONTH[0], [], {}, whole=False)
    monkeypatch.setattr(growth, "FEW_ROWS", 2)
    monkeypatch.setattr(growth, "_grown", lambda *_: pytest.fail("only a part was encoded"))
    columns = package.ExtractSettings(columns=COLUMNS)
    path = write_rows(tmp_path / "more", MONTH[1])
    assert package.extract("x", path, columns, append=True, experiments_dir=tmp_path).tracks == 4
