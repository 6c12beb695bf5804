"""`sgp continue`: suggest tracks that continue a playlist."""

from __future__ import annotations

import json as json_module
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from skipgramophone.cli import answers, completion, line_answers, options, render
from skipgramophone.cli.choice import chooser
from skipgramophone.cli.known_names import hint_at_known_names
from skipgramophone.cli.options import with_settings
from skipgramophone.cli.playlist_output import Playlist
from skipgramophone.errors import SettingError, TrackNameError
from skipgramophone.experiment.publishing import require_replaceable
from skipgramophone.playlists.playlist_file import names_in
from skipgramophone.settings import ContinueSettings, HistorySettings
from skipgramophone.wording import plural, shell_command

if TYPE_CHECKING:
    from skipgramophone.lookup.lookup import Lookup
    from skipgramophone.lookup.results import Answer

STDIN = "-"


@with_settings
def continue_playlist(
    experiment: options.Experiment,
    track: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TRACK",
            help="Names, uris or links of the tracks to continue (- = read them from standard input, one per line).",
            autocompletion=completion.tracks,
        ),
    ] = None,
    file: options.PlaylistFile = None,
    artist: options.Artist = None,
    album: options.Albums = None,
    *,
    blend: Annotated[
        tuple[Path, Path] | None,
        typer.Option(
            "--blend",
            metavar="FILE FILE",
            help="List tracks that fit both playlist files, that is, tracks that rank high for each of the two.",
            show_default=False,
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="TRACK",
            help="With --arrange: begin with this track.",
            show_default=False,
            autocompletion=completion.tracks,
        ),
    ] = None,
    end: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="TRACK",
            help="With --arrange: end with this track.",
            show_default=False,
            autocompletion=completion.tracks,
        ),
    ] = None,
    history: Annotated[
        Path | None,
        typer.Option(
            "--history",
            metavar="FILE",
            help="Continue the last plays of this listening history (a file in any format that sgp extract reads).",
            show_default=False,
        ),
    ] = None,
    plays: HistorySettings,
    settings: ContinueSettings,
    include_seeds: Annotated[
        bool,
        typer.Option(
            "--include-seeds", help="Put the query tracks at the start of the playlist (playlist formats only)."
        ),
    ] = False,
    title: Annotated[
        str | None,
        typer.Option(
            "--title", metavar="TEXT", help="Title of the playlist, for formats that store a title.", show_default=False
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Write to a file; the suffix selects the format: m3u8, xspf, jspf, csv, tsv, json, jsonl or txt.",
            show_default=False,
        ),
    ] = None,
    files_from: Annotated[
        Path | None,
        typer.Option(
            "--files-from",
            metavar="DIR",
            help="Directory to which the relative paths of audio files in the corpus refer. This is usually the "
            "directory that contained the source when sgp extract read it (default: current directory).",
            show_default=False,
        ),
    ] = None,
    library: Annotated[
        Path | None,
        typer.Option(
            "--library",
            metavar="DIR",
            help="Directory with your audio files. The list then contains only tracks for which the directory has a "
            "file with matching tags, and playlists contain the paths of these files.",
            show_default=False,
        ),
    ] = None,
    force: options.Force = False,
    show_versions: options.ShowVersions = False,
    stdin: Annotated[
        bool,
        typer.Option(
            "--stdin",
            help="Continue many playlists: each line of standard input is a JSON list of names, and each answer is "
            "written as one line of JSON.",
        ),
    ] = False,
    strict_names: options.StrictNames = False,
    format: options.AnswerFormat = None,
    safe_cells: options.SafeCells = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Suggest tracks that continue a playlist of TRACKs.

    By default the ranking combines shared playlists and vectors, because together they predict playlists better than
    either of them alone. The column similarity shows the cosine of the vectors of the query and the track. Names that
    match no track are left out, and listed in a note.

    \b
    sgp continue demo "every pencil knows" "every library knows" -n 20
    sgp continue demo --file mine.m3u8 --exclude-versions live -o more.m3u8
    sgp continue demo --from "every pencil knows" --to "every library knows" --arrange -n 20
    sgp continue demo --history StreamingHistory_music_0.json --arrange --artist-gap 3
    echo '["every pencil knows", "every library knows"]' | sgp continue demo --stdin
    """
    if output is not None:
        if json:
            answers.require_json_suffix(output)
        format = format or (None if json else answers.format_of(output))
    wanted = answers.chosen(format, json, settings, show_versions)
    answers.require_cells(safe_cells, wanted)
    answers.require_no_fallback(strict_names, settings)
    playlist = Playlist(
        title=title,
        with_seeds=include_seeds,
        files_from=files_from,
        directory=output.parent if output else None,
        library=library,
        seconds=settings.duration if library else None,
    )
    if stdin and (title is not None or include_seeds or output is not None):
        raise SettingError("--stdin writes one JSON object per line: leave out --title, --include-seeds and --output")
    if stdin and (files_from is not None or library is not None):
        raise SettingError("--stdin writes one JSON object per line: leave out --files-from and --library")
    playlist.require_format(wanted)
    given = bool(track or file or artist or album or history)
    if stdin and (given or blend or start or end):
        raise SettingError("--stdin reads the tracks from standard input: leave out all other ways to give tracks")
    if blend and (given or start or end):
        raise SettingError("--blend takes all tracks from its two files: leave out all other ways to give tracks")
    if not (stdin or given or blend or start or end):
        raise SettingError(
            "no tracks given: name one or more TRACKs, or use --file FILE, --artist NAME, --album NAME or "
            "--history FILE. To read the tracks from standard input, give - (one name per line) or --stdin (one JSON "
            "list of names per line)"
        )
    if library and settings.duration is not None:
        if end is not None:
            raise SettingError(
                "with --library, --duration may cut off the end of the list, and with it the --to track: "
                "leave out --library, --duration or --to"
            )
        settings = replace(settings, duration=None)  # the list is cut later, with the durations of the audio files
    if history is None and plays != HistorySettings():
        raise SettingError("--last and --exclude-recent are for a listening history: add --history FILE")
    from skipgramophone.lookup import continuation, lookup, recent_plays
    from skipgramophone.lookup.results import Asked
    from skipgramophone.lookup.unquoted_names import notes_on_quotes

    with (
        hint_at_known_names(experiment, experiments_dir),
        lookup.open_lookup(experiment, experiments_dir, strict_names) as opened,
    ):
        if output is not None:
            require_replaceable(output, force)
        if stdin:
            printer = line_answers.line_printer(wanted, safe_cells=safe_cells, quiet=quiet)
            opened.require_known(settings)
            line_answers.answer_lines(
                _list_of_names, lambda lists: [_continued(opened, names, settings) for names in lists], printer
            )
            return
        names = names_in(answers.read_names()) if track == [STDIN] else track or []
        choose = None if track == [STDIN] else chooser(strict_names)
        if blend:
            one, other = (opened.asked(file=each, leave_out=True, fallback=settings.fallback) for each in blend)
            answer = continuation.blended(opened, one, other, settings, with_seeds=include_seeds)
        else:
            route, asked = continuation.fixed_ends(opened, start, end, choose)
            if track or file or artist or album:
                if track != [STDIN]:
                    command = shell_command("continue", experiment)
                    asked += Asked((), tuple(notes_on_quotes(opened, names, command)))
                weighted, groups = [(name, 1.0) for name in names], {"artist": artist or (), "album": album or ()}
                given_tracks = opened.asked(
                    weighted, file=file, **groups, leave_out=True, choose=choose, fallback=settings.fallback
                )
                asked += given_tracks if artist or album else continuation.by_recency(opened, given_tracks, settings)
            if history:
                asked += recent_plays.heard(opened, history, plays, settings.fallback)
            answer = continuation.continued(opened, asked, settings, route, with_seeds=include_seeds)
            answer = recent_plays.without_ignored(answer)
    with answers.written_to(output):
        tracks = answers.show(answer, wanted, quiet, show_versions, playlist=playlist, safe_cells=safe_cells)
    if output is not None:
        render.note(f"wrote {plural(tracks, 'track')} to {output}", quiet)


def _continued(lookup: Lookup, names: list[str], settings: ContinueSettings) -> Answer | TrackNameError | SettingError:
    """Continue a playlist that is given as names: return the answer, or the error that explains why there is none."""
    try:
        return lookup.continuation(names, settings)
    except (TrackNameError, SettingError) as error:
        return error


def _list_of_names(line: str) -> list[str]:
    """Read a JSON list of names.

    Raises:
        SettingError: the line is not a JSON list of strings.
    """
    try:
        names = json_module.loads(line)
    except (ValueError, RecursionError):
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise SettingError('each line must be a JSON list of names, such as ["artist - title", "another title"]')
    return names
