"""Make a data set of playlists, as a directory of Parquet files, from a table with a row for each track of a playlist.

    python playlists_to_parquet.py rows.csv playlists/
    sgp extract all playlists/ --columns id=playlist_id,position=position,uri=track_uri,artist=artist,title=title

The table has the columns playlist_id, position, track_uri, artist and title, its rows in any order. All rows of a
playlist come to lie in one file, in order: that is what `sgp extract` wants of a data set, whoever writes it.

The same with Spark:

    rows = spark.read.option("header", True).csv("rows.csv").withColumn("position", col("position").cast("long"))
    rows.repartition(200, "playlist_id").sortWithinPartitions("playlist_id", "position").write.parquet("playlists/")

and with DuckDB, which cuts files anywhere, but one after the other:

    SET threads = 1;
    COPY (SELECT * FROM 'rows.csv' ORDER BY playlist_id, position)
    TO 'playlists' (FORMAT parquet, FILE_SIZE_BYTES '256MB', FILENAME_PATTERN 'part_{i}');

Here everything passes through the memory of one machine, a part at a time.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as pq

COLUMNS = {
    "playlist_id": pa.string(),
    "position": pa.int64(),
    "track_uri": pa.string(),
    "artist": pa.string(),
    "title": pa.string(),
}


def write_playlists(rows: pa.Table, directory: Path, parts: int = 8) -> None:
    """Write rows as a data set of so many files.

    Args:
        rows: with the columns of `COLUMNS`, in any order.
        directory: to be made.
        parts: how many files; a playlist lies whole in one.
    """
    directory.mkdir()
    part = pc.index_in(rows["playlist_id"], rows["playlist_id"].unique()).to_numpy() % parts
    for number in range(parts):
        own = rows.filter(np.equal(part, number)).sort_by([("playlist_id", "ascending"), ("position", "ascending")])
        pq.write_table(own, directory / f"part-{number:05d}.parquet", compression="zstd")


if __name__ == "__main__":
    source, destination = sys.argv[1:]
    read = csv.read_csv(source, convert_options=csv.ConvertOptions(column_types=COLUMNS, include_columns=list(COLUMNS)))
    write_playlists(read, Path(destination))
