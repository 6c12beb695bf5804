"""`sgp extract`: a dump of playlists becomes a corpus."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from skipgramophone.cli import options, render
from skipgramophone.cli.findings import show_findings
from skipgramophone.names.normalization import full_name
from skipgramophone.settings import KEEPABLE, ROLES, BadBytes, ExtractSettings, Format, GroupBy, Repeats

if TYPE_CHECKING:
    from skipgramophone.pipeline.reports import ExtractReport


SHOWN_FILES = 5

Columns = Annotated[
    str | None,
    typer.Option(
        "--columns", metavar="ROLE=NAME,…", help=f"Which column of a table is what: {', '.join(ROLES)}.",
        show_default=False,
    ),
]  # fmt: skip
SessionGap = Annotated[
    str, typer.Option("--session-gap", metavar="SPAN", help="A pause that ends a session of a listening history.")
]
Encoding = Annotated[str, typer.Option("--encoding", metavar="NAME", help="Of text, as cp1252 or utf-16.")]
BadBytesOption = Annotated[
    str, typer.Option("--bad-bytes", metavar="reject|replace", help="Lines that are not in the encoding.")
]
Keep = Annotated[
    list[str] | None,
    typer.Option("--keep", metavar="WHAT", help=f"Use it all the same: {', '.join(KEEPABLE)}.", show_default=False),
]
Strict = Annotated[bool, typer.Option("--strict", help="Stop at the first row or file that cannot be used.")]
MaxRejects = Annotated[
    float, typer.Option("--max-rejects", metavar="X", help="Stop where more than this share of a file is rejected.")
]
GroupByOption = Annotated[
    str, typer.Option("--group-by", metavar="owner|name", help="name: playlists of one name are one, whosever.")
]
MergeUris = Annotated[bool, typer.Option("--merge-uris", help="Uris of one artist and title are one track.")]
RepeatsOption = Annotated[
    str, typer.Option("--repeats", metavar="keep|drop", help="Of a track in a playlist.")
]  # fmt: skip
DropDuplicates = Annotated[
    bool, typer.Option("--drop-duplicate-playlists", help="Of playlists nearly the same keep the longest alone.")
]
Holdout = Annotated[
    str | None,
    typer.Option(
        "--holdout",
        metavar="SHARE|FILE",
        help="Set playlists aside that are never trained on, for sgp evaluate: a share, or a name a line.",
        show_default=False,
    ),
]
Append = Annotated[
    bool, typer.Option("--append", help="Add to the corpus that is there; --force: also what it was made from.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Read and report, with what sgp inspect finds, and write nothing.")
]
MinLength = Annotated[int, typer.Option("--min-length", metavar="N", help="Leave shorter playlists out.")]
MaxLength = Annotated[
    int | None, typer.Option("--max-length", metavar="N", help="Split longer playlists.", show_default=False)
]


def extract(
    context: typer.Context,
    experiment: options.Experiment,
    source: options.Sources = None,
    csv_path: options.CsvPath = None,
    sample: options.Sample = False,
    num_rows: options.NumRows = options.EXTRACT.num_rows,
    format: options.Format = options.EXTRACT.format,
    columns: Columns = options.EXTRACT.columns,
    session_gap: SessionGap = options.EXTRACT.session_gap,
    encoding: Encoding = options.EXTRACT.encoding,
    bad_bytes: BadBytesOption = options.EXTRACT.bad_bytes,
    keep: Keep = None,
    strict: Strict = options.EXTRACT.strict,
    max_rejects: MaxRejects = options.EXTRACT.max_rejects,
    group_by: GroupByOption = options.EXTRACT.group_by,
    merge_uris: MergeUris = options.EXTRACT.merge_uris,
    repeats: RepeatsOption = options.EXTRACT.repeats,
    drop_duplicate_playlists: DropDuplicates = options.EXTRACT.drop_duplicate_playlists,
    min_length: MinLength = options.EXTRACT.min_length,
    max_length: MaxLength = options.EXTRACT.max_length,
    holdout: Holdout = None,
    group: options.Group = options.EXTRACT.group,
    random_seed: Annotated[
        int, typer.Option("-rs", "--random-seed", metavar="N", help="Of the draw of what is held out.")
    ] = options.EXTRACT.random_seed,
    config: options.Config = None,
    append: Append = False,
    force: options.Force = False,
    dry_run: DryRun = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Read dumps of playlists into the corpus of EXPERIMENT.

    A source is a file, a directory or a zip archive; what is in it is found out by looking. A track is its uri, or else
    its artist and title. Nothing is dropped silently: what cannot be used is counted, and kept in rejects.jsonl.

    \b
    sgp extract spotify spotify_dataset.csv
    sgp extract mine my_spotify_data.zip --session-gap 1h
    sgp extract radio plays.csv --columns artist=Artist,title=Song,playlist=Show
    sgp extract demo --sample
    sgp extract mine june/ --append
    sgp extract spotify spotify_dataset.csv --holdout 0.1
    """
    share, held_out = _share_or_file(holdout)
    given = ExtractSettings(
        num_rows=num_rows,
        format=cast(Format | None, format),
        columns=columns,
        session_gap=session_gap,
        encoding=encoding,
        bad_bytes=cast(BadBytes, bad_bytes),
        keep=keep or None,
        strict=strict,
        max_rejects=max_rejects,
        group_by=cast(GroupBy, group_by),
        merge_uris=merge_uris,
        repeats=cast(Repeats, repeats),
        drop_duplicate_playlists=drop_duplicate_playlists,
        min_length=min_length,
        max_length=max_length,
        holdout=share,
        group=group,
        random_seed=random_seed,
    )
    settings = options.overridden(context, config, "extract", given)
    if append:
        settings = _as_before(context, config, experiment, settings, experiments_dir)
    report = run_extract(
        experiment, source, csv_path, sample, settings, force, quiet, experiments_dir, dry_run, append, held_out
    )
    show(report, json, quiet, dry_run)


def _share_or_file(holdout: str | None) -> tuple[float | None, Path | None]:
    """What is to be held out: a share of the playlists, or those that a file names."""
    from skipgramophone.errors import SettingError

    if holdout is None:
        return None, None
    try:
        return float(holdout), None
    except ValueError:
        if Path(holdout).is_file():
            return None, Path(holdout)
    raise SettingError(f"holdout must be a share, as 0.1, or a file with the names of playlists, not {holdout!r}")


def _as_before(
    context: typer.Context,
    config: Path | None,
    experiment: str,
    given: ExtractSettings,
    experiments_dir: Path | None,
) -> ExtractSettings:
    """The settings of the corpus that is there, but for those that were said."""
    from skipgramophone.pipeline import pipeline

    kept = pipeline.lasting_settings(experiment, experiments_dir)
    return replace(
        given, **{name: kept[name] for name in kept.keys() - options.said(context, given, config, "extract")}
    )


def run_extract(
    experiment: str,
    source: list[Path] | None,
    csv_path: Path | None,
    sample: bool,
    settings: ExtractSettings,
    force: bool,
    quiet: bool,
    experiments_dir: Path | None,
    dry_run: bool = False,
    append: bool = False,
    held_out: Path | None = None,
) -> ExtractReport:
    """Extract with a progress bar."""
    from skipgramophone.cli.progress import reading
    from skipgramophone.pipeline import pipeline

    sources = _sources(source, csv_path)
    with reading(quiet) as progress:
        return pipeline.extract(
            experiment,
            sources,
            settings,
            sample=sample,
            held_out=held_out,
            append=append,
            force=force,
            dry_run=dry_run,
            experiments_dir=experiments_dir,
            progress=progress,
        )


def show(report: ExtractReport, json: bool, quiet: bool, dry_run: bool = False) -> None:
    """Print what was found."""
    if json:
        render.print_json(asdict(report))
    elif not quiet:
        grown = ", grown" if report.added and report.added.rows_used else ", as it was" if report.added else ""
        unwritten = ", not written" if dry_run else ""
        render.facts(f"corpus of {report.experiment}{grown}{unwritten}", _rows(report))
        if report.findings is not None:
            show_findings(report.findings)


def _sources(source: list[Path] | None, csv_path: Path | None) -> list[Path]:
    """The files to read, named in one of the two ways."""
    from skipgramophone.errors import SettingError

    if source and csv_path:
        raise SettingError("give the file as SOURCE or with --csv-path, not both")
    return list(source or []) or ([csv_path] if csv_path else [])


def _rows(report: ExtractReport) -> list[tuple[str, str]]:
    """The report, a line a fact; what does not apply is left out."""
    owners = f" of {report.owners:,} owners" if report.owners > 1 else ""
    named = report.without_artist < report.rows_used
    nameless = f"{report.without_artist:,} rows, used by their title"
    replaced = f"{report.letters_replaced:,} letters for bytes that are not in the encoding"
    namesakes = f"{report.namesakes:,} have artist and title of another: --merge-uris makes them one"
    same = f"{report.same_tracks:,} hold the tracks of another"
    held_out = f"{report.held_out_playlists:,} playlists of {report.held_out_occurrences:,} rows, never trained on"
    rows, added = report.added or report, report.added
    return [
        ("rows read", f"{rows.rows_read:,}"),
        ("rows used", f"{rows.rows_used:,}"),
        ("rows rejected", f"{rows.rows_rejected:,}"),
        *_counted(rows.rejected, " × "),
        *([("rows left out", f"{rows.rows_left_out:,}")] if rows.rows_left_out else []),
        *_counted(rows.left_out, " "),
        *([("replaced", replaced)] if report.letters_replaced else []),
        *([("without an artist", nameless)] if report.without_artist and named else []),
        *_passed_over(report),
        ("playlists", f"{report.playlists:,}{owners}, the longest of {report.longest_playlist:,}"),
        *([("", f"{added.playlists:,} of them new, {added.grown:,} grown")] if added else []),
        *([("held out", held_out)] if report.held_out_playlists else []),
        *([("", same)] if report.same_tracks else []),
        *([("", f"{report.split:,} were split")] if report.split else []),
        *([("", f"{report.welded:,} more went into one of the same name")] if report.welded else []),
        ("tracks", f"{report.tracks:,}" + (f", {added.tracks:,} of them new" if added else "")),
        *([("", namesakes)] if report.namesakes else []),
        *(("", f"  {number:,} × {full_name(*name)}") for *name, number in report.most_namesakes),
        ("occurrences", f"{report.occurrences:,}, {report.repeats:,} of them repeats in a playlist"),
        *([("sorted by title", _sorted(report))] if report.sortable and named else []),
        ("time", f"{report.seconds:.1f} s, {report.rows_per_second:,} rows a second"),
    ]


def _sorted(report: ExtractReport) -> str:
    """How many playlists are sorted, and what follows."""
    meaning = (
        ": their order carries no meaning, so keep -wsz bag" if report.sorted_by_title > report.sortable / 2 else ""
    )
    return f"{report.sorted_by_title:,} of {report.sortable:,} playlists of 5 or more{meaning}"


def _counted(counts: dict[str, int], between: str) -> list[tuple[str, str]]:
    """Counts by reason, a line each."""
    return [("", f"{count:,}{between}{reason}") for reason, count in sorted(counts.items())]


def _passed_over(report: ExtractReport) -> list[tuple[str, str]]:
    """The files that were not read, the first few by name."""
    files = [f"{found['file']}: {found['reason']}" for found in report.passed_over]
    more = len(files) - SHOWN_FILES
    shown = [*files[:SHOWN_FILES], *([f"and {more:,} more (--json lists them)"] if more > 0 else [])]
    return [("files passed over" if not at else "", text) for at, text in enumerate(shown)]
