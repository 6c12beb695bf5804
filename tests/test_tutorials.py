"""The tutorials and guides show what the program really prints: their commands are run in order and compared.

python -m tests.test_tutorials [NAME]      rewrites the output in docs/tutorials/ and docs/how-to/
"""

from __future__ import annotations

import io
import os
import re
import runpy
import shlex
import shutil
import sys
import tempfile
from contextlib import chdir, redirect_stdout, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import typer

from skipgramophone.cli import progress
from skipgramophone.cli.app import app
from skipgramophone.settings import TrainSettings
from tests.conftest import made_once, run_sgp
from tests.shell_examples import run_example
from tests.test_docs import about, neighbours, numbers, words

HERE = Path(__file__).parent.parent
TUTORIALS = sorted((HERE / "docs" / "tutorials").glob("*.md"))
LIST_OF_GUIDES = HERE / "docs" / "how-to" / "index.md"
GUIDES = sorted(path for path in LIST_OF_GUIDES.parent.glob("*.md") if path != LIST_OF_GUIDES)
# An example of the shell with its output, or a program with what it prints.
EXAMPLE = re.compile(
    r"```console\n(?P<shell>.*?)```\n|```python\n(?P<program>.*?)```\n\n```text\n(?P<printed>.*?)```\n", re.DOTALL
)
WITHOUT_OUTPUT = ("several-machines",)  # guides whose commands need other machines
DATA = re.compile(r"^python (invented_exports\.py) (\S+) (\S+)$", re.MULTILINE)
FILE = re.compile(r'```\w+ title="([^"]+)"\n(.*?)```\n', re.DOTALL)  # a file that a guide shows in full
SETUP = re.compile(r"^sgp (.*)$", re.MULTILINE)  # makes the experiments of the guides
COMMANDS = re.compile(r"```sh\n(.*?)```\n", re.DOTALL)  # shown without output

pytestmark = pytest.mark.skipif(not TUTORIALS, reason="the documents are not part of an installed package")


def write_data(text: str) -> None:
    """Run the commands of a tutorial that write the invented data, in the working directory."""
    for script, *arguments in DATA.findall(text):
        given, sys.argv = sys.argv, [script, *arguments]
        try:
            runpy.run_path(str(HERE / "examples" / script), run_name="__main__")
        finally:
            sys.argv = given


def make_experiments(root: Path, demo: Path | None = None) -> None:
    """Make the data and the experiments of the guides in a directory, with the commands on their list."""
    text = LIST_OF_GUIDES.read_text(encoding="utf-8")
    with chdir(root):
        write_data(text)
        if demo:
            shutil.copytree(demo, root / "experiments" / "demo")
        for command in SETUP.findall(text):
            name = shlex.split(command)[1]
            assert (demo and name == "demo") or run_sgp(*shlex.split(command), "-q").code == 0, command


def write_files(text: str) -> None:
    """Write the files that a guide shows, in the working directory."""
    for name, content in FILE.findall(text):
        Path(name).write_text(content, encoding="utf-8")


@pytest.fixture(scope="session")
def guide_root(tmp_path_factory: pytest.TempPathFactory, sample_root: Path) -> Path:
    """A directory with the experiments of the guides. Do not change it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SGP_EXPERIMENTS", raising=False)
        return made_once(tmp_path_factory, "guides", lambda root: make_experiments(root, sample_root / "demo"))


def run(example: re.Match[str], names: dict[str, Any], notes: bool = False) -> str:
    """Run an example and return it with its real output; programs share their names."""
    if example["shell"]:
        return f"```console\n{run_example(example['shell'], notes)}```\n"
    with redirect_stdout(io.StringIO()) as printed:
        exec(example["program"], names)
    return f"```python\n{example['program']}```\n\n```text\n{printed.getvalue()}```\n"


def compare(text: str, notes: bool = False) -> None:
    """Run the examples of a document in the working directory, and compare their output with the document."""
    names: dict[str, Any] = {}
    for example in EXAMPLE.finditer(text):
        shown, printed = example[0], run(example, names, notes)
        assert words(printed) == words(shown)
        assert list(map(float, numbers(printed))) == list(map(about, numbers(shown)))
        assert len(neighbours(printed) & neighbours(shown)) >= 0.6 * len(neighbours(shown))


@pytest.mark.slow
@pytest.mark.parametrize("tutorial", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_shows_real_output(tutorial: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SGP_EXPERIMENTS", raising=False)
    text = tutorial.read_text(encoding="utf-8")
    examples = list(EXAMPLE.finditer(text))
    assert len(examples) >= 4
    assert text.count("```python\n") == sum(example["program"] is not None for example in examples)
    assert len(DATA.findall(text)) == 1
    write_data(text)
    compare(text)


def test_the_tutorial_for_users_of_gensim_lists_the_defaults_of_training() -> None:
    text = (HERE / "docs" / "tutorials" / "gensim.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\|[^|]+\| `--([a-z-]+) (\S+)` \|", text, re.MULTILINE)
    assert len(listed) >= 7
    defaults = asdict(TrainSettings())
    for option, value in listed:
        default = defaults[option.replace("-", "_")]
        assert type(default)(value) == default, option


@pytest.mark.slow
@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_a_guide_shows_real_output(
    guide: Path, guide_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SGP_EXPERIMENTS", raising=False)
    text = guide.read_text(encoding="utf-8")
    examples = list(EXAMPLE.finditer(text))
    assert len(text.splitlines()) <= 80, "a guide is short"
    assert text.count("```console\n") + text.count("```python\n") == len(examples)
    assert len(examples) > 0 or guide.stem in WITHOUT_OUTPUT
    unused = () if "Music/" in text else ("Music",)
    shutil.copytree(guide_root, tmp_path / "guide", ignore=shutil.ignore_patterns(*unused))
    monkeypatch.chdir(tmp_path / "guide")
    write_files(text)
    compare(text, notes=True)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_commands_that_a_guide_shows_without_output_have_known_options(guide: Path) -> None:
    lines = "\n".join(COMMANDS.findall(guide.read_text(encoding="utf-8"))).replace("\\\n", " ").splitlines()
    for words_ in (shlex.split(line.partition("#")[0]) for line in lines if line.startswith("sgp ")):
        command: Any = typer.main.get_command(app)
        arguments = [word for word in words_[1:] if word not in "<>|&"]
        while arguments[0] in getattr(command, "commands", {}):
            command = command.commands[arguments.pop(0)]
        with suppress(typer.BadParameter):  # a file that does not exist
            command.make_context("sgp", arguments)


def test_the_invented_data_is_what_the_tutorials_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for tutorial in TUTORIALS:
        write_data(tutorial.read_text(encoding="utf-8"))
    first = (tmp_path / "sessions.csv").read_text().splitlines()[:3]
    shop = (HERE / "docs" / "tutorials" / "shop.md").read_text(encoding="utf-8").splitlines()
    assert all(f"    {line}" in shop for line in first)
    written = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert len(written) == 6
    for tutorial in TUTORIALS:
        write_data(tutorial.read_text(encoding="utf-8"))
    assert all(path.read_bytes() == content for path, content in written.items())


def rewrite() -> None:
    """Write the output in the tutorials and guides from real runs: in all of them, or in those that are named."""
    os.environ.pop("SGP_EXPERIMENTS", None)
    progress.SECONDS_BETWEEN_LINES = 3600.0  # no document shows progress
    wanted = [path for path in (*TUTORIALS, *GUIDES) if path.stem in sys.argv[1:] or not sys.argv[1:]]
    with tempfile.TemporaryDirectory() as directory:
        experiments = Path(directory) / "experiments of the guides"
        experiments.mkdir()
        if set(wanted) & set(GUIDES):
            make_experiments(experiments)
        for at, page in enumerate(wanted):
            text = page.read_text(encoding="utf-8")
            place = Path(directory) / str(at)
            shutil.copytree(experiments, place) if page in GUIDES else place.mkdir()
            with chdir(place):
                if page in TUTORIALS:
                    write_data(text)
                write_files(text)
                names: dict[str, Any] = {}
                written = EXAMPLE.sub(lambda found: run(found, names, page in GUIDES), text)  # noqa: B023 - called at once
            page.write_text(written, encoding="utf-8")


if __name__ == "__main__":
    rewrite()
