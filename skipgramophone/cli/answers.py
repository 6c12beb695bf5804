"""Prints answers to queries, in formats for people, scripts and music players.

    table    for people                            csv, tsv   a header, then one line per track
    json     the whole answer, indented            plain      "artist - title", one line per track
    jsonl    the whole answer on one line          m3u8, xspf, … playlists, see `playlist_formats`

All formats escape control characters, so that a line break in a name does not start a new line.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skipgramophone.cli import render
from skipgramophone.cli.playlist_output import Playlist
from skipgramophone.cli.query_title import query_title
from skipgramophone.cli.track_columns import TrackColumns, track_columns
from skipgramophone.errors import SettingError, SourceError
from skipgramophone.experiment.new_files import write_new_text
from skipgramophone.experiment.publishing import published_file
from skipgramophone.file_format import format_of as by_suffix
from skipgramophone.playlists.playlist_file import LARGEST_LIST
from skipgramophone.playlists.playlist_formats import WRITERS
from skipgramophone.settings import ANSWER_FORMATS, Score, SimilarSettings
from skipgramophone.wording import decimals, plural, suggestion, visible

if TYPE_CHECKING:
    from skipgramophone.experiment.catalogue import Track
    from skipgramophone.lookup.results import Answer, Arrangement, Fallback, Seed
    from skipgramophone.lookup.stability_report import Agreement

MIXED_FORMATS = ("table", "json", "jsonl", "csv", "tsv", "plain")  # formats for lists of artists and of playlists
# file suffix -> format
SUFFIXES = {name: name for name in ("m3u8", "xspf", "jspf", "csv", "tsv", "json", "jsonl")} | {
    "m3u": "m3u8",
    "txt": "plain",
}
UNSTABLE = "~"  # marks the rank of a track that a model trained with another seed would probably not list
HELP = "see sgp similar --help"  # says where the mark is explained


def chosen(format: str | None, json: bool, settings: SimilarSettings, show_versions: bool) -> str:
    """Return the output format; `--json` is short for `--format json`.

    Raises:
        SettingError: the format is unknown, two formats are given, or --show-versions would have no effect. It is also
            raised if the settings ask for a list of artists or playlists, and the format cannot store such a list.
    """
    if show_versions and not settings.fold_versions:
        raise SettingError("--show-versions needs --fold-versions")
    if show_versions and (json or format not in (None, "table")):
        raise SettingError(
            "--show-versions is only for the table format (JSON always includes the other versions): leave it out"
        )
    if format is not None and format not in ANSWER_FORMATS:
        near = suggestion(format, ANSWER_FORMATS)
        raise SettingError(f"--format must be one of {', '.join(ANSWER_FORMATS)}, not {format!r}{near}")
    if json and format not in (None, "json"):
        raise SettingError(f"--json means --format json: leave out either --json or --format {format}")
    if settings.of != "tracks" and format not in (None, *MIXED_FORMATS):
        known = ", ".join(MIXED_FORMATS)
        raise SettingError(
            f"format {format} is only for tracks: leave out --of {settings.of}, or choose one of {known}"
        )
    return format or ("json" if json else "table")


def require_cells(safe_cells: bool, format: str) -> None:
    """Refuse --safe-cells for formats other than CSV and TSV.

    Raises:
        SettingError: the format is neither CSV nor TSV.
    """
    if safe_cells and format not in render.TABLE_FORMATS:
        raise SettingError(f"--safe-cells is for spreadsheets: use --format csv or tsv, not {format}")


def require_no_fallback(strict_names: bool, settings: SimilarSettings) -> None:
    """Refuse --fallback together with --strict-names.

    Raises:
        SettingError: both options are given.
    """
    if strict_names and settings.fallback:
        raise SettingError("--strict-names cannot be combined with --fallback: leave out one of them")


def read_names() -> str:
    """Read a list of names from standard input, and return it as text.

    Raises:
        SourceError: the text is too large to be a list of names.
    """
    text = sys.stdin.read(LARGEST_LIST + 1)
    if len(text) > LARGEST_LIST:
        raise SourceError(f"standard input is larger than {LARGEST_LIST >> 20} MiB, the limit for a list of names")
    return text


def format_of(path: Path) -> str:
    """Return the format that the suffix of a file selects.

    Raises:
        SettingError: the suffix is unknown.
    """
    return by_suffix(path, None, ANSWER_FORMATS, SUFFIXES)


def require_json_suffix(path: Path) -> None:
    """Refuse to write JSON to a file whose suffix means another format, such as answer.csv.

    Raises:
        SettingError: the suffix means another format.
    """
    suffix = path.suffix.lstrip(".").lower()
    format = SUFFIXES.get(suffix, suffix)
    if format in ANSWER_FORMATS and format not in ("json", "jsonl"):
        raise SettingError(
            f"{path} has the suffix of the format {format}: leave out --json, or choose a file name that ends in .json"
        )


@contextmanager
def written_to(path: Path | None) -> Iterator[None]:
    """If a path is given, redirect standard output to this file. The file is written completely or not at all.

    Raises:
        StorageError: the file cannot be written.
    """
    if path is None:
        yield
        return
    with redirect_stdout(io.StringIO()) as text:
        yield
    with published_file(path) as draft:
        write_new_text(draft, text.getvalue())


def show(
    answer: Answer,
    format: str,
    quiet: bool,
    versions: bool = False,
    *,
    playlist: Playlist | None = None,
    safe_cells: bool = False,
) -> int:
    """Print an answer on standard output, and its notes on standard error; return the number of tracks printed."""
    playlist, tracks = playlist or Playlist(), len(answer.neighbours)
    for line in answer.notes:
        render.note(line, quiet)
    if render.print_answer(format, lambda: record(answer), lambda: rows(answer), safe_cells):
        return tracks
    if format in WRITERS:
        tracks = playlist.write(answer, format, quiet)
    elif format == "plain":
        listed = playlist.tracks(answer)
        render.print_data("".join(f"{visible(track.name)}\n" for track in listed))
        tracks = len(listed)
    else:
        is_shortened = _print_table(answer, versions)
        if any(near.stable is False for near in answer.neighbours):
            render.note(_note_on_marks(answer), quiet)
        if answer.agreement:
            render.note(_stability_note(answer.agreement), quiet)
        if is_shortened and not quiet:
            render.hint_at_full_names()
    return tracks


def record(answer: Answer) -> dict[str, Any]:
    """Return an answer as a JSON object."""
    return {
        "seeds": list(map(seed_record, answer.seeds)),
        "answered_by": answer.answered_by,
        "ranked_by": answer.ranked_by,
        "notes": list(answer.notes),
        "agreement": asdict(answer.agreement) if answer.agreement else None,
        "arrangement": asdict(answer.arrangement) if answer.arrangement else None,
        "neighbours": [
            {
                "rank": near.rank,
                "similarity": round(near.similarity, 6),
                "score": None if near.score is None else round(near.score, 6),
                **track_record(near.track),
                "shared": near.shared,
                "stable": near.stable,
                "step": None if near.step is None else round(near.step, 6),
                "versions": list(map(track_record, near.versions)),
            }
            for near in answer.neighbours
        ],
        "versions_of_seeds": list(map(track_record, answer.versions_of_seeds)),
    }


def seed_record(seed: Seed) -> dict[str, Any]:
    """Return a query track as a JSON object."""
    return {"weight": seed.weight} | track_record(seed.track) | fallback_record(seed.fallback)


def fallback_record(fallback: Fallback | None) -> dict[str, Any]:
    """Return a JSON object with the key "fallback": None, or the replaced query track and the kind of replacement."""
    return {"fallback": asdict(fallback) if fallback else None}


def track_record(track: Track) -> dict[str, Any]:
    """Return a track as a JSON object."""
    return {
        "artist": track.artist,
        "title": track.title,
        "uri": track.uri,
        "identifiers": list(track.identifiers),
        "album": track.album,
        "count": track.count,
        "position": track.position,
        "first_place": track.first_place,
    }


def rows(answer: Answer) -> list[dict[str, object]]:
    """Return the neighbours as records for CSV and TSV."""
    return [
        {
            "rank": near.rank,
            "similarity": round(near.similarity, 6),
            "artist": visible(near.track.artist),
            "title": visible(near.track.title),
            "uri": visible(near.track.uri or ""),
            "shared": "" if near.shared is None else near.shared,
            "count": near.track.count,
            "position": near.track.position,
            "score": "" if near.score is None else round(near.score, 6),
            "identifiers": visible(" ".join(near.track.identifiers)),
            "album": visible(near.track.album or ""),
            "stable": "" if near.stable is None else str(near.stable).lower(),
        }
        for near in answer.neighbours
    ]


def _print_table(answer: Answer, versions: bool) -> bool:
    """Print an answer as a table, and return whether names were shortened.

    The column of shared playlists appears only if the corpus has playlists; see also `track_columns`.
    """
    support = any(near.shared is not None for near in answer.neighbours)
    scored = any(near.score is not None for near in answer.neighbours)
    columns = [("rank", "number"), *([("score", "number")] if scored else []), ("similarity", "number")]
    columns += [("step", "number")] if answer.arrangement else []
    names = track_columns(track for near in answer.neighbours for track in (near.track, *near.versions * versions))
    columns += [*names.headings, *([("shared", "number")] if support else [])]
    rows = []
    for near in answer.neighbours:
        rank = f"{UNSTABLE if near.stable is False else ''}{near.rank}"
        measures = [rank, *([decimals(near.score)] if scored else []), decimals(near.similarity)]
        measures += [decimals(near.step)] if answer.arrangement else []
        shared = "" if near.shared is None else f"{near.shared:,}"
        rows.append(_row(near.track, names, measures, shared if support else None))
        if versions:
            blank = [""] * len(measures)
            rows += [_row(track, names, blank, "" if support else None) for track in near.versions]
    first = answer.neighbours[0].rank if answer.neighbours else 1
    ranks = f"top {plural(len(answer.neighbours), 'track')}" if first == 1 else f"tracks from rank {first}"
    about = f"{relation(answer.ranked_by, len(answer.neighbours))} {query_title(answer.seeds)}"
    title = f"{ranks} {about}{_smoothness(answer.arrangement)}"
    title = title if answer.neighbours else f"no results for {query_title(answer.seeds)}"
    return render.listing(title, [*columns, ("count", "number"), ("pos.", "number")], rows)


def relation(ranked_by: Score, listed: int) -> str:
    """Return the words that connect results and query in the title of a table, such as "most similar to"."""
    words = {"cosine": "most similar to", "hybrid": "that goes best with" if listed == 1 else "that go best with"}
    return words.get(ranked_by, f"ranked by {ranked_by} for")


def _smoothness(arrangement: Arrangement | None) -> str:
    """Return the part of a table title that says how smooth an arranged list is; return "" for any other list."""
    if arrangement is None:
        return ""
    if arrangement.mean_step is None:
        return ", arranged"
    mean, by_chance = arrangement.mean_step, arrangement.mean_random_step
    return f", arranged: mean similarity of adjacent tracks {decimals(mean)} (in random order: {decimals(by_chance)})"


def _note_on_marks(answer: Answer) -> str:
    """Return a note that explains the mark of unstable tracks."""
    last = max(near.rank for near in answer.neighbours)
    return f"{UNSTABLE} probably not in the top {last} of a model trained with another seed ({HELP})"


def _stability_note(agreement: Agreement) -> str:
    """Return a note on the stability of neighbours, measured on tracks about as frequent as the query track."""
    share = f"{agreement.mean:.0%} of top-{agreement.neighbours} neighbours stay the same with another seed"
    return f"stability: {share}, measured on tracks about as frequent as the query track ({agreement.tracks})"


def _row(track: Track, names: TrackColumns, measures: list[str], shared: str | None) -> list[str]:
    """Return the table cells of a track; `shared` is None if the table has no column for it."""
    support = [] if shared is None else [shared]
    return [*measures, *names.cells(track), *support, f"{track.count:,}", str(track.position)]
