"""`sgp inspect`: experiments and sources, on the terminal and as JSON."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import HEADER, Sgp, two_genres

WriteDump = Callable[..., Path]

# The fields of the JSON, as described in docs/inspecting.md.
SCHEMA = {
    "schema", "kind", "inspected", "sources", "guessed_columns", "names", "playlists", "owners", "tracks",
    "occurrences", "lengths", "counts", "once", "half", "head_share", "most_frequent", "findings", "command", "order",
    "seconds", "doubts",
}  # fmt: skip
DISTRIBUTION = {"mean", "median", "least", "most", "steps"}
FINDING = {"kind", "what", "count", "of", "share", "unit", "examples", "effect", "remedy", "flags", "apply"}


def inspect_json(sgp: Sgp, *arguments: str | Path) -> dict[str, Any]:
    """Return the output of `--json`."""
    ran = sgp("inspect", *arguments, "--json")
    assert (ran.code, ran.err) == (0, "")
    found: dict[str, Any] = json.loads(ran.out)
    return found


def test_the_choice_of_context_is_that_of_training_and_all_counts_agree(sgp: Sgp, sample_root: Path) -> None:
    found = inspect_json(sgp, "demo", "--experiments-dir", sample_root)
    assert set(found) == SCHEMA
    assert set(found["lengths"]) == set(found["counts"]) == DISTRIBUTION
    assert all(set(finding) == FINDING for finding in found["findings"])
    corpus, model = (json.loads((sample_root / "demo" / s / "manifest.json").read_text()) for s in ("corpus", "model"))
    assert found["order"] == model["facts"]["order"]
    for of in ("playlists", "tracks", "occurrences", "owners"):
        assert found[of] == corpus["facts"][of]
    for of, what in (("lengths", "playlists"), ("counts", "tracks")):
        assert sum(step["number"] for step in found[of]["steps"]) == found[what]
        assert sum(step["share"] for step in found[of]["steps"]) == pytest.approx(1, abs=1e-5)
    starred, finding = found["findings"]
    assert (starred["kind"], starred["flags"]) == ("automatic-lists", ["extract --drop-automatic-playlists"])
    assert (finding["kind"], finding["unit"], finding["flags"]) == ("title-order", "playlists", ["train -wsz bag"])
    assert found["command"] == {
        "line": f"sgp train demo -wsz bag --force --experiments-dir {sample_root}",
        "applied": ["title-order"],
        "left": ["automatic-lists"],
    }
    assert finding["count"] >= corpus["facts"]["sorted_by_title"]


def test_the_report_on_the_terminal(sgp: Sgp, write_dump: WriteDump) -> None:
    rows = [("u", "Håkan", f"{'abcdefgh'[at]} \x1b[31m[red]:heart:", "dated") for at in range(8)]
    ran = sgp("inspect", write_dump(rows + rows[:1]))
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("inspection of ")
    assert (
        "playlists      1, with 9 tracks\n"
        "               mean length 9.0, median 9\n"
        "tracks         8; 7 (88%) occur only once\n"
        "occurrences    9\n"
        "head           the most frequent 1% of the tracks account for 22% of all occurrences, and the most frequent "
        "4 tracks for half of them\n"
        "most frequent  Håkan - a \\x1b[31m[red]:heart: (2); "
    ) in ran.out
    assert "8 to 15           1                 100.0%   ████████████████████████████████████████\n" in ran.out
    assert "2 to 3        1                  22.2%   █████▊\n" in ran.out
    assert "\n1. only 1 playlist\n   effect  with so few playlists, neighbours depend on " in ran.out
    assert "\n   examples  dated (9)\n" in ran.out
    assert (
        "-wsz auto\ncontext    whole playlist (0 held-out playlists are too few)\ntested on  0 held-out playlists\n"
    ) in ran.out
    assert not any(line.endswith(" ") for line in ran.out.splitlines())


def test_the_remedy_for_rows_that_are_rejected_on_purpose_keeps_them(sgp: Sgp, write_dump: WriteDump) -> None:
    names = [("Nell Quay", "Boats", 200_000), ("Nell Quay", "Rain", 0), ("Ada Fenn", "Fog", 200_000)]
    plays = [
        {"endTime": f"2026-05-01 20:0{at}", "artistName": artist, "trackName": title, "msPlayed": played}
        for at, (artist, title, played) in enumerate(names)
    ]
    path = write_dump(json.dumps(plays), "StreamingHistory_music_0.json")
    (rejected,) = [one for one in inspect_json(sgp, path)["findings"] if one["kind"] == "rejected-rows"]
    assert rejected["remedy"] == "nothing, if you do not want to train on such rows; to keep them, use --keep skips"
    kept = inspect_json(sgp, path, "--keep", "skips")
    assert (kept["tracks"], [one for one in kept["findings"] if one["kind"] == "rejected-rows"]) == (3, [])


def test_guessed_columns_are_shown_as_extract_shows_them(sgp: Sgp, write_dump: WriteDump) -> None:
    path = write_dump("Interpret;Titel;Mix\nNena;Leuchtturm;Ruhe\nTrio;Anna;Ruhe\n;;Ruhe\n", "de.csv")
    inspected, extracted = sgp("inspect", path), sgp("extract", "x", path, "--dry-run")
    lines = inspected.out.splitlines()[1:4]
    assert lines == [
        "sources        de.csv (columns)",
        "columns        artist=Interpret,title=Titel; unused: Mix",
        "               guessed from the header; to choose other columns, edit and add this option: "
        "--columns artist=Interpret,title=Titel",
    ]
    assert [line.split(None, 1) for line in extracted.out.splitlines()[1:4]] == [line.split(None, 1) for line in lines]
    found = inspect_json(sgp, path)
    assert found["guessed_columns"] == [
        {"file": "de.csv", "columns": "artist=Interpret,title=Titel", "unused": ["Mix"]}
    ]
    (rejected,) = [one for one in found["findings"] if one["kind"] == "rejected-rows"]
    assert rejected["remedy"].startswith("sgp extract lists these rows in corpus/rejects.jsonl of the experiment;")
    chosen = sgp("inspect", path, "--columns", "artist=Interpret,title=Titel,playlist=Mix")
    assert (chosen.code, "\ncolumns " in chosen.out) == (0, False)


def test_sources_an_experiment_and_a_dry_run_have_the_same_findings(
    sgp: Sgp, write_dump: WriteDump, experiments: Path
) -> None:
    path = write_dump([*two_genres(120), ("", "Tom Petty", "Free Fallin'", "")])
    found = inspect_json(sgp, path)
    dry = json.loads(sgp("extract", "x", path, "--dry-run", "--json").out)["findings"]
    assert dry == found["findings"]
    assert f"\n{len(dry)}. " in sgp("extract", "x", path, "--dry-run").out
    assert list(experiments.iterdir()) == []
    assert sgp("extract", "x", path, "-q").code == 0
    of_experiment = inspect_json(sgp, "x")
    assert found.pop("command") != of_experiment.pop("command")  # sources are extracted first
    for one, kind, named in ((found, "sources", str(path)), (of_experiment, "experiment", "x")):
        assert (one.pop("kind"), one.pop("inspected"), one.pop("seconds") >= 0) == (kind, [named], True)
        formats = [source["format"] for source in one.pop("sources")]
        assert (formats, one.pop("guessed_columns")) == (["zenodo"] if kind == "sources" else [], [])
    assert found == of_experiment


def test_a_clean_corpus_has_no_problems(sgp: Sgp, write_dump: WriteDump) -> None:
    rng = np.random.default_rng(3)
    lines = [" ".join(f"id{track}" for track in rng.choice(300, 9, replace=False)) for _ in range(400)]
    ran = sgp("inspect", write_dump("\n".join(lines) + "\n", "sessions.txt"))
    assert "\nno problems found\n" in ran.out


def test_a_range_with_equal_ends_is_one_number(sgp: Sgp, write_dump: WriteDump) -> None:
    rows = [("owner", f"a{at % 9}", f"t{at % 9}", f"list {at // 9}") for at in range(27)]
    assert "\nplaylists      3, with 9 tracks\n" in sgp("inspect", write_dump(rows)).out
    assert "\nplaylists      2, with 1 to 9 tracks\n" in sgp("inspect", write_dump(rows[:10])).out
    assert "\nplaylists      1, with 1 track\n" in sgp("inspect", write_dump(rows[:1])).out


def test_the_options_for_reading_are_used(sgp: Sgp, write_dump: WriteDump) -> None:
    path = write_dump("by;song;show\nA;one;x\nB;two;x\nA;three;y\n", "radio.csv")
    ran = sgp("inspect", path)
    assert (ran.code, ran.out) == (1, "")
    assert inspect_json(sgp, path, "--columns", "artist=by,title=song,playlist=show")["playlists"] == 2
    assert inspect_json(sgp, path, "--columns", "artist=by,title=song,playlist=show", "-nr", "2")["playlists"] == 1


def test_a_name_is_an_experiment_first_and_errors_are_one_line(
    sgp: Sgp, write_dump: WriteDump, experiments: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    write_dump(two_genres(4), "x")
    assert inspect_json(sgp, "x")["kind"] == "sources"
    assert sgp("extract", "x", write_dump(two_genres(9), "dump.csv"), "-q").code == 0
    assert (inspect_json(sgp, "x")["kind"], inspect_json(sgp, "x")["playlists"]) == ("experiment", 9)
    assert (inspect_json(sgp, "./x")["kind"], inspect_json(sgp, "./x")["playlists"]) == ("sources", 4)
    read = "error: 'x' is an experiment, so its sources have already been read: leave out the options that say how to "
    read += "read sources\n"
    for arguments, code, line in (
        (["nothing"], 1, f"error: no experiment 'nothing' in {experiments}, and no file of that name\n"),
        ([], 2, "error: give a SOURCE to read, or --sample for the built-in sample\n"),
        (["x", "--sample"], 2, read),
        (["x", "-nr", "5"], 2, read),
        (["./x", "--keep", "dust"], 2, "error: --keep must be one of episodes, placeholders, skips, not 'dust'\n"),
    ):
        ran = sgp("inspect", *arguments)
        assert (ran.code, ran.out, ran.err) == (code, "", line)
    playlists = experiments / "x" / "corpus" / "playlists.parquet"
    for content, message in ((b"damaged", "playlists.parquet is damaged: "), (None, f"cannot read {playlists}: ")):
        playlists.unlink()
        if content is not None:
            playlists.write_bytes(content)
        ran = sgp("inspect", "x")
        assert (ran.code, ran.out, len(ran.err.splitlines())) == (1, "", 1)
        assert message in ran.err
    shutil.rmtree(experiments / "x" / "corpus")
    assert sgp("inspect", "x").err == "error: experiment 'x' has no corpus yet: run sgp extract x\n"


def test_playlists_merged_by_name_are_counted(sgp: Sgp, write_dump: WriteDump, experiments: Path) -> None:
    path = write_dump(HEADER + "\n" + "".join(f'"u{at}","A","song {at}","mine"\n' for at in range(3)))
    ran = sgp("extract", "x", path, "--group-by", "name")
    assert "               2 playlists merged with another playlist of the same name\n" in ran.out
    assert json.loads((experiments / "x" / "corpus" / "manifest.json").read_text())["facts"]["welded"] == 2
    (merged,) = [finding for finding in inspect_json(sgp, "x")["findings"] if finding["kind"] == "welded-by-name"]
    assert merged["what"] == "2 of 3 playlists (67%) were merged with another owner's playlist of the same name"
    assert "same name" not in sgp("extract", "y", path).out
