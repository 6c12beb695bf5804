"""`extract --append`: an extended corpus equals one that is extracted from all sources together."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from itertools import chain, product
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import skipgramophone as package
from skipgramophone.errors import ExperimentError, SettingError, SgpError
from skipgramophone.experiment.catalogue import FILE, Catalogue
from skipgramophone.experiment.catalogue_writer import TRACKS, write_catalogue
from skipgramophone.experiment.corpus import read_corpus
from skipgramophone.experiment.name_search import NameSearch
from tests.conftest import Row, Sgp, dump_text, table_of, two_genres
from tests.experiment.earlier_catalogue import as_earlier_version

WriteDump = Callable[..., Path]
BEFORE: list[Row] = [
    ("u", "A", "One", "p"),
    ("u", "A", "Two", "p"),
    ("u", "B", "Three", "q"),
    ("u", "B", "Three", "q"),
    ("u", "b", "THREE", "q"),
]
ADDED: list[Row] = [
    ("u", "A", "One", "p"),  # already in the corpus
    ("u", "C", "Four", "p"),
    ("u", "a", "two", "p"),  # already in the corpus
    ("v", "C", "Four", "q"),  # a playlist of another owner
    ("v", "C", "FOUR", "r"),
    ("v", "B", "three", "r"),
    ("v", "C", "Five", "r"),
]


def tracks_of(root: Path, name: str) -> list[tuple[Any, ...]]:
    """Return the rows of the catalogue: artist, title, uri, count, first place."""
    with closing(Catalogue(root / name / "corpus")) as catalogue:
        return [(t.artist, t.title, t.uri, t.count, t.first_place) for t in catalogue.all_tracks()]


def playlists_of(root: Path, name: str) -> Counter[tuple[Any, ...]]:
    """Count the playlists by owner, name and names of their tracks."""
    stage = root / name / "corpus"
    corpus, names = read_corpus(stage), [f"{t[0].lower()} - {t[1].lower()}" for t in tracks_of(root, name)]
    known = zip(*(pq.read_table(stage / "playlists.parquet")[of].to_pylist() for of in ("owner", "name")), strict=True)
    return Counter(
        (*who, *(names[row] for row in corpus.track_ids[corpus.offsets[at] : corpus.offsets[at + 1]]))
        for at, who in enumerate(known)
    )


def facts_of(root: Path, name: str) -> dict[str, Any]:
    """Return the facts in the manifest of a corpus."""
    found: dict[str, Any] = json.loads((root / name / "corpus" / "manifest.json").read_text())["facts"]
    return found


def test_append_keeps_row_numbers_and_extends_playlists(sgp: Sgp, experiments: Path, write_dump: WriteDump) -> None:
    one, two = write_dump(BEFORE, "one.csv"), write_dump(dump_text(ADDED) + '"v",,"r"\n', "two.csv")
    assert sgp("extract", "x", one, "-q").code == 0
    before = json.loads((experiments / "x" / "corpus" / "manifest.json").read_text())
    assert sgp("extract", "x", two, "--append", "--dry-run", "-q").code == 0
    assert facts_of(experiments, "x") == before["facts"]
    ran = sgp("extract", "x", two, "--append")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert [line for line in lines if not line.startswith(("time ", "sorted "))] == [
        "added to x",
        "sources        two.csv (zenodo)",
        "rows read      8",
        "rows used      5",
        "rows rejected  1",
        "               1 × 1 field instead of 4",
        "rows left out  2",
        "               2 already in their playlists",
        "playlists      2 new, 1 extended",
        "tracks         2 new",
        "",
        "corpus of x (extended)",
        "sources      2",
        "rows used    10",
        "playlists    4 by 2 owners; longest: 3 tracks",
        "tracks       5",
        "occurrences  10 (2 repeated within a playlist)",
    ]
    assert tracks_of(experiments, "x") == [
        ("B", "Three", None, 4, 3),
        ("A", "One", None, 1, 1),
        ("A", "Two", None, 1, 2),
        ("C", "Four", None, 3, 7),
        ("C", "Five", None, 1, 12),
    ]
    assert sorted(playlists_of(experiments, "x")) == [
        ("u", "p", "a - one", "a - two", "c - four"),
        ("u", "q", "b - three", "b - three", "b - three"),
        ("v", "q", "c - four"),
        ("v", "r", "c - four", "b - three", "c - five"),
    ]
    with closing(Catalogue(experiments / "x" / "corpus")) as catalogue:
        assert catalogue.spellings(0) == [("b", "THREE", 1), ("B", "three", 1)]
        assert catalogue.spellings(3) == [("C", "FOUR", 1)]
    facts = facts_of(experiments, "x")
    assert [source["file"] for source in facts["sources"]] == ["one.csv", "two.csv"]
    assert (facts["rows_read"], facts["rows_used"], facts["rows_rejected"], facts["rows_left_out"]) == (13, 10, 1, 2)
    assert facts["former"] == [
        {"digest": before["digest"], "created": before["created"], "settings": before["settings"], "sources": 1}
        | {"tracks": 3, "playlists": 2, "occurrences": 5}
    ]
    assert len((experiments / "x" / "corpus" / "rejects.jsonl").read_text().splitlines()) == 1
    assert sgp("check", "x").code == 0

    # Reading the same sources again changes nothing.
    grown = (experiments / "x" / "corpus" / "manifest.json").read_bytes()
    ran = sgp("extract", "x", two, "--append")
    message = "error: two.csv is already in the corpus: leave it out, or add --force to read it again\n"
    assert (ran.code, ran.err) == (1, message)
    ran = sgp("extract", "x", two, one, "--append", "--force")
    assert ran.code == 0
    assert "nothing new for x" in ran.out.splitlines()
    assert "corpus of x (unchanged)" in ran.out.splitlines()
    assert (experiments / "x" / "corpus" / "manifest.json").read_bytes() == grown
    assert sgp("extract", "x", write_dump([("w", "D", "Six", "s")]), "--append", "-q").code == 0
    assert [former["tracks"] for former in facts_of(experiments, "x")["former"]] == [3, 5]
    assert sgp("check", "x").code == 0


ROWS = st.lists(
    st.tuples(*(st.sampled_from(words) for words in (["u", "v"], ["A", "a", "B"], ["1", "2", "3", "4"], ["p", "q"]))),
    min_size=1,
    max_size=12,
)


@settings(max_examples=settings().max_examples // 10)  # each example is three extractions
@given(before=ROWS, added=ROWS)
def test_extended_corpus_equals_one_of_all_sources(before: list[Row], added: list[Row]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        one, two = root / "one.csv", root / "two.csv"
        one.write_text(dump_text(before))
        two.write_text(dump_text(added))
        drop = package.ExtractSettings(repeats="drop")
        package.extract("grown", one, drop, experiments_dir=root)
        old = tracks_of(root, "grown")
        package.extract("grown", two, append=True, force=True, experiments_dir=root)
        package.extract("whole", [one, two], drop, experiments_dir=root)
        grown, whole = tracks_of(root, "grown"), tracks_of(root, "whole")
        assert sorted(grown) == sorted(whole)
        assert [(*track[:3], track[4]) for track in grown[: len(old)]] == [(*track[:3], track[4]) for track in old]
        assert playlists_of(root, "grown") == playlists_of(root, "whole")
        facts = facts_of(root, "grown")
        assert facts["rows_read"] == facts["rows_used"] + facts["rows_rejected"] + facts["rows_left_out"]
        assert facts["rows_used"] == facts["occurrences"] == sum(track[3] for track in grown)
        with closing(Catalogue(root / "grown" / "corpus")) as catalogue:
            catalogue.require_sound()


def test_playlist_grows_only_if_its_key_is_valid_across_files(
    sgp: Sgp, experiments: Path, write_dump: WriteDump
) -> None:
    def slice_of(pid: int, tracks: str) -> str:
        found = [{"artist_name": "A", "track_name": name, "track_uri": f"x:{name}"} for name in tracks]
        return json.dumps({"info": {}, "playlists": [{"name": "p", "pid": pid, "tracks": found}]})

    assert sgp("extract", "x", write_dump("ab\nc", "s.txt"), "--format", "sessions", "-q").code == 0
    for number, content in enumerate((slice_of(1, "ab"), slice_of(1, "abc"), slice_of(2, "ab"))):
        assert sgp("extract", "x", write_dump(content, f"{number}.json"), "--append", "-q").code == 0
    assert sgp("extract", "x", write_dump("d\ne", "s.txt"), "--format", "sessions", "--append", "-q").code == 0
    keys = pq.read_table(experiments / "x" / "corpus" / "playlists.parquet")["key"].to_pylist()
    assert keys == ["#0", "#1", "pid 1", "pid 2", "#4", "#5"]
    assert read_corpus(experiments / "x" / "corpus").lengths().tolist() == [1, 1, 3, 2, 1, 1]


def test_long_playlists_grow_by_parts_and_existing_ones_win_over_near_duplicates(
    sgp: Sgp, experiments: Path, write_dump: WriteDump
) -> None:
    def rows(playlist: str, tracks: range) -> list[Row]:
        return [("u", "A", str(track), playlist) for track in tracks]

    asked = ("--max-length", "4", "--drop-duplicate-playlists")
    assert sgp("extract", "x", write_dump(rows("p", range(6)), "a.csv"), *asked, "-q").code == 0
    assert read_corpus(experiments / "x" / "corpus").lengths().tolist() == [3, 3]
    added = [*rows("p", range(10)), *rows("q", range(11))]
    ran = sgp("extract", "x", write_dump(added, "b.csv"), "--append")
    assert "               11 in near-duplicates of other playlists" in ran.out.splitlines()
    assert read_corpus(experiments / "x" / "corpus").lengths().tolist() == [3, 3, 4]
    assert sgp("check", "x").code == 0


def test_append_errors_name_the_problem(sgp: Sgp, experiments: Path, write_dump: WriteDump, tmp_path: Path) -> None:
    one, two = write_dump(BEFORE, "one.csv"), write_dump(ADDED, "two.csv")
    message = "there is no experiment 'x' in"
    assert message in sgp("extract", "x", two, "--append").err
    assert sgp("extract", "x", one, "--keep", "episodes", "-q").code == 0
    config = tmp_path / "s.toml"
    config.write_text("[extract]\ngroup_by = 'name'\n")
    refused: list[tuple[list[str | Path], str]] = [
        (["--min-length", "3"], "min-length is 1 in this corpus, and must be the same for added sources, not 3"),
        (["--config", config], "group-by is owner in this corpus, and must be the same for added sources, not name"),
        (
            ["--keep", "skips"],
            "keep is ['episodes'] in this corpus, and must be the same for added sources, not ['skips']",
        ),
    ]
    for arguments, message in refused:
        ran = sgp("extract", "x", two, "--append", *arguments)
        assert (ran.code, message in ran.err) == (2, True), ran.err
    ran = sgp("extract", "x", "--sample", one, two, "--append")
    assert "give either a SOURCE or --sample, not both" in ran.err
    ran = sgp("extract", "x", two, one, "--append")
    assert ran.err.startswith("error: one.csv is already in the corpus")
    ran = sgp("extract", "x", two, two, "--append")
    assert ran.err.startswith(f"error: {two} is given twice")
    assert sgp("extract", "x", two, "--append", "--repeats", "keep", "-q").code == 0  # as in the first extract

    stage = experiments / "x" / "corpus"
    pq.write_table(pq.read_table(stage / "playlists.parquet", columns=["owner", "name"]), stage / "playlists.parquet")
    ran = sgp("extract", "x", one, "--append")
    assert (
        "was made by an earlier version, which did not store the keys that distinguish playlists of the same name"
        in ran.err
    )
    np.savez(tmp_path / "v.npz", vectors=np.eye(2, dtype=np.float32), tracks=np.array(["a - b", "c - d"]))
    package.import_vectors("names", tmp_path / "v.npz")
    with pytest.raises(ExperimentError, match="was made from imported vectors and has no playlists"):
        package.extract("names", one, append=True)
    with pytest.raises(
        SettingError, match="max_length is None in this corpus, and must be the same for added sources, not 9"
    ):
        package.extract("y", one)
        package.extract("y", two, package.ExtractSettings(max_length=9), append=True)


@pytest.mark.parametrize("is_earlier", [False, True])
def test_answers_are_in_order_of_count_for_any_row_order(tmp_path: Path, is_earlier: bool) -> None:
    """A catalogue in any row order gives the same answers as one in order of count, also in the earlier format."""
    rng = np.random.default_rng(7)
    words = ["love", "night", "blue", "moon", "river", "one", "ab", "Säkert"]
    names = [[" ".join(rng.choice(words, 2)) for _ in range(2)] for _ in range(300)]
    tracks = [(artist, title, f"x:{at}", 300 - at, at + 1) for at, (artist, title) in enumerate(names)]
    order = rng.permutation(300)
    places = [tmp_path / name for name in ("plain", "mixed", "first")]
    for place in places:
        place.mkdir()
        rows = [tracks[at] for at in order] if place.name == "mixed" else tracks
        write_catalogue(place, table_of(TRACKS, rows), in_order=place.name != "mixed")
        if is_earlier and place.name != "plain":
            as_earlier_version(place / FILE)
    with closing(Catalogue(places[0])) as plain, closing(Catalogue(places[1])) as mixed:
        mixed.require_sound()
        assert [track.uri for track in mixed.all_tracks()] == [f"x:{at}" for at in order]
        assert [mixed.track(row).uri for row in mixed.by_count(3)] == ["x:0", "x:1", "x:2"]
        queries = ("love", "on", "a", "moon river", "x:17", names[5][1], "nihgt bleu", "love-night", "zzz", names[9][0])
        with closing(Catalogue(places[2])) as first:
            for query, other in product(queries, (mixed, first)):
                for answers in (
                    lambda c, q=query: NameSearch(c).find(q),
                    lambda c, q=query: ([*chain(*NameSearch(c).misspelt(q))], 0),
                    lambda c, q=query: (NameSearch(c).completions(q, 8, 10.0), 0),
                    lambda c, q=query: (c.of_artist(q), 0),
                ):
                    (expected, number), (found, same) = answers(plain), answers(other)
                    assert [track.uri for track in found] == [track.uri for track in expected], query
                    assert same == number
        with pytest.raises(SgpError) as one:
            NameSearch(plain).resolve("lvoe")
        with pytest.raises(SgpError) as other_error:
            NameSearch(mixed).resolve("lvoe")
        assert str(other_error.value) == str(one.value)


def test_damaged_ranks_of_an_earlier_version_are_found(tmp_path: Path) -> None:
    write_catalogue(tmp_path, table_of(TRACKS, [("A", str(at), None, at, at + 1) for at in range(5)]), in_order=False)
    as_earlier_version(tmp_path / FILE)
    with closing(sqlite3.connect(tmp_path / FILE)) as database, database:
        database.execute("UPDATE tracks SET rank = 5 + rank WHERE rank = 4")
    with closing(Catalogue(tmp_path)) as catalogue, pytest.raises(ExperimentError, match="its ranks are not"):
        catalogue.require_sound()


def test_top_is_by_count_in_an_extended_corpus(sgp: Sgp, write_dump: WriteDump, tmp_path: Path) -> None:
    few = [("o", "folk artist 1", "folk 1", f"list {at}") for at in range(200)]
    assert sgp("extract", "x", write_dump(two_genres(40), "a.csv"), "-q").code == 0
    hit = [("n", "new", "hit", str(at)) for at in range(99)]
    assert sgp("extract", "x", write_dump([*few, *hit]), "--append", "-q").code == 0
    with closing(Catalogue(tmp_path / "experiments" / "x" / "corpus")) as catalogue:
        names = [track.name for track in catalogue.all_tracks()]
    vectors = np.random.default_rng(1).standard_normal((len(names), 4)).astype(np.float32)
    np.savez(tmp_path / "v.npz", vectors=vectors, tracks=np.array(names))
    assert sgp("import", "x", tmp_path / "v.npz", "-q").code == 0
    out = tmp_path / "o.csv"
    assert sgp("export", "x", out, "--top", "2", "-q").code == 0
    assert [line.split(",")[2] for line in out.read_text().splitlines()[1:]] == ['"folk 1"', '"hit"']
    page = tmp_path / "o.html"
    assert sgp("map", "x", "-o", page, "--top", "2", "--projection", "pca", "-q").code == 0
    assert [title in page.read_text() for title in ("folk 1", "hit", "techno")] == [True, True, False]
