"""`sgp similar` for scripts: formats, batches of queries, hostile names."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import skipgramophone as sgp
from skipgramophone.errors import UnknownTrackError
from skipgramophone.settings import ANSWER_FORMATS
from tests.conftest import Sgp, dump_text, run_sgp, two_genres

HOSTILE = ('#Petra, "P"', "=Tab\there \x1b[2J")
COLUMNS = [
    "rank",
    "similarity",
    "artist",
    "title",
    "uri",
    "shared",
    "count",
    "position",
    "score",
    *("identifiers", "album", "stable"),
]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The experiment "genres", in which one folk track has a hostile name. Tests that change it work on a copy."""
    root = tmp_path_factory.mktemp("similar")

    rows = [*two_genres(), *((f"owner {at % 9}", *HOSTILE, f"list {at}") for at in range(0, 60, 2))]
    (root / "dump.csv").write_text(dump_text(rows))
    for command in (["extract", "genres", str(root / "dump.csv")], ["train", "genres", "-emb", "16", "-e", "10"]):
        assert run_sgp(*command, "-q", "--experiments-dir", root).code == 0
    return root


def similar(root: Path, *arguments: str, stdin: str | None = None) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a look-up."""
    ran = run_sgp("similar", "genres", *arguments, "--experiments-dir", root, stdin=stdin)
    return ran.code, ran.out, ran.err


def test_the_title_of_a_list_of_one_is_in_the_singular(trained: Path) -> None:
    assert similar(trained, "folk 3", "-n", "1")[1].startswith("top 1 track that goes best with 'folk artist 3 - ")


def test_every_format_lists_the_same_tracks(trained: Path) -> None:
    ask = ("folk 3", "-n", "80", "--format")
    wanted = json.loads(similar(trained, *ask, "json")[1])
    names = [(near["artist"], near["title"]) for near in wanted["neighbours"]]
    assert len(names) == 80
    assert any(artist.startswith("#Petra") for artist, _ in names)
    assert json.loads(similar(trained, *ask, "jsonl")[1]) == wanted
    shown = [(artist, title.replace("\t", "\\t").replace("\x1b", "\\x1b")) for artist, title in names]

    rows = list(csv.DictReader(io.StringIO(similar(trained, *ask, "csv")[1])))
    assert [(row["artist"], row["title"]) for row in rows] == shown
    assert [float(row["similarity"]) for row in rows] == [near["similarity"] for near in wanted["neighbours"]]
    head, *lines = similar(trained, *ask, "tsv")[1].splitlines()
    assert head.split("\t") == COLUMNS
    assert [tuple(line.split("\t")[2:4]) for line in lines] == shown
    full = [f"{artist} - {title}" for artist, title in shown]
    assert similar(trained, *ask, "plain")[1].splitlines() == full
    head, *lines = similar(trained, *ask, "m3u8")[1].splitlines()
    assert head == "#EXTM3U"
    assert lines[::2] == [f"#EXTINF:-1,{name}" for name in full]
    assert lines[1::2] == [f"./{name}" if name.startswith("#") else name for name in full]


def test_unknown_or_conflicting_formats_are_refused(trained: Path) -> None:
    code, out, err = similar(trained, "folk 3", "--format", "xml")
    assert (code, out) == (2, "")
    assert err == f"error: --format must be one of {', '.join(ANSWER_FORMATS)}, not 'xml'\n"
    assert similar(trained, "folk 3", "--format", "jsno")[2].endswith("not 'jsno'; did you mean 'json'?\n")
    assert similar(trained, "folk 3", "--format", "csv", "--json")[0] == 2
    assert similar(trained, "-", "--format", "plain", stdin="folk 3\n")[0] == 2
    assert similar(trained, "folk 3", "--stdin", stdin="folk 3\n")[0] == 2


@pytest.mark.parametrize("arguments", [["-"], ["--stdin"], ["-", "--json"], ["-", "--format", "jsonl"]])
def test_a_json_line_per_query(trained: Path, arguments: list[str]) -> None:
    code, out, err = similar(
        trained, *arguments, "-n", "3", stdin="folk 3\r\nnothing like it\n\nfolk artist 3\ntechno 5"
    )
    assert (code, err) == (3, "")
    folk, unknown, blank, several, techno = map(json.loads, out.splitlines())
    assert folk["query"] == "folk 3"
    alone = json.loads(similar(trained, "folk 3", "-n", "3", "--json")[1])
    assert folk == {"query": "folk 3"} | alone
    assert (unknown["query"], unknown["exit_code"]) == ("nothing like it", 3)
    assert unknown["error"].startswith("no track matches 'nothing like it'")
    assert (blank["query"], blank["exit_code"]) == ("", 3)
    assert several["exit_code"] == 4
    assert all(name.startswith("folk artist ") for name in several["candidates"])
    assert len(several["candidates"]) == len(several["tracks"]) > 1
    for track, name in zip(several["tracks"], several["candidates"], strict=True):
        assert name.startswith(f"{track['artist']} - {track['title']} ({track['count']}×)")
    assert [error["tracks"] for error in (unknown, blank)] == [[], []]
    assert len(techno["neighbours"]) == 3


def test_a_batch_gives_the_answers_of_single_queries(sample_root: Path) -> None:
    with sgp.open("demo", sample_root) as demo:
        uris = [track.uri or "" for track in demo.catalogue.tracks(range(0, 2900, 97))]
        for settings, asked in (
            (sgp.SimilarSettings(), uris[:5]),
            (sgp.SimilarSettings(by="cosine"), uris),
            (sgp.SimilarSettings(by="cosine", fold_versions=True, max_per_artist=1, diversity=0.2, number=20), uris),
            (
                sgp.SimilarSettings(by="cosine", min_count=150, number=50),
                uris,
            ),  # needs more candidates
            (sgp.SimilarSettings(by="model", number=3), uris[:5]),
            (sgp.SimilarSettings(by="cosine", popularity=0.5), uris[:5]),
        ):
            *many, unknown = demo.similar_many([*asked, "no such name at all"], settings)
            assert isinstance(unknown, UnknownTrackError)
            for uri, answer in zip(asked, many, strict=True):
                assert isinstance(answer, sgp.Answer)
                # With so few tracks, a batch ranked by cosine compares all of them.
                alone = demo.similar(uri, replace(settings, exact=settings.by == "cosine"))
                assert replace(answer, neighbours=()) == replace(alone, neighbours=())
                assert [replace(near, similarity=0) for near in answer.neighbours] == [
                    replace(near, similarity=0) for near in alone.neighbours
                ]


def test_the_exit_code_of_a_batch(trained: Path) -> None:
    assert similar(trained, "-", stdin="folk 3\n")[0] == 0
    assert similar(trained, "-", stdin="") == (0, "", "")
    assert similar(trained, "-", stdin="folk artist 3\nfolk 3\n")[0] == 4


def test_answers_are_streamed_and_a_closed_pipe_is_quiet(trained: Path) -> None:
    command = [sys.executable, "-m", "skipgramophone", "similar", "genres", "-", "--experiments-dir", str(trained)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        assert running.stderr is not None
        for query in (b"folk 3\n", b"\xff\n"):
            running.stdin.write(query)
            running.stdin.flush()
            assert json.loads(running.stdout.readline())["query"] == query.decode(errors="replace").strip()
        running.stdout.close()
        running.stdin.write(b"folk 3\n" * 3)
        running.stdin.close()
        assert running.stderr.read() == b""
        assert running.wait() == 0


def neighbours(root: Path, *arguments: str) -> list[dict[str, object]]:
    """The tracks that a look-up lists."""
    found: list[dict[str, object]] = json.loads(similar(root, *arguments, "--json")[1])["neighbours"]
    return found


def test_filters_do_not_shorten_the_list_while_more_tracks_exist(trained: Path) -> None:
    everything = neighbours(trained, "folk 3", "-n", "80", "--exact")
    median = sorted(int(str(near["count"])) for near in everything)[40]
    artist = ("folk artist 3", "folk artist 4")
    for filters, wanted in (
        (
            ["--exclude-artist", "FOLK artist 3", "--exclude-artist", "folk artist 4"],
            [near["position"] for near in everything if near["artist"] not in artist],
        ),
        (
            ["--min-count", str(median)],
            [near["position"] for near in everything if int(str(near["count"])) >= median],
        ),
    ):
        assert 5 < len(wanted) < 80
        assert [near["position"] for near in neighbours(trained, "folk 3", "-n", str(len(wanted)), *filters)] == wanted
        code, out, err = similar(trained, "folk 3", "-n", "80", *filters, "--format", "plain")
        assert (code, len(out.splitlines())) == (0, len(wanted))
        assert err == f"only {len(wanted)} of 80 results: no more tracks pass the filters\n"


def test_one_track_per_artist(trained: Path) -> None:
    everything = neighbours(trained, "folk 3", "-n", "80", "--exact")
    best = {near["artist"]: near["position"] for near in reversed(everything)}
    capped = neighbours(trained, "folk 3", "-n", "80", "--max-per-artist", "1")
    assert {near["artist"]: near["position"] for near in capped} == best
    assert len(capped) == len(best)


def test_several_seeds_and_their_weights(trained: Path) -> None:
    both = json.loads(similar(trained, "folk 3", "techno 5", "-n", "80", "--json")[1])
    assert [(seed["title"], seed["weight"]) for seed in both["seeds"]] == [("folk 3", 1), ("techno 5", 1)]
    assert not {"folk 3", "techno 5"} & {near["title"] for near in both["neighbours"]}
    assert neighbours(trained, "folk 3", "-n", "80", "--like", "techno 5") == both["neighbours"]
    away = neighbours(trained, "folk 3", "--unlike", "techno 5^0.5", "-n", "25")
    assert all(str(near["title"]).startswith(("folk", "=Tab")) for near in away)
    code, out, err = similar(trained, "folk 3", "--unlike", "folk 3")
    assert (code, out) == (2, "")
    assert "cancel each other out" in err
    assert "+0.5" not in similar(trained, "folk 3")[1]
    assert ", away from 0.5 × 'techno" in similar(trained, "folk 3", "--unlike", "techno 5^.5")[1]


def test_answered_by_index_or_exact_search(trained: Path) -> None:
    asked = json.loads(similar(trained, "folk 3", "--by", "cosine", "--json")[1])
    exact = json.loads(similar(trained, "folk 3", "--by", "cosine", "--json", "--exact")[1])
    assert (asked["answered_by"], exact["answered_by"]) == ("index", "exact search")
    assert asked["neighbours"] == exact["neighbours"]
    rare, frequent = (
        sum(int(str(near["count"])) for near in neighbours(trained, "folk 3", "--popularity", weight))
        for weight in ("-1", "1")
    )
    assert rare < frequent


def test_support_is_counted_in_playlists(trained: Path) -> None:
    # Counted by hand: even playlists hold folk, and a track occurs at most once per playlist.
    lists: dict[str, set[str]] = {}
    for _, _, title, playlist in two_genres():
        lists.setdefault(title, set()).add(playlist)
    for near in neighbours(trained, "folk 3", "-n", "30"):
        if str(near["title"]) in lists:
            assert near["shared"] == len(lists["folk 3"] & lists[str(near["title"])])
    liked = neighbours(trained, "folk 3", "--like", "folk 5", "--unlike", "folk 7^0.1", "-n", "20")
    for near in liked:
        if str(near["title"]) in lists:
            assert near["shared"] == len((lists["folk 3"] | lists["folk 5"]) & lists[str(near["title"])])


def test_versions_are_folded_on_demand(sample_root: Path) -> None:
    def run(*arguments: str) -> tuple[str, str]:
        """Titles and notes of a look-up in the sample."""
        ran = run_sgp("similar", "demo", "every pencil knows", *arguments, "--experiments-dir", sample_root)
        assert ran.code == 0
        return ran.out, ran.err

    each, _ = run("--format", "plain", "-n", "20")
    one, note = run("--format", "plain", "--fold-versions", "-n", "10")
    assert "Every Pencil Knows (feat." in each
    assert "Every Pencil Knows" not in one
    wanted = list(dict.fromkeys(line.partition(" (feat. ")[0].partition(" - Live")[0] for line in each.splitlines()))
    assert one.splitlines()[0] == each.splitlines()[1]
    assert len(wanted) < 20
    assert note.endswith(" other versions of songs in the list or in the query\n")
    answer = json.loads(run("--json", "--fold-versions")[0])
    assert [track["title"] for track in answer["versions_of_seeds"]] == [
        "Every Pencil Knows (feat. Skellingsson Mongoose Club)"
    ]


def test_a_file_whose_size_differs_from_its_manifest_is_refused(trained: Path, tmp_path: Path) -> None:
    shutil.copytree(trained / "genres", tmp_path / "genres")
    for stage, name, command, options in (
        ("corpus", "postings.npy", "extract", ""),
        ("model", "context_bias.npy", "train", " --embedding-dim 16 --epochs 10"),
    ):
        path = tmp_path / "genres" / stage / name
        whole = path.read_bytes()
        for content, problem in (
            (whole + b"\0", f"its size of {len(whole) + 1:,} bytes differs from the manifest"),
            (None, "it is missing"),
        ):
            path.unlink()
            if content is not None:
                path.write_bytes(content)
            code, out, err = similar(tmp_path, "folk 3")
            assert (code, out) == (1, "")
            assert err == f"error: {path} is damaged: {problem}; run sgp {command} genres --force{options}\n"
        path.write_bytes(whole)
    assert similar(tmp_path, "folk 3")[0] == 0


def test_two_open_experiments_do_not_share_answers(tmp_path: Path) -> None:
    held = {
        "left": (["a - other", "a - shared", "a - near"], [[0, 1], [1, 0], [1, 0.1]]),
        "right": (["b - near", "b - far", "a - shared"], [[-1, 0.2], [1, 0], [-1, 0]]),
    }
    for name, (tracks, vectors) in held.items():
        np.savez(tmp_path / "v.npz", vectors=np.array(vectors, np.float32), tracks=np.array(tracks))
        sgp.import_vectors(name, tmp_path / "v.npz", experiments_dir=tmp_path)
    with sgp.open("left", tmp_path) as left, sgp.open("right", tmp_path) as right:
        for _ in range(2):  # alternate between both, so that a shared cache would show
            for opened, position, nearest in ((left, 2, "a - near"), (right, 3, "b - near")):
                answer = opened.similar("a - shared")
                assert answer.seeds[0].track.position == position
                assert answer.neighbours[0].track.name == nearest
    for name, nearest in (("left", "a - near"), ("right", "b - near")):
        ran = run_sgp("similar", name, "shared", "-n", "1", "--format", "plain", "--experiments-dir", tmp_path)
        assert (ran.code, ran.out) == (0, f"{nearest}\n")


def test_compare_shows_the_answers_of_two_models_side_by_side(tmp_path: Path) -> None:
    names = ["a - one", "a - two", "a - three", "a - four", "a - five"]
    left, right = [[4, 0], [4, 1], [4, 2], [0, 4], [-4, 0]], [[4, 0], [4, 2], [4, 1], [-4, 0], [4, 3]]
    for name, rows, called in (("left", left, names), ("right", right, [one.upper() for one in names])):
        np.savez(tmp_path / "v.npz", vectors=np.array(rows, np.float32), tracks=np.array(called))
        sgp.import_vectors(name, tmp_path / "v.npz", experiments_dir=tmp_path)
    asked = ("similar", "left", "one", "-n", "3", "--compare", "right", "--experiments-dir", tmp_path)
    ran = run_sgp(*asked)  # left: two, three, four (90 degrees away); right: three, two, five
    assert (ran.code, ran.err) == (0, "the corpora differ: tracks are matched by name\n")
    assert ran.out.splitlines()[0] == "tracks most similar to 'a - one' in left (A) and right (B): 2 of 3 in both lists"
    assert [line.split() for line in ran.out.splitlines()[3:]] == [
        ["1", "0.970", "2", "0.894", "a", "two"],
        ["2", "0.894", "1", "0.970", "a", "three"],
        ["3", "0.000", "a", "four"],
        ["3", "0.800", "A", "FIVE"],
    ]
    compared = json.loads(run_sgp(*asked, "--json").out)
    assert (compared["experiments"], compared["shared"], compared["matched_by"]) == (["left", "right"], 2, "name")
    assert [one["answers"][1] and one["answers"][1]["rank"] for one in compared["neighbours"]] == [2, 1, None, 3]
    assert run_sgp(*asked, "--format", "csv").out.splitlines()[3] == "3,0.0,,,a,four,"
    assert run_sgp("experiments", "copy", "left", "same", "--experiments-dir", tmp_path).code == 0
    assert run_sgp(*asked[:6], "same", *asked[7:]).err == ""  # the same corpus, so the same tracks
    refused = run_sgp(*asked, "--format", "m3u8")
    assert (refused.code, refused.err) == (2, "error: --compare supports the formats table, json, csv, not m3u8\n")


def test_a_list_that_is_not_sorted_by_cosine_shows_its_score(sample_root: Path) -> None:
    title = "sample:track:0001"
    for options in (["--by", "hybrid"], ["--by", "model"], ["--popularity", "0.5"]):
        command = ["similar", "demo", title, *options, "--experiments-dir", str(sample_root)]
        scores = [near["score"] for near in json.loads(run_sgp(*command, "--json").out)["neighbours"]]
        assert scores == sorted(scores, reverse=True)
        header, _, *lines = run_sgp(*command).out.splitlines()[1:]
        assert header.split()[:3] == ["rank", "score", "similarity"]
        assert [line.split()[1] for line in lines] == [f"{score:.3f}" for score in scores]
    plain = run_sgp("similar", "demo", title, "--by", "cosine", "--json", "--experiments-dir", sample_root)
    assert {near["score"] for near in json.loads(plain.out)["neighbours"]} == {None}


def test_a_rare_query_track_gives_a_warning(sgp: Sgp, write_dump: Callable[..., Path]) -> None:
    rare = [("z", "Rare", "Four", f"z {number}") for number in range(4)] + [("z", "Rare", "One", "z 1")]
    more = [("z", "Other", "Five", f"z {number}") for number in range(5)]
    assert sgp("extract", "x", write_dump([*two_genres(), *rare, *more]), "-q").code == 0
    assert sgp("train", "x", "-emb", "8", "-e", "2", "-q").code == 0
    for title, warning in (
        ("rare - four", "'Rare - Four' occurs 4 times: these neighbours are not reliable\n"),
        ("rare - one", "'Rare - One' occurs 1 time: these neighbours are not reliable\n"),
        ("other - five", ""),
    ):
        ran = sgp("similar", "x", title, "--json")
        assert (ran.code, ran.err) == (0, warning)
        assert json.loads(ran.out)["notes"] == ([warning.strip()] if warning else [])
    ran = sgp("similar", "x", "rare - four", "rare - one", "other - five")
    assert ran.err == "2 of 3 query tracks occur fewer than 5 times: the results are less reliable\n"
