"""Fallbacks for tracks that are unknown or have no vector: what replaces them, how they are scored, what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import skipgramophone as sgp
from skipgramophone.errors import SettingError, UnknownTrackError
from skipgramophone.experiment.catalogue import Track
from skipgramophone.lookup.continuation import by_recency
from skipgramophone.lookup.results import Asked, Fallback, Seed
from skipgramophone.names.song_versions import song_key
from skipgramophone.names.typos import may_mean

OTTERS = "The Unpaid Otters"
UNKNOWN = f"{OTTERS} - Umbrella Sonata"
PENCIL = "Jörund Tarrovale Trio - Every Pencil Knows"
LIVE = f"{PENCIL} - Live at Umbrella Hall"
FALLBACK = sgp.SimilarSettings(fallback=True)


@pytest.fixture(scope="module")
def demo(sample_root: Path) -> sgp.Lookup:
    """Open the trained sample."""
    return sgp.open("demo", sample_root)


@pytest.fixture(scope="module")
def grown(sample_root: Path, tmp_path_factory: pytest.TempPathFactory) -> sgp.Lookup:
    """The sample with tracks that were added after the training, so that they have no vector."""
    root = tmp_path_factory.mktemp("grown")
    shutil.copytree(sample_root / "demo", root / "demo")
    rows = [f"{OTTERS},Added", "Jörund Tarrovale Trio,Every Pencil Knows - Live at Added", "Newcomer,Added", ",Added"]
    rows.append("Gotters Club,The Unpaid Blues")
    (root / "more.csv").write_text("\n".join(["artist,title,playlist", *(f"{row},p" for row in rows)]))
    sgp.extract("demo", root / "more.csv", append=True, experiments_dir=root)
    return sgp.open("demo", root)


def rows_of(lookup: sgp.Lookup, artist: str) -> list[int]:
    """Rows of the tracks of an artist of the sample, which has no joint credits of this artist."""
    return sorted(track.row for track in lookup.catalogue.of_artist(artist))


def test_the_most_frequent_version_replaces_an_unknown_track(demo: sgp.Lookup) -> None:
    key = song_key(*PENCIL.split(" - ", 1))
    songs = [track for track in demo.catalogue.all_tracks() if song_key(track.artist, track.title) == key]
    assert len(songs) > 1
    found = demo.similar(LIVE, FALLBACK)
    assert found.seeds == (Seed(max(songs, key=lambda track: track.count), 1.0, Fallback(LIVE, "version")),)
    assert found.notes[0] == f"{LIVE!r} is not in the corpus; using its version '{PENCIL}' instead"
    assert found.neighbours == demo.similar(PENCIL).neighbours


def test_the_tracks_of_the_artist_replace_a_track_of_an_unknown_song(demo: sgp.Lookup) -> None:
    found = demo.similar(UNKNOWN, FALLBACK)
    assert sorted(seed.track.row for seed in found.seeds) == rows_of(demo, OTTERS)
    assert {seed.fallback for seed in found.seeds} == {Fallback(UNKNOWN, "artist")}
    counts = np.array([seed.track.count for seed in found.seeds], float)
    expected = counts**1.5 / (counts**1.5).sum()
    np.testing.assert_allclose([seed.weight for seed in found.seeds], expected)
    assert found.notes[0] == f"'{UNKNOWN}' is not in the corpus; using {len(counts)} tracks by '{OTTERS}' instead"
    assert any(near.track.artist == OTTERS for near in found.neighbours)


def test_the_tracks_of_the_artist_are_scored_as_one_track(demo: sgp.Lookup) -> None:
    found = demo.similar(UNKNOWN, sgp.SimilarSettings(fallback=True, exact=True, number=2000))
    weights = {seed.track.row: seed.weight for seed in found.seeds}
    sizes, corpus = np.bincount(demo.opened.postings.playlists, minlength=len(demo.corpus)), demo.corpus
    counts = np.array(demo.catalogue.counts())
    playlists = [set(corpus.track_ids[a:b].tolist()) for a, b in zip(corpus.offsets, corpus.offsets[1:], strict=False)]
    agreement, held = np.zeros(len(counts)), np.zeros(len(counts))
    for tracks in playlists:
        for track in tracks:
            held[track] += 1
    for size, tracks in zip(sizes.tolist(), playlists, strict=True):
        worth = sum(weights[row] / np.sqrt(held[row]) for row in tracks & weights.keys())
        for track in tracks if worth else ():
            agreement[track] += worth / np.sqrt(size * held[track])
    unit = demo.embeddings.centre / np.linalg.norm(demo.embeddings.centre, axis=1, keepdims=True)
    query = sum(weight * unit[row] for row, weight in weights.items())
    own = np.isin(np.arange(len(counts)), rows_of(demo, OTTERS))  # one track in common, whose artist is the Otters
    of_query = sum(weight * counts[row] for row, weight in weights.items())
    reliable = np.maximum(0, 1 - 2 / np.minimum(counts, of_query))
    cosines = unit @ (query / np.linalg.norm(query))
    agreed, smoothed = np.sqrt(agreement / agreement.max()), np.asarray(demo.embeddings.smoothed, np.float64)
    between = sum(weight * smoothed[row] for row, weight in weights.items())
    scores = agreed + 0.15 * np.log1p(counts) + 0.4 * reliable * cosines
    scores += 0.4 * (1 - agreed / 2) * (smoothed @ (between / np.linalg.norm(between)))
    scores += 2 * np.log(2) / np.sqrt(counts + 3) * own
    listed = [near.track.row for near in found.neighbours]
    np.testing.assert_allclose([near.score or 0 for near in found.neighbours], scores[listed], rtol=2e-5)
    assert len(listed) == 2000
    assert listed[0] == int(np.argmax(scores))


def test_a_replaced_track_counts_as_one_of_several(demo: sgp.Lookup) -> None:
    asked = demo.asked([(PENCIL, 1.0), ("faded raincoat", 1.0), (UNKNOWN, 1.0)], fallback=True)
    question = demo.search.question(asked.seeds, ())
    assert question.number == pytest.approx(3)
    assert sum(question.weights) == pytest.approx(3)
    assert set(question.left_out.tolist()) == {seed.track.row for seed in asked.seeds[:2]}
    away = demo.asked([(PENCIL, 1.0), (UNKNOWN, -0.5)], fallback=True)
    assert sum(seed.weight for seed in away.seeds[1:]) == pytest.approx(-0.5)


def test_the_tracks_that_replace_a_track_have_one_place_in_the_list(demo: sgp.Lookup) -> None:
    tracks, replaced = demo.catalogue.tracks([0, 1, 2, 3]), Fallback("x - y", "artist")
    seeds = (Seed(tracks[0]), Seed(tracks[1], 0.75, replaced), Seed(tracks[2], 0.25, replaced), Seed(tracks[3]))
    weighted = by_recency(demo, Asked(seeds), sgp.ContinueSettings(recency=0.5))
    assert [seed.weight for seed in weighted.seeds] == [0.25, 0.375, 0.125, 1.0]


@pytest.mark.parametrize(
    ("credit", "artist"),
    [
        ("the unpaid otters", OTTERS),
        ("The Unpaid Otters feat. Nobody Known", OTTERS),
        ("Nobody Known, The Unpaid Otters", OTTERS),
        ("The Unpaid Otters & Nobody Known", OTTERS),
        ("Jörund & the Inkwells, The Unpaid Otters", "Jörund & the Inkwells"),
        ("Various Artists, The Unpaid Otters", OTTERS),
    ],
)
def test_the_first_known_artist_of_a_credit_is_used(demo: sgp.Lookup, credit: str, artist: str) -> None:
    found = demo.asked([(f"{credit} - Umbrella Sonata", 1.0)], fallback=True)
    assert {seed.track.artist for seed in found.seeds} == {artist}
    assert found.notes[0].endswith(f" by '{artist}' instead")


@pytest.mark.parametrize(
    "typed",
    [
        "Jörund Tarrovale Trio - Evry Pensil Knows",
        "jorund tarovale trio - every pencil knows",
        "Every Pencil Knows - Jörund Tarrovale Trio",
        "every pencil knows",
        "sample:track:0700",
        "jorund-tarrovale-trio-every-pencil-knows",
    ],
)
def test_a_name_that_matches_is_not_replaced(demo: sgp.Lookup, typed: str) -> None:
    found, plain = (demo.asked([(typed, 1.0)], fallback=fallback) for fallback in (True, False))
    assert found == plain
    assert [seed.track.name for seed in found.seeds] == [PENCIL]


@pytest.mark.parametrize(
    "typed",
    [
        "Jörund Tarrovale Trio - Evry Pensil Knows Us",  # similar to a known title
        "The Unpaid Otters - Corner, Landlord, Repeat (Umbrella Remix)",
        "Nobody Known - Umbrella Sonata",
        "Various Artists - Umbrella Sonata",
        "umbrella sonata of nobody",
        " - Umbrella Sonata",
        "isrc:USUM71703861",
    ],
)
def test_names_that_nothing_replaces_are_unknown_as_without_fallback(demo: sgp.Lookup, typed: str) -> None:
    with pytest.raises(UnknownTrackError) as plain:
        demo.asked([(typed, 1.0)])
    with pytest.raises(UnknownTrackError) as replaced:
        demo.asked([(typed, 1.0)], fallback=True)
    assert (str(replaced.value), replaced.value.tracks) == (str(plain.value), plain.value.tracks)
    assert "fallback" not in str(plain.value) + plain.value.on_command_line


def test_a_match_with_another_artist_does_not_hide_the_artist_of_the_name(grown: sgp.Lookup) -> None:
    name, other = f"{OTTERS} - Blues", "Gotters Club - The Unpaid Blues"  # which contains all words of the name
    assert grown.resolve(name).track.name == other
    found = grown.asked([(name, 1.0)], fallback=True)
    assert {seed.track.artist for seed in found.seeds} == {OTTERS}
    assert found.notes == (f"'{name}' is not in the corpus; using 5 tracks by '{OTTERS}' instead, not '{other}'",)


def test_a_track_without_a_vector_is_replaced_too(grown: sgp.Lookup) -> None:
    added = f"{OTTERS} - Added"
    with pytest.raises(UnknownTrackError, match=r"has no vector: .*\. To use 5 tracks by 'The Unpaid Otters' instead"):
        grown.similar(added)
    found = grown.similar(added, FALLBACK)
    assert f"'{added}' has no vector; using 5 tracks by '{OTTERS}' instead" in found.notes
    assert added not in {seed.track.name for seed in found.seeds}
    live = grown.similar(f"{PENCIL} - Live at Added", FALLBACK)
    assert [(seed.track.name, seed.fallback.kind) for seed in live.seeds if seed.fallback] == [(PENCIL, "version")]
    for name in ("Newcomer - Added", "Newcomer - Other"):
        with pytest.raises(UnknownTrackError) as unknown:
            grown.similar(name, FALLBACK)
        assert unknown.value.advice == ""


def test_an_artist_with_few_occurrences_replaces_nothing(demo: sgp.Lookup, monkeypatch: pytest.MonkeyPatch) -> None:
    total = sum(track.count for track in demo.catalogue.of_artist(OTTERS))
    monkeypatch.setattr("skipgramophone.lookup.fallback.RARE", total)
    assert demo.asked([(UNKNOWN, 1.0)], fallback=True).seeds
    monkeypatch.setattr("skipgramophone.lookup.fallback.RARE", total + 1)
    with pytest.raises(UnknownTrackError, match="no track matches"):
        demo.asked([(UNKNOWN, 1.0)], fallback=True)


def test_a_rare_version_replaces_a_track_only_if_the_artist_is_rare_too(
    demo: sgp.Lookup, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = demo.resolve(PENCIL).track.count
    total = sum(track.count for track in demo.catalogue.of_artist("Jörund Tarrovale Trio"))
    for rare, kind in ((count, "version"), (count + 1, "artist"), (total, "artist"), (total + 1, "version")):
        monkeypatch.setattr("skipgramophone.lookup.fallback.RARE", rare)
        found = demo.asked([(LIVE, 1.0)], fallback=True).seeds
        assert {seed.fallback and seed.fallback.kind for seed in found} == {kind}


def test_errors_offer_the_fallback_where_it_is_possible(sample_root: Path, demo: sgp.Lookup) -> None:
    advice = f"To use 5 tracks by '{OTTERS}' instead, add "
    with pytest.raises(UnknownTrackError) as unknown:
        demo.similar(UNKNOWN)
    assert str(unknown.value).endswith(f". {advice}fallback=True")
    assert unknown.value.on_command_line.endswith(f". {advice}--fallback")
    left_out = demo.continuation([PENCIL, UNKNOWN]).notes[0]
    assert left_out.startswith(f"left out: no track matches '{UNKNOWN}'")
    assert left_out.endswith(f"{advice}--fallback")
    with pytest.raises(UnknownTrackError) as unknown:
        demo.explain(UNKNOWN, PENCIL)
    assert "fallback" not in str(unknown.value) + unknown.value.on_command_line
    with sgp.open("demo", sample_root, strict_names=True) as strict:
        with pytest.raises(UnknownTrackError) as unknown:
            strict.similar(UNKNOWN)
        assert "fallback" not in str(unknown.value) + unknown.value.on_command_line
        with pytest.raises(SettingError, match="strict_names cannot be combined with fallback: leave out one of them"):
            strict.similar(PENCIL, FALLBACK)


def test_continuing_a_list_replaces_tracks_instead_of_leaving_them_out(demo: sgp.Lookup) -> None:
    settings = sgp.ContinueSettings(fallback=True, number=100, max_per_artist=None)
    found = demo.continuation([PENCIL, UNKNOWN], settings)
    assert {seed.fallback.name for seed in found.seeds if seed.fallback} == {UNKNOWN}
    assert any(near.track.artist == OTTERS for near in found.neighbours)
    assert PENCIL not in {near.track.name for near in found.neighbours}
    twice = demo.asked([(UNKNOWN, 1.0), (f"{OTTERS} - Another Sonata", 1.0)], fallback=True)
    assert len(twice.seeds) == 10
    assert demo.search.question(twice.seeds, ()).number == pytest.approx(2)


def test_artists_and_playlists_are_found_for_a_replaced_track(demo: sgp.Lookup) -> None:
    found = demo.similar_artists(UNKNOWN, sgp.SimilarSettings(of="artists", fallback=True))
    (group,) = found.query.groups
    assert (group.name, group.fallback, len(group.seeds)) == (OTTERS, Fallback(UNKNOWN, "artist"), 5)
    assert found.neighbours == demo.similar_artists(artist=OTTERS).neighbours
    playlists = demo.similar_playlists(UNKNOWN, sgp.SimilarSettings(of="playlists", fallback=True))
    assert playlists.neighbours == demo.similar_playlists(artist=OTTERS).neighbours


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("Nmub", True),
        ("Numbb", True),
        ("Nub", True),
        ("Nimb", True),
        ("Numb - Live", True),
        ("Nimbus", False),
        ("Nbum Crawling", False),
    ],
)
def test_one_typo_in_a_short_title_is_recognized(asked: str, meant: bool) -> None:
    assert may_mean(("Linkin Park", asked), ("Linkin Park", "Numb")) is meant
    assert not may_mean(("Nobody", asked), ("Linkin Park", "Numb"))


def test_a_seed_is_listed_only_if_it_is_a_track_of_an_artist_in_place_of_another() -> None:
    track = Track(row=0, artist="a", title="b", uri=None, count=1, first_place=1)
    kinds = (None, Fallback("a - c", "version"), Fallback("a - c", "artist"))
    assert [Seed(track, 1.0, kind).may_be_listed for kind in kinds] == [False, False, True]
