"""How an answer is written: for people, for scripts and for players.

    table    what a person reads                   csv, tsv   a line of names, then a track a line
    json     the whole answer, indented            m3u8       a playlist of uris, or of names where there are none
    jsonl    the whole answer on one line          plain      "artist - title", a track a line

In all of them a name stays on its line: control characters are written as escapes.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar, cast

import typer

from skipgramophone.cli import render
from skipgramophone.errors import SettingError, TrackNameError
from skipgramophone.settings import ANSWER_FORMATS, SimilarSettings

if TYPE_CHECKING:
    from skipgramophone.experiment.catalogue import Track
    from skipgramophone.lookup.results import Answer, Seed
    from skipgramophone.lookup.stability_report import Agreement

READ_AT_ONCE = 1 << 16  # bytes
ANSWERED_AT_ONCE = 64  # lines
MOST_NAMED = 3  # seeds in the title of a table
Asked = TypeVar("Asked")


def chosen(format: str | None, json: bool, settings: SimilarSettings, show_versions: bool) -> str:
    """The format that is asked for; `--json` is short for `--format json`.

    Raises:
        SettingError: there is no such format, two are asked for, or versions are to be shown where there are none.
    """
    if show_versions and not settings.fold_versions:
        raise SettingError("--show-versions lists what --fold-versions folds: give both, or neither")
    if show_versions and (json or format not in (None, "table")):
        raise SettingError("--show-versions is for the table; JSON has the versions anyway")
    if format is not None and format not in ANSWER_FORMATS:
        raise SettingError(f"format must be one of {', '.join(ANSWER_FORMATS)}, not {format!r}")
    if json and format not in (None, "json"):
        raise SettingError(f"--json is short for --format json: leave it out, or --format {format}")
    return format or ("json" if json else "table")


def require_lines(format: str | None) -> None:
    """Refuse a format in which many answers cannot be written one after the other.

    Raises:
        SettingError: it is one.
    """
    if format not in (None, "jsonl"):
        raise SettingError(f"--stdin answers with a line of JSON a query: leave out --format {format}")


def answer_lines(
    read: Callable[[str], Asked], answer: Callable[[list[Asked]], Sequence[Answer | TrackNameError | SettingError]]
) -> None:
    """Answer the lines of stdin as they come; leave with the lowest code of those that have no answer, if any have."""
    codes = set()
    for lines in _lines_that_are_there():
        queries: list[Asked | SettingError] = []
        for line in lines:
            try:
                queries.append(read(line))
            except SettingError as error:
                queries.append(error)
        found = iter(answer([query for query in queries if not isinstance(query, SettingError)]))
        for line, query in zip(lines, queries, strict=True):
            outcome = query if isinstance(query, SettingError) else next(found)
            asked = line if isinstance(query, SettingError) else query
            if isinstance(outcome, TrackNameError | SettingError):
                codes.add(outcome.exit_code)
                candidates = list(outcome.candidates) if isinstance(outcome, TrackNameError) else []
                told = {"error": str(outcome), "exit_code": outcome.exit_code, "candidates": candidates}
            else:
                told = record(outcome)
            render.print_json_line({"query": asked} | told)
    if codes:
        raise typer.Exit(min(codes))


def _lines_that_are_there() -> Iterator[list[str]]:
    """The lines of stdin without their ends, so many together as have come when they are asked for."""
    stream, rest = cast(io.BufferedReader, sys.stdin.buffer), b""
    while data := stream.read1(READ_AT_ONCE):
        *lines, rest = (rest + data).split(b"\n")
        for start in range(0, len(lines), ANSWERED_AT_ONCE):
            yield list(map(_decoded, lines[start : start + ANSWERED_AT_ONCE]))
    if rest:
        yield [_decoded(rest)]


def _decoded(line: bytes) -> str:
    """A line as text; bytes that are none are marked as such."""
    return line.decode(sys.stdin.encoding, "replace").removesuffix("\r")


def show(answer: Answer, format: str, quiet: bool, versions: bool = False) -> None:
    """Print an answer on stdout, and what the asker should know on stderr."""
    for line in answer.notes:
        render.note(line, quiet)
    if format == "json":
        render.print_json(record(answer))
    elif format == "jsonl":
        render.print_json_line(record(answer))
    elif format == "csv":
        render.print_csv(_rows(answer))
    elif format == "tsv":
        _print_tsv(answer)
    elif format == "m3u8":
        _print_m3u8(answer)
    elif format == "plain":
        sys.stdout.writelines(f"{render.visible(near.track.name)}\n" for near in answer.neighbours)
    else:
        _print_table(answer, versions)
        if answer.agreement:
            render.note(_told_of(answer.agreement), quiet)


def record(answer: Answer) -> dict[str, Any]:
    """The answer as JSON."""
    return {
        "seeds": [{"weight": seed.weight} | track_record(seed.track) for seed in answer.seeds],
        "answered_by": answer.answered_by,
        "ranked_by": answer.ranked_by,
        "notes": list(answer.notes),
        "agreement": asdict(answer.agreement) if answer.agreement else None,
        "neighbours": [
            {
                "rank": near.rank,
                "similarity": round(near.similarity, 6),
                **track_record(near.track),
                "shared": near.shared,
                "versions": list(map(track_record, near.versions)),
            }
            for near in answer.neighbours
        ],
        "versions_of_seeds": list(map(track_record, answer.versions_of_seeds)),
    }


def track_record(track: Track) -> dict[str, Any]:
    """A track as JSON."""
    return {
        "artist": track.artist,
        "title": track.title,
        "uri": track.uri,
        "count": track.count,
        "position": track.position,
        "first_place": track.first_place,
    }


def _marked(seed: Seed) -> str:
    """A seed for people, with its weight where it is not 1."""
    weight = "" if seed.weight == 1 else f"{seed.weight:+g} × "
    return f"{weight}'{seed.track.name}' (pos. {seed.track.position})"


def _rows(answer: Answer) -> list[dict[str, object]]:
    """The neighbours as rows of names that stay on their line."""
    return [
        {
            "rank": near.rank,
            "similarity": round(near.similarity, 6),
            "artist": render.visible(near.track.artist),
            "title": render.visible(near.track.title),
            "uri": render.visible(near.track.uri or ""),
            "shared": "" if near.shared is None else near.shared,
            "count": near.track.count,
            "position": near.track.position,
        }
        for near in answer.neighbours
    ]


def _print_tsv(answer: Answer) -> None:
    """Print the neighbours as columns without quotes, which a tab in a name cannot break: it is an escape."""
    rows = _rows(answer)
    lines = [list(rows[0]), *(row.values() for row in rows)] if rows else []
    sys.stdout.writelines("\t".join(map(str, line)) + "\n" for line in lines)


def _print_m3u8(answer: Answer) -> None:
    """Print a playlist; a line that would begin with # is a path from here, because # begins a remark."""
    sys.stdout.write("#EXTM3U\n")
    for near in answer.neighbours:
        name = render.visible(near.track.name)
        entry = render.visible(near.track.uri or near.track.name)
        sys.stdout.write(f"#EXTINF:-1,{name}\n{'./' if entry.startswith('#') else ''}{entry}\n")


def _print_table(answer: Answer, versions: bool) -> None:
    """Print a table, with the playlists that are shared where there are playlists."""
    seeds = answer.seeds
    about = ", ".join(map(_marked, seeds)) if len(seeds) <= MOST_NAMED else f"{len(seeds)} tracks"
    most = "most similar to" if answer.ranked_by == "cosine" else f"by {answer.ranked_by} for"
    support = any(near.shared is not None for near in answer.neighbours)
    columns = [("rank", "number"), ("similarity", "number"), ("artist", "text"), ("title", "text")]
    columns += [("shared", "number")] if support else []
    rows = []
    for near in answer.neighbours:
        row = [str(near.rank), f"{near.similarity:.3f}", *_told(near.track)]
        rows.append([*row[:4], *([f"{near.shared or 0:,}"] if support else []), *row[4:]])
        for track in near.versions if versions else ():
            row = ["", "", *_told(track)]
            rows.append([*row[:4], *([""] if support else []), *row[4:]])
    render.listing(
        f"top {len(answer.neighbours)} tracks {most} {about}", [*columns, ("count", "number"), ("pos.", "number")], rows
    )


def _told_of(agreement: Agreement) -> str:
    """Say how far two trainings agree on what is near tracks like the one that was asked about."""
    share = f"{agreement.mean:.0%} of the {agreement.neighbours} nearest"
    return f"of tracks as frequent as this one (the {agreement.tracks}) two trainings agree on {share}"


def _told(track: Track) -> list[str]:
    """Artist, title, count and position of a track."""
    return [track.artist, track.title, f"{track.count:,}", str(track.position)]
