"""`sgp similar --of artists` and `--of playlists`: formats, scripts, the prompt and bad input."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import skipgramophone as sgp
from skipgramophone.cli import mixed_answers
from skipgramophone.cli.prompt_session import PromptState
from skipgramophone.errors import AmbiguousTrackError
from skipgramophone.lookup.similar_artists import ArtistAnswer
from skipgramophone.lookup.similar_playlists import PlaylistAnswer
from tests.conftest import Ran, dump_text, run_sgp, two_genres

HOSTILE = "=Duo\there & [b]"


@pytest.fixture(scope="module")
def genres(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The experiment "genres", with joint credits, a hostile name and "Various Artists"."""
    root = tmp_path_factory.mktemp("of")
    rows = two_genres()
    rows += [(f"owner {at % 9}", HOSTILE, "folk 3b", f"list {at}") for at in range(0, 60, 2)]
    rows += [(f"owner {at % 9}", "folk artist 1, folk artist 2", "joint", f"list {at}") for at in range(0, 60, 4)]
    rows += [(f"owner {at % 9}", "Various Artists", "sampler", f"list {at}") for at in range(0, 60, 2)]
    (root / "dump.csv").write_text(dump_text(rows))
    for command in (["extract", "genres", str(root / "dump.csv")], ["train", "genres", "-emb", "8", "-e", "10"]):
        assert run_sgp(*command, "-q", "--experiments-dir", root).code == 0
    return root


def similar(root: Path, *arguments: str, stdin: str | None = None) -> Ran:
    """Run a look-up."""
    return run_sgp("similar", "genres", *arguments, "--experiments-dir", root, stdin=stdin)


@pytest.mark.parametrize("of", ["artists", "playlists"])
def test_every_format_lists_the_same(genres: Path, of: str) -> None:
    ask = ("folk artist 3", "--of", of, "-n", "12", "--format")
    wanted = json.loads(similar(genres, *ask, "json").out)
    assert wanted["of"] == of
    assert wanted["groups"][0]["artist"] == "folk artist 3"
    near = wanted["neighbours"]
    assert [each["rank"] for each in near] == list(range(1, 13))
    assert json.loads(similar(genres, *ask, "jsonl").out) == wanted
    rows = list(csv.DictReader(io.StringIO(similar(genres, *ask, "csv").out)))
    shown = [{name: "" if value is None else str(value) for name, value in each.items()} for each in near]
    visible = [{name: value.replace("\t", "\\t") for name, value in each.items()} for each in shown]
    assert rows == visible
    head, *lines = similar(genres, *ask, "tsv").out.splitlines()
    assert [dict(zip(head.split("\t"), line.split("\t"), strict=True)) for line in lines] == visible
    plain = similar(genres, *ask, "plain").out.splitlines()
    names = [each["artist"] if of == "artists" else f"{each['owner']} - {each['playlist']}" for each in visible]
    assert plain == names
    table = similar(genres, *ask, "table").out.splitlines()
    assert table[0] == f"top 12 {of} {'that go best with' if of == 'artists' else 'most similar to'} 'folk artist 3'"
    assert len(table) == 3 + 12


def test_genres_do_not_mix_and_nobody_is_listed(genres: Path) -> None:
    asked = json.loads(similar(genres, "--artist", "folk artist 3", "--of", "artists", "-n", "11", "--json").out)
    names = [near["artist"] for near in asked["neighbours"]]
    assert names[0].startswith(("folk", HOSTILE))
    assert HOSTILE in names
    assert all(name.startswith(("folk", HOSTILE)) for name in names)  # ten others and the duo
    assert "Various Artists" not in names
    assert "folk artist 1, folk artist 2" not in names
    playlists = json.loads(similar(genres, "folk 3", "--of", "playlists", "-n", "30", "--json").out)["neighbours"]
    assert {int(near["playlist"].split()[1]) % 2 for near in playlists} == {0}
    assert any(near["shared"] for near in playlists)


def test_several_artists_and_tracks_make_one_query(genres: Path) -> None:
    ran = similar(
        genres, "folk 3", "--artist", "folk artist 1", "--artist", "techno artist 2", "--unlike", "folk 4^0.3",
        "--of", "artists", "--json",
    )  # fmt: skip
    asked = json.loads(ran.out)
    assert [group["artist"] for group in asked["groups"]] == ["folk artist 1", "techno artist 2"]
    assert [seed["weight"] for seed in asked["seeds"]] == [1, -0.3]
    assert "folk artist 1" not in [near["artist"] for near in asked["neighbours"]]
    many = ("folk 1", "folk 2", "folk 5", "--artist", "folk artist 1")
    title = similar(genres, *many, "--of", "playlists").out.splitlines()[0]
    assert title == "top 10 playlists most similar to 3 tracks and 1 group"


def test_lines_of_standard_input_are_artists_or_tracks(genres: Path) -> None:
    ran = similar(genres, "-", "--of", "artists", "-n", "2", stdin="folk artist 3\nfolk 3\nno such thing\n\n")
    first, second, third, fourth = map(json.loads, ran.out.splitlines())
    assert (first["query"], first["groups"][0]["artist"], first["seeds"]) == ("folk artist 3", "folk artist 3", [])
    assert (second["groups"], second["seeds"][0]["title"]) == ([], "folk 3")
    assert [third["exit_code"], fourth["exit_code"], ran.code] == [3, 3, 3]


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (
            ["--artist", "folk artst 3", "--strict-names"],
            3,
            "error: no artist matches 'folk artst 3'; did you mean one of these?",
        ),
        (["--artist", "folk artist"], 4, "error: 11 artists match 'folk artist'; pick one of them"),
        (["folk artist"], 4, "error: 11 artists match 'folk artist'; pick one of them"),
        (["folk artist", "--strict-names"], 4, "error: 41 tracks match 'folk artist'"),
        (["nothing at all"], 3, "error: no track matches 'nothing at all'"),
        (
            ["folk 3", "--fold-versions"],
            2,
            "error: --fold-versions is for lists of tracks: leave it out, or leave out --of artists",
        ),
        (
            ["folk 3", "--max-per-artist", "2"],
            2,
            "error: --max-per-artist is for lists of tracks: leave it out, or leave out --of artists",
        ),
        (
            ["folk 3", "--by", "model"],
            2,
            "error: artists can be ranked only by cosine, cosine+count, hybrid",
        ),
        (
            ["folk 3", "--format", "m3u8"],
            2,
            "error: format m3u8 is only for tracks: leave out --of artists, or choose one of",
        ),
        (
            ["folk 3", "--compare", "genres"],
            2,
            "error: --compare works only for tracks: leave out either --compare or --of",
        ),
        (["folk 3", "--exclude-artist", "zzzzz"], 3, "error: no artist matches 'zzzzz'"),
        ([], 2, "error: no TRACK given"),
    ],
)
def test_what_cannot_be_answered_is_one_line(genres: Path, arguments: list[str], code: int, error: str) -> None:
    ran = similar(genres, *arguments, "--of", "artists")
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith(error)


@pytest.mark.parametrize(
    "option", [["--by", "cosine+count"], ["--min-count", "3"], ["--exclude-artist", "folk artist 1"]]
)
def test_a_list_of_playlists_has_no_filters(genres: Path, option: list[str]) -> None:
    ran = similar(genres, "folk 3", "--of", "playlists", *option)
    refused = f"error: {option[0]} is for lists of tracks: leave it out, or leave out --of playlists\n"
    assert (ran.code, ran.out, ran.err) == (2, "", refused)


@pytest.fixture
def conversation(sample_root: Path, request: pytest.FixtureRequest) -> Iterator[PromptState]:
    """A conversation about the sample, with three results per answer."""
    with sgp.open("demo", sample_root) as demo:
        yield PromptState(demo, sgp.SimilarSettings(of=request.param, number=3))


@pytest.mark.parametrize("conversation", ["artists"], indirect=True)
def test_the_prompt_lists_artists(conversation: PromptState, capsys: pytest.CaptureFixture[str]) -> None:
    first = conversation.answer("the unpaid otters")
    assert isinstance(first, ArtistAnswer)
    mixed_answers.show(first, "table", quiet=False)
    assert "that go best with 'The Unpaid Otters'" in capsys.readouterr().out
    second = conversation.answer("2")
    assert isinstance(second, ArtistAnswer)
    assert [group.name for group in second.query.groups] == [first.neighbours[1].artist]
    liked = conversation.answer("+every pencil knows")
    assert [part.weight for part in liked.query.parts] == [1, 1]
    more = conversation.answer(">")
    assert [near.rank for near in more.neighbours] == [4, 5, 6]
    away = conversation.answer("-5")
    assert away.query.groups[-1].name == more.neighbours[1].artist
    assert conversation.answer("<").neighbours == liked.neighbours
    with pytest.raises(AmbiguousTrackError):
        conversation.answer("drizzle")
    picked = conversation.answer("1")  # of the candidates, which are tracks
    assert len(picked.query.tracks) == 1


@pytest.mark.parametrize("conversation", ["playlists"], indirect=True)
def test_the_prompt_lists_playlists(conversation: PromptState) -> None:
    first = conversation.answer("every pencil knows")
    assert isinstance(first, PlaylistAnswer)
    second = conversation.answer("2")
    assert isinstance(second, PlaylistAnswer)
    chosen = first.neighbours[1].playlist
    assert [group.playlist for group in second.query.groups] == [chosen]
    more = conversation.answer(">")
    assert isinstance(more, PlaylistAnswer)
    listed = [near.playlist for near in (*second.neighbours, *more.neighbours)]
    assert len(listed) == 6
    assert chosen not in listed
