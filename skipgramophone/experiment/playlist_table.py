"""The playlist table: a Parquet file with owner, name and key of each playlist in a corpus, in playlist order.

The key identifies a playlist in its source. The key is null if owner and name together are enough to identify the
playlist.
"""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from skipgramophone.errors import ExperimentError, StorageError, reason_of, storage_errors
from skipgramophone.parallel import stop_if_cancelled

if TYPE_CHECKING:
    import pyarrow as pa

PLAYLISTS = "playlists.parquet"
ROWS_AT_ONCE = 1 << 20  # number of rows of a row group in the file


@dataclass(frozen=True, slots=True)
class PlaylistTable:
    """The memory-mapped playlist table of a corpus stage.

    The table stays readable after the stage has been replaced, because the old file remains mapped.

    Attributes:
        path: the file, for error messages.
        content: the bytes of the file.
    """

    path: Path
    content: mmap.mmap | bytes

    def read(self, playlists: int) -> pa.Table:
        """Read owner, name and key of each playlist as text columns; files of the first version of `sgp` have no key.

        Args:
            playlists: number of playlists in the corpus.

        Raises:
            ExperimentError: the file is damaged, or does not match the corpus.
            StorageError: there is not enough memory.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        content = pa.py_buffer(self.content)
        try:
            file = pq.ParquetFile(pa.BufferReader(content), pre_buffer=False)
            names = ["owner", "name", *({"key"} & set(file.schema_arrow.names))]
            table = file.read(names, use_threads=False)  # Arrow may hang if it cannot start a thread
            table = table.select(names).cast(pa.schema([(name, pa.large_string()) for name in names]))
            table.validate(full=True)
        except MemoryError as error:
            raise StorageError(f"cannot read {self.path}: not enough memory") from error
        except (pa.ArrowException, OSError, KeyError, ValueError) as error:
            raise ExperimentError(
                f"{self.path} is damaged: {reason_of(error)}; run sgp extract again with --force"
            ) from error
        if table.num_rows != playlists:
            raise ExperimentError(
                f"{self.path.parent} is damaged: "
                f"{self.path.name} has {table.num_rows:,} rows for {playlists:,} playlists; "
                "run sgp extract again with --force"
            )
        return table

    def names(self, playlists: int, chosen: Sequence[int]) -> list[tuple[str, str]]:
        """Read the owner and the name of each playlist whose number is in `chosen`.

        Args:
            playlists: number of playlists in the corpus.
            chosen: numbers of playlists.

        Raises:
            ExperimentError: the file is damaged, or does not match the corpus.
        """
        import pyarrow as pa

        # The type is given because Arrow cannot infer one for an empty list.
        table = self.read(playlists).take(pa.array(chosen, pa.int64()))
        return [(row["owner"] or "", row["name"] or "") for row in table.to_pylist()]


def map_playlist_table(directory: Path, prefix: str = "") -> PlaylistTable:
    """Memory-map the playlist table of a corpus stage.

    The table of held-out playlists is another file of the stage, whose name starts with `prefix`.

    Raises:
        StorageError: the file cannot be read.
    """
    path = directory / f"{prefix}{PLAYLISTS}"
    with storage_errors(path, "read"), path.open("rb") as file:
        is_empty = not file.seek(0, 2)  # an empty file cannot be mapped
        return PlaylistTable(path, b"" if is_empty else mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ))


def write_playlist_table(directory: Path, table: pa.Table, prefix: str = "") -> None:
    """Write owner, name and key of each playlist. For held-out playlists, `prefix` is the start of the file name."""
    import pyarrow.parquet as pq

    with (
        (directory / f"{prefix}{PLAYLISTS}").open("xb") as file,  # Arrow opens only paths that are valid UTF-8
        pq.ParquetWriter(file, table.schema) as writer,
    ):
        for start in range(0, max(table.num_rows, 1), ROWS_AT_ONCE):  # a file without rows has a group too
            stop_if_cancelled()
            writer.write_table(table.slice(start, ROWS_AT_ONCE))


def read_playlist_table(directory: Path, playlists: int, prefix: str = "") -> pa.Table:
    """Read the playlist table of a corpus stage; see `PlaylistTable.read`.

    Raises:
        ExperimentError: the file is damaged, or does not match the corpus.
        StorageError: the file cannot be read.
    """
    return map_playlist_table(directory, prefix).read(playlists)
