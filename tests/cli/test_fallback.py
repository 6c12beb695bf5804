"""`--fallback` on the command line: tables, JSON, batches, the prompt, playlists and refused combinations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import skipgramophone as sgp
from skipgramophone.cli.prompt_session import PromptState
from skipgramophone.errors import UnknownTrackError
from tests.cli.continued import answer, continued
from tests.conftest import Ran, run_sgp
from tests.json_schemas import require_valid

OTTERS, PENCIL = "The Unpaid Otters", "Jörund Tarrovale Trio - Every Pencil Knows"
UNKNOWN, LIVE = f"{OTTERS} - Umbrella Sonata", f"{PENCIL} - Live at Umbrella Hall"


def similar(root: Path, *arguments: str, stdin: str | None = None) -> Ran:
    """Run `sgp similar demo`."""
    return run_sgp("similar", "demo", *arguments, "--experiments-dir", root, stdin=stdin)


def test_an_unknown_title_is_an_error_that_names_the_option(sample_root: Path) -> None:
    ran = similar(sample_root, UNKNOWN)
    first, *_, last = ran.err.splitlines()
    assert (ran.code, ran.out) == (3, "")
    assert first == f"error: no track matches '{UNKNOWN}'; did you mean one of these?"
    assert last == f"To use 5 tracks by '{OTTERS}' instead, add --fallback"
    assert similar(sample_root, UNKNOWN, "--fallback").code == 0


@pytest.mark.parametrize(
    ("names", "about"),
    [
        ([UNKNOWN], f"5 tracks in place of '{UNKNOWN}'"),
        ([LIVE], f"'{PENCIL}' (pos. 42) in place of '{LIVE}'"),
        (
            [PENCIL, "--unlike", f"{UNKNOWN}^0.5"],
            f"'{PENCIL}' (pos. 42), away from 0.5 × 5 tracks in place of '{UNKNOWN}'",
        ),
        ([PENCIL, "faded raincoat", "sample:track:0573", UNKNOWN], "4 tracks (1 replaced)"),
        ([f"{OTTERS} - Umbrella \x1b[2J"], f"5 tracks in place of '{OTTERS} - Umbrella \\x1b[2J'"),
    ],
)
def test_the_title_of_the_table_names_what_is_replaced(sample_root: Path, names: list[str], about: str) -> None:
    ran = similar(sample_root, *names, "--fallback", "-n", "3")
    assert ran.out.splitlines()[0] == f"top 3 tracks that go best with {about}"
    assert "is not in the corpus; using" in ran.err
    assert "\x1b" not in ran.out + ran.err


def test_json_states_for_each_track_of_the_query_what_it_replaces(sample_root: Path) -> None:
    found = json.loads(similar(sample_root, PENCIL, UNKNOWN, LIVE, "--fallback", "--json").out)
    require_valid(found, "answer")
    kinds = [seed["fallback"] and seed["fallback"]["kind"] for seed in found["seeds"]]
    assert kinds == [None, *["artist"] * 5, "version"]
    assert found["seeds"][1]["fallback"] == {"name": UNKNOWN, "kind": "artist"}
    assert sum("is not in the corpus; using" in note for note in found["notes"]) == 2
    for of in ("artists", "playlists"):
        ran = similar(sample_root, UNKNOWN, LIVE, "--of", of, "--fallback", "--json")
        mixed = json.loads(ran.out)
        require_valid(mixed, "mixed_answer")
        assert [group["fallback"] for group in mixed["groups"]] == [{"name": UNKNOWN, "kind": "artist"}]
        assert [seed["fallback"] for seed in mixed["seeds"]] == [{"name": LIVE, "kind": "version"}]
        title = similar(sample_root, UNKNOWN, "--of", of, "--fallback").out.splitlines()[0]
        assert title.endswith(f" '{OTTERS}' in place of '{UNKNOWN}'")


def test_the_lines_of_a_batch_are_replaced_separately(sample_root: Path) -> None:
    lines = f"{UNKNOWN}\n{PENCIL}\nNobody - Umbrella\n"
    ran = similar(sample_root, "--stdin", "--fallback", stdin=lines)
    replies = list(map(json.loads, ran.out.splitlines()))
    for reply in replies:
        require_valid(reply, "line")
    assert ran.code == 3
    assert [seed["fallback"]["name"] for seed in replies[0]["seeds"]] == [UNKNOWN] * 5
    assert [seed["fallback"] for seed in replies[1]["seeds"]] == [None]
    assert replies[2]["exit_code"] == 3
    offered = json.loads(similar(sample_root, "--stdin", stdin=UNKNOWN).out)["error"]
    assert offered.endswith(f"To use 5 tracks by '{OTTERS}' instead, add --fallback")
    listed = continued(sample_root, "--stdin", "--fallback", stdin=json.dumps([UNKNOWN]))
    assert len(json.loads(listed.out)["seeds"]) == 5


def test_a_comparison_states_what_each_experiment_replaces(sample_root: Path) -> None:
    compared = similar(sample_root, LIVE, "--compare", "demo", "--fallback", "--json")
    assert json.loads(compared.out)["fallbacks"] == [[{"name": LIVE, "kind": "version"}]] * 2
    title = similar(sample_root, UNKNOWN, "--compare", "demo", "--fallback").out.splitlines()[0]
    assert title.startswith(f"tracks most similar to 5 tracks in place of '{UNKNOWN}' in demo (A)")


def test_continue_replaces_tracks_of_files_and_histories(sample_root: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text(f"{PENCIL}\n{UNKNOWN}\nNobody - Umbrella\n", encoding="utf-8")
    plain = answer(sample_root, "--file", tmp_path / "mine.txt")
    assert len(plain["seeds"]) == 1
    found = answer(sample_root, "--file", tmp_path / "mine.txt", "--fallback")
    assert [bool(seed["fallback"]) for seed in found["seeds"]] == [False, *[True] * 5]
    assert any(note.startswith("left out: no track matches 'Nobody - Umbrella'") for note in found["notes"])
    plays = [
        {"endTime": f"2024-03-01 10:0{minute}", "artistName": artist, "trackName": title, "msPlayed": 200_000}
        for minute, (artist, title) in enumerate(name.split(" - ", 1) for name in (PENCIL, UNKNOWN, UNKNOWN))
    ]
    history = tmp_path / "StreamingHistory_music_0.json"
    history.write_text(json.dumps(plays), encoding="utf-8")
    heard = answer(sample_root, "--history", history, "--fallback")
    given, *replaced = [seed["weight"] for seed in heard["seeds"]]  # the weights of the plays are 1/3, 2/3 and 1
    assert (given, sum(replaced)) == (pytest.approx(1 / 3), pytest.approx(5 / 3))
    blended = answer(sample_root, "--blend", tmp_path / "mine.txt", tmp_path / "mine.txt", "--fallback")
    assert any(seed["fallback"] for seed in blended["seeds"])


def test_a_playlist_begins_with_the_given_tracks_but_not_with_their_replacements(sample_root: Path) -> None:
    ask = (PENCIL, UNKNOWN, "--fallback", "--exclude-artist", OTTERS, "-n", "5", "--format", "plain")
    plain = continued(sample_root, *ask).out.splitlines()
    assert continued(sample_root, *ask, "--include-seeds").out.splitlines() == [PENCIL, *plain]


def test_the_first_track_of_a_list_is_never_replaced(sample_root: Path) -> None:
    ran = continued(sample_root, "--from", UNKNOWN, PENCIL, "--arrange", "--fallback")
    assert (ran.code, "To use" in ran.err) == (3, False)


@pytest.mark.parametrize("command", ["similar", "continue"])
def test_strict_names_refuse_fallbacks(sample_root: Path, command: str) -> None:
    ran = run_sgp(command, "demo", PENCIL, "--strict-names", "--fallback", "--experiments-dir", sample_root)
    message = "error: --strict-names cannot be combined with --fallback: leave out one of them\n"
    assert (ran.code, ran.out, ran.err) == (2, "", message)
    ran = run_sgp("similar", "demo", UNKNOWN, "--strict-names", "--experiments-dir", sample_root)
    assert (ran.code, "--fallback" in ran.err) == (3, False)


@pytest.mark.parametrize("of", ["tracks", "artists"])
def test_the_prompt_replaces_tracks_too(sample_root: Path, of: str) -> None:
    with sgp.open("demo", sample_root) as demo:
        state = PromptState(demo, sgp.SimilarSettings(of=of, fallback=True, number=5))  # type: ignore[arg-type]
        first = state.answer(UNKNOWN)
        assert first.notes[0].endswith(f"using 5 tracks by '{OTTERS}' instead")
        state.answer(f"+{PENCIL}")
        assert state.answer("<").neighbours == first.neighbours
        with pytest.raises(UnknownTrackError, match="To use 5 tracks"):
            PromptState(demo, sgp.SimilarSettings(of=of)).answer(UNKNOWN)  # type: ignore[arg-type]
