"""`sgp continue`: what comes next in a playlist."""

from __future__ import annotations

import json as json_module
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from skipgramophone.cli import answers, completion, options
from skipgramophone.errors import SettingError, TrackNameError
from skipgramophone.playlists.playlist_file import names_in
from skipgramophone.settings import ContinueSettings

if TYPE_CHECKING:
    from skipgramophone.lookup.lookup import Lookup
    from skipgramophone.lookup.results import Answer

STDIN = "-"


def continuing(
    experiment: options.Experiment,
    track: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TRACK", help="Names or uris; -: one a line on standard input.", autocompletion=completion.tracks
        ),
    ] = None,
    file: options.PlaylistFile = None,
    artist: options.Artist = None,
    number: options.Number = options.CONTINUE.number,
    by: options.By = options.CONTINUE.by,
    exclude_artist: options.ExcludeArtist = None,
    max_per_artist: options.MaxPerArtist = options.CONTINUE.max_per_artist,
    fold_versions: options.FoldVersions = options.CONTINUE.fold_versions,
    show_versions: options.ShowVersions = False,
    min_count: options.CountedLess = options.CONTINUE.min_count,
    popularity: options.Popularity = options.CONTINUE.popularity,
    diversity: options.Diversity = options.CONTINUE.diversity,
    exact: options.Exact = options.CONTINUE.exact,
    stdin: Annotated[
        bool, typer.Option("--stdin", help="Read a JSON list of names a line; answer with a line of JSON each.")
    ] = False,
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
    echo '["free fallin", "learning to fly"]' | sgp continue demo --stdin
    """
    settings = ContinueSettings(
        number=number,
        by=options.score(by),
        exclude_artist=exclude_artist,
        max_per_artist=max_per_artist or None,
        fold_versions=fold_versions,
        min_count=min_count,
        popularity=popularity,
        diversity=diversity,
        exact=exact,
    )
    wanted = answers.chosen(format, json, settings, show_versions)
    if stdin and (track or file or artist):
        raise SettingError("give TRACKs, a FILE or an ARTIST, or --stdin, not both")
    if not (stdin or track or file or artist):
        raise SettingError("give TRACKs, - for standard input, --file FILE, --artist NAME or --stdin")
    from skipgramophone.lookup import lookup

    with lookup.open_lookup(experiment, experiments_dir) as opened:
        if stdin:
            answers.require_lines(format)
            answers.answer_lines(_list_of_names, lambda lists: [_continued(opened, names, settings) for names in lists])
            return
        names = names_in(sys.stdin.read()) if track == [STDIN] else track or []
        asked = opened.asked([(name, 1.0) for name in names], file=file, artist=artist, leave_out=True)
        answers.show(opened.similar_to(asked.seeds, settings, asked.notes), wanted, quiet, show_versions)


def _continued(lookup: Lookup, names: list[str], settings: ContinueSettings) -> Answer | TrackNameError | SettingError:
    """What continues a list, or why nothing does."""
    try:
        return lookup.continuation(names, settings)
    except (TrackNameError, SettingError) as error:
        return error


def _list_of_names(line: str) -> list[str]:
    """Read a JSON list of names.

    Raises:
        SettingError: the line is none.
    """
    try:
        names = json_module.loads(line)
    except (ValueError, RecursionError):
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise SettingError('a line must be a JSON list of names, as ["artist - title", "another"]')
    return names
