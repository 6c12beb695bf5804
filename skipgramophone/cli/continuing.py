"""`sgp continue`: what comes next in a playlist."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from skipgramophone.cli import answers, options
from skipgramophone.errors import SettingError, storage_errors
from skipgramophone.playlists.listing import names_in
from skipgramophone.settings import ContinueSettings

STDIN = "-"


def continuing(
    experiment: options.Experiment,
    track: Annotated[
        list[str] | None, typer.Argument(metavar="TRACK", help="Names or uris; -: one a line on standard input.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="Names or uris, one a line; m3u8 will do.")
    ] = None,
    number: options.Number = options.CONTINUE.number,
    format: options.AnswerFormat = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Show what continues a playlist of TRACKs in EXPERIMENT.

    Ranked by the company that the tracks keep in playlists and by their vectors together, which predicts playlists
    better than either. The similarity that is shown is the cosine. Names that mean no track are left out, and said.

    \b
    sgp continue demo "free fallin'" "learning to fly" -n 20
    sgp continue demo --file mine.m3u8 --format m3u8 > more.m3u8
    """
    settings = ContinueSettings(number=number)
    wanted = answers.chosen(format, json)
    if bool(track) == (file is not None):
        raise SettingError("give TRACKs, - for standard input, or --file FILE")
    names = track or []
    if file is not None:
        with storage_errors(file, "read"):
            names = names_in(file.read_text(encoding="utf-8", errors="replace"))
    elif names == [STDIN]:
        names = names_in(sys.stdin.read())
    from skipgramophone import lookup

    with lookup.open_lookup(experiment, experiments_dir) as opened:
        answers.show(opened.continuation(names, settings), wanted, quiet)
