"""`sgp continue` on the built-in sample, compared with the rankers that `evaluate` measures."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import skipgramophone as sgp
from skipgramophone.errors import SgpError, UnknownTrackError
from skipgramophone.evaluation.rankers import (
    ArtistsInCommon,
    Cosine,
    CosineAndCount,
    FoldedIn,
    Hybrid,
    ModelScore,
    Ranker,
    item_knn,
)
from skipgramophone.experiment.embeddings import unit_rows
from skipgramophone.experiment.postings import membership
from skipgramophone.lookup.results import Seed
from skipgramophone.names.song_versions import song_key
from tests.cli.continued import continued
from tests.conftest import dump_text, run_sgp

GIVEN = ("sample:track:0005", "sample:track:0100", "sample:track:0200")
AS_RANKED = ("--all-versions", "--max-per-artist", "0")


@pytest.mark.parametrize("by", ["hybrid", "cosine", "cosine+count", "model", "factors"])
def test_continue_ranks_like_the_rankers_of_evaluate(sample_root: Path, by: str) -> None:
    from scipy import sparse

    at = ("-n", "40", "--by", by, "--exact", "--recency", "1", "--json")
    answer = json.loads(continued(sample_root, *GIVEN, *at, *AS_RANKED).out)
    assert (answer["ranked_by"], answer["notes"], len(answer["neighbours"])) == (by, [], 40)
    with sgp.open("demo", sample_root) as demo:
        rows = [demo.resolve(uri).track.row for uri in GIVEN]
        given = np.zeros((1, len(demo)), np.float32)
        given[0, rows] = 1
        held, counts = membership(demo.corpus, len(demo)), np.array(demo.catalogue.counts())
        cosine = Cosine(unit_rows(demo.embeddings.centre))
        assert demo.embeddings.factors is not None
        assert demo.embeddings.artists is not None
        in_common = ArtistsInCommon(demo.embeddings.artists.matrix())
        factors = FoldedIn(demo.embeddings.factors)
        assert demo.embeddings.ease is not None
        ease = demo.embeddings.ease.take(np.arange(len(demo)))
        assert demo.embeddings.smoothed is not None
        smoothed = Cosine(demo.embeddings.smoothed.astype(np.float32))
        agreement = item_knn(held, np.asarray(held.sum(axis=1), np.float32).ravel())
        rankers: dict[str, Ranker] = {
            "hybrid": Hybrid(
                agreement, cosine, counts, artists=in_common, factors=factors, ease=ease, smoothed=smoothed
            ),
            "factors": factors,
            "cosine": cosine,
            "cosine+count": CosineAndCount(cosine, counts),
            "model": ModelScore(demo.embeddings, (0.75 * np.log(counts)).astype(np.float32)),
        }
        scores = rankers[by].scores(sparse.csr_array(given))[0]
    scores[rows] = -np.inf
    shown = [near["position"] - 1 for near in answer["neighbours"]]
    np.testing.assert_allclose(scores[shown], np.sort(scores)[::-1][:40], atol=1e-3)
    of_any = held.toarray()[:, rows].any(axis=1)
    assert [near["shared"] for near in answer["neighbours"]] == held.toarray()[of_any][:, shown].sum(axis=0).tolist()


def test_versions_and_artists_are_limited_by_default(sample_root: Path) -> None:
    whole = json.loads(continued(sample_root, *GIVEN, "-n", "400", *AS_RANKED, "--json").out)["neighbours"]
    answer = json.loads(continued(sample_root, *GIVEN, "--json").out)
    # The same by hand: go down the list, skip versions of songs that are given or listed, at most five per artist.
    with sgp.open("demo", sample_root) as demo:
        seen = {song_key(track.artist, track.title): "given" for track in (demo.resolve(uri).track for uri in GIVEN)}
    listed, artists, folded_away = [], Counter[str](), 0
    for near in whole:
        key = song_key(near["artist"], near["title"])
        if key in seen:
            folded_away += 1
        elif artists[near["artist"]] < 5:
            listed.append(near["uri"])
            artists[near["artist"]] += 1
            seen[key] = near["uri"]
        if len(listed) == 50:
            break
    assert [near["uri"] for near in answer["neighbours"]] == listed
    assert max(artists.values()) == 5
    versions = [track for near in answer["neighbours"] for track in near["versions"]]
    assert len(versions) + len(answer["versions_of_seeds"]) == folded_away > 10
    (note,) = answer["notes"]
    assert note == f"left out {folded_away} other versions of songs in the list or in the query"
    for near in answer["neighbours"]:
        assert all(
            song_key(track["artist"], track["title"]) == song_key(near["artist"], near["title"])
            for track in near["versions"]
        )
    shown = continued(sample_root, *GIVEN, "--show-versions")
    assert (shown.code, shown.err) == (0, note + "\n")
    lines = shown.out.splitlines()
    assert lines[0] == "top 50 tracks that go best with " + lines[0].partition(" with ")[2]
    assert len(lines) == 3 + 50 + len(versions)
    assert continued(sample_root, *GIVEN, "--show-versions", "--json").code == 2
    assert continued(sample_root, *GIVEN, "--show-versions", "--all-versions").code == 2


def test_playlists_from_files_and_standard_input_with_unknown_names(sample_root: Path, tmp_path: Path) -> None:
    at = ("--format", "plain", "-n", "5", *AS_RANKED)
    wanted = continued(sample_root, *GIVEN, *at)
    assert (wanted.err, len(wanted.out.splitlines())) == ("", 5)
    unknown = "no such name at all"
    m3u8 = "#EXTM3U\n" + "".join(f"#EXTINF:-1,x\n{uri}\n\n" for uri in GIVEN) + unknown + "\n"
    names = "\n".join((*GIVEN, unknown, "skyline wandering"))
    with sgp.open("demo", sample_root) as demo:
        tracks = [demo.resolve(uri).track for uri in GIVEN]
    dump = dump_text([("o", track.artist, track.title, f"p{at}") for at, track in enumerate((*tracks, tracks[0]))])
    for name, text in (("mine.m3u8", m3u8), ("names.txt", names), ("dump.csv", dump)):
        (tmp_path / name).write_text(text, encoding="utf-8")
        ran = continued(sample_root, "--file", str(tmp_path / name), *at)
        assert (ran.code, ran.out) == (0, wanted.out)
        if name == "dump.csv":
            assert ran.err == f"{tmp_path / name} contains 4 playlists: using the tracks of all\n"
        else:
            assert ran.err.startswith(f"left out: no track matches '{unknown}'")
            assert len(ran.err.splitlines()) == (2 if name == "names.txt" else 1)
        if name != "dump.csv":
            assert continued(sample_root, "-", *at, stdin=text).out == wanted.out
    (tmp_path / "many.txt").write_text("\n".join((*GIVEN, *(f"{unknown} {at}" for at in range(40)))))
    assert continued(sample_root, "--file", str(tmp_path / "many.txt"), *at).err.splitlines()[-1] == (
        "35 more of the 43 names were left out"
    )
    (tmp_path / "binary").write_bytes(b"\0\1\2")
    assert continued(sample_root, "--file", str(tmp_path / "binary"), *at).code == 1
    assert continued(sample_root, "--file", str(tmp_path / "absent"), *at).code == 1
    assert continued(sample_root, unknown, *at).code == 3
    assert continued(sample_root, *at).code == 2
    assert continued(sample_root, *GIVEN, "--stdin", *at).code == 2


def test_records_of_a_file_that_cannot_be_used_are_counted_by_reason(sample_root: Path, tmp_path: Path) -> None:
    with sgp.open("demo", sample_root) as demo:
        first, second = (demo.resolve(uri).track for uri in GIVEN[:2])
    table = tmp_path / "table.csv"
    rows = [f'"{track.artist}","{track.title}"' for track in (first, second)]
    table.write_bytes("\n".join(["Artist,Title", *rows, ""]).encode() + "Zoë,Été\nZoë,Nuit".encode("cp1252"))
    ran = continued(sample_root, "--file", table, "-n", "1", "--by", "cosine", *AS_RANKED)
    assert ran.code == 0
    assert ran.err == (
        f"left out 2 records of {table}: 2 × not UTF-8. To use the records that are not UTF-8, save the file as UTF-8\n"
    )
    plays = [
        {"endTime": "2026-05-01 20:00", "artistName": first.artist, "trackName": first.title, "msPlayed": played}
        for played in (200_000, 0, 0)
    ]
    history = tmp_path / "StreamingHistory_music_0.json"
    history.write_text(json.dumps(plays))
    ran = continued(sample_root, "--file", history, "-n", "1", "--by", "cosine", *AS_RANKED)
    assert (ran.code, ran.err) == (0, f"left out 2 records of {history}: 2 × played for 0 ms\n")


def test_a_directory_of_an_audio_file_is_the_artist_if_the_list_names_only_the_title(
    sample_root: Path, tmp_path: Path
) -> None:
    title, artists = "Every Umbrella Knows", ["DJ Varmere", "DJ Varsson"]
    paths = [rf"D:\Music\{artists[0]}\Hats\07 - {title}.mp3", f"../{artists[1].upper()}/{title}.mp3"]
    (playlist := tmp_path / "car.m3u").write_text("".join(f"{path}\n" for path in paths))
    found = json.loads(continued(sample_root, "--file", playlist, "-n", "1", "--json").out)
    assert sorted((seed["artist"], seed["title"]) for seed in found["seeds"]) == [(name, title) for name in artists]
    assert not any("matches" in note for note in found["notes"])
    # Without such a directory, or with two of them, the title alone decides.
    for path in (f"Hats/{title}.mp3", f"{artists[0]}/{artists[1]}/{title}.mp3"):
        playlist.write_text(path + "\n")
        found = json.loads(continued(sample_root, "--file", playlist, "-n", "1", "--json").out)
        assert [seed["artist"] for seed in found["seeds"]] == ["DJ Varquist"]
        assert found["notes"][0].startswith(f"'{title}' matches 3 tracks; using 'DJ Varquist - {title}'")


def test_names_left_out_are_named_with_what_was_probably_meant(sample_root: Path) -> None:
    ran = continued(sample_root, GIVEN[0], "evry pensil nowhere", "-n", "1", "-q", "--all-versions", "--json")
    (note,) = json.loads(ran.out)["notes"]
    with sgp.open("demo", sample_root) as demo, pytest.raises(UnknownTrackError) as error:
        demo.resolve("evry pensil nowhere")
    meant = error.value.candidates
    start = "left out: no track matches 'evry pensil nowhere'; did you mean one of these? "
    assert note == start + "; ".join(meant[:3]) + (f"; and {len(meant) - 3} more" if len(meant) > 3 else "")
    assert "Every Pencil Knows" in note
    (record,) = map(json.loads, continued(sample_root, "--stdin", stdin='["evry pensil nowhere"]').out.splitlines())
    assert (record["exit_code"], record["candidates"]) == (3, list(meant))
    assert "Every Pencil Knows" in str(record["candidates"])


def test_a_json_list_per_line(sample_root: Path) -> None:
    lines = [
        json.dumps([*GIVEN, "no such name at all"]),
        '["no such name at all"]',
        '"a name"',
        "[1]",
        "{",
        json.dumps(GIVEN),
    ]
    ran = continued(sample_root, "--stdin", "-n", "5", stdin="\n".join(lines))
    answers = [json.loads(line) for line in ran.out.splitlines()]
    assert (ran.code, ran.err) == (2, "")
    assert [answer.get("exit_code") for answer in answers] == [None, 3, 2, 2, 2, None]
    assert answers[0]["query"] == [*GIVEN, "no such name at all"]
    assert answers[0]["notes"][0].startswith("left out: no track matches 'no such name at all'")
    assert answers[0]["neighbours"] == answers[5]["neighbours"]
    assert answers[4] == {"query": "{", "exit_code": 2, "candidates": [], "tracks": []} | {
        "error": 'each line must be a JSON list of names, such as ["artist - title", "another title"]'
    }
    assert continued(sample_root, "--stdin", stdin=lines[0] + "\n" + lines[1]).code == 3


def test_an_artist_can_be_the_query(sample_root: Path) -> None:
    with sgp.open("demo", sample_root) as demo:
        artist = demo.catalogue.track(0).artist
        tracks = [track for track in demo.catalogue.all_tracks() if track.artist == artist]
    ran = run_sgp("similar", "demo", "--artist", artist.upper(), "--json", "--experiments-dir", sample_root)
    answer = json.loads(ran.out)
    assert [seed["uri"] for seed in answer["seeds"]] == [track.uri for track in tracks]
    assert artist not in {near["artist"] for near in answer["neighbours"]}
    # Tracks are weighted by count to the power of 1.5, and the most frequent one by 1.
    weights = [(track.count / tracks[0].count) ** 1.5 for track in tracks]
    assert [seed["weight"] for seed in answer["seeds"]] == pytest.approx(weights)
    assert (max(weights), min(weights) < 0.5) == (1, True)
    with sgp.open("demo", sample_root) as demo:
        wanted = demo.similar_to([Seed(track, weight) for track, weight in zip(tracks, weights, strict=True)])
    assert [near["uri"] for near in answer["neighbours"]] == [near.track.uri for near in wanted.neighbours]
    query = ("--artist", "tarrovale", "--experiments-dir", sample_root)
    unknown = run_sgp("similar", "demo", *query, "--strict-names")
    assert unknown.code == 3
    assert unknown.err.splitlines()[0] == "error: no artist matches 'tarrovale'; did you mean one of these?"
    assert "  Jörund Tarrovale Trio" in unknown.err.splitlines()


def test_an_unknown_artist_to_exclude_is_an_error_with_the_nearest_ones(sample_root: Path) -> None:
    where = ("--exclude-artist", "unpayed otters", "--experiments-dir", sample_root)
    for command in (
        ["similar", "demo", GIVEN[0]],
        ["continue", "demo", GIVEN[0]],
        ["similar", "demo", "-"],
        ["continue", "demo", "--stdin"],
    ):
        ran = run_sgp(*command, *where, stdin='["x"]')
        first, *others = ran.err.splitlines()
        assert (ran.code, ran.out) == (3, "")
        assert first == "error: no artist matches 'unpayed otters'; did you mean one of these?"
        assert others[0] == "  The Unpaid Otters"
    with sgp.open("demo", sample_root) as demo, pytest.raises(SgpError, match="'otters'; did you mean"):
        demo.similar_many([GIVEN[0]], sgp.SimilarSettings(exclude_artist=["otters"]))


def test_models_without_factors_say_how_to_rank(tmp_path: Path) -> None:
    names = np.array(["A - x", "A - y", "B - z"])
    np.savez(tmp_path / "v.npz", vectors=np.eye(3, dtype=np.float32), tracks=names)
    sgp.import_vectors("small", tmp_path / "v.npz", experiments_dir=tmp_path)
    ran = run_sgp("continue", "small", "x", "--by", "factors", "--experiments-dir", tmp_path)
    assert (ran.code, ran.err) == (2, "error: these vectors were imported without factors: use --by hybrid\n")


def test_a_file_among_the_names_gets_the_advice_to_use_its_option(sample_root: Path, tmp_path: Path) -> None:
    listed = tmp_path / "mine.m3u"
    listed.write_text("#EXTM3U\n")
    ran = run_sgp("continue", "demo", listed, "x" * 5000, "--experiments-dir", sample_root)
    assert (ran.code, ran.out) == (3, "")
    assert f"'{listed}' is a file: use --file {listed}" in ran.err


def test_tracks_without_an_artist_do_not_count_as_tracks_of_one_artist(tmp_path: Path) -> None:
    sessions = [" ".join(str((start + step) % 80) for step in range(8)) for start in range(80)]
    (tmp_path / "sessions.txt").write_text("\n".join(sessions) + "\n")
    where = ("-q", "--experiments-dir", tmp_path)
    assert run_sgp("extract", "ids", tmp_path / "sessions.txt", "--format", "sessions", *where).code == 0
    assert run_sgp("train", "ids", "-e", "1", "-emb", "8", "--no-index", *where).code == 0
    for more in ((), ("--max-per-artist", "1")):
        ran = run_sgp("continue", "ids", "0", "1", "-n", "12", "--json", *more, "--experiments-dir", tmp_path)
        assert len(json.loads(ran.out)["neighbours"]) == 12
