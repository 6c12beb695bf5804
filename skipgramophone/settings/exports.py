"""Settings of `sgp export` and `sgp map`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from skipgramophone.settings.lookup import EMBEDDED, Embedded
from skipgramophone.settings.setting import at_least, between, check, require_named, seed_of_bits, setting

MatrixName = Literal["centre", "context", "both"]
MATRICES: tuple[MatrixName, ...] = get_args(MatrixName)
Dtype = Literal["float32", "float16", "int8"]
DTYPES: tuple[Dtype, ...] = get_args(Dtype)
Colour = Literal["cluster", "artist"]
COLOURS: tuple[Colour, ...] = get_args(Colour)
Projection = Literal["auto", "pca", "tsne"]  # "auto" means "tsne"; for very few tracks, it means "pca"
PROJECTIONS: tuple[Projection, ...] = get_args(Projection)
MOST_NEIGHBOURS = 10_000  # maximum of --neighbours


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSettings:
    """Settings of `sgp export`: which tracks are exported, and in which form."""

    of: Embedded = setting("tracks", f"What to export: {' or '.join(EMBEDDED)}.", metavar="WHAT")
    min_count: int = setting(0, "Leave out tracks with fewer than N occurrences.", metavar="N", bounds=at_least(0))
    top: int | None = setting(None, "Export only the N most frequent tracks.", metavar="N", bounds=at_least(1))
    artist: Sequence[str] | None = setting(None, "Export only tracks of this artist; can be repeated.", metavar="NAME")
    only: Sequence[str] | None = setting(
        None, "Export only the tracks that this file lists, one name or uri per line.", metavar="FILE"
    )
    matrix: MatrixName | None = setting(
        None, f"Vectors to export: {', '.join(MATRICES)} (default: all that the format supports).", metavar="NAME"
    )
    dtype: Dtype = setting("float32", f"Number type: {', '.join(DTYPES)}.", metavar="NAME")
    normalise: bool = setting(False, "Scale vectors to length 1.")
    neighbours: int = setting(
        0,
        "Also write the N nearest neighbours of each track (parquet only).",
        metavar="N",
        bounds=at_least(0, MOST_NEIGHBOURS),
    )
    projection: Projection | None = setting(
        None,
        "Also write two coordinates per track, computed as by sgp map; only for parquet. The method is one of: "
        f"{', '.join(PROJECTIONS)}.",
        metavar="NAME",
    )
    safe_cells: bool = setting(False, "Escape cells that a spreadsheet would read as formulas (csv and tsv only).")

    def __post_init__(self) -> None:
        check(self)
        require_named(
            self.of == "tracks" or self.matrix in (None, "centre"),
            lambda named: f"artists have no context vectors: leave out {named('matrix', self.matrix)}",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MapSettings:
    """Settings of `sgp map`, which draws the tracks as a map."""

    of: Embedded = setting("tracks", f"What the points of the map are: {' or '.join(EMBEDDED)}.", metavar="WHAT")
    projection: Projection = setting(
        "auto",
        f"Method that computes the positions on the map: {', '.join(PROJECTIONS)}. auto means tsne or, for up to 30 "
        "tracks, pca.",
        metavar="NAME",
    )
    colour: Colour = setting(
        "cluster",
        f"Colour the tracks by {' or '.join(COLOURS)}. On the page, you can switch to the other one.",
        metavar="NAME",
    )
    clusters: int = setting(
        12,
        "Number of clusters, and number of artists (the most frequent ones) that get a colour of their own.",
        metavar="N",
        bounds=between(1, 100),
    )
    neighbours: int = setting(
        10, "Number of nearest neighbours shown for a clicked track.", metavar="N", bounds=between(1, 100)
    )
    top: int = setting(100_000, "Show only the N most frequent tracks or artists.", metavar="N", bounds=at_least(1))
    random_seed: int = setting(42, "Random seed.", "-rs", "--random-seed", metavar="N", bounds=seed_of_bits(32))

    def __post_init__(self) -> None:
        check(self)
