"""A small trained experiment that the tests of the commands share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import dump_text, made_once, run_sgp, two_genres


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the experiment "genres", trained in a few epochs. Tests that change it work on a copy."""

    def make(root: Path) -> None:
        rows = [*two_genres(), ("z", "Rare", "Once \x1b[2J [/b] :heart:", "list z")]
        (root / "dump.csv").write_text(dump_text(rows))
        for command in (["extract", "genres", str(root / "dump.csv")], ["train", "genres", "-emb", "16", "-e", "10"]):
            ran = run_sgp(*command, "-q", "--experiments-dir", root)
            assert (ran.code, ran.out, ran.err) == (0, "", "")

    return made_once(tmp_path_factory, "trained", make)
