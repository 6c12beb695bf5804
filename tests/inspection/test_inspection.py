"""Findings: a clean corpus has none, and each planted problem is found with its count."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from skipgramophone.experiment.corpus import Corpus, count_descents
from skipgramophone.inspection.contents import Contents
from skipgramophone.inspection.distribution import distribution
from skipgramophone.inspection.findings import ADVICE, KINDS, Finding
from skipgramophone.inspection.report import findings as all_findings
from skipgramophone.pipeline.extract import extract
from skipgramophone.pipeline.extract_report import contents_of
from skipgramophone.playlists.encoding.encoder import encode
from skipgramophone.settings import ExtractSettings
from tests.conftest import dump_text
from tests.playlists.encoding.test_encoder import blocks_of

WriteDump = Callable[..., Path]
Track = tuple[str, str]  # artist, title
HEADER = '"user_id","artistname","trackname","playlistname","trackuri"'

# Names that look like problems but are correct.
REAL = [
    ("Earth, Wind & Fire", "September"),
    ("Simon & Garfunkel", "Cecilia"),
    ("AC/DC", "T.N.T."),
    ("Håkan Hellström", "Brännö serenad"),
    ("Sigur Rós", "Sæglópur"),
    ("CAFÉ – “Déjà vu”", "À la carte…"),
    ("Кино", "Группа крови"),
    ("Nobody", "What? Now!"),
    ("100% Cotton", "50/50 & more"),
    ("Unknown Mortal Orchestra", "Track Record"),
]


@dataclass(frozen=True)
class Dump:
    """Playlists as (owner, name, tracks), with their uris, bad lines and settings for reading them."""

    playlists: list[tuple[str, str, list[Track]]]
    uri: Callable[[int, Track], str] = lambda _playlist, _track: ""
    bad_lines: int = 0
    settings: dict[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        """Return the dump as CSV."""
        rows = [
            (owner, artist, title, name, self.uri(at, (artist, title)))
            for at, (owner, name, tracks) in enumerate(self.playlists)
            for artist, title in tracks
        ]
        return dump_text(rows, HEADER) + "no row\n" * self.bad_lines  # type: ignore[arg-type]

    def tracks(self) -> list[Track]:
        """Return all tracks, in order of first appearance."""
        return list(dict.fromkeys(track for _, _, tracks in self.playlists for track in tracks))

    def renamed(self, names: dict[Track, Track]) -> Dump:
        """Return the dump with other names for some tracks."""
        lists = [(owner, name, [names.get(track, track) for track in tracks]) for owner, name, tracks in self.playlists]
        return replace(self, playlists=lists)

    def occurrences(self, chosen: set[Track]) -> int:
        """Return the number of occurrences of some tracks."""
        return sum(track in chosen for _, _, tracks in self.playlists for track in tracks)


def clean() -> Dump:
    """Return 300 playlists of 10 to 39 tracks in random order, of 150 artists with 5 tracks each and a few with one."""
    rng = np.random.default_rng(5)
    tracks = [(f"artist {at * 7 % 150:03}", f"song {at:03}") for at in rng.permutation(750)] + REAL
    lists = []
    for at in range(300):
        chosen = rng.choice(len(tracks), rng.integers(10, 40), replace=False)
        lists.append((f"owner {at % 90}", f"list {at}", [tracks[track] for track in chosen]))
    return Dump(lists)


CLEAN = clean()
SOME = [track for track in CLEAN.tracks() if track not in REAL]


def sorted_by(role: int) -> Dump:
    """Return the clean dump with every fourth playlist sorted by artist (0) or title (1)."""
    lists = [
        (owner, name, sorted(tracks, key=lambda track: track[role]) if at % 4 == 0 else tracks)
        for at, (owner, name, tracks) in enumerate(CLEAN.playlists)
    ]
    return replace(CLEAN, playlists=lists)


def with_playlists(*playlists: tuple[str, str, list[Track]]) -> Dump:
    """Return the clean dump with additional playlists."""
    return replace(CLEAN, playlists=[*CLEAN.playlists, *playlists])


def with_each(change: Callable[[int, list[Track]], list[Track]]) -> Dump:
    """Return the clean dump with a change to each playlist."""
    lists = [(owner, name, change(at, list(tracks))) for at, (owner, name, tracks) in enumerate(CLEAN.playlists)]
    return replace(CLEAN, playlists=lists)


def nameless(number: int) -> dict[Track, Track]:
    """Return new names without artist for some tracks."""
    return {track: ("", track[1]) for track in SOME[:number]}


def with_titles(number: int, change: Callable[[str], str]) -> Dump:
    """Return the clean dump with a change to some titles."""
    return CLEAN.renamed({(artist, title): (artist, change(title)) for artist, title in SOME[:number]})


def without_owners() -> Dump:
    """Return the clean dump without owners, and with the same name for twenty playlists."""
    return replace(
        CLEAN,
        playlists=[
            ("", "Starred" if at < 20 else name, tracks) for at, (_, name, tracks) in enumerate(CLEAN.playlists)
        ],
    )


def albums() -> list[tuple[str, str, list[Track]]]:
    """Return one playlist with all tracks of an artist, for each of 120 artists."""
    by_artist: dict[str, list[Track]] = {}
    for track in SOME:
        by_artist.setdefault(track[0], []).append(track)
    return [("label", artist, tracks) for artist, tracks in list(by_artist.items())[:120]]


def libraries() -> Dump:
    """Return the clean dump in which ten owners have four playlists, and a library with these and more tracks."""
    lists = [(f"fan {at % 10}", name, tracks) for at, (_, name, tracks) in enumerate(CLEAN.playlists[:40])]
    lists += CLEAN.playlists[40:]
    for fan in range(10):
        own = [track for at in range(fan, 40, 10) for track in lists[at][2]]
        lists.append((f"fan {fan}", "all", list(dict.fromkeys(own + SOME[fan * 70 : fan * 70 + 120]))))
    return Dump(lists)


def series() -> Dump:
    """Return 5 snapshots of each of 60 lists; each snapshot replaces 5 of the 20 tracks of the previous one."""
    rng = np.random.default_rng(6)
    orders = [rng.permutation(len(SOME)) for _ in range(60)]
    return Dump(
        [
            (f"list {at}@2020-01-0{day + 1}", f"list {at}", [SOME[track] for track in order[5 * day : 5 * day + 20]])
            for at, order in enumerate(orders)
            for day in range(5)
        ]
    )


AUTOMATIC = [
    "Discover Weekly", "Daily Mix 1", "daily mix 2", "Liked Songs", "On Repeat", "Dein Mix der Woche", "Starred",
]  # fmt: skip
ONCE = [(f"artist {at % 150:03}", f"rare {at}") for at in range(2100)]
# 200 playlists of 20 tracks without near-duplicates, which make up 30 % of all occurrences.
RUNS = [[SOME[(at * 37 + step * (1 + at % 11)) % len(SOME)] for step in range(20)] for at in range(200)]
TWO_URIS = set(SOME[:100])
PLANTED: dict[str, tuple[Dump, int, set[str]]] = {  # the dump, the count of the problem, problems that come with it
    "rejected-rows": (replace(CLEAN, bad_lines=100), 100, set()),
    "few-playlists": (replace(CLEAN, playlists=CLEAN.playlists[:99]), 99, set()),
    "short-playlists": (with_playlists(*(("x", f"single {at}", [SOME[at]]) for at in range(60))), 60, set()),
    "giant-playlists": (with_playlists(("x", "everything", ONCE)), 1, {"seen-once"}),
    "whole-libraries": (libraries(), 10, set()),
    "dominant-owner": (
        with_playlists(*(("robot", f"run {at}", tracks) for at, tracks in enumerate(RUNS))), 4000, set(),
    ),
    "automatic-lists": (
        with_playlists(*(("x", name, SOME[at * 30 : at * 30 + 20]) for at, name in enumerate(AUTOMATIC))), 7, set(),
    ),
    "title-order": (sorted_by(1), 75, set()),
    "artist-order": (sorted_by(0), 75, set()),
    "one-artist": (with_playlists(*albums()), 120, set()),
    "repeats": (with_each(lambda _, tracks: [*tracks, tracks[0]]), 300, set()),
    "near-duplicates": (
        with_playlists(*(("x", name, tracks[1:]) for _, name, tracks in CLEAN.playlists[:20])), 20, set(),
    ),
    "snapshots": (series(), 300, set()),
    "welded-by-name": (
        replace(
            CLEAN,
            playlists=[(owner, name[:-1], tracks) for owner, name, tracks in CLEAN.playlists],
            settings={"group_by": "name"},
        ),
        300 - 30,
        {"repeats", "few-playlists", "everywhere"},
    ),
    "looks-welded": (without_owners(), 1, {"repeats"}),
    "seen-once": (with_each(lambda at, tracks: [*tracks, *ONCE[at * 4 : at * 4 + 4]]), 1200, set()),
    "everywhere": (with_each(lambda at, tracks: [*tracks[:at % 9], ("Radio", "Jingle"), *tracks[at % 9 :]]), 1, set()),
    "several-uris": (
        replace(CLEAN, uri=lambda at, track: f"u:{track[1]}:{at % 2 if track in TWO_URIS else 0}"), 100, set(),
    ),
    "no-artist": (CLEAN.renamed(nameless(30)), CLEAN.occurrences(set(SOME[:30])), set()),
    "placeholders": (
        CLEAN.renamed({SOME[0]: ("Various Artists", "Hit"), SOME[1]: ("A", "Track 07")}),
        CLEAN.occurrences(set(SOME[:2])),
        set(),
    ),
    "joined-artists": (
        CLEAN.renamed({track: (f"{track[0]} feat. {SOME[-1][0]}", track[1]) for track in SOME[:40]}), 40, set(),
    ),
    "mojibake": (with_titles(5, lambda title: f"Schöne {title}".encode().decode("cp1252")), 5, set()),
    "lost-letters": (with_titles(5, lambda title: f"Sch?ne {title}"), 5, set()),
    "escapes": (with_titles(5, lambda title: html.escape(f"Rock & {title}")), 5, set()),
    "unseen-letters": (with_titles(5, lambda title: f"{title}\u200b"), 5, set()),
}  # fmt: skip


def findings(dump: Dump, write_dump: WriteDump) -> dict[str, Finding]:
    """Return the findings about a dump, by kind."""
    report = extract("x", write_dump(dump.text()), ExtractSettings(**dump.settings), dry_run=True)
    assert report.findings is not None
    assert [finding.kind for finding in report.findings] == sorted(
        {finding.kind for finding in report.findings}, key=KINDS.index
    )
    return {finding.kind: finding for finding in report.findings}


def test_each_planted_problem_is_found_and_a_clean_corpus_has_none(write_dump: WriteDump) -> None:
    assert findings(CLEAN, write_dump) == {}
    assert set(PLANTED) == set(KINDS) == set(ADVICE)
    for kind, (dump, count, others) in PLANTED.items():
        found = findings(dump, write_dump)
        assert kind in found, (kind, set(found))
        assert set(found) - {kind} <= others, kind
        assert found[kind].count == count, kind
        assert round(count / found[kind].of, 6) == found[kind].share, kind
        assert f"{count:,}" in found[kind].what
        assert len(found[kind].examples) <= 3
        assert found[kind].effect
        assert found[kind].remedy


def test_orders_that_repeat_and_products_with_one_name_are_no_problem(write_dump: WriteDump) -> None:
    lists = [f"{order},{sku},Kettle\n" for order in range(300) for sku in range(order % 40, order % 40 + 10)]
    for artist, found in (("", set()), ("Ada", {"near-duplicates", "several-uris"})):
        rows = [line.replace("Kettle", f"Kettle,{artist}") for line in lists]
        path = write_dump("".join(["order,sku,title,artist\n", *rows]))
        settings = ExtractSettings(columns="id=order,uri=sku,title=title,artist=artist")
        report = extract("x", path, settings, dry_run=True)
        kinds = {finding.kind for finding in report.findings or ()}
        assert kinds & {"near-duplicates", "several-uris"} == found


def test_examples_are_the_most_frequent_tracks_or_longest_playlists(write_dump: WriteDump) -> None:
    dump, _, _ = PLANTED["mojibake"]
    counts = Counter(" - ".join(track) for _, _, tracks in dump.playlists for track in tracks)
    examples = findings(dump, write_dump)["mojibake"].examples
    damaged = sorted((count for name, count in counts.items() if "SchÃ¶ne" in name), reverse=True)
    assert [counts[name] for name in examples] == damaged[:2]
    dump, _, _ = PLANTED["giant-playlists"]
    assert findings(dump, write_dump)["giant-playlists"].examples == ("everything (2,100)",)
    dump, _, _ = PLANTED["rejected-rows"]
    assert findings(dump, write_dump)["rejected-rows"].examples == ("100 × does not begin and end with a quote",)


def test_the_ranges_of_a_distribution_have_no_gap() -> None:
    found = distribution(np.array([1, 1, 2, 3, 4, 7, 8, 40]))
    assert [(step.least, step.most, step.number) for step in found.steps] == [
        (1, 1, 2), (2, 3, 2), (4, 7, 2), (8, 15, 1), (16, 31, 0), (32, 63, 1),
    ]  # fmt: skip
    assert [round(step.share * 66) for step in found.steps] == [2, 5, 11, 8, 0, 40]
    assert (found.mean, found.median, found.least, found.most) == (8.25, 3.5, 1, 40)
    powers = distribution(1 << np.arange(40))
    assert [step.number for step in powers.steps] == [1] * 40


STRANGE = st.sampled_from(
    ["a", "A", "b; a", "BjÃ¶rk", "\ufffd", "&amp;", "\u200b", "", "Track 01", "various", "ß", "x\ty"]
)
ROWS = st.lists(
    st.tuples(st.sampled_from("uv"), st.sampled_from("pq"), STRANGE, STRANGE, st.sampled_from([None, "x:1", "x:2"])),
    min_size=1,
    max_size=40,
)


@settings(max_examples=settings().max_examples // 3)  # each example is an inspection
@given(ROWS)
def test_counts_equal_those_of_a_loop(rows: list[tuple[str, str, str, str, str | None]]) -> None:
    encoded = encode(blocks_of(rows))
    contents = contents_of(encoded)
    lists = [contents.corpus.track_ids[a:b].tolist() for a, b in pairwise(contents.corpus.offsets)]
    assert contents.distinct_tracks.tolist() == [len(set(tracks)) for tracks in lists]
    tracks = range(contents.tracks.num_rows)
    assert contents.playlist_counts.tolist() == [sum(track in one for one in lists) for track in tracks]
    assert contents.counts.tolist() == [sum(one.count(track) for one in lists) for track in tracks]
    rises = [[one <= other for one, other in pairwise(numbers)] for numbers in lists]
    ids = contents.corpus.track_ids.astype(np.int64)
    assert count_descents(ids, contents.corpus.offsets).tolist() == [len(steps) - sum(steps) for steps in rises]
    found = all_findings(contents, {"rows_read": 9, "rows_rejected": 3, "rejected": {"reason": 3}})
    assert [finding.kind for finding in found][:2] == ["rejected-rows", "few-playlists"]
    for finding in found:
        assert 0 < finding.count <= finding.of
        assert finding.share == round(finding.count / finding.of, 6)
        assert all(finding.examples)


def test_tracks_of_held_out_playlists_are_not_inspected() -> None:
    corpus = Corpus(np.array([3, 1, 1], np.int32), np.array([0, 2, 3]))  # tracks 0 and 2 occur elsewhere
    named = pa.table({"artist": list("abcd"), "title": list("wxyz"), "uri": [None] * 4})
    contents = Contents.of_playlists(corpus, named, pa.table({"owner": ["o", "o"], "name": ["p", "q"]}))
    assert contents.tracks["artist"].to_pylist() == ["b", "d"]
    assert contents.corpus.track_ids.tolist() == [1, 0, 0]
    assert contents.counts.tolist() == [2, 1]
