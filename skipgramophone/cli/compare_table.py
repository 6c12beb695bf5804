"""Prints the answers of two experiments side by side, for `sgp similar --compare`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from skipgramophone.cli import render
from skipgramophone.cli.query_title import MOST_NAMED, query_title
from skipgramophone.cli.track_columns import track_columns
from skipgramophone.errors import SettingError
from skipgramophone.lookup.compare import ComparedTrack, Side, matched_by, side_by_side
from skipgramophone.wording import decimals

if TYPE_CHECKING:
    from skipgramophone.lookup.results import Answer

FORMATS = ("table", "json", "csv")


def require_format(format: str) -> None:
    """Refuse a format that cannot show the answers of two experiments.

    Raises:
        SettingError: the format is not one of `FORMATS`.
    """
    if format not in FORMATS:
        raise SettingError(f"--compare supports the formats {', '.join(FORMATS)}, not {format}")


def show(
    names: tuple[str, str],
    answers: tuple[Answer, Answer],
    format: str,
    quiet: bool,
    *,
    same_corpus: bool = False,
    safe_cells: bool = False,
) -> None:
    """Print the answers of two experiments to one query on standard output, and notes on standard error.

    If the experiments have different corpora, a note says how their tracks are matched.
    """
    for name, answer in zip(names, answers, strict=True):
        for line in answer.notes:
            render.note(f"{name}: {line}", quiet)
    by = matched_by(*answers)
    if not same_corpus:
        render.note(f"the corpora differ: tracks are matched by {by}", quiet)
    rows = side_by_side(*answers)
    shared = sum(row.one is not None and row.other is not None for row in rows)
    if format == "json":
        about = {"experiments": list(names), "seeds": [[s.track.name for s in answer.seeds] for answer in answers]}
        about["fallbacks"] = [_fallbacks(answer) for answer in answers]
        render.print_json(about | {"matched_by": by, "shared": shared, "neighbours": [_record(row) for row in rows]})
    elif format == "csv":
        render.print_csv(render.with_safe_cells([_flat(row) for row in rows], safe_cells))
    else:
        one, other = names
        most = max(len(answer.neighbours) for answer in answers)
        seeds = answers[0].seeds
        named = ", ".join(f"'{seed.track.name}'" for seed in seeds)
        is_plain = len(seeds) <= MOST_NAMED and all(seed.weight == 1 and not seed.fallback for seed in seeds)
        named = named if is_plain else query_title(seeds)
        columns = [("A", "number"), ("similarity", "number"), ("B", "number"), ("similarity", "number")]
        tracks = track_columns(row.track for row in rows)
        table = [[*_side_cells(row.one), *_side_cells(row.other), *tracks.cells(row.track)] for row in rows]
        title = f"tracks most similar to {named} in {one} (A) and {other} (B): {shared} of {most} in both lists"
        if render.listing(title, [*columns, *tracks.headings], table) and not quiet:
            render.hint_at_full_names()


def _fallbacks(answer: Answer) -> list[dict[str, Any]]:
    """Return a JSON object for each query track that `--fallback` has replaced: its name, and what replaces it."""
    return [asdict(each) for each in dict.fromkeys(seed.fallback for seed in answer.seeds if seed.fallback)]


def _side_cells(side: Side | None) -> list[str]:
    """Return rank and similarity as table cells, which are empty if the answer does not list the track."""
    return [str(side.rank), decimals(side.similarity)] if side else ["", ""]


def _record(row: ComparedTrack) -> dict[str, Any]:
    """Return a track, with its rank and similarity in both answers, as a JSON object."""
    sides = [side and {"rank": side.rank, "similarity": round(side.similarity, 6)} for side in (row.one, row.other)]
    return {"artist": row.track.artist, "title": row.track.title, "uri": row.track.uri, "answers": sides}


def _flat(row: ComparedTrack) -> dict[str, object]:
    """Return a track as CSV fields. Rank and similarity are empty for an answer that does not list the track."""
    fields: dict[str, object] = {}
    for at, side in enumerate((row.one, row.other), 1):
        fields |= {f"rank_{at}": side.rank if side else ""}
        fields |= {f"similarity_{at}": round(side.similarity, 6) if side else ""}
    return fields | {"artist": row.track.artist, "title": row.track.title, "uri": row.track.uri or ""}
