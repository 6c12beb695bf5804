"""`sgp similar`: the tracks that belong with one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skipgramophone.cli import options, render
from skipgramophone.errors import SettingError
from skipgramophone.settings import SimilarSettings

if TYPE_CHECKING:
    from skipgramophone.catalogue import Track
    from skipgramophone.lookup import Answer

COLUMNS = (
    ("rank", "number"),
    ("similarity", "number"),
    ("artist", "text"),
    ("title", "text"),
    ("count", "number"),
    ("pos.", "number"),
)


def similar(
    experiment: options.Experiment,
    track: Annotated[
        str | None, typer.Argument(metavar="TRACK", help="'artist - title', a title, a uri or a part of a name.")
    ] = None,
    number: options.Number = options.SIMILAR.number,
    json: options.Json = False,
    quiet: options.Quiet = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Show the tracks most similar to TRACK in EXPERIMENT.

    Similarity is the cosine of the tracks' vectors, 1 at most. Exit code 3: no such track; 4: several.

    \b
    sgp similar demo "free fallin'"
    sgp similar demo "tom petty - free fallin'" -n 20 --json
    """
    settings = SimilarSettings(number=number)
    query = _asked() if track is None else track
    show(run_similar(experiment, query, settings, experiments_dir), json, quiet)


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


def show(answer: Answer, json: bool, quiet: bool) -> None:
    """Print what was found."""
    for line in answer.notes:
        render.note(line, quiet)
    if json:
        render.print_json(_record(answer))
        return
    track = answer.track
    title = f"top {len(answer.neighbours)} tracks most similar to '{track.name}' (pos. {track.position})"
    rows = (
        (
            str(neighbour.rank),
            f"{neighbour.similarity:.3f}",
            neighbour.track.artist,
            neighbour.track.title,
            f"{neighbour.track.count:,}",
            str(neighbour.track.position),
        )
        for neighbour in answer.neighbours
    )
    render.listing(title, COLUMNS, rows)


def _asked() -> str:
    """Ask for a track, where there is somebody to ask."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise SettingError("give a TRACK to look up, as in: sgp similar EXPERIMENT 'artist - title'")
    return str(typer.prompt("track"))


def _record(answer: Answer) -> dict[str, Any]:
    """The answer as JSON."""
    return {
        "track": _track(answer.track),
        "answered_by": answer.answered_by,
        "notes": list(answer.notes),
        "neighbours": [
            {"rank": neighbour.rank, "similarity": round(neighbour.similarity, 6)} | _track(neighbour.track)
            for neighbour in answer.neighbours
        ],
    }


def _track(track: Track) -> dict[str, Any]:
    """A track as JSON."""
    return {
        "artist": track.artist,
        "title": track.title,
        "uri": track.uri,
        "count": track.count,
        "position": track.position,
        "first_place": track.first_place,
    }
