"""The playlist table: owner, name and key of each playlist of a corpus, in a Parquet file in playlist order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from skipgramophone.errors import ExperimentError, reason_of, storage_errors

if TYPE_CHECKING:
    import pyarrow as pa

PLAYLISTS = "playlists.parquet"


def read_playlist_table(directory: Path, playlists: int, prefix: str = "") -> pa.Table:
    """Read owner, name and, since the second version, key of each playlist, as text columns.

    Args:
        directory: the corpus stage.
        playlists: number of playlists in the corpus.
        prefix: prefix of the file name, for held-out playlists.

    Raises:
        ExperimentError: the file is damaged, or does not match the corpus.
        StorageError: it cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = directory / f"{prefix}{PLAYLISTS}"
    with storage_errors(path, "read"):
        path.stat()  # a missing file is reported as missing, not as damaged
    try:
        with path.open("rb") as file:  # Arrow opens only paths that are valid UTF-8
            names = ["owner", "name", *({"key"} & set(pq.read_schema(file).names))]
            table = pq.read_table(file, columns=names).cast(pa.schema([(name, pa.large_string()) for name in names]))
        table.validate(full=True)
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise ExperimentError(f"{path} is damaged: {reason_of(error)}") from error
    if table.num_rows != playlists:
        raise ExperimentError(
            f"{directory} is damaged: {path.name} has {table.num_rows:,} rows for {playlists:,} playlists"
        )
    return table


def write_playlist_table(directory: Path, table: pa.Table, prefix: str = "") -> None:
    """Write owner, name and key of each playlist of a corpus; `prefix` begins the file name of held-out playlists."""
    import pyarrow.parquet as pq

    with (directory / f"{prefix}{PLAYLISTS}").open("wb") as file:  # Arrow opens only paths that are valid UTF-8
        pq.write_table(table, file)


def read_playlist_names(directory: Path, playlists: int, chosen: Sequence[int]) -> list[tuple[str, str]]:
    """Read owner and name of some playlists.

    Args:
        directory: the corpus stage.
        playlists: number of playlists in the corpus.
        chosen: the numbers of the playlists to read.

    Raises:
        ExperimentError: the file is damaged, or does not match the corpus.
        StorageError: it cannot be read.
    """
    import pyarrow as pa

    # The type is given because Arrow cannot infer one for an empty list.
    table = read_playlist_table(directory, playlists).take(pa.array(chosen, pa.int64()))
    return [(row["owner"] or "", row["name"] or "") for row in table.to_pylist()]
