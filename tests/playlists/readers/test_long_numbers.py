"""Numbers of thousands of digits, which Python refuses to convert, are ids like any others."""

from __future__ import annotations

from pathlib import Path

import skipgramophone as sgp


def test_lines_may_begin_with_a_number_of_thousands_of_digits(tmp_path: Path) -> None:
    (tmp_path / "sessions.txt").write_text(f"12 34 56\n{'7' * 5000} 34\n12 56 78\n" * 3)
    report = sgp.extract("made", tmp_path / "sessions.txt", experiments_dir=tmp_path)
    assert (report.playlists, report.tracks) == (9, 5)
