"""The main commands: whole output, exit code, and the files they leave."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from skipgramophone.settings import ExtractSettings
from skipgramophone.settings.extraction import LATER
from tests.conftest import HEADER, Row, Sgp, dump_text, run_sgp, two_genres

WriteDump = Callable[..., Path]
SMALL: list[Row] = [
    ("ann", "Beirut", "Nantes", "walks"),
    ("ann", "Beirut", "Postcards", "walks"),
    ("ann", "", "07 - echoes", "walks"),
    ("ann", "beirut", "NANTES", "walks"),
    ("bob", "Múm", "Green Grass", "walks"),
    ("bob", "Beirut", "Nantes", "walks"),
    ("bob", "A [live]", ":heart: \x1b[31mred", "walks"),
    ("bob", "Z", "a", "walks"),
    ("bob", "Y", "b", "walks"),
]


def clocks_masked(text: str) -> str:
    """Output with times and rates written as #."""
    return re.sub(r"[\d.]+ s([,;][a-z: ]*) [\d,]+ (rows|occurrences)/s", r"# s\1 # \2/s", text)


def left(directory: Path) -> list[str]:
    """All files below a directory."""
    return sorted(path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file())


def test_the_report_of_extract(sgp: Sgp, write_dump: WriteDump, experiments: Path) -> None:
    ran = sgp("extract", "small", write_dump([*SMALL[:4], ("x", "", "", "y"), *SMALL[4:]]))
    assert (ran.code, ran.err) == (0, "")
    assert clocks_masked(ran.out) == (
        "corpus of small\n"
        "sources          dump.csv (zenodo)\n"
        "rows read        10\n"
        "rows used        9\n"
        "rows rejected    1\n"
        "                 1 × neither artist nor title\n"
        "without artist   1 row, identified by title only\n"
        "playlists        2 by 2 owners; longest: 5 tracks\n"
        "tracks           7\n"
        "occurrences      9 (1 repeated within a playlist)\n"
        "sorted by title  0 of 1 playlist with 5 or more tracks\n"
        "time             # s, # rows/s\n"
    )
    assert left(experiments) == [
        "small/.lock",
        "small/corpus/manifest.json",
        "small/corpus/name_offsets.npy",
        "small/corpus/name_rows.npy",
        "small/corpus/name_trigrams.npy",
        "small/corpus/offsets.npy",
        "small/corpus/playlists.parquet",
        "small/corpus/posting_offsets.npy",
        "small/corpus/postings.npy",
        "small/corpus/rejects.jsonl",
        "small/corpus/track_ids.npy",
        "small/corpus/tracks.sqlite",
        "small/experiment.json",
    ]
    corpus = experiments / "small" / "corpus"
    (reject,) = [json.loads(line) for line in (corpus / "rejects.jsonl").read_text().splitlines()]
    assert reject == {"file": "dump.csv", "line": 6, "reason": "neither artist nor title", "text": '"x","","","y"'}
    assert np.load(corpus / "track_ids.npy").tolist() == [0, 1, 2, 0, 3, 0, 4, 5, 6]
    assert np.load(corpus / "offsets.npy").tolist() == [0, 4, 9]
    with closing(sqlite3.connect(corpus / "tracks.sqlite")) as database:
        assert database.execute("SELECT artist, title FROM tracks WHERE row = 4").fetchone() == SMALL[6][1:3]
    manifest = json.loads((corpus / "manifest.json").read_text())
    assert manifest["facts"]["rows_read"] == manifest["facts"]["rows_used"] + manifest["facts"]["rows_rejected"] == 10
    (source,) = manifest["facts"]["sources"]
    assert (source["file"], source["format"]) == ("dump.csv", "zenodo")


def test_extract_as_json_and_quiet(sgp: Sgp, write_dump: WriteDump) -> None:
    report = json.loads(sgp("extract", "a", write_dump(SMALL), "--json").out)
    assert (report["tracks"], report["playlists"], report["owners"], report["repeats"]) == (7, 2, 2, 1)
    ran = sgp("extract", "b", write_dump(SMALL, "dump.csv.gz"), "-q")
    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_several_sources_are_one_corpus(sgp: Sgp, write_dump: WriteDump) -> None:
    one, other = write_dump(SMALL[:4], "one.csv"), write_dump(SMALL[4:], "other.csv")
    both = json.loads(sgp("extract", "both", one, other, "--json").out)
    whole = json.loads(sgp("extract", "whole", write_dump(SMALL), "--json").out)
    same = ("rows_read", "playlists", "tracks", "occurrences", "owners", "repeats")
    assert [both[name] for name in same] == [whole[name] for name in same]
    assert [source["file"] for source in both["sources"]] == ["one.csv", "other.csv"]


def test_the_report_of_train(trained: Path, tmp_path: Path) -> None:
    root = tmp_path / "copy"
    shutil.copytree(trained, root)
    ran = run_sgp("train", "genres", "-emb", "16", "-e", "3", "--min-count", "2", "--force", "--experiments-dir", root)
    assert ran.code == 0
    lines = clocks_masked(ran.out).splitlines()
    assert lines[0] == "model of genres"
    assert lines[1] == "vectors        80 tracks × 16; no vector for 1 track below --min-count 2"
    assert lines[2] == "context        whole playlist (11 held-out playlists are too few)"
    few = "1, so all given tracks have the same weight (11 held-out playlists are too few)"
    assert lines.pop(3) == f"recency        {few}"
    assert lines[3] == "epochs         3 over 721 occurrences"
    assert lines[4] == "learning rate  0.6, decaying to 0"
    assert re.fullmatch(r"loss           \d+\.\d{3} in the first epoch, \d\.\d{3} in the last", lines[5])
    assert lines[6] == "time           # s; training: # occurrences/s"
    assert re.fullmatch(r"index          32 trees, \d+\.\d kB, recall@10 (100\.0|9[89]\.\d)%", lines[7])
    model = root / "genres" / "model"
    assert left(model) == [
        "accumulators.npy", "artists.npy", "centre.npy", "centre_mean.npy", "context.npy", "context_bias.npy",
        "ease.json", "ease.npy", "ease_members.npy", "ease_own.npy", "factors.json", "factors.npy", "history.jsonl",
        "manifest.json", "smoothed.npy", "train.log",
    ]  # fmt: skip
    history = [json.loads(line) for line in (model / "history.jsonl").read_text().splitlines()]
    assert [epoch["epoch"] for epoch in history] == [1, 2, 3]
    assert {epoch["tracks"] for epoch in history} == {720}
    assert json.loads((model / "manifest.json").read_text())["settings"]["min_count"] == 2
    rare = run_sgp("similar", "genres", "rare", "--experiments-dir", root)
    assert rare.code == 3
    assert rare.err == (
        "error: 'Rare - Once \\x1b[2J [/b] :heart:' has no vector: it occurs 1 time, below --min-count; "
        "train with a lower --min-count\n"
    )


def test_similar_prints_a_table(trained: Path) -> None:
    ran = run_sgp("similar", "genres", "folk 3", "-n", "5", "--experiments-dir", trained)
    assert ran.code == 0
    assert all(line.startswith("~ probably not in the top 5") for line in ran.err.splitlines())
    lines = ran.out.splitlines()
    assert re.fullmatch(r"top 5 tracks that go best with 'folk artist 3 - folk 3' \(pos\. \d+\)", lines[0])
    assert lines[1].split() == ["rank", "score", "similarity", "artist", "title", "shared", "count", "pos."]
    assert len(lines) == 3 + 5
    for rank, line in enumerate(lines[3:], 1):
        assert re.fullmatch(rf" +~?{rank} +\d\.\d{{3}} +0\.\d{{3}} +folk artist \d+ +folk \d+ +\d+ +\d+ +\d+", line)
    assert not any(line != line.rstrip() for line in lines)


def test_similar_as_json(trained: Path) -> None:
    ran = run_sgp("similar", "genres", "techno 3", "--json", "--experiments-dir", trained)
    answer = json.loads(ran.out)
    assert answer["seeds"][0]["title"] == "techno 3"
    assert answer["answered_by"] == "exact search"  # as fast as the index in a small corpus
    assert answer["notes"] == []
    assert [n["rank"] for n in answer["neighbours"]] == list(range(1, 11))
    assert all(n["title"].startswith("techno") for n in answer["neighbours"])
    scores = [n["score"] for n in answer["neighbours"]]
    assert scores == sorted(scores, reverse=True)
    assert all(n["position"] >= 1 and n["first_place"] >= 1 for n in answer["neighbours"])


def test_control_characters_and_markup_in_names_have_no_effect(trained: Path) -> None:
    for arguments in ([], ["--json"]):
        ran = run_sgp("similar", "genres", "rare", *arguments, "--experiments-dir", trained)
        assert ran.code == 0
        assert "\x1b" not in ran.out
        assert "[/b] :heart:" in ran.out


def test_fewer_results_than_requested_are_noted_and_not_padded(trained: Path) -> None:
    ran = run_sgp("similar", "genres", "folk 3", "-n", "500", "--experiments-dir", trained)
    assert ran.code == 0
    assert ran.err == "only 80 of 500 results: there are no more tracks\n"
    assert len(ran.out.splitlines()) == 3 + 80


def test_a_misspelt_name_is_matched_with_a_note_on_stderr(trained: Path) -> None:
    ran = run_sgp("similar", "genres", "folkk artist 2 - folkk 13", "--experiments-dir", trained)
    assert ran.code == 0
    name = "folk artist 2 - folk 13"
    assert ran.err == f"no exact match for 'folkk artist 2 - folkk 13'; using '{name}'\n"
    assert f"that go best with '{name}'" in ran.out


def test_an_unknown_and_an_ambiguous_track(trained: Path) -> None:
    unknown = run_sgp("similar", "genres", "flok 33", "--experiments-dir", trained)
    assert (unknown.code, unknown.out) == (3, "")
    assert unknown.err.startswith("error: no track matches 'flok 33'")
    several = run_sgp("similar", "genres", "folk artist 3", "--experiments-dir", trained)
    assert (several.code, several.out) == (4, "")
    lines = several.err.splitlines()
    assert re.fullmatch(
        r"error: \d+ tracks match 'folk artist 3'; pick one of them, or give more of the name, as in 'artist - title'",
        lines[0],
    )
    assert all(re.fullmatch(r"  folk artist \d+ - folk \d+ \(\d+×\)", line) for line in lines[1:-1])
    assert lines[-1] == "For a query by all tracks of the artist, use --artist 'folk artist 3'"


def test_without_a_track_and_a_terminal_similar_is_a_usage_error(trained: Path) -> None:
    ran = run_sgp("similar", "genres", "--experiments-dir", trained)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "error: no TRACK given: try sgp similar genres 'artist - title'"
        ". To read names from standard input, add --stdin; a prompt for names opens only on a terminal\n"
    )


@pytest.mark.parametrize("suffix", ["npz", "csv", "parquet"])
def test_export_writes_reads_back_and_refuses_to_overwrite(trained: Path, tmp_path: Path, suffix: str) -> None:
    place = tmp_path / f"out.{suffix}"
    ran = run_sgp("export", "genres", place, "--experiments-dir", trained)
    assert (ran.code, ran.err) == (0, "")
    assert re.fullmatch(
        rf"export of genres\nfile          {re.escape(str(place))}\nalso written  out\.{suffix}\.manifest\.json\n"
        rf"format        {suffix}\n"
        rf"vectors       81 tracks × 16\nsize          \d+\.\d kB \(verified by reading back\)\n",
        ran.out,
    )
    before = place.read_bytes()
    refused = run_sgp("export", "genres", place, "--experiments-dir", trained)
    assert (refused.code, refused.out) == (1, "")
    assert refused.err == f"error: {place} already exists: choose another path, or replace it with --force\n"
    assert run_sgp("export", "genres", place, "--force", "-q", "--experiments-dir", trained).code == 0
    assert place.read_bytes() == before or suffix == "npz"  # numpy stamps the time into npz
    assert left(tmp_path) == [place.name, f"{place.name}.manifest.json"]


@pytest.mark.parametrize("format", ["csv", "tsv", "jsonl", "word2vec"])
def test_text_formats_can_be_piped(trained: Path, tmp_path: Path, format: str) -> None:
    place = tmp_path / "out"
    run_sgp("export", "genres", place, "--format", format, "--experiments-dir", trained)
    ran = run_sgp("export", "genres", "-", "--format", format, "--experiments-dir", trained)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == place.read_text(encoding="utf-8")


def test_export_reports_the_recall_of_float16(trained: Path, tmp_path: Path) -> None:
    place = tmp_path / "out.npz"
    ran = run_sgp("export", "genres", place, "--dtype", "float16", "--experiments-dir", trained)
    assert re.search(r"^float16       recall@10 (9\d\.\d|100\.0)% against float32$", ran.out, re.MULTILINE)


def test_a_huge_number_of_results_may_be_requested(trained: Path) -> None:
    ran = run_sgp("similar", "genres", "folk 3", "-n", str(2**31 - 1), "--json", "--experiments-dir", trained)
    assert ran.code == 0
    assert len(json.loads(ran.out)["neighbours"]) == 80


def test_a_file_name_that_is_not_utf8_is_escaped(sgp: Sgp, tmp_path: Path, experiments: Path) -> None:
    name = os.fsencode(str(tmp_path)) + b"/b\xffd.csv"
    with open(name, "w") as file:  # noqa: PTH123
        file.write(dump_text(two_genres()) + "broken\n")
    ran = sgp("extract", "x", os.fsdecode(name), "--json")
    assert json.loads(ran.out)["sources"][0]["file"] == "b\\xffd.csv"
    (line,) = (experiments / "x" / "corpus" / "rejects.jsonl").read_text().splitlines()
    assert json.loads(line)["file"] == "b\\xffd.csv"
    assert sgp("train", "x", "-e", "1", "-emb", "8", "-q").code == 0


def test_run_extracts_trains_and_looks_up(sgp: Sgp, write_dump: WriteDump) -> None:
    ran = sgp(
        "run", "large_wsz", "--csv_path", write_dump(two_genres(20)), "--window_size", "4", "-emb", "8", "-e", "8"
    )
    assert (ran.code, ran.err) == (0, "")
    assert [line for line in ran.out.splitlines() if " of large_wsz" in line] == [
        "corpus of large_wsz",
        "model of large_wsz",
    ]
    assert "context        window of 4 tracks per side" in ran.out
    assert "top 10 tracks that go best with '" in ran.out


@pytest.mark.parametrize(
    "arguments",
    [
        ["--csv_path", "{dump}", "--num_rows", "100", "--window_size", "4", "--embedding_dim", "8", "--epochs", "1",
         "--learning_rate", "0.5", "--random_seed", "7"],
        ["--csv-path", "{dump}", "--num-rows", "100", "--window-size", "4", "--embedding-dim", "8", "--epochs", "1",
         "--learning-rate", "0.5", "--random-seed", "7"],
        ["--csv_path={dump}", "--num_rows=100", "--window_size=4", "--embedding_dim=8", "--epochs=1",
         "--learning_rate=0.5", "--random_seed=7"],
        ["--csv_path", "{dump}", "-nr", "100", "-wsz", "4", "-emb", "8", "-e", "1", "-lr", "0.5", "-rs", "7"],
    ],
)  # fmt: skip
def test_the_options_of_the_original_script_still_work(
    sgp: Sgp, write_dump: WriteDump, experiments: Path, arguments: list[str]
) -> None:
    dump = write_dump(two_genres(20), "with_under_score.csv")
    ran = sgp("run", "my_name", *(argument.format(dump=dump) for argument in arguments), "-q")
    assert (ran.code, ran.err) == (0, "")
    model = json.loads((experiments / "my_name" / "model" / "manifest.json").read_text())
    corpus = json.loads((experiments / "my_name" / "corpus" / "manifest.json").read_text())
    expected = asdict(ExtractSettings(num_rows=100))
    for name in LATER:  # recorded only if it is used, so that digests stay the same
        del expected[name]
    assert corpus["settings"] == expected
    assert model["settings"] == {
        "window_size": 4, "embedding_dim": 8, "epochs": 1, "learning_rate": 0.5, "random_seed": 7,
        "negatives": 5, "noise_exponent": 0.75, "subsample": 0.0, "min_count": 1, "patience": 0, "factors": True,
    }  # fmt: skip
    assert corpus["facts"]["sources"][0]["file"] == "with_under_score.csv"


def test_minus_one_row_means_all_rows_and_a_rate_for_adam_gives_a_warning(sgp: Sgp, write_dump: WriteDump) -> None:
    ran = sgp("run", "x", "--csv_path", write_dump(two_genres()), "-nr", "-1", "-lr", "0.001", "-e", "1", "-emb", "8")
    assert ran.code == 0
    assert "rows read        720\n" in ran.out
    assert ran.err == (
        "warning: a learning rate of 0.001 suits Adam, but is too small for row-wise Adagrad: "
        "leave out -lr to use a default that fits the corpus size\n"
    )


def test_the_version_and_the_help_have_short_forms() -> None:
    from skipgramophone import __version__

    assert run_sgp("--version").out == f"sgp {__version__}\n"
    for command in ("extract", "train", "similar", "export", "index", "run"):
        assert run_sgp(command, "-h").out == run_sgp(command, "--help").out


def test_the_experiments_directory_comes_from_option_variable_or_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write_dump: WriteDump
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SGP_EXPERIMENTS", raising=False)
    assert run_sgp("extract", "here", write_dump(SMALL), "-q").code == 0
    assert (tmp_path / "experiments" / "here" / "corpus").is_dir()
    monkeypatch.setenv("SGP_EXPERIMENTS", str(tmp_path / "by_variable"))
    assert run_sgp("extract", "there", write_dump(SMALL), "-q").code == 0
    assert (tmp_path / "by_variable" / "there" / "corpus").is_dir()
    assert run_sgp("extract", "x", write_dump(SMALL), "-q", "--experiments-dir", tmp_path / "by_option").code == 0
    assert (tmp_path / "by_option" / "x" / "corpus").is_dir()


def test_a_dump_with_a_header_and_no_rows_is_refused(sgp: Sgp, write_dump: WriteDump, experiments: Path) -> None:
    path = write_dump(HEADER + "\n")
    ran = sgp("extract", "x", path)
    assert (ran.code, ran.out, ran.err) == (1, "", f"error: {path} has a header but no rows\n")
    assert left(experiments) == []


def test_a_mistyped_command_gets_a_suggestion() -> None:
    ran = run_sgp("simlar", "demo")
    assert (ran.code, ran.err) == (2, "error: no such command 'simlar'; did you mean 'similar'? See sgp --help\n")
