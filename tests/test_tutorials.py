"""The tutorials show what the program really prints: their commands are run in order and compared.

python -m tests.test_tutorials      rewrites the output in docs/tutorials/
"""

from __future__ import annotations

import os
import re
import runpy
import sys
import tempfile
from pathlib import Path

import pytest

from tests.test_docs import EXAMPLE, about, neighbours, numbers, run_example, words

HERE = Path(__file__).parent.parent
TUTORIALS = sorted((HERE / "docs" / "tutorials").glob("*.md"))
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


@pytest.mark.slow
@pytest.mark.parametrize("tutorial", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_shows_real_output(tutorial: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SGP_EXPERIMENTS", raising=False)
    text = tutorial.read_text(encoding="utf-8")
    examples = EXAMPLE.findall(text)
    assert len(examples) >= 4
    assert len(DATA.findall(text)) == 1
    write_data(text)
    for example in examples:
        printed = run_example(example)
        assert words(printed) == words(example)
        assert list(map(float, numbers(printed))) == list(map(about, numbers(example)))
        assert len(neighbours(printed) & neighbours(example)) >= 0.6 * len(neighbours(example))


def test_the_invented_data_is_what_the_tutorials_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for tutorial in TUTORIALS:
        write_data(tutorial.read_text(encoding="utf-8"))
    first = (tmp_path / "sessions.csv").read_text().splitlines()[:3]
    shop = (HERE / "docs" / "tutorials" / "shop.md").read_text(encoding="utf-8").splitlines()
    assert all(f"    {line}" in shop for line in first)
    again = {name: (tmp_path / name).read_bytes() for name in ("sessions.csv", "my_spotify_data.zip")}
    for tutorial in TUTORIALS:
        write_data(tutorial.read_text(encoding="utf-8"))
    assert all((tmp_path / name).read_bytes() == content for name, content in again.items())


def rewrite() -> None:
    """Write the output in the tutorials from real runs."""
    os.environ.pop("SGP_EXPERIMENTS", None)
    for tutorial in TUTORIALS:
        text = tutorial.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as directory:
            os.chdir(directory)
            write_data(text)
            written = EXAMPLE.sub(lambda found: f"```console\n{run_example(found[1])}```\n", text)
        tutorial.write_text(written, encoding="utf-8")


if __name__ == "__main__":
    rewrite()
