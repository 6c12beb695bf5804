"""`sgp similar`: find the tracks that are most similar to one or several tracks."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skipgramophone.cli import answers, completion, options
from skipgramophone.cli.choice import chooser
from skipgramophone.cli.known_names import hint_at_known_names
from skipgramophone.cli.options import with_settings
from skipgramophone.cli.prompt_syntax import hint_at_option
from skipgramophone.errors import SettingError
from skipgramophone.settings import SimilarSettings
from skipgramophone.wording import shell_command

if TYPE_CHECKING:
    from skipgramophone.lookup.results import Answer

STDIN = "-"
WEIGHTED = re.compile(r"(.+)\^(\d*\.?\d+)", re.DOTALL)


@with_settings
def similar(
    experiment: options.Experiment,
    track: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TRACK",
            help="'artist - title', a title, a uri, a link or part of a name (- = same as --stdin).",
            autocompletion=completion.tracks,
        ),
    ] = None,
    like: Annotated[
        list[str] | None,
        typer.Option(
            "--like",
            metavar="TRACK[^X]",
            autocompletion=completion.tracks,
            help="Move the query towards this track, with weight X (default: 1).",
        ),
    ] = None,
    unlike: Annotated[
        list[str] | None,
        typer.Option(
            "--unlike",
            metavar="TRACK[^X]",
            autocompletion=completion.tracks,
            help="Move the query away from this track, with weight X (default: 1).",
        ),
    ] = None,
    file: options.PlaylistFile = None,
    artist: options.Artists = None,
    album: options.Albums = None,
    *,
    settings: SimilarSettings,
    show_versions: options.ShowVersions = False,
    compare: options.Compare = None,
    stdin: options.Stdin = False,
    strict_names: options.StrictNames = False,
    format: options.AnswerFormat = None,
    safe_cells: options.SafeCells = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Find the tracks of EXPERIMENT that are most similar to TRACK.

    Several TRACKs are combined into one query. Use --of artists to list the most similar artists instead of tracks, and
    --of playlists to list the most similar playlists of the corpus. With either option, TRACK may also be the name of
    an artist.

    The similarity shown is the cosine of the vectors, at most 1. A ~ before the rank of a track means that a model that
    was trained with another random seed would probably not list this track. If several tracks match a name and one of
    them is much more frequent than the others, sgp uses that one and prints a note. Otherwise it asks you (on a
    terminal) or ends with an error. The exit code is 3 if no track matches, and 4 if several tracks match. If you leave
    out TRACK on a terminal, sgp opens a prompt that completes names.

    \b
    sgp similar demo "every pencil knows"
    sgp similar demo "every pencil knows" --like "every library knows^0.5" --max-per-artist 2
    sgp similar demo --artist "the unpaid otters" --fold-versions
    sgp similar demo "the unpaid otters" --of artists
    sgp similar demo --file mine.m3u8 --of playlists
    sgp similar demo "every pencil knows" --compare other
    sgp similar demo - --format jsonl < names.txt
    """
    wanted = answers.chosen(format, json, settings, show_versions)
    answers.require_cells(safe_cells, wanted)
    answers.require_no_fallback(strict_names, settings)
    weighted = [_weighted(text, 1) for text in like or ()] + [_weighted(text, -1) for text in unlike or ()]
    names = [(text, 1.0) for text in track or ()] + weighted
    texts = [text for text, _ in names]
    given: dict[str, Any] = {"file": file, "artist": artist or (), "album": album or ()}
    given |= {"choose": chooser(strict_names), "fallback": settings.fallback}
    if stdin or track == [STDIN]:
        if track not in (None, [], [STDIN]) or file or artist or album:
            raise SettingError(
                "--stdin reads the tracks from standard input: leave out TRACK, --file, --artist and --album"
            )
        if compare is not None:
            raise SettingError("--compare works for one query only: leave out --stdin")
        printer: dict[str, Any] = {"format": wanted, "safe_cells": safe_cells, "quiet": quiet}
        _answer_lines(
            experiment, weighted, settings, printer, strict_names=strict_names, experiments_dir=experiments_dir
        )
    elif settings.of != "tracks" and (track or like or file or artist or album):
        if compare is not None:
            raise SettingError(f"--compare works only for tracks: leave out either --compare or --of {settings.of}")
        from skipgramophone.cli import mixed_answers  # imported here, so that queries for tracks start faster
        from skipgramophone.lookup import lookup
        from skipgramophone.lookup.mixed_answers import answer_mixed
        from skipgramophone.lookup.unquoted_names import notes_on_quotes

        with (
            hint_at_known_names(experiment, experiments_dir),
            hint_at_option(texts),
            lookup.open_lookup(experiment, experiments_dir, strict_names) as opened,
        ):
            remarks = notes_on_quotes(opened, track or (), _command(experiment), artists=True)
            query = opened.mixed_query(names, **given)
            query = replace(query, notes=(*query.notes, *remarks))
            mixed_answers.show(answer_mixed(opened, query, settings), wanted, quiet, safe_cells)
    elif track or like or file or artist or album:
        from skipgramophone.lookup import lookup
        from skipgramophone.lookup.unquoted_names import notes_on_quotes

        def answer(name: str) -> Answer:
            """Answer the query with the experiment `name`: the experiment to search, or the one given by --compare."""
            with (
                hint_at_known_names(name, experiments_dir),
                hint_at_option(texts),
                lookup.open_lookup(name, experiments_dir, strict_names) as opened,
            ):
                remarks = notes_on_quotes(opened, track or (), _command(name))
                asked = opened.asked(names, **given)
                return opened.similar_to(asked.seeds, settings, (*asked.notes, *remarks))

        if compare is None:
            answers.show(answer(experiment), wanted, quiet, show_versions, safe_cells=safe_cells)
        else:
            from skipgramophone.cli import compare_table  # imported here, because only --compare needs it
            from skipgramophone.experiment.experiment import open_experiment

            compare_table.require_format(wanted)
            named = experiment, compare
            corpora = {open_experiment(each, experiments_dir).manifest("corpus").digest for each in named}
            both, same = (answer(experiment), answer(compare)), len(corpora) == 1
            compare_table.show(named, both, wanted, quiet, same_corpus=same, safe_cells=safe_cells)
    elif weighted or wanted != "table" or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise SettingError(_what_to_give(experiment, settings))
    else:
        _open_prompt(experiment, settings, quiet, show_versions=show_versions, experiments_dir=experiments_dir)


def first_look(experiment: str, settings: SimilarSettings, experiments_dir: Path | None) -> Answer:
    """Look up the tracks that are most similar to the most frequent track of an experiment."""
    from skipgramophone.lookup import lookup
    from skipgramophone.lookup.results import Seed

    with lookup.open_lookup(experiment, experiments_dir) as opened:
        return opened.similar_to([Seed(opened.catalogue.track(opened.catalogue.by_count(1)[0]))], settings)


def _command(experiment: str) -> str:
    """Return the command line of a look-up in an experiment, without names and options."""
    return shell_command("similar", experiment)


def _what_to_give(experiment: str, settings: SimilarSettings) -> str:
    """Return the error for a query without tracks."""
    error = f"no TRACK given: try {shell_command('similar', experiment, 'artist - title')}"
    if settings.of != "tracks":
        error += f" --of {settings.of}, or give the name of an artist, --artist NAME, --album NAME or --file FILE"
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        error += ". To read names from standard input, add --stdin; a prompt for names opens only on a terminal"
    return error


def _weighted(text: str, sign: int) -> tuple[str, float]:
    """Parse NAME or NAME^WEIGHT, and return the name and its weight times `sign`."""
    written = WEIGHTED.fullmatch(text)
    return (written[1], sign * float(written[2])) if written else (text, float(sign))


def _answer_lines(
    experiment: str,
    weighted: list[tuple[str, float]],
    settings: SimilarSettings,
    printer: dict[str, Any],
    *,
    strict_names: bool,
    experiments_dir: Path | None,
) -> None:
    """Read one name per line from standard input, and answer each line as it arrives; see `line_printer`."""
    from skipgramophone.cli import line_answers, mixed_answers, table_lines
    from skipgramophone.lookup import lookup
    from skipgramophone.lookup.mixed_answers import answer_each

    if settings.of != "tracks":
        printer |= {"record": mixed_answers.record, "rows": mixed_answers.rows}
    printed_by = line_answers.line_printer(**printer)
    with lookup.open_lookup(experiment, experiments_dir, strict_names) as opened:
        opened.require_known(settings)

        def answer(names: list[str]) -> Sequence[Any]:
            """Answer several lines."""
            queries = [[(name, 1.0), *weighted] for name in names]
            if settings.of == "tracks":
                outcomes = opened.similar_many(queries, settings)
                for name, outcome in zip(names, outcomes, strict=True):
                    table_lines.advise_about_row(opened, name, outcome)
                return outcomes
            return answer_each(opened, queries, settings)

        line_answers.answer_lines(str, answer, printed_by)


def _open_prompt(
    experiment: str, settings: SimilarSettings, quiet: bool, *, show_versions: bool, experiments_dir: Path | None
) -> None:
    """Open an experiment, and run the prompt until the user leaves it."""
    from skipgramophone.cli import prompt  # imported here, so that queries without the prompt start faster
    from skipgramophone.lookup import lookup

    with lookup.open_lookup(experiment, experiments_dir) as opened:
        prompt.run(opened, settings, quiet, show_versions)
