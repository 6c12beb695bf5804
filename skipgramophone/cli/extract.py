"""`sgp extract`: read sources of playlists into a corpus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skipgramophone.cli import options, render
from skipgramophone.cli.findings import show_findings
from skipgramophone.cli.held_out_names import held_out_by_name
from skipgramophone.cli.options import given_settings, with_config, with_settings, without
from skipgramophone.cli.source_rows import (
    SHOWN_FILES,
    column_doubts,
    guessed_columns,
    labelled,
    named_ids,
    source_formats,
)
from skipgramophone.cli.swapped_arguments import require_name_first
from skipgramophone.errors import SettingError
from skipgramophone.names.normalization import full_name
from skipgramophone.playlists.left_out import counted
from skipgramophone.settings import ExtractSettings
from skipgramophone.utf8 import with_remedy
from skipgramophone.wording import COMMAND_LINE, plural, shell_command

if TYPE_CHECKING:
    from skipgramophone.pipeline.reports import Added, ExtractReport
    from skipgramophone.playlists.encoding.identifier_matching import SharedIdentifier

SHOWN_SHARED = 10
MANY_PLAYLISTS, FEW_TRACKS = 10, 1.1  # see `_are_short`
SHORT = (
    "hardly any playlist has two tracks; if another column of a table identifies playlists, assign it with --columns"
)
NAMED = {"isrc": "an ISRC", "mbid": "a MusicBrainz id", "uri": "a further uri"}

Holdout = Annotated[
    str | None,
    typer.Option(
        "--holdout",
        metavar="SHARE|FILE",
        help="Hold out playlists for sgp evaluate; they are not used for training. Give a share of all playlists, such "
        "as 0.1, or a file with one playlist name per line. To select the playlist of one owner, write a line with the "
        "owner, a tab and the name. With --group REGEX, each line names a group of playlists: it is the text that "
        "REGEX matches in the names of their owners.",
        show_default=False,
    ),
]
Append = Annotated[
    bool,
    typer.Option(
        "--append",
        help="Add the sources to the existing corpus. A source that the corpus already contains is refused; add "
        "--force to read it again.",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Read the sources and print the report, but write nothing.")]


@with_settings
def extract(
    context: typer.Context,
    experiment: options.Experiment,
    source: options.Sources = None,
    csv_path: options.CsvPath = None,
    sample: options.Sample = False,
    *,
    settings: Annotated[ExtractSettings, without("holdout")],
    holdout: Holdout = None,
    config: options.Config = None,
    append: Append = False,
    force: options.Force = False,
    dry_run: DryRun = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Read playlists into the corpus of EXPERIMENT.

    A source is a file, a directory or a zip archive; its format is detected. A track is identified by its uri or,
    without one, by artist and title. Nothing is dropped silently: rows that cannot be used are counted, and listed in
    rejects.jsonl.

    \b
    sgp extract spotify spotify_dataset.csv
    sgp extract mine my_spotify_data.zip --session-gap 1h
    sgp extract radio plays.csv --columns artist=Artist,title=Song,playlist=Show
    sgp extract demo --sample
    sgp extract mine june/ --append
    sgp extract spotify spotify_dataset.csv --holdout 0.1
    """
    sources = source_files("extract", experiment, source, csv_path, sample=sample, experiments_dir=experiments_dir)
    share, held_out = _share_or_file(holdout)
    settings = with_config(context, config, "extract", replace(settings, holdout=share))
    if append:
        settings = _with_corpus_settings(context, config, experiment, settings, experiments_dir=experiments_dir)
    report = run_extract(
        experiment,
        sources,
        settings,
        sample=sample,
        held_out=held_out,
        append=append,
        force=force,
        dry_run=dry_run,
        quiet=quiet,
        experiments_dir=experiments_dir,
    )
    show(report, json, quiet, dry_run, group=settings.group)
    if report.added and report.added.rows_used and not dry_run:
        _show_next_step(experiment, quiet, experiments_dir)


def _show_next_step(experiment: str, quiet: bool, experiments_dir: Path | None) -> None:
    """Print the next command: train or, if tracks were added to the corpus of a trained model, train further."""
    from skipgramophone.experiment.experiment import open_experiment
    from skipgramophone.experiment.next_commands import continue_command

    opened = open_experiment(experiment, experiments_dir)
    grown = opened.has_grown()
    step = continue_command(experiment, opened.manifest("model")) if grown else shell_command("train", experiment)
    render.note(f"next: {step}", quiet)


def run_extract(
    experiment: str,
    sources: list[Path],
    settings: ExtractSettings,
    *,
    sample: bool,
    force: bool,
    quiet: bool,
    experiments_dir: Path | None,
    held_out: Path | None = None,
    append: bool = False,
    dry_run: bool = False,
) -> ExtractReport:
    """Extract a corpus, and show a progress bar."""
    from skipgramophone.cli.progress import reading
    from skipgramophone.pipeline import extract as use_case

    with reading(quiet) as progress:
        return use_case.extract(
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


def source_files(
    command: str,
    experiment: str,
    source: list[Path] | None,
    csv_path: Path | None,
    *,
    sample: bool,
    experiments_dir: Path | None,
) -> list[Path]:
    """Return the files to read, which come from SOURCE or from --csv-path.

    Raises:
        SettingError: SOURCE and --csv-path are both given, or the first argument is a file to read instead of the
            name of an experiment.
    """
    if source and csv_path:
        raise SettingError("give the file as SOURCE or with --csv-path, not both")
    sources = list(source or []) or ([csv_path] if csv_path else [])
    if not sample:
        require_name_first(command, experiment, sources, experiments_dir)
    return sources


def show(report: ExtractReport, json: bool, quiet: bool, dry_run: bool = False, *, group: str | None = None) -> None:
    """Print the report; `group` is the value of --group."""
    if json:
        render.print_json(asdict(report))
    elif not quiet:
        unwritten = " (dry run: not written)" if dry_run else ""
        if report.added is None:
            rows = [*_source_rows(report), *_skipped_files(report), *_corpus_rows(report, group), *_time(report)]
            render.facts(f"corpus of {report.experiment}{unwritten}", rows)
        else:
            _show_added(report, report.added, unwritten)
        if report.findings is not None:
            show_findings(report.findings)


def _share_or_file(holdout: str | None) -> tuple[float | None, Path | None]:
    """Parse the value of --holdout, which is a share of the playlists or a file with names of playlists."""
    if holdout is None:
        return None, None
    try:
        return float(holdout), None
    except ValueError:
        if (path := Path(holdout)).exists() and not path.is_dir():
            return None, path
    raise SettingError(f"--holdout must be a share, such as 0.1, or a file with playlist names, not {holdout!r}")


def _with_corpus_settings(
    context: typer.Context,
    config: Path | None,
    experiment: str,
    settings: ExtractSettings,
    *,
    experiments_dir: Path | None,
) -> ExtractSettings:
    """Return the settings. If a setting was not given, take the value with which the existing corpus was made."""
    from skipgramophone.pipeline.extract import corpus_settings

    kept = corpus_settings(experiment, experiments_dir)
    given = given_settings(context, settings, config, "extract")
    return replace(settings, **{name: kept[name] for name in kept.keys() - given})


def _show_added(report: ExtractReport, added: Added, unwritten: str) -> None:
    """Print a table about the added sources and the new tracks and playlists, then a table about the whole corpus."""
    new = replace(
        report,
        sources=_last(report.sources, added.sources),
        passed_over=_last(report.passed_over, added.passed_over),
        guessed_columns=_last(report.guessed_columns, added.guessed_columns),
        names=_last(report.names, added.names),
        doubts=_last(report.doubts, added.doubts),
        letters_replaced=added.letters_replaced,
        rows_read=added.rows_read,
        rows_used=added.rows_used,
        rows_rejected=added.rows_rejected,
        rejected=added.rejected,
        rows_left_out=added.rows_left_out,
        left_out=added.left_out,
    )
    gains = [
        ("playlists", f"{added.playlists:,} new, {added.grown:,} extended"),
        ("tracks", f"{added.tracks:,} new"),
    ]
    what = "added to" if added.rows_used else "nothing new for"
    render.facts(
        f"{what} {report.experiment}{unwritten}", [*_source_rows(new), *_skipped_files(new), *gains, *_time(report)]
    )
    render.text("")
    grown = "extended" if added.rows_used else "unchanged"
    whole = [("sources", f"{len(report.sources):,}"), ("rows used", f"{report.rows_used:,}"), *_corpus_rows(report)]
    render.facts(f"corpus of {report.experiment} ({grown}){unwritten}", whole)


def _last(records: list[Any], number: int) -> list[Any]:
    """Return the last `number` records of a list."""
    return records[len(records) - number :]


def _source_rows(report: ExtractReport) -> list[tuple[str, str]]:
    """Return table rows (label, value) about what was read from the sources; rows that do not apply are left out."""
    inserted = plural(report.letters_replaced, "replacement character")
    replaced = f"{inserted} inserted for bytes that the encoding cannot decode"
    return [
        *source_formats(report.sources),
        *guessed_columns(report.guessed_columns, report.sources),
        *column_doubts(report.doubts),
        *named_ids(report.names),
        ("rows read", f"{report.rows_read:,}"),
        ("rows used", f"{report.rows_used:,}"),
        ("rows rejected", f"{report.rows_rejected:,}"),
        *labelled(
            "",
            (f"{count:,} × {with_remedy(reason, COMMAND_LINE)}" for reason, count in sorted(report.rejected.items())),
        ),
        *([("rows left out", f"{report.rows_left_out:,}")] if report.rows_left_out else []),
        *labelled("", (counted(count, reason) for reason, count in sorted(report.left_out.items()))),
        *([("replaced", replaced)] if report.letters_replaced else []),
    ]


def _time(report: ExtractReport) -> list[tuple[str, str]]:
    """Return a table row with the duration of the extraction and the input rows per second."""
    return [("time", f"{report.seconds:.1f} s, {report.rows_per_second:,} rows/s")]


def _corpus_rows(report: ExtractReport, group: str | None = None) -> list[tuple[str, str]]:
    """Return table rows (label, value) about the content of the corpus; rows that do not apply are left out."""
    owners = f" by {report.owners:,} owners" if report.owners > 1 else ""
    named = report.without_artist < report.rows_used
    nameless = f"{plural(report.without_artist, 'row')}, identified by title only"
    share = "shares" if report.namesakes == 1 else "share"
    merge = _merge_advice(report, "--merge-uris")
    namesakes = f"{plural(report.namesakes, 'track')} {share} artist and title with another track: {merge}"
    same = f"{plural(report.same_tracks, 'playlist')} with exactly the same tracks as another playlist"
    held_out = f"{plural(report.held_out_playlists, 'playlist')}, {plural(report.held_out_occurrences, 'occurrence')}"
    merged = f"{plural(report.welded, 'playlist')} merged with another playlist of the same name"
    return [
        *([("without artist", nameless)] if report.without_artist and named else []),
        ("playlists", f"{report.playlists:,}{owners}; longest: {plural(report.longest_playlist, 'track')}"),
        *([("", SHORT)] if _are_short(report) else []),
        *([("held out", held_out)] if report.held_out_playlists else []),
        *labelled("", held_out_by_name(report.held_out_names, group)),
        *([("", same)] if report.same_tracks else []),
        *([("", f"{plural(report.split, 'playlist')} split by --max-length")] if report.split else []),
        *([("", merged)] if report.welded else []),
        ("tracks", f"{report.tracks:,}"),
        *([("", namesakes)] if report.namesakes else []),
        *(("", f"  {number:,} × {full_name(*name)}") for *name, number in report.most_namesakes),
        *_identifiers(report),
        *_matching(report),
        *([("albums", f"known for {report.albums:,} of {plural(report.tracks, 'track')}")] if report.albums else []),
        ("occurrences", f"{report.occurrences:,} ({report.repeats:,} repeated within a playlist)"),
        *([("sorted by title", _sorted(report))] if report.sortable and named else []),
    ]


def _are_short(report: ExtractReport) -> bool:
    """Whether there are many playlists, but hardly any of them has two tracks."""
    return report.playlists >= MANY_PLAYLISTS and report.occurrences < FEW_TRACKS * report.playlists


def _merge_advice(report: ExtractReport, option: str) -> str:
    """Return the advice to merge tracks with an option of extract, such as `--merge-uris`.

    If `--append` added sources to the corpus, the advice is to extract all sources together again with this option.
    """
    if report.added is None:
        return f"merge them with {option}"
    return (
        f"to merge them, extract all sources together again with {option}; use a new experiment name, or --force to "
        "replace this corpus"
    )


def _identifiers(report: ExtractReport) -> list[tuple[str, str]]:
    """Return table rows with the number of tracks that have identifiers, and the number of invalid identifiers."""
    found = report.identifiers
    if found is None:
        return []
    kinds = ", ".join(f"{plural(number, 'track')} with {NAMED[kind]}" for kind, number in found.tracks.items())
    rows = [("identifiers", kinds or "none")]
    if found.sharing and report.matching is None:
        merge = _merge_advice(report, "--match isrc,mbid")
        rows.append(("", f"{found.sharing:,} tracks share an identifier with another track: {merge}"))
    if found.malformed:
        examples = ", ".join(map(repr, found.examples)) + (" …" if found.malformed > len(found.examples) else "")
        rows.append(("", f"{found.malformed:,} invalid and left out: {examples}"))
    return rows


def _matching(report: ExtractReport) -> list[tuple[str, str]]:
    """Return rows that say how many tracks --match merged, and which identifiers it did not use to merge tracks."""
    found = report.matching
    if found is None:
        return []
    rows = [("matched", f"{plural(found.merged, 'track')} merged with another track that has the same identifier")]
    rows += _shared(found.merges, "=")
    if found.conflicts:
        rows.append(
            ("not merged", f"{plural(found.conflicts, 'identifier')} shared by tracks with clearly different names")
        )
        rows += _shared(found.conflicting, "≠")
    if found.kept_apart:
        shared = plural(found.kept_apart, "identifier")
        what = f"{shared} shared by tracks of the existing corpus; these tracks stay separate"
        rows.append(("not merged" if not found.conflicts else "", what))
    return rows


def _shared(found: Sequence[SharedIdentifier], sign: str) -> list[tuple[str, str]]:
    """Return table rows that show the first shared identifiers with their tracks, and how many more there are."""
    rows = [("", f"  {each.identifier}: {f' {sign} '.join(each.names)}") for each in found[:SHOWN_SHARED]]
    more = len(found) - SHOWN_SHARED
    return rows + ([("", f"  and {more:,} more (--json lists them)")] if more > 0 else [])


def _sorted(report: ExtractReport) -> str:
    """Return text with the number of playlists that are sorted by title, and advice if they are the majority."""
    meaning = (
        ": track order carries no information, so use -wsz bag" if report.sorted_by_title > report.sortable / 2 else ""
    )
    return f"{report.sorted_by_title:,} of {plural(report.sortable, 'playlist')} with 5 or more tracks{meaning}"


def _skipped_files(report: ExtractReport) -> list[tuple[str, str]]:
    """Return table rows that name the first skipped files, and a row with the number of further ones."""
    files = [f"{found['file']}: {found['reason']}" for found in report.passed_over]
    more = len(files) - SHOWN_FILES
    shown = [*files[:SHOWN_FILES], *([f"and {more:,} more (--json lists them)"] if more > 0 else [])]
    return labelled("files skipped", shown)
