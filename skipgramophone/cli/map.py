"""`sgp map`: draw a map of the tracks as an interactive HTML page."""

from __future__ import annotations

import tempfile
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from skipgramophone.cli import options, render
from skipgramophone.cli.options import with_settings
from skipgramophone.errors import SettingError
from skipgramophone.experiment.publishing import STANDARD_OUTPUT
from skipgramophone.settings import MapSettings
from skipgramophone.wording import plural, size


@with_settings
def draw_map(
    experiment: options.Experiment,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="HTML file to write (- = standard output).")
    ] = Path("map.html"),
    *,
    settings: MapSettings,
    png: Annotated[
        Path | None,
        typer.Option("--png", metavar="FILE", help="Also write the map as a PNG image.", show_default=False),
    ] = None,
    svg: Annotated[
        Path | None,
        typer.Option("--svg", metavar="FILE", help="Also write the map as an SVG image.", show_default=False),
    ] = None,
    force: options.Force = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Draw a map of the tracks of EXPERIMENT, as one HTML file.

    The page works without a network. It shows names, clusters and the nearest neighbours of each track. The neighbours
    are computed from the full vectors, not from the positions on the map.

    \b
    sgp map demo -o map.html
    sgp map demo -o map.html --projection pca --force
    sgp map demo -o map.html --colour artist --png map.png
    sgp map demo -o artists.html --of artists
    """
    from skipgramophone.cli.progress import bar
    from skipgramophone.maps.projection import METHODS
    from skipgramophone.pipeline.map import draw_map as draw

    to_stdout = output == STANDARD_OUTPUT
    if to_stdout and json:
        raise SettingError("--json and the page cannot both go to standard output: give a file")
    pictures = {format: place for format, place in (("png", png), ("svg", svg)) if place is not None}
    with tempfile.TemporaryDirectory() if to_stdout else nullcontext() as scratch, bar("map", quiet) as tell:
        place = Path(scratch, "map.html") if scratch else output
        report = draw(
            experiment,
            place,
            settings,
            pictures=pictures,
            force=force,
            experiments_dir=experiments_dir,
            progress=lambda step, done, of: tell(done, of, step),
        )
        if scratch:
            render.print_file(place)
            return
    if json:
        render.print_json(asdict(report))
    elif not quiet:
        rest = f"; {report.not_shown:,} rarer ones not shown (--top)" if report.not_shown else ""
        rows = [
            ("file", report.destination),
            *([("pictures", ", ".join(report.pictures))] if report.pictures else []),
            (report.of, f"{report.tracks:,} in {plural(len(report.clusters), 'cluster')}{rest}"),
            ("projection", f"{METHODS[report.projection]}, preserves {report.preserved:.0%} of nearest neighbours"),
            ("size", size(report.bytes)),
            ("time", f"{report.seconds:.1f} s"),
        ]
        render.facts(f"map of {report.experiment}", rows)
