"""Shell completion."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from skipgramophone.cli import completion
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.catalogue_writer import TRACKS, write_catalogue
from skipgramophone.experiment.name_search import NameSearch
from tests.conftest import dump_text, run_sgp, table_of
from tests.test_architecture import COSTLY, loaded_by

HOSTILE = [
    "$(touch x)",
    "\\$(touch x)",
    "`touch x`",
    "'; touch x; '",
    '"touch x"',
    "\x1b[2J song",
    "*",
    "song 'n' roll",
    "конь :)",
]


def completed(root: Path, *words: str, shell: str = "bash") -> list[str]:
    """The completions that a shell gets for the last of some words."""
    line = " ".join(("sgp", *words))
    program = "import sys; from skipgramophone.cli.app import app; app(prog_name='sgp')"
    asked = {"SGP_EXPERIMENTS": str(root), "_SGP_COMPLETE": f"complete_{shell}"}
    asked |= {"COMP_WORDS": line, "COMP_CWORD": str(len(words)), "_TYPER_COMPLETE_ARGS": line}
    asked |= {"_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | asked, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout.split()


class Words:
    """The parameters parsed so far."""

    def __init__(self, root: Path, experiment: str | None = None, *args: str) -> None:
        self.params = {"experiments_dir": root, "experiment": experiment}
        self.args = list(args)


def offered(root: Path, typed: str, experiment: str = "demo") -> list[str]:
    """The tracks that are suggested."""
    return completion.tracks(Words(root, experiment), typed)  # type: ignore[arg-type]


def test_tracks_are_completed_in_every_shell(sample_root: Path) -> None:
    both = ["every-pencil-knows", "every-pencil-knows-feat-skellingsson-mongoose-club"]
    assert completed(sample_root, "similar", "demo", "every-pen") == both
    assert completed(sample_root, "explain", "demo", "a", "every-pen", shell="fish") == both
    zsh = " ".join(completed(sample_root, "similar", "demo", "--like", "every-pen", shell="zsh"))
    assert zsh == '_arguments \'*: :(("{}" "{}"))\''.format(*both)
    assert completed(sample_root, "continue", "d") == ["demo"]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["similar", "demo", "x", "--by", "cos"], ["cosine", "cosine+count"]),
        (["continue", "demo", "--format", "js"], ["json", "jsonl", "jspf"]),
        (["export", "demo", "x", "--format", "word"], ["word2vec", "word2vec-binary"]),
        (["import", "demo", "x", "--format", "np"], ["npz"]),
        (
            ["extract", "demo", "--format", "l"],
            ["lastfm", "listenbrainz", "lastfm-json", "lastfmstats", "lastfm-archive", "lastfm-xml"],
        ),
        (["evaluate", "demo", "--protocol", "c"], ["continuation"]),
        (["experiments", "d"], ["demo"]),
        (["experiments", "r"], ["rm", "rename"]),
        (["experiments", "rm", "d"], ["demo"]),
        (["experiments", "nosuch", "word", "d"], []),
    ],
)
def test_values_of_options_and_experiments_are_completed(
    sample_root: Path, words: list[str], offered: list[str]
) -> None:
    assert completed(sample_root, *words) == offered


def test_suggestions_can_be_looked_up(sample_root: Path) -> None:
    assert offered(sample_root, "jorund-tarrovale-trio-every")[0] == "jorund-tarrovale-trio-every-pencil-knows"
    for name in [*offered(sample_root, "e")[:5], *offered(sample_root, "jo")[:3]]:
        assert run_sgp("similar", "demo", name, "-q", "--experiments-dir", sample_root).code in (0, 4), name
    assert offered(sample_root, "") == offered(sample_root, "zzz") == offered(sample_root, "e", "nosuch") == []
    assert offered(sample_root, "e", "../demo") == offered(sample_root, "e", "") == []
    waiting = Words(sample_root, None, "demo")  # sgp similar demo --like <Tab>
    assert completion.tracks(waiting, "every-pencil-knows-") == offered(sample_root, "every-pencil-knows-")  # type: ignore[arg-type]


def test_suggestions_contain_no_shell_syntax(tmp_path: Path) -> None:
    dump = tmp_path / "dump.csv"
    dump.write_text(
        dump_text([("o", f"artist {at}", title, "p") for at, title in enumerate(HOSTILE)]), encoding="utf-8"
    )
    assert run_sgp("extract", "demo", dump, "-q", "--experiments-dir", tmp_path).code == 0
    names = offered(tmp_path, "a") + offered(tmp_path, "t") + offered(tmp_path, "s") + offered(tmp_path, "конь")
    assert len(names) > len(HOSTILE)
    assert all(re.fullmatch(r"[^\W_]+(-[^\W_]+)*", name) for name in names)
    assert "song-n-roll" in names
    (tmp_path / "$(touch x)").mkdir()
    assert completion.experiments(Words(tmp_path), "") == ["demo", "dump.csv"]  # type: ignore[arg-type]
    assert completion.experiments(Words(tmp_path / "absent"), "") == []  # type: ignore[arg-type]


def test_hyphens_match_any_separator_between_words(tmp_path: Path) -> None:
    tracks = ["Don't Stop (Live)", "Don't Stop", "don-t stop", "A - B"]
    write_catalogue(tmp_path, table_of(TRACKS, [("X", title, None, 9 - at, at + 1) for at, title in enumerate(tracks)]))
    names = NameSearch(Catalogue(tmp_path))
    assert names.resolve("x-don-t-stop-live").track.row == 0
    assert [track.row for track in names.find("don-t-stop")[0]] == [1, 2]
    assert names.resolve("a-b").track.row == 3
    assert [track.row for track in names.find("don't-stop")[0]] == []  # not a completion


def test_completion_loads_neither_numpy_nor_rich(sample_root: Path) -> None:
    code = (
        "from pathlib import Path; from types import SimpleNamespace; from skipgramophone.cli import completion\n"
        "given = {'experiments_dir': Path(sys.argv[1]), 'experiment': 'demo'}\n"
        "assert completion.tracks(SimpleNamespace(params=given, args=[]), 'every-pen')"
    )
    assert not loaded_by(code, str(sample_root)) & {*COSTLY, "numpy", "rich", "annoy"}
