"""The tutorials show what the program really prints: their commands are run in order and compared.

python -m tests.test_tutorials [NAME]      rewrites the output in docs/tutorials/
"""

from __future__ import annotations

import io
import os
import re
import runpy
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from tests.test_docs import about, neighbours, numbers, run_example, words

HERE = Path(__file__).parent.parent
TUTORIALS = sorted((HERE / "docs" / "tutorials").glob("*.md"))
# An example of the shell with its output, or a program with what it prints.
EXAMPLE = re.compile(
    r"```console\n(?P<shell>.*?)```\n|```python\n(?P<program>.*?)```\n\n```text\n(?P<printed>.*?)```\n", re.DOTALL
)
DATA = re.compile(r"^python (examples/\S+) (\S+) (\S+)$", re.MULTILINE)

pytestmark = pytest.mark.skipif(not TUTORIALS, reason="the documents are not part of an installed package")


def write_data(text: str) -> None:
    """Run the commands of a tutorial that write the invented data, in the working directory."""
    for script, *arguments in DATA.findall(text):
        given, sys.argv = sys.argv, [script, *arguments]
        try:
            runpy.run_path(str(HERE / script), run_name="__main__")
        finally:
            sys.argv = given


def run(example: re.Match[str], names: dict[str, Any]) -> str:
    """Run an example and return it with its real output; programs share their names."""
    if example["shell"]:
        return f"```console\n{run_example(example['shell'])}```\n"
    with redirect_stdout(io.StringIO()) as printed:
        exec(example["program"], names)
    return f"```python\n{example['program']}```\n\n```text\n{printed.getvalue()}```\n"


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
    names: dict[str, Any] = {}
    for example in examples:
        shown, printed = example[0], run(example, names)
        assert words(printed) == words(shown)
        assert list(map(float, numbers(printed))) == list(map(about, numbers(shown)))
        assert len(neighbours(printed) & neighbours(shown)) >= 0.6 * len(neighbours(shown))


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
    """Write the output in the tutorials from real runs: in all of them, or in those that are named."""
    os.environ.pop("SGP_EXPERIMENTS", None)
    for tutorial in (path for path in TUTORIALS if path.stem in sys.argv[1:] or not sys.argv[1:]):
        text = tutorial.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as directory:
            os.chdir(directory)
            write_data(text)
            names: dict[str, Any] = {}
            written = EXAMPLE.sub(lambda found: run(found, names), text)  # noqa: B023 - called at once
        tutorial.write_text(written, encoding="utf-8")


if __name__ == "__main__":
    rewrite()
