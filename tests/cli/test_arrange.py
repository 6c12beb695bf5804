"""`sgp continue --arrange`, `--min-similarity` and `--blend` on the built-in sample."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import skipgramophone as sgp
from skipgramophone.experiment.embeddings import unit_rows
from skipgramophone.lookup.lookup import Lookup
from skipgramophone.names.song_versions import song_key
from tests.cli.continued import answer, continued

GIVEN = ("sample:track:0005", "sample:track:0100")


def cosines(demo: Lookup, uris: list[str]) -> np.ndarray[Any, Any]:
    """The cosine of each pair of tracks."""
    rows = [demo.resolve(uri).track.row for uri in uris]
    units = unit_rows(demo.embeddings.centre[rows])
    return np.asarray(units @ units.T)


def test_an_arranged_list_has_the_same_tracks_and_its_steps_and_means_are_those_of_the_vectors(
    sample_root: Path,
) -> None:
    plain, found = (answer(sample_root, *GIVEN, "-n", "20", *extra) for extra in ([], ["--arrange"]))
    near = found["neighbours"]
    uris = [one["uri"] for one in near]
    assert sorted(uris) == sorted(one["uri"] for one in plain["neighbours"])
    assert (plain["arrangement"], {one["step"] for one in plain["neighbours"]}) == (None, {None})
    assert [one["rank"] for one in near] == list(range(1, 21))
    with sgp.open("demo", sample_root) as demo:
        table = cosines(demo, uris)
    assert near[0]["step"] is None
    assert [one["step"] for one in near[1:]] == pytest.approx(np.diag(table, 1), abs=1e-5)
    facts = found["arrangement"]
    assert facts["mean_step"] == pytest.approx(np.diag(table, 1).mean(), abs=1e-5)
    random = np.random.default_rng(0)
    drawn = [np.diag(table[np.ix_(order, order)], 1).mean() for order in (random.permutation(20) for _ in range(4000))]
    assert facts["mean_random_step"] == pytest.approx(np.mean(drawn), abs=0.01)
    assert facts["mean_step"] > facts["mean_random_step"] + 0.1
    # Each track keeps its similarity to the query.
    similarity = {one["uri"]: one["similarity"] for one in plain["neighbours"]}
    assert {one["uri"]: one["similarity"] for one in near} == similarity
    first, head = continued(sample_root, *GIVEN, "-n", "20", "--arrange").out.splitlines()[:2]
    assert first.endswith(
        f", arranged: mean similarity of adjacent tracks {facts['mean_step']:.3f} "
        f"(in random order: {facts['mean_random_step']:.3f})"
    )
    assert head.split()[:4] == ["rank", "score", "similarity", "step"]


def test_a_seed_repeats_an_order_and_artists_and_versions_keep_their_rules(sample_root: Path) -> None:
    at = (*GIVEN, "-n", "30", "--arrange", "--artist-gap", "4", "--exclude-versions", "live")
    orders = []
    for seed in ("1", "2", "1"):
        found = answer(sample_root, *at, "--random-seed", seed)
        orders.append([one["uri"] for one in found["neighbours"]])
        artists = [one["artist"] for one in found["neighbours"]]
        assert all(artists[place] not in artists[max(0, place - 4) : place] for place in range(30))
        assert len({song_key(one["artist"], one["title"]) for one in found["neighbours"]}) == len(artists) == 30
        assert found["arrangement"]["random_seed"] == int(seed)
    assert orders[0] == orders[2] != orders[1]
    with sgp.open("demo", sample_root) as demo:
        settings = sgp.ContinueSettings(
            number=30, arrange=True, artist_gap=4, exclude_versions=("live",), random_seed=2
        )
        assert [near.track.uri for near in demo.continuation(GIVEN, settings).neighbours] == orders[1]


def test_a_list_goes_from_one_track_to_another(sample_root: Path) -> None:
    at = ("--from", GIVEN[0], "--to", GIVEN[1], "--arrange", "-n", "9")
    found = answer(sample_root, *at, "--all-versions", "--max-per-artist", "0")
    uris = [one["uri"] for one in found["neighbours"]]
    assert (uris[0], uris[-1], len(set(uris))) == (*GIVEN, 9)
    assert {seed["uri"] for seed in found["seeds"]} == set(GIVEN)
    assert (found["neighbours"][0]["similarity"], found["ranked_by"]) == (1.0, "cosine")
    # The same by hand: seven points of the arc, each with the nearest track that is left.
    with sgp.open("demo", sample_root) as demo:
        first, last = (demo.resolve(uri).track.row for uri in GIVEN)
        units = unit_rows(np.asarray(demo.embeddings.centre)).astype(np.float64)
        angle = np.arccos(units[first] @ units[last])
        rows: dict[int, float] = {}
        for share in np.arange(1, 8) / 8:
            cosine = units @ (np.sin((1 - share) * angle) * units[first] + np.sin(share * angle) * units[last])
            cosine[[first, last, *rows]] = -9
            rows[int(cosine.argmax())] = float(cosine.max() / np.sin(angle))
        wanted = {demo.catalogue.track(row).uri: similarity for row, similarity in rows.items()}
    assert {one["uri"]: one["similarity"] for one in found["neighbours"][1:-1]} == {
        uri: pytest.approx(similarity, abs=1e-4) for uri, similarity in wanted.items()
    }
    near = [one["similarity"] for one in found["neighbours"]]
    assert min(near) > 0.5
    # Filters also apply to tracks on the way. A point gets no track if its nearest tracks are too far away.
    found = answer(
        sample_root, *at, "--exclude-versions", "live,acoustic", "--max-per-artist", "1", "--min-count", "30"
    )
    inner = found["neighbours"][1:-1]
    assert len({one["artist"] for one in inner}) == len(inner) == 7
    assert all(one["count"] >= 30 and "Live" not in one["title"] for one in inner)
    songs = {song_key(one["artist"], one["title"]) for one in found["neighbours"]}
    assert len(songs) == 9
    found = answer(sample_root, *at, "--min-similarity", "0.999")
    assert [one["uri"] for one in found["neighbours"]] == list(GIVEN)
    assert found["notes"] == ["only 0 of 7 results: no more tracks pass the filters"]
    refused = continued(sample_root, *at, "--diversity", "0.5")
    assert (refused.code, "cannot be combined with a path from one track to another" in refused.err) == (2, True)


def test_a_fixed_track_that_is_given_too_is_listed_once(sample_root: Path) -> None:
    m3u8 = continued(
        sample_root, *GIVEN, "--from", GIVEN[1], "--arrange", "-n", "4", "--format", "m3u8", "--include-seeds"
    )
    entries = [line for line in m3u8.out.splitlines() if not line.startswith("#")]
    assert entries[:2] == list(GIVEN)  # the first track is given too, and is listed once
    assert len(entries) == len(set(entries)) == 5


def test_a_list_ends_where_nothing_is_similar_enough(sample_root: Path) -> None:
    whole = answer(sample_root, GIVEN[0], "-n", "3000", "--all-versions", "--max-per-artist", "0")["neighbours"]
    cut = sorted((one["similarity"] for one in whole), reverse=True)[20]
    for by in ("hybrid", "cosine"):
        at = (GIVEN[0], "--all-versions", "--max-per-artist", "0", "--by", by)
        found = answer(sample_root, *at, "--min-similarity", f"{cut - 1e-5:.6f}")
        assert len(found["neighbours"]) == 21
        assert min(one["similarity"] for one in found["neighbours"]) >= cut - 1e-4
        assert found["notes"] == ["only 21 of 50 results: no more tracks pass the filters"]
    assert answer(sample_root, GIVEN[0], "--min-similarity", "1", "--arrange")["neighbours"] == []


def test_a_blend_lists_tracks_by_the_worse_of_two_ranks(sample_root: Path, tmp_path: Path) -> None:
    files = []
    for name, uris in (("a", GIVEN), ("b", ("sample:track:0200", "sample:track:0300"))):
        files.append(tmp_path / f"{name}.txt")
        files[-1].write_text("\n".join(uris))
    at = ("--all-versions", "--max-per-artist", "0")
    ranks: list[dict[str, int]] = []
    similarities: list[dict[str, float]] = []
    for file in files:
        every = answer(sample_root, "--file", file, *at, "-n", "3100", "--exact", "--recency", "1")["neighbours"]
        ranks.append({one["uri"]: one["rank"] for one in every})
        similarities.append({one["uri"]: one["similarity"] for one in every})
    found = answer(sample_root, "--blend", *files, *at, "-n", "30")
    listed = {seed["uri"] for seed in found["seeds"]}
    assert len(listed) == 4
    # Tracks of a list have no rank in its ranking; a track of the other list only moves the tracks below it.
    worse = {uri: max(rank, ranks[1][uri]) for uri, rank in ranks[0].items() if uri in ranks[1]}
    best = sorted(worse, key=lambda uri: (worse[uri], min(ranks[0][uri], ranks[1][uri])))[:30]
    assert [one["uri"] for one in found["neighbours"]] == best
    for one in found["neighbours"]:
        assert one["score"] == pytest.approx(1 / worse[one["uri"]], abs=1e-6)
        assert one["similarity"] == pytest.approx(min(table[one["uri"]] for table in similarities), abs=1e-5)
    assert all(a["score"] >= b["score"] for a, b in pairwise(found["neighbours"]))
    arranged = answer(sample_root, "--blend", *files, *at, "-n", "30", "--arrange")
    assert sorted(one["uri"] for one in arranged["neighbours"]) == sorted(best)
    assert arranged["arrangement"]["mean_step"] > arranged["arrangement"]["mean_random_step"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--artist-gap", "2", *GIVEN], 2, "--artist-gap needs an ordered list: add --arrange"),
        (["--from", GIVEN[0]], 2, "a fixed first or last track needs an ordered list: add --arrange"),
        (["--from", GIVEN[0], "--to", GIVEN[0], "--arrange"], 2, "is both the first and the last track"),
        (["--from", GIVEN[0], "--to", GIVEN[1], "--arrange", "-n", "2"], 2, "-n 2 leaves no room"),
        (["--to", "no such name at all", "--arrange"], 3, "no track matches 'no such name at all'"),
        ([*GIVEN, "--arrange", "-n", "1001"], 2, "arrange orders at most 1,000 tracks: give a smaller -n than 1,001"),
        (["--blend", "absent.m3u8", "x.m3u8"], 1, "absent.m3u8"),
        (["--blend", "a", "b", GIVEN[0]], 2, "--blend takes all tracks from its two files"),
        (["--stdin", "--from", GIVEN[0]], 2, "--stdin reads the tracks from standard input"),
        (["--min-similarity", "2", GIVEN[0]], 2, "--min-similarity must be from -1 to 1, not 2.0"),
    ],
)
def test_options_that_do_not_fit_are_refused(sample_root: Path, arguments: list[str], code: int, message: str) -> None:
    ran = continued(sample_root, *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert message in ran.err.splitlines()[0]


def test_the_way_may_search_more_tracks_than_can_be_ordered(sample_root: Path) -> None:
    at = ("--from", GIVEN[0], "--to", GIVEN[1], "--arrange", "-n", "5", "--min-count", "300")
    found = answer(sample_root, *at)
    assert len(found["neighbours"]) == 5
    assert all(near["count"] >= 300 for near in found["neighbours"][1:-1])
