"""`sgp similar`: the tracks that belong with one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from skipgramophone.cli import answers, options, render
from skipgramophone.errors import SettingError, TrackNameError
from skipgramophone.settings import SimilarSettings

if TYPE_CHECKING:
    from skipgramophone.lookup import Answer

STDIN = "-"


def similar(
    experiment: options.Experiment,
    track: Annotated[
        str | None,
        typer.Argument(metavar="TRACK", help="'artist - title', a title, a uri or a part of a name; -: as --stdin."),
    ] = None,
    number: options.Number = options.SIMILAR.number,
    stdin: options.Stdin = False,
    format: options.Format = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Show the tracks most similar to TRACK in EXPERIMENT.

    Similarity is the cosine of the tracks' vectors, 1 at most. Exit code 3: no such track; 4: several.

    \b
    sgp similar demo "free fallin'"
    sgp similar demo "tom petty - free fallin'" -n 20 --format csv
    sgp similar demo - < names.txt > answers.jsonl
    """
    settings = SimilarSettings(number=number)
    wanted = answers.chosen(format, json)
    if stdin or track == STDIN:
        if track not in (None, STDIN):
            raise SettingError("give a TRACK or --stdin, not both")
        if format not in (None, "jsonl"):
            raise SettingError(f"--stdin answers with a line of JSON a query: leave out --format {format}")
        _answer_lines(experiment, settings, experiments_dir)
        return
    query = _asked() if track is None else track
    answers.show(run_similar(experiment, query, settings, experiments_dir), wanted, quiet)


def run_similar(experiment: str, query: str, settings: SimilarSettings, experiments_dir: Path | None) -> Answer:
    """Look a track up."""
    from skipgramophone import lookup

    with lookup.open_lookup(experiment, experiments_dir) as opened:
        return opened.similar(query, settings)


def first_look(experiment: str, settings: SimilarSettings, experiments_dir: Path | None) -> Answer:
    """Look up the most frequent track."""
    from skipgramophone import lookup

    with lookup.open_lookup(experiment, experiments_dir) as opened:
        return opened.similar_to(opened.catalogue.track(0), settings)


def _answer_lines(experiment: str, settings: SimilarSettings, experiments_dir: Path | None) -> None:
    """Answer each line of stdin as it comes; leave with the code of an unknown or ambiguous name, if there was one."""
    from skipgramophone import lookup

    codes = set()
    with lookup.open_lookup(experiment, experiments_dir) as opened:
        for line in sys.stdin:
            query = line.rstrip("\r\n")
            try:
                answer = answers.record(opened.similar(query, settings))
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
