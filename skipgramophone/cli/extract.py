"""`sgp extract`: a dump of playlists becomes a corpus."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, cast

import typer

from skipgramophone.cli import options, render
from skipgramophone.settings import ExtractSettings, Format

if TYPE_CHECKING:
    from skipgramophone.reports import ExtractReport


def extract(
    context: typer.Context,
    experiment: options.Experiment,
    source: options.Sources = None,
    csv_path: options.CsvPath = None,
    sample: options.Sample = False,
    num_rows: options.NumRows = options.EXTRACT.num_rows,
    format: options.Format = options.EXTRACT.format,
    config: options.Config = None,
    force: options.Force = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Read dumps of playlists into the corpus of EXPERIMENT.

    A source is a file, a directory or a zip archive; what is in it is found out by looking. A track is its uri, or else
    its artist and title. Nothing is dropped silently: what cannot be used is counted, and kept in rejects.jsonl.

    \b
    sgp extract spotify spotify_dataset.csv
    sgp extract demo --sample
    """
    given = ExtractSettings(num_rows=num_rows, format=cast(Format | None, format))
    settings = options.overridden(context, config, "extract", given)
    report = run_extract(experiment, source, csv_path, sample, settings, force, quiet, experiments_dir)
    show(report, json, quiet)


def run_extract(
    experiment: str,
    source: list[Path] | None,
    csv_path: Path | None,
    sample: bool,
    settings: ExtractSettings,
    force: bool,
    quiet: bool,
    experiments_dir: Path | None,
) -> ExtractReport:
    """Extract with a progress bar."""
    from skipgramophone import pipeline
    from skipgramophone.cli.progress import reading

    sources = _sources(source, csv_path)
    with reading(quiet) as progress:
        return pipeline.extract(
            experiment,
            sources,
            settings,
            sample=sample,
            force=force,
            experiments_dir=experiments_dir,
            progress=progress,
        )


def show(report: ExtractReport, json: bool, quiet: bool) -> None:
    """Print what was found."""
    if json:
        render.print_json(asdict(report))
    elif not quiet:
        render.facts(f"corpus of {report.experiment}", _rows(report))


def _sources(source: list[Path] | None, csv_path: Path | None) -> list[Path]:
    """The files to read, named in one of the two ways."""
    from skipgramophone.errors import SettingError

    if source and csv_path:
        raise SettingError("give the file as SOURCE or with --csv-path, not both")
    return list(source or []) or ([csv_path] if csv_path else [])


def _rows(report: ExtractReport) -> list[tuple[str, str]]:
    """The report, a line a fact."""
    share = report.sorted_by_title / report.sortable if report.sortable else 0
    meaning = ": their order carries no meaning, so keep -wsz bag" if share > 0.5 else ""
    nameless = f"{report.without_artist:,} rows, used by their title"
    return [
        ("rows read", f"{report.rows_read:,}"),
        ("rows used", f"{report.rows_used:,}"),
        ("rows rejected", f"{report.rows_rejected:,}"),
        *(("", f"{count:,} × {reason}") for reason, count in sorted(report.rejected.items())),
        *([("without an artist", nameless)] if report.without_artist else []),
        ("playlists", f"{report.playlists:,} of {report.owners:,} owners, the longest of {report.longest_playlist:,}"),
        ("tracks", f"{report.tracks:,}"),
        ("occurrences", f"{report.occurrences:,}, {report.repeats:,} of them repeats in a playlist"),
        ("sorted by title", f"{report.sorted_by_title:,} of {report.sortable:,} playlists of 5 or more{meaning}"),
        ("time", f"{report.seconds:.1f} s, {report.rows_per_second:,} rows a second"),
    ]
