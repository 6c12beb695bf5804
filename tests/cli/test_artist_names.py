"""Queries that are the name of an artist: notes, errors, the chooser and the prompt suggest a query by artist."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

import skipgramophone as sgp
from skipgramophone.cli.listed_names import NamedGroup, listed_names
from skipgramophone.cli.prompt import TrackCompleter
from skipgramophone.cli.prompt_session import HELP, PromptState
from skipgramophone.cli.query_title import query_title
from skipgramophone.errors import AmbiguousTrackError, SettingError, UnknownTrackError
from skipgramophone.experiment.catalogue import Track
from skipgramophone.lookup.results import Seed
from tests.cli.test_terminal import ESCAPES, on_a_terminal
from tests.conftest import run_sgp

TRACKS = (
    ("Zen", "One"),
    ("Zen", "Two"),
    ("Another", "Zen"),
    ("Daft Punk", "Around"),
    ("Daft Punk", "Robot"),
    ("Guns N' Roses", "Rain"),
    ("Guns N' Roses", "Patience"),
    ("Teachers", "Daft Punk"),
    ("Lone", "Something Else"),
    ("Lone", "artist: Zen"),
)
IS_ALSO = "'{}' is also the name of an artist. For a query by all tracks of the artist, use --artist {}"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An experiment with imported vectors, in which some titles are also names of artists."""
    directory = tmp_path_factory.mktemp("artists")
    vectors = np.random.default_rng(3).normal(size=(len(TRACKS), 4)).astype(np.float32)
    artists, titles = zip(*TRACKS, strict=True)
    np.savez(directory / "v.npz", vectors=vectors, artist=np.array(artists), title=np.array(titles))
    ran = run_sgp("import", "named", directory / "v.npz", "-q", "--experiments-dir", directory)
    assert (ran.code, ran.err) == (0, "")
    return directory


@pytest.fixture
def prompt(root: Path) -> Iterator[PromptState]:
    """A prompt for the experiment, with three tracks per answer."""
    with sgp.open("named", root) as opened:
        yield PromptState(opened, sgp.SimilarSettings(number=3))


@pytest.mark.parametrize(
    ("query", "title", "artist"), [("zen", "Zen", "Zen"), ("daft punk", "Daft Punk", "'Daft Punk'")]
)
def test_a_title_that_is_an_artist_s_name_gets_a_note(root: Path, query: str, title: str, artist: str) -> None:
    for command in (("similar", "named", query), ("continue", "named", query, "--by", "cosine")):
        ran = run_sgp(*command, "--json", "--experiments-dir", root)
        answer = json.loads(ran.out)
        assert [seed["title"] for seed in answer["seeds"]] == [title]
        assert IS_ALSO.format(query, artist) in answer["notes"]
        assert IS_ALSO.format(query, artist) in ran.err.splitlines() or not ran.err  # --json keeps notes in the object


@pytest.mark.parametrize(
    "arguments", [("another - zen",), ("something else",), ("something else", "--unlike", "zen"), ("--artist", "zen")]
)
def test_other_names_get_no_note_on_artists(root: Path, arguments: tuple[str, ...]) -> None:
    ran = run_sgp("similar", "named", *arguments, "--json", "--experiments-dir", root)
    assert ran.code == 0
    assert "artist" not in " ".join(json.loads(ran.out)["notes"])


def test_an_empty_name_is_an_error_that_says_so(root: Path) -> None:
    for name in ("", "  "):
        ran = run_sgp("similar", "named", name, "--experiments-dir", root)
        message = "error: the name of a track is empty: give a title, or 'artist - title'\n"
        assert (ran.code, ran.out, ran.err) == (3, "", message)
    ran = run_sgp("continue", "named", "-", "--experiments-dir", root, stdin="\n")
    assert (ran.code, ran.err) == (3, "error: no names were given: give a track\n")


def test_files_and_commands_for_two_tracks_do_not_offer_artists(root: Path, tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("zen\ndaft punk\n")
    ran = run_sgp("similar", "named", "--file", tmp_path / "names.txt", "--experiments-dir", root)
    assert (ran.code, "--artist" in ran.err) == (0, False)
    assert "--artist" not in run_sgp("explain", "named", "zen", "daft punk", "--experiments-dir", root).err
    several = run_sgp("explain", "named", "guns n' roses", "zen", "--experiments-dir", root)
    assert (several.code, "--artist" in several.err) == (4, False)


def test_an_ambiguous_name_of_an_artist_names_a_form_that_a_shell_reads(root: Path) -> None:
    ran = run_sgp("similar", "named", "guns n' roses", "--experiments-dir", root)
    assert ran.code == 4
    last = ran.err.splitlines()[-1]
    assert last == 'For a query by all tracks of the artist, use --artist "Guns N\' Roses"'
    with sgp.open("named", root) as opened, pytest.raises(AmbiguousTrackError) as error:
        opened.similar("guns n' roses")
    assert error.value.on_command_line.endswith(f"). {last}")
    in_python = last.replace("--artist ", "artist=")
    assert str(error.value).endswith(f"). {in_python}")


def test_the_chooser_names_the_option_for_artists(root: Path) -> None:
    code, output = on_a_terminal(80, "similar", "named", "guns n' roses", "--experiments-dir", root, typed="2\n")
    assert code == 0
    plain = " ".join(ESCAPES.sub("", output).split())
    assert 'use --artist "Guns N\' Roses" (q ends this command) which one? Type 1 to 2' in plain
    _, output = on_a_terminal(80, "similar", "named", "e", "--experiments-dir", root, typed="1\n")
    assert "--artist" not in output


def test_the_prompt_asks_for_artists(root: Path, prompt: PromptState) -> None:
    of_zen = prompt.answer("artist: zen")
    assert [seed.track.title for seed in of_zen.seeds] == ["One", "Two"]
    by_option = json.loads(
        run_sgp("similar", "named", "--artist", "zen", "-n", "3", "--json", "--experiments-dir", root).out
    )
    assert [near.track.title for near in of_zen.neighbours] == [near["title"] for near in by_option["neighbours"]]
    assert prompt.answer("Artist:zen") == of_zen
    liked = prompt.answer("+artist: daft punk")
    assert [(seed.track.artist, seed.weight) for seed in liked.seeds] == [("Zen", 0.5)] * 2 + [("Daft Punk", 0.5)] * 2
    assert prompt.answer("- artist: daft punk").seeds[-1].weight == -0.5
    assert prompt.answer("<") == liked
    assert [seed.track.title for seed in prompt.answer("=artist: zen").seeds] == ["artist: Zen"]
    with pytest.raises(SettingError, match="nothing follows 'artist:': add a name"):
        prompt.answer("artist:")
    with pytest.raises(SettingError, match="cannot find album 'x'"):
        prompt.answer("album: x")
    assert "artist: name " in HELP
    assert all(len(line) <= 79 for line in HELP.splitlines())


def test_the_prompt_suggests_artists_that_a_number_chooses(prompt: PromptState) -> None:
    with pytest.raises(UnknownTrackError, match="no artist matches 'daftpunk'"):
        prompt.answer("artist: daftpunk")
    assert prompt.listed[:1] == (NamedGroup("artist", "Daft Punk"),)
    assert listed_names(prompt.listed)[0] == "Daft Punk"
    assert {seed.track.artist for seed in prompt.answer("1").seeds} == {"Daft Punk"}


def test_the_prompt_lists_several_artists_that_a_number_chooses(prompt: PromptState) -> None:
    with pytest.raises(AmbiguousTrackError, match=r"^5 artists match 'n'"):
        prompt.answer("artist: n")
    guns = listed_names(prompt.listed).index("Guns N' Roses (0×)") + 1
    assert {seed.track.artist for seed in prompt.answer(str(guns)).seeds} == {"Guns N' Roses"}


def test_the_prompt_names_its_own_form_for_artists(prompt: PromptState) -> None:
    advice = "For a query by all tracks of the artist, use artist: {}"
    assert prompt.answer("zen").notes[-1] == f"'zen' is also the name of an artist. {advice.format('Zen')}"
    with pytest.raises(AmbiguousTrackError) as error:
        prompt.answer("guns n' roses")
    assert error.value.advice == advice.format("Guns N' Roses")
    assert re.fullmatch(r"Guns N' Roses - \w+ \(0×\)", listed_names(prompt.listed)[0])


def test_the_prompt_completes_artists(prompt: PromptState) -> None:
    completer = TrackCompleter(prompt._lookup.catalogue)

    def completions(typed: str) -> list[tuple[str, int]]:
        """Completions as (text, start position)."""
        offered = completer.get_completions(Document(typed), CompleteEvent())
        return [(found.text, found.start_position) for found in offered]

    assert completions("artist: zen") == completions("+artist:zen") == [("Zen", -3)]
    assert completions("artist: punk d") == [("Daft Punk", -6)]
    assert ("Lone - artist: Zen", -11) in completions("=artist: zen")
    assert completions("artist: around") == completions("album: zen") == completions("artist:") == []


@pytest.mark.parametrize(
    ("weights", "title"),
    [
        ([("A", 1), ("B", 1), ("A", 1)], "'A - 0' (pos. 1), 'B - 1' (pos. 2), 'A - 2' (pos. 3)"),
        ([("A", 1)] * 4, "4 tracks by 'A'"),
        ([("A", 1), ("b", 1), ("a", 0.5), ("B", 1)], "4 tracks by 'A' and 'b'"),
        ([("A", 1), ("B", 1), ("C", 1), ("C", 1)], "4 tracks by 'A', 'B' and 'C'"),
        ([("A", 1), ("B", 1), ("C", 1), ("D", 1)], "4 tracks"),
        (
            [("A", 1), ("A", 1), ("A", 1), ("B", -1)],
            "'A - 0' (pos. 1), 'A - 1' (pos. 2), 'A - 2' (pos. 3), away from 'B - 3' (pos. 4)",
        ),
        ([("A", 1), ("B", -0.5)], "'A - 0' (pos. 1), away from 0.5 × 'B - 1' (pos. 2)"),
        ([("A", 0.5), ("B", -1)], "0.5 × 'A - 0' (pos. 1), away from 'B - 1' (pos. 2)"),
        ([("A", 1)] * 4 + [("B", -1)] * 4, "4 tracks by 'A', away from 4 tracks by 'B'"),
        ([("A", 1), ("A", 1), ("A", 1), ("", 1)], "4 tracks"),
    ],
)
def test_the_title_of_a_list_names_the_artists_of_many_tracks(weights: list[tuple[str, float]], title: str) -> None:
    seeds = [Seed(Track(at, artist, str(at), None, 1, 1), weight) for at, (artist, weight) in enumerate(weights)]
    assert query_title(seeds) == title
