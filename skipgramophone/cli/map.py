"""`sgp map`: the catalogue as a picture that one can walk about in."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from skipgramophone.cli import options, render
from skipgramophone.settings import COLOURS, PROJECTIONS, MapSettings


def draw_map(
    experiment: options.Experiment,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="HTML file to write.")] = Path(
        "map.html"
    ),
    projection: Annotated[
        str,
        typer.Option(
            "--projection", metavar="NAME", help=f"{', '.join(PROJECTIONS)}; auto: UMAP where it is installed."
        ),
    ] = options.MAP.projection,
    colour: Annotated[
        str, typer.Option("--colour", metavar="NAME", help=f"{' or '.join(COLOURS)}; the page has a switch.")
    ] = options.MAP.colour,
    clusters: Annotated[
        int, typer.Option("--clusters", metavar="N", help="How many clusters, and artists with a colour.")
    ] = options.MAP.clusters,
    neighbours: Annotated[
        int, typer.Option("--neighbours", metavar="N", help="How many a click shows.")
    ] = options.MAP.neighbours,
    top: Annotated[
        int, typer.Option("--top", metavar="N", help="Only so many tracks, the most frequent.")
    ] = options.MAP.top,
    random_seed: Annotated[
        int, typer.Option("-rs", "--random-seed", metavar="N", help="The same seed gives the same map.")
    ] = options.MAP.random_seed,
    png: Annotated[
        Path | None, typer.Option("--png", metavar="FILE", help="A still picture too, in dots.", show_default=False)
    ] = None,
    svg: Annotated[
        Path | None, typer.Option("--svg", metavar="FILE", help="The same in lines.", show_default=False)
    ] = None,
    force: options.Force = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Draw EXPERIMENT's tracks in two dimensions, as one HTML file for a browser.

    The file needs no network and holds everything: names, places, clusters, and the nearest tracks of each, found
    exactly among the vectors.

    \b
    sgp map demo -o map.html
    sgp map demo -o map.html --projection pca --force
    sgp map demo -o map.html --colour artist --png map.png
    """
    from skipgramophone.pipeline import pipeline

    settings = MapSettings(
        projection=projection,  # type: ignore[arg-type]  # checked by the settings
        colour=colour,  # type: ignore[arg-type]
        clusters=clusters,
        neighbours=neighbours,
        top=top,
        random_seed=random_seed,
    )
    pictures = {format: place for format, place in (("png", png), ("svg", svg)) if place is not None}
    report = pipeline.draw_map(
        experiment, output, settings, pictures=pictures, force=force, experiments_dir=experiments_dir
    )
    if json:
        render.print_json(asdict(report))
    elif not quiet:
        rest = f"; {report.not_shown:,} that occur less are not shown: --top" if report.not_shown else ""
        rows = [
            ("file", report.destination),
            *([("pictures", ", ".join(report.pictures))] if report.pictures else []),
            ("tracks", f"{report.tracks:,} in {len(report.clusters)} clusters{rest}"),
            ("projection", f"{report.projection}, keeps {report.preserved:.0%} of the nearest tracks near"),
            ("size", f"{report.bytes / 1e6:.1f} MB"),
            ("time", f"{report.seconds:.1f} s"),
        ]
        render.facts(f"map of {report.experiment}", rows)
