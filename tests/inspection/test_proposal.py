"""The proposed command: it can be pasted, it applies the advice, and it leaves the rest to the reader."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skipgramophone.inspection.findings import ADVICE, KINDS, Kind, make_finding
from skipgramophone.inspection.proposal import Target, propose
from skipgramophone.settings import ExtractSettings
from skipgramophone.settings.setting import given_options
from tests.conftest import Sgp, dump_text
from tests.inspection.test_inspection import PLANTED

WriteDump = Callable[..., Path]


def inspected(sgp: Sgp, *arguments: str | Path) -> dict[str, Any]:
    """Return the JSON of an inspection."""
    ran = sgp("inspect", *arguments, "--json")
    assert (ran.code, ran.err) == (0, "")
    found: dict[str, Any] = json.loads(ran.out)
    return found


@pytest.mark.parametrize(
    "kind",
    ["giant-playlists", "whole-libraries", "automatic-lists", "repeats", "near-duplicates", "several-uris"],
)
def test_the_extract_command_removes_the_problem(kind: str, sgp: Sgp, write_dump: WriteDump) -> None:
    dump, _, _ = PLANTED[kind]
    path = write_dump(dump.text(), "it's 'my' dump.csv")
    found = inspected(sgp, path)
    command = found["command"]
    assert kind in command["applied"]
    first = shlex.split(command["line"].split(" && ")[0])
    assert first[:4] == ["sgp", "extract", "it-s-my-dump", str(path)]
    assert sgp(*first[1:], "-q").code == 0
    left = {finding["kind"] for finding in inspected(sgp, "it-s-my-dump")["findings"]}
    assert kind not in left


def test_snapshots_name_the_group_and_the_commands_follow_each_other(sgp: Sgp, write_dump: WriteDump) -> None:
    path = write_dump(PLANTED["snapshots"][0].text(), "archive.csv")
    command = inspected(sgp, path)["command"]
    assert command["applied"] == ["snapshots"]
    assert command["line"] == (
        f"sgp extract archive {path} && sgp train archive && sgp evaluate archive --group '[^@]*'"
    )
    assert "--group '[^@]*'" in sgp("inspect", path).out.split("apply the advice")[1]
    assert sgp("extract", "archive", path, "-q").code == 0
    assert inspected(sgp, "archive")["command"]["line"] == "sgp train archive && sgp evaluate archive --group '[^@]*'"
    assert inspected(sgp, path)["command"]["line"].startswith("sgp extract archive-2 ")


@pytest.mark.parametrize(
    ("group", "options", "remedy"),
    [
        ((), " --share 0.1 --group '[^@]*'", "evaluate with --share and --group"),
        (("--group", "[^@]*"), "", "sgp evaluate uses these held-out playlists: evaluate without --group"),
    ],
)
def test_snapshots_that_extract_has_split_get_a_command_that_evaluate_accepts(
    group: tuple[str, ...], options: str, remedy: str, sgp: Sgp, write_dump: WriteDump
) -> None:
    path = write_dump(PLANTED["snapshots"][0].text(), "archive.csv")
    assert sgp("extract", "archive", path, "--holdout", "0.1", *group, "-q").code == 0
    found = inspected(sgp, "archive")
    assert found["command"]["line"] == f"sgp train archive && sgp evaluate archive{options}"
    (snapshots,) = (each for each in found["findings"] if each["kind"] == "snapshots")
    assert remedy in snapshots["remedy"]
    assert ("use --group" in snapshots["what"]) == (not group)


def test_imported_vectors_are_never_replaced_by_the_command() -> None:
    findings = [make_finding("seen-once", "", count=1, of=1, unit="tracks", examples=())]
    assert propose(findings, Target("x", trained=True)).line == "sgp train x --min-count 2 --force"
    assert propose(findings, Target("x", trained=True, imported=True)).line is None


def test_reading_options_are_repeated_and_replaced_where_the_advice_differs(sgp: Sgp, write_dump: WriteDump) -> None:
    rows = [(f"u{at % 3}", "A", f"song {at}", f"mix, {at % 8}") for at in range(96)]
    text = "who;by;song;show\n" + "".join(f"{who};{by};{song};{show}\n" for who, by, song, show in rows)
    path = write_dump(text, "radio.csv")
    columns = "artist=by,title=song,playlist=show,owner=who"
    command = inspected(sgp, path, "--columns", columns, "--group-by", "name", "--max-rejects", "0.25")["command"]
    words = shlex.split(command["line"].split(" && ")[0])
    assert words[:4] == ["sgp", "extract", "radio", str(path)]
    assert words[4:] == ["--columns", columns, "--max-rejects", "0.25", "--group-by", "owner"]
    assert "welded-by-name" in command["applied"]
    assert {"few-playlists", "one-artist"} <= set(command["left"])


def test_an_experiment_is_not_extracted_again(sgp: Sgp, write_dump: WriteDump) -> None:
    assert sgp("extract", "x", write_dump(PLANTED["several-uris"][0].text()), "-q").code == 0
    ran = sgp("inspect", "x")
    assert (
        "left to you  finding 1\n             to see how extract can help, inspect the sources: sgp inspect SOURCE\n"
        in ran.out
    )
    assert "sgp extract" not in ran.out.split("apply the advice")[1]


def test_no_findings_no_command(sgp: Sgp, write_dump: WriteDump) -> None:
    rng = np.random.default_rng(3)
    lines = [" ".join(f"id{track}" for track in rng.choice(300, 9, replace=False)) for _ in range(400)]
    path = write_dump("\n".join(lines) + "\n", "sessions.txt")
    assert inspected(sgp, path)["command"] == {"line": None, "applied": [], "left": []}
    assert "apply the advice" not in sgp("inspect", path).out


def test_each_option_that_advice_applies_is_one_that_the_remedy_names() -> None:
    for kind in KINDS:
        finding = make_finding(kind, "x", count=1, of=2, unit="tracks", examples=())
        for command, words in finding.apply.items():
            assert f"{command} {words[0]}" in " ".join(finding.flags), kind
        assert ADVICE[kind].apply == finding.apply


def test_two_findings_with_one_option_give_it_once_and_words_are_quoted() -> None:
    kinds: tuple[Kind, Kind] = "title-order", "artist-order"
    some = [make_finding(kind, "x", count=1, of=2, unit="tracks", examples=()) for kind in kinds]
    proposal = propose(some, Target("x", sources=("my file; rm -rf ~.csv", "-"), trained=False))
    assert proposal.line == "sgp extract x 'my file; rm -rf ~.csv' - && sgp train x -wsz bag"
    assert shlex.split(proposal.line)[3] == "my file; rm -rf ~.csv"


def test_options_are_those_that_differ_from_the_defaults() -> None:
    assert given_options(ExtractSettings()) == []
    settings = ExtractSettings(keep=["episodes", "skips"], merge_uris=True, num_rows=9, min_length=2)
    assert given_options(settings) == [
        "--num-rows", "9", "--keep", "episodes", "--keep", "skips", "--merge-uris", "--min-length", "2",
    ]  # fmt: skip


@pytest.mark.parametrize(("shared", "applied"), [(1, False), (9, False), (10, True)])
def test_rare_tracks_are_left_out_only_if_enough_remains_to_train_on(
    sgp: Sgp, write_dump: WriteDump, shared: int, applied: bool
) -> None:
    rows = [("u", "A", f"song {at}", f"list {at % 12}") for at in range(60)]
    rows += [("u", "A", f"shared {at}", f"list {where}") for at in range(shared) for where in (0, 1)]
    found = inspected(sgp, write_dump(dump_text(rows)))
    command = found["command"]
    (finding,) = (finding for finding in found["findings"] if finding["kind"] == "seen-once")
    assert ("would leave too few tracks" in finding["remedy"]) != applied
    assert ("seen-once" in command["applied"]) == applied
    assert ("--min-count" in (command["line"] or "")) == applied


@pytest.mark.parametrize(("owners", "compared"), [(1, False), (2, True)])
def test_one_listener_is_compared_with_others_only_if_there_are_others(
    sgp: Sgp, write_dump: WriteDump, owners: int, compared: bool
) -> None:
    rows = [(f"u{at % owners}", "A", f"song {at // 10 % 4}", f"list {at // 10}") for at in range(120)]
    (repeats,) = (f for f in inspected(sgp, write_dump(dump_text(rows)))["findings"] if f["kind"] == "repeats")
    assert ("more influence than many other listeners" in repeats["effect"]) == compared
