"""Large files where a list of names or a settings file is expected: they must not fill the memory."""

from __future__ import annotations

import os
from pathlib import Path

from tests.conftest import run_sgp

HUGE = 1 << 40  # bytes, in a file without blocks on the disk


def test_huge_files_are_refused_before_they_are_read(trained: Path, tmp_path: Path) -> None:
    where = ["--experiments-dir", str(trained)]
    huge = tmp_path / "huge"
    huge.write_bytes(b"names " * 20_000)
    os.truncate(huge, HUGE)
    for arguments, code, limit in (
        (["similar", "genres", "--file", huge], 1, "4 MiB, the limit for a list of names: split it"),
        (["continue", "genres", "--blend", huge, huge], 1, "4 MiB, the limit for a list of names: split it"),
        (["export", "genres", "-", "--format", "csv", "--only", huge], 1, "256 MiB, the limit for a list of names"),
        (["extract", "x", trained / "dump.csv", "--holdout", huge], 1, "256 MiB, the limit for a list of names"),
        (["train", "genres", "--force", "--config", huge], 2, "1 MiB, so it is not a settings file"),
    ):
        ran = run_sgp(*arguments, *where)
        assert (ran.code, ran.out, len(ran.err.splitlines())) == (code, "", 1)
        assert f"error: {huge} is larger than {limit}" in ran.err
    assert not (trained / "x").exists()


def test_a_long_list_of_names_is_read(trained: Path, tmp_path: Path) -> None:
    """The format detection does not know it, because it has no separator between artist and title."""
    (tmp_path / "list").write_text("folk 3\n" * 200_000)
    ran = run_sgp("similar", "genres", "--file", tmp_path / "list", "--json", "--experiments-dir", trained)
    assert ran.code == 0
    assert ran.err == ""
