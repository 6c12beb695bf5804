"""Convert a table with one row per playlist entry to a data set of playlists: a directory of Parquet files.

    python playlists_to_parquet.py rows.csv playlists/
    sgp extract all playlists/ --columns id=playlist_id,position=position,uri=track_uri,artist=artist,title=title

The table has the columns playlist_id, position, track_uri, artist and title, and its rows may be in any order. In the
data set, all rows of a playlist are in one file and in order. (`sgp extract` needs them in one file or in consecutive
files.)

The same with Spark:

    rows = spark.read.option("header", True).csv("rows.csv").withColumn("position", col("position").cast("long"))
    rows.repartition(200, "playlist_id").sortWithinPartitions("playlist_id", "position").write.parquet("playlists/")

The same with DuckDB, which may split a playlist between two consecutive files:

    SET threads = 1;
    COPY (SELECT * FROM 'rows.csv' ORDER BY playlist_id, position)
    TO 'playlists' (FORMAT parquet, FILE_SIZE_BYTES '256MB', FILENAME_PATTERN 'part_{i}');

This script needs enough memory for the whole table.
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
    """Write rows as a data set.

    Args:
        rows: table with the columns of `COLUMNS`, in any order.
        directory: directory to create.
        parts: number of files; each playlist is in one file.
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
