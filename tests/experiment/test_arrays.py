"""Arrays and playlist tables that are written in pieces, compared with files that NumPy and Arrow write at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from skipgramophone.experiment import arrays, playlist_table
from skipgramophone.experiment.arrays import write_array
from skipgramophone.experiment.playlist_table import PLAYLISTS, write_playlist_table


@pytest.mark.parametrize("array", [np.arange(25, dtype=np.int32), np.zeros(0), np.arange(6).reshape(2, 3)])
def test_an_array_is_written_like_numpy_writes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, array: npt.NDArray[np.float64]
) -> None:
    monkeypatch.setattr(arrays, "WRITTEN_AT_ONCE", 10)
    write_array(tmp_path / "in_pieces.npy", array)
    np.save(tmp_path / "at_once.npy", array)
    assert (tmp_path / "in_pieces.npy").read_bytes() == (tmp_path / "at_once.npy").read_bytes()


@pytest.mark.parametrize("rows", [0, 25])
def test_a_playlist_table_is_written_like_arrow_writes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(playlist_table, "ROWS_AT_ONCE", 10)
    table = pa.table({name: pa.array([f"{name} {row}" for row in range(rows)]) for name in ("owner", "name", "key")})
    write_playlist_table(tmp_path, table)
    pq.write_table(table, tmp_path / "at_once.parquet", row_group_size=10)
    assert (tmp_path / PLAYLISTS).read_bytes() == (tmp_path / "at_once.parquet").read_bytes()
