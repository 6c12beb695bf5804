"""`sgp similar`: the tracks that belong with one."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from skipgramophone.cli import answers, options, render
from skipgramophone.errors import SettingError, TrackNameError
from skipgramophone.settings import SimilarSettings

if TYPE_CHECKING:
    from skipgramophone.lookup import Answer, Query

STDIN = "-"
WEIGHTED = re.compile(r"(.+)\^(\d*\.?\d+)", re.DOTALL)


def similar(
    experiment: options.Experiment,
    track: Annotated[
        list[str] | None,
        typer.Argument(metavar="TRACK", help="'artist - title', a title, a uri or a part of a name; -: as --stdin."),
    ] = None,
    number: options.Number = options.SIMILAR.number,
    like: Annotated[
        list[str] | None, typer.Option("--like", metavar="TRACK[^X]", help="Towards this too, with weight X (1).")
    ] = None,
    unlike: Annotated[
        list[str] | None, typer.Option("--unlike", metavar="TRACK[^X]", help="Away from this, with weight X (1).")
    ] = None,
    exclude_artist: Annotated[
        list[str] | None, typer.Option("--exclude-artist", metavar="NAME", help="Leave an artist out.")
    ] = None,
    max_per_artist: Annotated[
        int | None, typer.Option("--max-per-artist", metavar="N", help="At most so many tracks of an artist.")
    ] = options.SIMILAR.max_per_artist,
    min_count: Annotated[
        int, typer.Option("--min-count", metavar="N", help="Leave out tracks that occur less.")
    ] = options.SIMILAR.min_count,
    popularity: Annotated[
        float, typer.Option("--popularity", metavar="X", help="From -1, rather rare, to 1, rather frequent.")
    ] = options.SIMILAR.popularity,
    diversity: Annotated[
        float, typer.Option("--diversity", metavar="X", help="From 0 to 1: unlike what stands above in the list.")
    ] = options.SIMILAR.diversity,
    exact: Annotated[
        bool, typer.Option("--exact", help="Compare every track; do not ask the index.")
    ] = options.SIMILAR.exact,
    compare: Annotated[
        str | None,
        typer.Option("--compare", metavar="OTHER", help="Beside the answer of another experiment.", show_default=False),
    ] = None,
    stdin: options.Stdin = False,
    format: options.AnswerFormat = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Show the tracks most similar to TRACK, or to several, in EXPERIMENT.

    Similarity is the cosine of the tracks' vectors, 1 at most. Exit code 3: no such track; 4: several.

    \b
    sgp similar demo "free fallin'"
    sgp similar demo "free fallin'" --like "learning to fly^0.5" --max-per-artist 2
    sgp similar demo "free fallin'" --compare other
    sgp similar demo - --format jsonl < names.txt
    """
    settings = SimilarSettings(
        number=number,
        exclude_artist=exclude_artist,
        max_per_artist=max_per_artist,
        min_count=min_count,
        popularity=popularity,
        diversity=diversity,
        exact=exact,
    )
    wanted = answers.chosen(format, json)
    weighted = [_weighted(text, 1) for text in like or ()] + [_weighted(text, -1) for text in unlike or ()]
    if stdin or track == [STDIN]:
        if track not in (None, [], [STDIN]):
            raise SettingError("give a TRACK or --stdin, not both")
        if compare is not None:
            raise SettingError("--compare answers one question: leave out --stdin")
        if format not in (None, "jsonl"):
            raise SettingError(f"--stdin answers with a line of JSON a query: leave out --format {format}")
        _answer_lines(experiment, weighted, settings, experiments_dir)
        return
    names = track or ([] if like else [_asked()])
    query = [(name, 1.0) for name in names] + weighted
    if compare is not None:
        _compare((experiment, compare), query, settings, wanted, quiet, experiments_dir)
        return
    answers.show(run_similar(experiment, query, settings, experiments_dir), wanted, quiet)


def run_similar(experiment: str, query: Query, settings: SimilarSettings, experiments_dir: Path | None) -> Answer:
    """Look tracks up."""
    from skipgramophone import lookup

    with lookup.open_lookup(experiment, experiments_dir) as opened:
        return opened.similar(query, settings)


def _compare(
    names: tuple[str, str],
    query: Query,
    settings: SimilarSettings,
    format: str,
    quiet: bool,
    experiments_dir: Path | None,
) -> None:
    """Look tracks up in two experiments."""
    from skipgramophone.cli import comparing  # here, because answers start without it

    comparing.require_format(format)
    one, other = (run_similar(name, query, settings, experiments_dir) for name in names)
    comparing.show(names, (one, other), format, quiet)


def first_look(experiment: str, settings: SimilarSettings, experiments_dir: Path | None) -> Answer:
    """Look up the most frequent track."""
    from skipgramophone import lookup

    with lookup.open_lookup(experiment, experiments_dir) as opened:
        return opened.similar_to([lookup.Seed(opened.catalogue.track(0))], settings)


def _weighted(text: str, sign: int) -> tuple[str, float]:
    """Read NAME or NAME^WEIGHT."""
    written = WEIGHTED.fullmatch(text)
    return (written[1], sign * float(written[2])) if written else (text, float(sign))


def _answer_lines(
    experiment: str, weighted: list[tuple[str, float]], settings: SimilarSettings, experiments_dir: Path | None
) -> None:
    """Answer each line of stdin as it comes; leave with the code of an unknown or ambiguous name, if there was one."""
    from skipgramophone import lookup

    codes = set()
    with lookup.open_lookup(experiment, experiments_dir) as opened:
        for line in sys.stdin:
            query = line.rstrip("\r\n")
            try:
                answer = answers.record(opened.similar([(query, 1.0), *weighted], settings))
            except TrackNameError as error:
                codes.add(error.exit_code)
                answer = {"error": str(error), "exit_code": error.exit_code, "candidates": list(error.candidates)}
            render.print_json_line({"query": query} | answer)
    if codes:
        raise typer.Exit(min(codes))


def _asked() -> str:
    """Ask for a track, where there is somebody to ask."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise SettingError("give a TRACK to look up, as in: sgp similar EXPERIMENT 'artist - title'")
    return str(typer.prompt("track"))
