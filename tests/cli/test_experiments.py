"""`sgp experiments` and settings files."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from pathlib import Path

import pytest

from skipgramophone.cli.table_layout import SHORT_HEADINGS
from tests.cli.test_other_directories import OTHER_DIRECTORY
from tests.cli.test_terminal import ESCAPES, on_a_terminal
from tests.conftest import Sgp, dump_text, run_sgp, two_genres

NAMES = ("bare", "five", "six")


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Experiments "bare" (a corpus), "five" and "six" (trained alike except for the epochs)."""
    root = tmp_path_factory.mktemp("experiments")
    (root / "dump.csv").write_text(dump_text(two_genres(60)))
    for name in ("bare", "five", "six"):
        assert run_sgp("extract", name, root / "dump.csv", "-q", "--experiments-dir", root).code == 0
    for name, epochs in (("five", "5"), ("six", "6")):
        options = ["-wsz", "bag", "-emb", "8", "-e", epochs, "-q", "--experiments-dir", str(root)]
        assert run_sgp("train", name, *options).code == 0
    assert run_sgp("evaluate", "six", "-q", "--share", "0.3", "--experiments-dir", root).code == 0
    return root


def test_experiments_are_listed(three: Path) -> None:
    ran = run_sgp("experiments", "--experiments-dir", three)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert [line.split()[0] for line in lines[3:6]] == ["bare", "five", "six"]
    assert lines[4].split()[-4:-1] == ["bag", "8", "5"]
    assert lines[6:8] == ["", "latest evaluations"]
    assert lines[8].split() == ["experiment", "protocol", "score", "R-precision", "NDCG@500", "mrr"]
    metrics = json.loads(run_sgp("experiments", "six", "--json", "--experiments-dir", three).out)["metrics"]
    assert [line.split() for line in lines[10:]] == [
        ["six", "continuation", score, *(f"{found[name]:.3f}" for name in ("r_precision", "ndcg", "mrr"))]
        for score in ("cosine", "hybrid")
        for found in [metrics["continuation"][score]]
    ]
    nobody = run_sgp("experiments", "--experiments-dir", three / "nowhere")
    advice = f"to make one, run sgp extract NAME SOURCE{OTHER_DIRECTORY}"
    missing = f"there are no experiments in {three / 'nowhere'}: {advice}"
    assert nobody.err == f"error: {missing}\n"


def test_an_evaluation_has_the_same_metrics_as_in_evaluate(three: Path, tmp_path: Path) -> None:
    shutil.copytree(three / "six", tmp_path / "six")
    where = ("--share", "0.3", "--experiments-dir", tmp_path)
    for protocol in ("continuation", "next-item"):
        evaluated = run_sgp("evaluate", "six", "--protocol", protocol, *where).out.splitlines()[1:]
        shown = run_sgp("experiments", "six", "--experiments-dir", tmp_path).out.splitlines()
        shown = shown[shown.index(f"latest evaluation: {protocol}") + 1 :]
        assert ["score", *evaluated[0].split()] == shown[0].split()
        rows = [re.sub(r" \[.*\]", "", line).split() for line in evaluated[2:]]
        rows = rows[: rows.index(next(row for row in rows if row[0] == "coverage"))]
        assert rows == [line.split() for line in shown[2 : 2 + len(rows)]]
        assert len(rows) > 4
    listed = run_sgp("experiments", "--experiments-dir", tmp_path).out.splitlines()
    headings = [line.split()[3:] for line in listed if line.startswith("experiment   protocol")]
    assert headings == [["R-precision", "NDCG@500", "mrr"], ["hit@10", "NDCG@10", "mrr"]]
    assert [line.split()[:3] for line in listed[-2:]] == [["six", "next-item", score] for score in ("cosine", "hybrid")]
    assert (
        "| ranking | hit@10 | NDCG@10 | mrr | clicks |"
        in run_sgp("experiments", "six", "--card", "--experiments-dir", tmp_path).out
    )


def test_only_differences_are_shown(three: Path) -> None:
    records = json.loads(run_sgp("experiments", "--changed", "--json", "--experiments-dir", three).out)
    assert [record["train.epochs"] for record in records] == [None, 5, 6]
    assert all("train.embedding_dim" in record for record in records)  # "bare" has none
    assert all("tracks" not in record and "extract.num_rows" not in record for record in records)
    rows = list(csv.DictReader(io.StringIO(run_sgp("experiments", "--csv", "--experiments-dir", three).out)))
    assert [(row["experiment"], row["train.epochs"], row["tracks"]) for row in rows] == [
        ("bare", "", "80"),
        ("five", "5", "80"),
        ("six", "6", "80"),
    ]


def test_differences_are_tables_with_names_dates_and_metrics(three: Path, tmp_path: Path) -> None:
    root = tmp_path / "dated"
    shutil.copytree(three, root)
    for at, name in enumerate(NAMES):
        for manifest in (root / name).glob("*/manifest.json"):
            made = json.loads(manifest.read_text()) | {"created": f"2026-01-02T03:0{at}:00Z"}
            manifest.write_text(json.dumps(made))
    shown = run_sgp("experiments", "--changed", "--experiments-dir", root).out.splitlines()
    table, metrics = shown[: shown.index("")], shown[shown.index("") + 1 :]
    assert table[0] == "differences between experiments"
    heading = table[1].split()
    assert heading[:2] == ["experiment", "date"]
    assert {"epochs", "loss"} < set(heading)
    assert "embedding_dim" not in heading  # the same in both models
    assert [line.split()[:3] for line in table[3:]] == [
        [name, "2026-01-02", f"03:0{at}"] for at, name in enumerate(NAMES)
    ]
    assert metrics[0] == "latest evaluations"
    code, output = on_a_terminal(80, "experiments", "--changed", "--experiments-dir", root)
    plain = ESCAPES.sub("", output).replace("\r", "")
    assert code == 0
    assert all(len(line) <= 80 for line in plain.splitlines())
    assert {SHORT_HEADINGS.get(name, name) for name in heading} | set(NAMES) <= set(plain.split())
    # Nothing to compare is a sentence, not an empty table.
    shutil.copytree(three / "five", tmp_path / "one" / "five")
    alone = run_sgp("experiments", "--changed", "--experiments-dir", tmp_path / "one")
    assert (alone.code, alone.out) == (0, "only one experiment: there is nothing to compare\n")
    shutil.copytree(three / "five", tmp_path / "one" / "same")
    same = run_sgp("experiments", "--changed", "--experiments-dir", tmp_path / "one")
    assert same.out == "no differences in dates, settings or counts between five, same\n"
    (tmp_path / "none").mkdir()
    none = run_sgp("experiments", "--changed", "--experiments-dir", tmp_path / "none")
    assert (none.code, none.out) == (0, "")
    assert none.err == f"there are no experiments in {tmp_path / 'none'}: to make one, run sgp extract NAME SOURCE\n"


def test_stale_stages_are_marked_with_the_command_that_updates_them(three: Path, tmp_path: Path) -> None:
    for name in NAMES:
        shutil.copytree(three / name, tmp_path / name)
    (tmp_path / "more.csv").write_text(
        dump_text([*two_genres(60), ("o", "New", "Song", "list"), ("o", "A", "B", "list")])
    )
    where = ("--experiments-dir", tmp_path)
    assert run_sgp("extract", "five", tmp_path / "more.csv", "--append", "-q", *where).code == 0
    manifest = tmp_path / "six" / "index" / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"parent": "0" * 64}))
    (tmp_path / "bare" / "corpus" / "manifest.json").write_text("{")
    options = "--window-size bag --embedding-dim 8 --epochs 5"
    model = (
        "the corpus of 'five' has grown since the model was made: to train again, starting from the current vectors, "
        f"run sgp train five --force --from five {options}; to start over, run sgp train five --force {options}"
    )
    index = "the index of 'six' is out of date: its model has been replaced; run sgp index six"
    listed = run_sgp("experiments", *where)
    assert (listed.code, listed.err) == (0, f"{model}\n{index}\n")
    assert [line.split()[:3] for line in listed.out.splitlines()[3:6]] == [
        ["bare", "unreadable", "corpus"],
        ["five", "stale", "model"],
        ["six", "stale", "index"],
    ]
    records = json.loads(run_sgp("experiments", "--json", *where).out)
    assert [record.get("stale") for record in records] == [None, model, index]
    changed = run_sgp("experiments", "--changed", *where)
    assert changed.err == listed.err
    assert "to start over" not in changed.out
    for name, reason in (("five", model), ("six", index)):
        assert run_sgp("experiments", name, *where).err == f"{reason}\n"
        assert json.loads(run_sgp("experiments", name, "--json", *where).out)["stale"] == reason


def test_one_experiment_is_shown_in_full(three: Path) -> None:
    ran = run_sgp("experiments", "six", "--experiments-dir", three)
    assert (ran.code, ran.err) == (0, "")
    evaluation, title = "latest evaluation: continuation", "loss by epoch (logarithmic scale)"
    for line in ("experiment six", "corpus     current", "train", evaluation, title):
        assert line in ran.out.splitlines()
    shown = {words[0]: words[1:] for words in map(str.split, ran.out.splitlines()) if words}
    report = json.loads(run_sgp("experiments", "six", "--json", "--experiments-dir", three).out)
    corpus = report["facts"]["corpus"]
    assert shown["sources"] == [str(len(corpus["sources"]))]
    assert (shown["playlists"], shown["tracks"]) == ([f"{corpus['playlists']:,}"], [f"{corpus['tracks']:,}"])
    assert float(shown["learning_rate"][0]) == pytest.approx(report["facts"]["model"]["learning_rate"], abs=0.005)
    curve = ran.out.split(f"{title}\n")[1].splitlines()
    losses = json.loads(run_sgp("experiments", "six", "--json", "--experiments-dir", three).out)["losses"]
    assert len(losses) == 6
    assert curve[0].split()[0] == f"{max(losses):.3f}"
    assert curve[-2].split()[0] == f"{min(losses):.3f}"
    assert curve[-1].split() == ["epoch", "1", "6"]
    assert len(curve[-1]) == len(curve[-2]) == len("    1.234 ") + 4 * len(losses)
    unknown = run_sgp("experiments", "seven", "--experiments-dir", three)
    assert unknown.err == f"error: there is no experiment 'seven' in {three}; sgp experiments lists all\n"


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (
            ["experiments", "sixx"],
            1,
            "there is no experiment 'sixx' in {}; did you mean 'six'? sgp experiments lists all",
        ),
        (["train", "SIX1"], 1, "there is no experiment 'SIX1' in {}; did you mean 'six'? sgp experiments lists all"),
        (["inspect", "sxi"], 1, "no experiment 'sxi' in {}, and no file of that name; did you mean 'six'?"),
        (["experiments", "list"], 2, "sgp experiments has no command 'list': run sgp experiments"),
        (["experiments", "delete", "six"], 2, "sgp experiments has no command 'delete': run sgp experiments rm six"),
        (["experiments", "renme", "six", "x"], 2, "sgp experiments has no command 'renme'; did you mean 'rename'?"),
        (
            ["experiments", "unpack", "six.zip", "x"],
            2,
            "got unexpected extra argument(s) (x); give the new name with --name NEW; "
            "see sgp experiments unpack --help",
        ),
        (["unpack", "six.zip", "x"], 2, "sgp has no command 'unpack': run sgp experiments unpack six.zip --name x"),
        (["experiments", "q", "six"], 2, "sgp experiments has no command 'q': use rm, copy, rename, pack, unpack"),
    ],
)
def test_unknown_names_and_commands_suggest_the_nearest(three: Path, words: list[str], code: int, message: str) -> None:
    ran = run_sgp(*words, "--experiments-dir", three)
    assert (ran.code, ran.out, ran.err) == (code, "", f"error: {message.format(three)}\n")


def test_a_settings_file_repeats_a_training(sgp: Sgp, three: Path, tmp_path: Path, experiments: Path) -> None:
    toml = tmp_path / "six.toml"
    toml.write_text(run_sgp("experiments", "six", "--toml", "--experiments-dir", three).out)
    assert sgp("extract", "again", three / "dump.csv", "--config", toml, "-q").code == 0
    assert sgp("train", "again", "--config", toml, "-q").code == 0
    for file in ("centre.npy", "context.npy"):
        assert (experiments / "again" / "model" / file).read_bytes() == (three / "six" / "model" / file).read_bytes()
    assert sgp("train", "again", "--config", toml, "-e", "2", "--force", "-q").code == 0
    settings = json.loads((experiments / "again" / "model" / "manifest.json").read_text())["settings"]
    assert (settings["epochs"], settings["embedding_dim"]) == (2, 8)  # the command line overrides the file


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[train]\nepoch = 3\n", "train has no setting 'epoch'; known settings: embedding_dim, epochs,"),
        ("[tran]\nepochs = 3\n", "'tran' is not a known table; known tables: extract, train, index"),
        ("epochs = 3\n", "'epochs' is not a known table"),
        ("[train\n", "is not a valid settings file: "),
        ("[train]\nepochs = 0\n", "epochs must be at least 1, not 0"),
        ('[train]\nepochs = "many"\n', "epochs must be a whole number, not 'many'"),
    ],
)
def test_a_bad_settings_file_gives_one_line(sgp: Sgp, tmp_path: Path, text: str, message: str) -> None:
    toml = tmp_path / "bad.toml"
    toml.write_text(text)
    ran = sgp("train", "x", "--config", toml)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
    assert len(ran.err.splitlines()) == 1


def test_nothing_is_removed_without_confirmation(sgp: Sgp, three: Path, experiments: Path) -> None:
    assert sgp("extract", "gone", three / "dump.csv", "-q").code == 0
    (experiments / "gone" / "notes").mkdir()
    refused = sgp("experiments", "rm", "gone")
    assert (refused.code, refused.err) == (
        2,
        "error: cannot ask for confirmation because the input is not a terminal: add --yes to remove 'gone'\n",
    )
    assert (experiments / "gone" / "corpus").is_dir()
    assert sgp("experiments", "rm", "gone", "--yes").code == 0
    assert not (experiments / "gone").exists()
    assert sgp("experiments", "rm", "gone", "--yes").code == 1


@pytest.mark.parametrize("loss", ["NaN", "1e999", "null", '"\\u001b[2J"'])
def test_losses_that_are_no_numbers_are_not_drawn(three: Path, tmp_path: Path, loss: str) -> None:
    shutil.copytree(three / "five", tmp_path / "copied" / "a")
    history = tmp_path / "copied" / "a" / "model" / "history.jsonl"
    history.write_text(re.sub(r'"loss": [0-9.e-]+', lambda _: f'"loss": {loss}', history.read_text()))
    ran = run_sgp("experiments", "a", "--json", "--experiments-dir", tmp_path / "copied")
    assert (ran.code, json.loads(ran.out)["losses"]) == (0, [])
    assert run_sgp("experiments", "a", "--experiments-dir", tmp_path / "copied").code == 0
