"""How an answer is written: for people, for scripts and for players.

    table    what a person reads                   csv, tsv   a line of names, then a track a line
    json     the whole answer, indented            m3u8       a playlist of uris, or of names where there are none
    jsonl    the whole answer on one line          plain      "artist - title", a track a line

In all of them a name stays on its line: control characters are written as escapes.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from skipgramophone.cli import render
from skipgramophone.errors import SettingError
from skipgramophone.settings import ANSWER_FORMATS

if TYPE_CHECKING:
    from skipgramophone.catalogue import Track
    from skipgramophone.lookup import Answer, Seed

COLUMNS = (
    ("rank", "number"),
    ("similarity", "number"),
    ("artist", "text"),
    ("title", "text"),
    ("count", "number"),
    ("pos.", "number"),
)


def chosen(format: str | None, json: bool) -> str:
    """The format that is asked for; `--json` is short for `--format json`.

    Raises:
        SettingError: there is no such format, or two are asked for.
    """
    if format is not None and format not in ANSWER_FORMATS:
        raise SettingError(f"format must be one of {', '.join(ANSWER_FORMATS)}, not {format!r}")
    if json and format not in (None, "json"):
        raise SettingError(f"--json is short for --format json: leave it out, or --format {format}")
    return format or ("json" if json else "table")


def show(answer: Answer, format: str, quiet: bool) -> None:
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
        _print_table(answer)


def record(answer: Answer) -> dict[str, Any]:
    """The answer as JSON."""
    return {
        "seeds": [{"weight": seed.weight} | _track(seed.track) for seed in answer.seeds],
        "answered_by": answer.answered_by,
        "ranked_by": answer.ranked_by,
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


def _print_table(answer: Answer) -> None:
    """Print a table."""
    if answer.ranked_by == "hybrid":
        title = f"{len(answer.neighbours)} tracks that continue a playlist of {len(answer.seeds)}"
    else:
        seeds = ", ".join(map(_marked, answer.seeds))
        title = f"top {len(answer.neighbours)} tracks most similar to {seeds}"
    rows = (
        (
            str(near.rank),
            f"{near.similarity:.3f}",
            near.track.artist,
            near.track.title,
            f"{near.track.count:,}",
            str(near.track.position),
        )
        for near in answer.neighbours
    )
    render.listing(title, COLUMNS, rows)
