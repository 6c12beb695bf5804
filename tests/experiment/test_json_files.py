"""JSON files never contain NaN, which is not JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from skipgramophone.experiment.json_files import read_json, write_json


def test_nan_of_earlier_versions_is_read_as_missing(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text('{"tail": NaN, "low": [-Infinity, 1]}')
    assert read_json(tmp_path / "report.json") == {"tail": None, "low": [None, 1]}


def test_nan_is_never_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "report.json", {"tail": float("nan")})
    assert not (tmp_path / "report.json").exists()
