"""The commands as a user meets them: whole output, exit code, and what is left on disk."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from skipgramophone.experiment.trusted_files import seal
from skipgramophone.lookup import search
from skipgramophone.lookup.annoy_index import IndexFacts, require_sound_nodes
from skipgramophone.settings import ExtractSettings
from tests.conftest import HEADER, Row, Sgp, run_sgp, two_genres

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
    return re.sub(r"[\d.]+ s, [\d,]+ (rows|tracks)/s", r"# s, # \1/s", text)


def left(directory: Path) -> list[str]:
    """Every file below a directory."""
    return sorted(path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file())


def test_extract_says_what_it_found(sgp: Sgp, write_dump: WriteDump, experiments: Path) -> None:
    ran = sgp("extract", "small", write_dump([*SMALL[:4], ("x", "", "", "y"), *SMALL[4:]]))
    assert (ran.code, ran.err) == (0, "")
    assert clocks_masked(ran.out) == (
        "corpus of small\n"
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


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the experiment "genres", trained in a few epochs. Read it only."""
    from tests.conftest import dump_text

    root = tmp_path_factory.mktemp("trained")
    (root / "dump.csv").write_text(dump_text([*two_genres(), ("z", "Rare", "Once \x1b[2J [/b] :heart:", "list z")]))
    for command in (["extract", "genres", str(root / "dump.csv")], ["train", "genres", "-emb", "16", "-e", "10"]):
        ran = run_sgp(*command, "-q", "--experiments-dir", root)
        assert (ran.code, ran.out, ran.err) == (0, "", "")
    return root


def test_train_says_what_it_did(trained: Path) -> None:
    ran = run_sgp(
        "train", "genres", "-emb", "16", "-e", "3", "--min-count", "2", "--force", "--experiments-dir", trained
    )
    assert ran.code == 0
    lines = clocks_masked(ran.out).splitlines()
    assert lines[0] == "model of genres"
    assert lines[1] == "vectors        80 tracks × 16; none for 1 track below --min-count 2"
    assert lines[2] == "context        whole playlist (too few held-out playlists to decide: 11)"
    assert lines[3] == "epochs         3 over 721 occurrences"
    assert lines[4] == "learning rate  0.6, decaying to 0"
    assert re.fullmatch(r"loss           \d+\.\d{3} in the first epoch, \d\.\d{3} in the last", lines[5])
    assert lines[6] == "time           # s, # tracks/s"
    assert re.fullmatch(r"index          32 trees, 0\.\d MB, recall@10 (100\.0|9[89]\.\d)%", lines[7])
    model = trained / "genres" / "model"
    assert left(model) == [
        "accumulators.npy", "centre.npy", "centre_mean.npy", "context.npy", "context_bias.npy", "history.jsonl",
        "manifest.json", "train.log",
    ]  # fmt: skip
    history = [json.loads(line) for line in (model / "history.jsonl").read_text().splitlines()]
    assert [epoch["epoch"] for epoch in history] == [1, 2, 3]
    assert {epoch["tracks"] for epoch in history} == {720}
    assert json.loads((model / "manifest.json").read_text())["settings"]["min_count"] == 2
    rare = run_sgp("similar", "genres", "rare", "--experiments-dir", trained)
    assert rare.code == 3
    assert rare.err == (
        "error: 'Rare - Once \\x1b[2J [/b] :heart:' occurs 1 times, too rarely to be learnt: "
        "train with a smaller --min-count\n"
    )
    again = run_sgp("train", "genres", "-emb", "16", "-e", "10", "--force", "-q", "--experiments-dir", trained)
    assert again.code == 0


def test_similar_prints_a_table(trained: Path) -> None:
    ran = run_sgp("similar", "genres", "folk 3", "-n", "5", "--experiments-dir", trained)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert re.fullmatch(r"top 5 tracks most similar to 'folk artist 3 - folk 3' \(pos\. \d+\)", lines[0])
    assert lines[1].split() == ["rank", "similarity", "artist", "title", "shared", "count", "pos."]
    assert len(lines) == 3 + 5
    for rank, line in enumerate(lines[3:], 1):
        assert re.fullmatch(rf" +{rank} +0\.\d{{3}} +folk artist \d+ +folk \d+ +\d+ +\d+ +\d+", line)
    assert not any(line != line.rstrip() for line in lines)


def test_similar_as_json(trained: Path) -> None:
    ran = run_sgp("similar", "genres", "techno 3", "--json", "--experiments-dir", trained)
    answer = json.loads(ran.out)
    assert answer["seeds"][0]["title"] == "techno 3"
    assert answer["answered_by"] == "index"
    assert answer["notes"] == []
    assert [n["rank"] for n in answer["neighbours"]] == list(range(1, 11))
    assert all(n["title"].startswith("techno") for n in answer["neighbours"])
    similarities = [n["similarity"] for n in answer["neighbours"]]
    assert similarities == sorted(similarities, reverse=True)
    assert all(n["position"] >= 1 and n["first_place"] >= 1 for n in answer["neighbours"])


def test_names_are_never_obeyed(trained: Path) -> None:
    for arguments in ([], ["--json"]):
        ran = run_sgp("similar", "genres", "rare", *arguments, "--experiments-dir", trained)
        assert ran.code == 0
        assert "\x1b" not in ran.out
        assert "[/b] :heart:" in ran.out


def test_fewer_than_asked_for_are_said_and_never_padded(trained: Path) -> None:
    ran = run_sgp("similar", "genres", "folk 3", "-n", "500", "--experiments-dir", trained)
    assert ran.code == 0
    assert ran.err == "only 80 of 500 results: there are no more tracks\n"
    assert len(ran.out.splitlines()) == 3 + 80


def test_a_misspelt_track_is_taken_and_said_on_stderr(trained: Path) -> None:
    ran = run_sgp("similar", "genres", "folkk artist 2 - folkk 13", "--experiments-dir", trained)
    assert ran.code == 0
    name = "folk artist 2 - folk 13"
    assert ran.err == f"no exact match for 'folkk artist 2 - folkk 13'; using '{name}'\n"
    assert f"most similar to '{name}'" in ran.out


def test_an_unknown_and_an_ambiguous_track(trained: Path) -> None:
    unknown = run_sgp("similar", "genres", "flok 33", "--experiments-dir", trained)
    assert (unknown.code, unknown.out) == (3, "")
    assert unknown.err.startswith("error: no track is called 'flok 33'")
    several = run_sgp("similar", "genres", "folk artist 3", "--experiments-dir", trained)
    assert (several.code, several.out) == (4, "")
    lines = several.err.splitlines()
    assert re.fullmatch(
        r"error: \d+ tracks answer to 'folk artist 3'; give more of the name, as in 'artist - title'", lines[0]
    )
    assert all(re.fullmatch(r"  folk artist \d+ - folk \d+ \(\d+×\)", line) for line in lines[1:])


def test_without_a_track_and_a_terminal_similar_is_a_usage_error(trained: Path) -> None:
    ran = run_sgp("similar", "genres", "--experiments-dir", trained)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "error: no TRACK given: try sgp similar EXPERIMENT 'artist - title'\n"


@pytest.mark.parametrize("suffix", ["npz", "csv", "parquet"])
def test_export_writes_reads_back_and_refuses_to_overwrite(trained: Path, tmp_path: Path, suffix: str) -> None:
    place = tmp_path / f"out.{suffix}"
    ran = run_sgp("export", "genres", place, "--experiments-dir", trained)
    assert (ran.code, ran.err) == (0, "")
    assert re.fullmatch(
        rf"export of genres\nfile          {re.escape(str(place))}\nalso written  out\.{suffix}\.manifest\.json\n"
        rf"format        {suffix}\n"
        rf"vectors       81 tracks × 16\nsize          0\.\d MB \(verified by reading back\)\n",
        ran.out,
    )
    before = place.read_bytes()
    refused = run_sgp("export", "genres", place, "--experiments-dir", trained)
    assert (refused.code, refused.out) == (1, "")
    assert refused.err == f"error: {place} exists; --force replaces it\n"
    assert run_sgp("export", "genres", place, "--force", "-q", "--experiments-dir", trained).code == 0
    assert place.read_bytes() == before or suffix == "npz"  # numpy stamps the time into npz
    assert left(tmp_path) == [place.name, f"{place.name}.manifest.json"]


@pytest.mark.parametrize("format", ["csv", "tsv", "jsonl", "word2vec"])
def test_text_formats_go_down_a_pipe(trained: Path, tmp_path: Path, format: str) -> None:
    place = tmp_path / "out"
    run_sgp("export", "genres", place, "--format", format, "--experiments-dir", trained)
    ran = run_sgp("export", "genres", "-", "--format", format, "--experiments-dir", trained)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == place.read_text(encoding="utf-8")


def test_export_says_what_float16_costs(trained: Path, tmp_path: Path) -> None:
    place = tmp_path / "out.npz"
    ran = run_sgp("export", "genres", place, "--dtype", "float16", "--experiments-dir", trained)
    assert re.search(r"^float16       recall@10 (9\d\.\d|100\.0)% against float32$", ran.out, re.MULTILINE)


def test_a_broken_index_is_passed_over_and_a_missing_one_too(trained: Path, tmp_path: Path) -> None:
    root = tmp_path / "copy"
    shutil.copytree(trained, root)
    true = json.loads(run_sgp("similar", "genres", "folk 3", "--json", "--experiments-dir", root).out)
    assert true["answered_by"] == "index"
    index = root / "genres" / "index"
    whole = (index / "tracks.annoy").read_bytes()
    noise = np.random.default_rng(1).bytes(len(whole))
    half = len(whole) // 2
    breaks: list[tuple[str, Callable[[], object]]] = [
        ("the index is damaged", lambda: (index / "tracks.annoy").write_bytes(b"short")),
        ("the index is damaged", lambda: (index / "tracks.annoy").write_bytes(noise)),
        ("the index is damaged", lambda: (index / "tracks.annoy").write_bytes(whole[:half] + noise[half:])),
        ("the index is stale or damaged", lambda: (index / "manifest.json").write_text("{")),
        ("no index", lambda: shutil.rmtree(index)),
    ]
    for why, break_it in breaks:
        break_it()
        ran = run_sgp("similar", "genres", "folk 3", "--json", "--experiments-dir", root)
        assert ran.code == 0
        assert ran.err == f"{why}: used exact search; rebuild it with sgp index genres\n"
        answer = json.loads(ran.out)
        assert answer["answered_by"] == "exact search"
        assert answer["neighbours"] == true["neighbours"]
    built = run_sgp("index", "genres", "--experiments-dir", root)
    assert built.code == 0
    assert built.out.splitlines()[:2] == ["index of genres", "tracks        81 × 16"]
    assert json.loads(run_sgp("similar", "genres", "folk 3", "--json", "--experiments-dir", root).out) == true


def test_an_index_of_which_annoy_dies_or_that_finds_little_is_passed_over(trained: Path, tmp_path: Path) -> None:
    true = json.loads(run_sgp("similar", "genres", "folk 3", "--json", "--experiments-dir", trained).out)
    shutil.copytree(trained, tmp_path / "copy")
    place = tmp_path / "copy" / "genres" / "index" / "tracks.annoy"
    status, whole = place.stat(), place.read_bytes()
    facts = json.loads((place.parent / "manifest.json").read_text())
    # Other bytes of the same size and time are what the check of the manifest leaves: the file is read through.
    death = r"Annoy crashed on the index \(SIG\w+; .*pip install.*\)"
    for content, is_taken_for_sound, why in (
        (np.random.default_rng(1).bytes(len(whole)), False, "the index is damaged"),
        (np.random.default_rng(1).bytes(len(whole)), True, death),
        (b"\xff" * len(whole), True, death),
        (b"\0" * len(whole), False, "the index is damaged"),
        (whole[: len(whole) // 2] * 2, False, "the index is damaged"),
    ):
        place.write_bytes(content)
        os.utime(place, ns=(status.st_atime_ns, status.st_mtime_ns))
        if is_taken_for_sound:
            seal([place])
        ran = run_sgp("similar", "genres", "folk 3", "--json", "--experiments-dir", tmp_path / "copy")
        answer = json.loads(ran.out)
        assert (ran.code, answer["neighbours"], answer["answered_by"]) == (0, true["neighbours"], "exact search")
        assert re.fullmatch(rf"{why}: used exact search; rebuild it with sgp index genres\n", ran.err)
    place.write_bytes(whole)
    os.utime(place, ns=(status.st_atime_ns, status.st_mtime_ns))
    facts["facts"]["recall_at_10"] = 0.25
    (place.parent / "manifest.json").write_text(json.dumps(facts))
    ran = run_sgp("similar", "genres", "folk 3", "--json", "--experiments-dir", tmp_path / "copy")
    assert ran.err.startswith("recall@10 of the index is 25.0%, below")
    assert json.loads(ran.out)["neighbours"] == true["neighbours"]


def test_an_index_is_read_through_once(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []

    def counted(path: Path, facts: IndexFacts) -> None:
        read.append(path)
        require_sound_nodes(path, facts)

    monkeypatch.setattr(search, "require_sound_nodes", counted)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    shutil.copytree(trained, tmp_path / "copy")
    place = tmp_path / "copy" / "genres" / "index" / "tracks.annoy"
    asked = ("similar", "genres", "folk 3", "--json", "--experiments-dir", tmp_path / "copy")

    def times_read() -> int:
        before = len(read)
        assert json.loads(run_sgp(*asked).out)["answered_by"] == "index"
        return len(read) - before

    assert (times_read(), times_read()) == (1, 0)
    kept = tmp_path / "state" / "skipgramophone" / "sound"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "genres" not in kept.read_text()
    # What was written anew is another file, though it says that it is as large and as old.
    status = place.stat()
    place.write_bytes(place.read_bytes())
    os.utime(place, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (times_read(), times_read()) == (1, 0)
    kept.write_bytes(b"\xff\0rubbish\n" * 5000)
    assert (times_read(), times_read()) == (1, 0)
    run_sgp("index", "genres", "--experiments-dir", tmp_path / "copy")  # who builds one knows it
    assert times_read() == 0
    monkeypatch.setenv("XDG_STATE_HOME", str(place))  # nothing can be kept there
    assert (times_read(), times_read()) == (1, 1)


def test_a_copy_of_an_index_is_as_good(trained: Path, tmp_path: Path) -> None:
    shutil.copytree(trained, tmp_path / "copy", copy_function=shutil.copyfile)  # new times
    ran = run_sgp("similar", "genres", "folk 3", "--json", "--experiments-dir", tmp_path / "copy")
    assert (ran.err, json.loads(ran.out)["answered_by"]) == ("", "index")


def test_a_vector_that_is_no_number_is_refused(trained: Path, tmp_path: Path) -> None:
    shutil.copytree(trained, tmp_path / "copy")
    centre = np.load(tmp_path / "copy" / "genres" / "model" / "centre.npy", mmap_mode="r+")
    row = json.loads(run_sgp("similar", "genres", "folk 3", "--json", "--experiments-dir", trained).out)["seeds"][0]
    centre[row["position"] - 1, 2] = np.nan
    centre.flush()
    ran = run_sgp("similar", "genres", "folk 3", "--experiments-dir", tmp_path / "copy")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (f"error: the vector of '{row['artist']} - folk 3' is not finite: run sgp train genres --force\n")
    for command in (["similar", "genres", "folk 4", "--exact"], ["continue", "genres", "folk 4"]):
        ran = run_sgp(*command, "--experiments-dir", tmp_path / "copy")
        assert (ran.code, ran.out) == (1, "")
        assert ran.err == "error: the model holds numbers that are not finite: train it again with --force\n"


@pytest.mark.parametrize("number", [0x7FC00000, 0x7F800001, 0x7F800000, 0x7F61B1E6])  # NaN twice, infinity, 3e38
def test_a_number_that_is_none_is_told_of_in_one_line(trained: Path, tmp_path: Path, number: int) -> None:
    shutil.copytree(trained, tmp_path / "copy")
    near = json.loads(run_sgp("similar", "genres", "folk 4", "--json", "--experiments-dir", trained).out)["neighbours"]
    centre = np.load(tmp_path / "copy" / "genres" / "model" / "centre.npy", mmap_mode="r+")
    centre.view(np.uint32)[near[0]["position"] - 1, 2] = number
    centre.flush()
    where = ["--experiments-dir", str(tmp_path / "copy")]
    for command in (["similar", "genres", "folk 4"], ["export", "genres", str(tmp_path / "x.csv"), "--normalise"]):
        program = [sys.executable, "-m", "skipgramophone", *command, *where]  # in which numpy warns as it does a user
        ran = subprocess.run(program, capture_output=True, text=True, check=False)
        assert (ran.returncode, ran.stdout) == (1, "")
        assert ran.stderr == "error: the model holds numbers that are not finite: train it again with --force\n"


def test_any_number_may_be_asked_for(trained: Path) -> None:
    ran = run_sgp("similar", "genres", "folk 3", "-n", "100000000000", "--json", "--experiments-dir", trained)
    assert ran.code == 0
    assert len(json.loads(ran.out)["neighbours"]) == 80


def test_a_source_of_any_name_is_kept_in_words(sgp: Sgp, tmp_path: Path, experiments: Path) -> None:
    name = os.fsencode(str(tmp_path)) + b"/b\xffd.csv"
    with open(name, "w") as file:  # noqa: PTH123
        file.write(HEADER + '\n"u","A","t","p"\nbroken\n"u","A","s","p"\n')
    ran = sgp("extract", "x", os.fsdecode(name), "--json")
    assert json.loads(ran.out)["sources"][0]["file"] == "b\\xffd.csv"
    (line,) = (experiments / "x" / "corpus" / "rejects.jsonl").read_text().splitlines()
    assert json.loads(line)["file"] == "b\\xffd.csv"
    assert sgp("train", "x", "-e", "1", "-q").code == 0


def test_run_goes_from_a_dump_to_a_first_look(sgp: Sgp, write_dump: WriteDump) -> None:
    ran = sgp(
        "run", "large_wsz", "--csv_path", write_dump(two_genres(20)), "--window_size", "4", "-emb", "8", "-e", "2"
    )
    assert (ran.code, ran.err) == (0, "")
    assert [line for line in ran.out.splitlines() if " of large_wsz" in line] == [
        "corpus of large_wsz",
        "model of large_wsz",
    ]
    assert "context        window of 4 tracks per side" in ran.out
    assert "top 10 tracks most similar to '" in ran.out


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
def test_every_spelling_of_the_original_is_understood(
    sgp: Sgp, write_dump: WriteDump, experiments: Path, arguments: list[str]
) -> None:
    dump = write_dump(two_genres(20), "with_under_score.csv")
    ran = sgp("run", "my_name", *(argument.format(dump=dump) for argument in arguments), "-q")
    assert (ran.code, ran.err) == (0, "")
    model = json.loads((experiments / "my_name" / "model" / "manifest.json").read_text())
    corpus = json.loads((experiments / "my_name" / "corpus" / "manifest.json").read_text())
    assert corpus["settings"] == asdict(ExtractSettings(num_rows=100))
    assert model["settings"] == {
        "window_size": 4, "embedding_dim": 8, "epochs": 1, "learning_rate": 0.5, "random_seed": 7,
        "negatives": 5, "noise_exponent": 0.75, "subsample": 0.0, "min_count": 1, "patience": 0,
    }  # fmt: skip
    assert corpus["facts"]["sources"][0]["file"] == "with_under_score.csv"


def test_minus_one_row_is_all_rows_and_the_rate_of_adam_is_questioned(sgp: Sgp, write_dump: WriteDump) -> None:
    ran = sgp("run", "x", "--csv_path", write_dump(two_genres(20)), "-nr", "-1", "-lr", "0.001", "-e", "1", "-emb", "4")
    assert ran.code == 0
    assert "rows read        240\n" in ran.out
    assert ran.err == (
        "warning: a learning rate of 0.001 suits Adam, but is too small for row-wise Adagrad: "
        "leave out -lr to choose it from the corpus size\n"
    )


def test_the_version_and_the_help_have_short_forms() -> None:
    from skipgramophone import __version__

    assert run_sgp("--version").out == f"sgp {__version__}\n"
    for command in ("extract", "train", "similar", "export", "index", "run"):
        assert run_sgp(command, "-h").out == run_sgp(command, "--help").out


def test_experiments_lie_where_they_are_said_to(
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


def test_a_header_alone(sgp: Sgp, write_dump: WriteDump, experiments: Path) -> None:
    path = write_dump(HEADER + "\n")
    ran = sgp("extract", "x", path)
    assert (ran.code, ran.out, ran.err) == (1, "", f"error: {path}: a header and no rows\n")
    assert left(experiments) == []
