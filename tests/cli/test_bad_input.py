"""Bad input: a one-line error, the right exit code, no data lost and no partial output."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from skipgramophone.cli.app import app
from skipgramophone.cli.meant_options import MEANT, NEEDLESS
from tests.conftest import HEADER, Sgp, dump_text, two_genres

WriteDump = Callable[..., Path]

TO_STDOUT = "standard output needs a text format: give --format csv, jsonl, tsv or word2vec, or write to a file"
TWO_RESULTS = "--json and the vectors cannot both go to standard output: give a file"
FORMATS = (
    "use --format with one of these names: annoy, csv, faiss, jsonl, keras, npz, onnx, parquet, projector, "
    "safetensors, savedmodel, tsv, word2vec, word2vec-binary"
)
SUFFIXES = (
    "use .annoy, .csv, .faiss, .jsonl, .keras, .npz, .onnx, .parquet, .safetensors, .savedmodel, .tsv, .vec or .bin, "
    "or name the format with --format"
)
NPZ = "; did you mean '.npz'?"
WORD2VEC = "; to write word2vec text to this file, add --format word2vec"
A_PAGE = "the map is an HTML page, so it cannot be written to"
AND_PICTURES = "--png FILE and --svg FILE also write pictures"
ONE_MATRIX = "csv can store only one matrix: choose centre or context, or export as npz, parquet or safetensors"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", "{path} is empty"),
        (HEADER.encode(), "{path} has a header but no rows"),
        (b"\x7fELF\0\0\0", "{path} is a binary file that sgp does not read: export it as CSV or JSON"),
        (
            b"name,age\nx,3\n",
            "{path} is a table of 2 columns without a header that sgp knows (first line: 'name,age'), "
            "and none of the columns name, age seems to contain tracks: if one of them contains the titles, "
            "assign it with --columns title=…",
        ),
        (HEADER.encode() + b"\nx\ny\n", "dump.csv: no row could be used; line 2: does not begin and end with a quote"),
        (
            b"\x1f\x8b\x08\0\0\0\0\0\0\3nonsense",
            "{path}: the compressed data is damaged or truncated: copy or download it again",
        ),
    ],
)
def test_a_file_that_is_not_a_dump(
    sgp: Sgp, write_dump: WriteDump, experiments: Path, content: bytes, line: str
) -> None:
    path = write_dump(content)
    ran = sgp("extract", "x", path)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == f"error: {line.format(path=path)}\n"
    assert list(experiments.iterdir()) == []


def test_a_path_that_is_not_a_file(sgp: Sgp, tmp_path: Path, experiments: Path) -> None:
    (empty := tmp_path / "empty").mkdir()
    for path, line in (
        (tmp_path / "nowhere.csv", f"cannot read {tmp_path / 'nowhere.csv'}: No such file or directory"),
        (empty, f"{empty} is a directory without files"),
        (Path("/dev/zero"), "/dev/zero is not a regular file"),
    ):
        ran = sgp("extract", "x", path)
        assert (ran.code, ran.out, ran.err) == (1, "", f"error: {line}\n")
    assert list(experiments.iterdir()) == []


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that fails when it is read")
def test_a_file_with_a_read_error(sgp: Sgp, experiments: Path) -> None:
    ran = sgp("extract", "x", "/proc/self/mem")
    assert (ran.code, ran.out, ran.err) == (1, "", "error: cannot read /proc/self/mem: Input/output error\n")
    assert list(experiments.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read all files")
def test_a_file_without_read_permission(sgp: Sgp, write_dump: WriteDump) -> None:
    path = write_dump(two_genres())
    path.chmod(0)
    ran = sgp("extract", "x", path)
    assert (ran.code, ran.err) == (1, f"error: cannot read {path}: Permission denied\n")


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("../evil", "it contains a slash"),
        ("/tmp/evil", "it contains a slash"),
        ("a/b", "it contains a slash"),
        ("..", "it begins with ."),
        ("", "it is empty"),
    ],
)
def test_an_experiment_name_that_is_a_path(
    sgp: Sgp, write_dump: WriteDump, experiments: Path, name: str, problem: str
) -> None:
    dump = write_dump(two_genres())
    line = f"error: {name!r} cannot be an experiment's name: {problem}\n"
    for arguments in (["extract", name, str(dump)], ["train", name], ["similar", name, "x"], ["index", name]):
        ran = sgp(*arguments)
        assert (ran.code, ran.out, ran.err) == (1, "", line)
    assert sorted(path.name for path in experiments.parent.iterdir()) == ["dump.csv", "experiments"]
    assert list(experiments.iterdir()) == []


def test_no_source_or_two_sources(sgp: Sgp, write_dump: WriteDump, experiments: Path) -> None:
    dump = str(write_dump(two_genres()))
    missing = "error: give a SOURCE to read, or --sample for the built-in sample\n"
    doubled = "error: give the file as SOURCE or with --csv-path, not both\n"
    both = "error: give either a SOURCE or --sample, not both\n"
    for command in ("extract", "run"):
        for arguments, line in (([], missing), ([dump, "--csv-path", dump], doubled), ([dump, "--sample"], both)):
            ran = sgp(command, "x", *arguments)
            assert (ran.code, ran.out, ran.err) == (2, "", line)
    assert list(experiments.iterdir()) == []


def test_a_missing_stage(sgp: Sgp, write_dump: WriteDump, experiments: Path, tmp_path: Path) -> None:
    nothing = f"error: there is no experiment 'x' in {experiments}: run sgp extract x SOURCE\n"
    for arguments in (["train", "x"], ["similar", "x", "y"], ["export", "x", str(tmp_path / "o.npz")], ["index", "x"]):
        ran = sgp(*arguments)
        assert (ran.code, ran.out, ran.err) == (1, "", nothing)
    assert sgp("extract", "x", write_dump(two_genres()), "-q").code == 0
    for arguments in (["similar", "x", "y"], ["export", "x", str(tmp_path / "o.npz")], ["index", "x"]):
        ran = sgp(*arguments)
        assert (ran.code, ran.out, ran.err) == (1, "", "error: experiment 'x' has no model yet: run sgp train x\n")
    assert not (tmp_path / "o.npz").exists()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["extract", "x", "--sample", "-nr", "0"], "--num-rows must be at least 1, or -1 for all rows, not 0"),
        (["train", "x", "-e", "0"], "--epochs must be at least 1, not 0"),
        (["train", "x", "-emb", "-3"], "--embedding-dim must be from 1 to 4096, not -3"),
        (["train", "x", "-wsz", "0"], "--window-size must be 'auto', 'bag' or a number from 1 to 63, not 0"),
        (["train", "x", "-wsz", "sack"], "--window-size must be 'auto', 'bag' or a number, not 'sack'"),
        (["train", "x", "-lr", "nan"], "--learning-rate must be above 0, not nan"),
        (["train", "x", "--subsample", "7"], "--subsample must be from 0 to 1, not 7.0"),
        (["similar", "x", "y", "-n", "0"], "--number must be at least 1, not 0"),
        (["index", "x", "--trees", "0"], "--trees must be from 1 to 1000, not 0"),
        (["export", "x", "out.xls"], f"cannot tell the format of 'out.xls' from its suffix: {SUFFIXES}"),
        (["export", "x", "out.nz"], f"cannot tell the format of 'out.nz' from its suffix: {SUFFIXES}{NPZ}"),
        (["export", "x", "out.TXT"], f"cannot tell the format of 'out.TXT' from its suffix: {SUFFIXES}{WORD2VEC}"),
        (["export", "x", "out", "--format", "xls"], f"unknown format 'xls': {FORMATS}"),
        (["map", "x", "-o", "maps/m.PNG"], f"{A_PAGE} m.PNG: choose a name such as m.html; {AND_PICTURES}"),
        (["export", "x", "out.npz", "--dtype", "x"], "--dtype must be one of float32, float16, int8, not 'x'"),
        (["export", "x", "out.npz", "--matrix", "left"], "--matrix must be one of centre, context, both, not 'left'"),
        (["export", "x", "out.csv", "--matrix", "both"], ONE_MATRIX),
        (["export", "x", "o.tsv", "--dtype", "int8"], "tsv cannot store int8: export as npz, parquet or safetensors"),
        (["export", "x", "o.npz", "--projection", "pca"], "npz cannot store a projection: export as parquet"),
        (["export", "x", "-"], TO_STDOUT),
        (["export", "x", "-", "--format", "npz"], TO_STDOUT),
        (["export", "x", "-", "--format", "csv", "--json"], TWO_RESULTS),
    ],
)  # fmt: skip
def test_an_option_out_of_range(sgp: Sgp, arguments: list[str], line: str) -> None:
    ran = sgp(*arguments)
    assert (ran.code, ran.out, ran.err) == (2, "", f"error: {line}\n")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["train", "x", "-e", "many"], "invalid value for '-e' / '--epochs': 'many' is not a whole number"),
        (["train", "x", "--zzz"], "no such option: --zzz"),
        (["zzz"], "no such command 'zzz'"),
        (["--zzz"], "no such option: --zzz"),
        (["similar"], "missing argument 'EXPERIMENT'"),
        (["experiments", "rm"], "missing argument 'EXPERIMENT'"),
        (["similar", "x", "--like"], "option '--like' requires an argument"),
    ],
)
def test_a_wrong_command_line_is_an_error_like_others(sgp: Sgp, arguments: list[str], line: str) -> None:
    ran = sgp(*arguments)
    assert (ran.code, ran.out) == (2, "")
    command = " ".join(word for word in arguments if word in ("train", "similar", "experiments", "rm"))
    assert ran.err == f"error: {line}; see {' '.join(['sgp', command]).strip()} --help\n"


@pytest.mark.parametrize(
    ("command", "typed", "end"),
    [
        ("train", "--dim", "; did you mean --embedding-dim? See"),
        ("train", "--vector_size", "; did you mean --embedding-dim? See"),
        ("train", "--window", "; did you mean --window-size? See"),
        ("train", "--lr", "; did you mean --learning-rate? See"),
        ("train", "--workers", "; did you mean --threads? See"),
        ("train", "--seed", "; did you mean --random-seed? See"),
        ("train", "--iter", "; did you mean --epochs? See"),
        ("train", "--epoch", "; did you mean --epochs? See"),
        ("similar", "--topn", "; did you mean -n? See"),
        ("similar", "-k", "; did you mean -n? See"),
        ("similar", "--limit", "; did you mean -n? See"),
        ("extract", "--limit", "; did you mean --num-rows? See"),
        ("similar", "--score", "; did you mean --by? See"),
        ("similar", "--rank", "; did you mean --by? See"),
        ("continue", "--metric", "; did you mean --by? See"),
        ("evaluate", "--by", "; did you mean --score? See"),
        ("index", "--metric", "; see"),
        ("similar", "--csv", "; did you mean --format csv? See"),
        ("continue", "--xspf", "; did you mean --format xspf? See"),
        ("export", "--csv", "; did you mean --format csv? See"),
        ("export", "--xspf", "; see"),
        ("extract", "--csv", "; see"),
        ("similar", "--josn", "; did you mean --json? See"),
        ("tune", "--time", "; did you mean --budget? See"),
        ("tune", "--n_trials", "; did you mean --trials? See"),
        ("similar", "--time", "; see"),
        ("export", "-o", "; see"),
        ("similar", "-o", "; to write a file, use --format csv > 5; see"),
        ("evaluate", "-o", "; to write a file, use --csv > 5; see"),
        ("train", "-o", "; see"),
        ("similar", "--history", "; sgp continue has this option; see"),
        ("similar", "--json-lines", "; see"),
        ("similar", "--lmit", "; see"),
        ("similar", "--dim", "; see"),
        ("extract", "--seperator", " (the separator is detected); see"),
        ("extract", "--sep", " (the separator is detected); see"),
        ("extract", "--dry-rnu", "; did you mean --dry-run? See"),
        ("similar", "--separator", "; see"),
    ],
)
def test_an_unknown_option_suggests_only_what_was_probably_meant(sgp: Sgp, command: str, typed: str, end: str) -> None:
    ran = sgp(command, "x", typed, "5")
    line = f"error: no such option: {typed.replace('_', '-')}{end} sgp {command} --help\n"
    assert (ran.code, ran.out, ran.err) == (2, "", line)


def test_the_options_that_are_suggested_for_foreign_ones_exist() -> None:
    commands = typer.main.get_command(app).commands.values()  # type: ignore[attr-defined]
    known = {name for command in commands for option in command.params for name in option.opts}
    assert {name for names in MEANT.values() for name in names} <= known
    assert known.isdisjoint({*NEEDLESS}), "an option exists by now"


def test_a_corpus_without_pairs_to_train_on(sgp: Sgp, write_dump: WriteDump, experiments: Path) -> None:
    alone = [(f"owner {at}", "A", f"title {at}", "alone") for at in range(9)]
    repeated = [("owner", "A", "title", f"list {at // 5}") for at in range(20)]
    for rows in (alone, repeated):
        assert sgp("extract", "x", write_dump(rows), "-q", "--force").code == 0
        ran = sgp("train", "x")
        assert (ran.code, ran.out) == (1, "")
        assert ran.err == (
            "error: no pairs to train on: no playlist has two different tracks; extract longer playlists\n"
        )
        assert sorted(path.name for path in (experiments / "x").iterdir()) == [".lock", "corpus", "experiment.json"]
    assert sgp("extract", "y", write_dump(two_genres(2)), "-q").code == 0
    ran = sgp("train", "y", "--min-count", "90")
    assert ran.err == (
        "error: no pairs to train on: no playlist has two different tracks with at least 90 occurrences; "
        "train with a smaller --min-count\n"
    )


def test_an_existing_stage_is_not_replaced_without_force(sgp: Sgp, write_dump: WriteDump, experiments: Path) -> None:
    small, large = write_dump(two_genres(60), "small.csv"), write_dump(two_genres(80), "large.csv")
    assert sgp("extract", "x", small, "-q").code == 0
    assert sgp("train", "x", "-e", "1", "-emb", "8", "-q").code == 0
    before = {path: path.read_bytes() for path in experiments.rglob("*") if path.is_file()}
    for arguments, message in (
        (["extract", "x", str(large)], "a corpus: add to it with sgp extract --append, choose another name"),
        (["train", "x"], "a model: to keep it, train a copy (sgp experiments copy x NEW)"),
    ):
        ran = sgp(*arguments)
        assert (ran.code, ran.out) == (1, "")
        assert ran.err == f"error: experiment 'x' already has {message}, or replace it with --force\n"
    assert {path: path.read_bytes() for path in experiments.rglob("*") if path.is_file()} == before
    assert sgp("extract", "x", large, "--force", "-q").code == 0
    stale = sgp("similar", "x", "folk 3")
    assert (stale.code, stale.out) == (1, "")
    assert stale.err == (
        "error: the model of 'x' is out of date: its corpus has been replaced; "
        "run sgp train x --force --embedding-dim 8 --epochs 1\n"
    )


def test_a_destination_that_cannot_be_written(sgp: Sgp, sample_root: Path, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere.npz"
    target.write_text("precious")
    (tmp_path / "link.npz").symlink_to(target)
    (tmp_path / "directory.npz").mkdir()
    os.mkfifo(tmp_path / "pipe.npz")
    where = ["--force", "--experiments-dir", str(sample_root)]
    for name in ("link", "directory", "pipe"):
        path = tmp_path / f"{name}.npz"
        ran = sgp("export", "demo", path, *where)
        assert (ran.code, ran.out, ran.err) == (1, "", f"error: cannot write {path}: it is not a regular file\n")
    path = tmp_path / "no" / "where.npz"
    ran = sgp("export", "demo", path, *where)
    assert (ran.code, ran.err) == (1, f"error: cannot write {path}: the directory {path.parent} does not exist\n")
    assert target.read_text() == "precious"


def with_little_space(*arguments: str | Path, limit: int) -> subprocess.CompletedProcess[str]:
    """Run `sgp` with a limit on file sizes, so that a write fails half-way as on a full disk."""
    return subprocess.run(
        [sys.executable, "-m", "skipgramophone", *map(str, arguments)],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        check=False,
    )


def test_a_full_disk(sgp: Sgp, write_dump: WriteDump, experiments: Path, sample_root: Path, tmp_path: Path) -> None:
    dump = write_dump([(f"o{at % 50}", f"artist {at}", f"title {at}", "p") for at in range(5000)])
    for limit, written in ((100_000, "temporary files in "), (600_000, f"{experiments / 'x'}")):
        ran = with_little_space("extract", "x", dump, limit=limit)
        assert (ran.returncode, ran.stdout) == (1, "")
        assert ran.stderr.startswith(f"error: cannot write {written}")
        assert len(ran.stderr.splitlines()) == 1
        assert list(experiments.iterdir()) == []
    place = tmp_path / "out.npz"
    ran = with_little_space("export", "demo", place, "--experiments-dir", sample_root, limit=100_000)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith(f"error: cannot write {place}")
    assert len(ran.stderr.splitlines()) == 1
    assert not place.exists()
    assert not list(tmp_path.glob(".*"))


def test_a_full_disk_keeps_the_old_stage(sgp: Sgp, write_dump: WriteDump, experiments: Path) -> None:
    assert sgp("extract", "x", write_dump(two_genres()), "-q").code == 0
    before = {path: path.read_bytes() for path in (experiments / "x" / "corpus").iterdir()}
    (experiments.parent / "large.csv").write_text(
        dump_text([(f"o{at % 50}", f"artist {at}", f"title {at}", "p") for at in range(5000)])
    )
    ran = with_little_space("extract", "x", experiments.parent / "large.csv", "--force", limit=100_000)
    assert ran.returncode == 1
    assert {path: path.read_bytes() for path in (experiments / "x" / "corpus").iterdir()} == before
    assert sorted(path.name for path in (experiments / "x").iterdir()) == [".lock", "corpus", "experiment.json"]


def test_a_closed_output_pipe_ends_the_command_without_an_error(sample_root: Path) -> None:
    command = [sys.executable, "-m", "skipgramophone", "similar", "demo", "sample:track:0001", "-n", "2000"]
    with subprocess.Popen(
        [*command, "--experiments-dir", str(sample_root)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.readline().startswith("top 2,000 tracks")
        running.stdout.close()
        assert running.stderr.read() == ""
        assert running.wait() == 0
