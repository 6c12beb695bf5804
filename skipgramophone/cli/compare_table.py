"""How the answers of two experiments are shown side by side, for `sgp similar --compare`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skipgramophone.cli import render
from skipgramophone.errors import SettingError
from skipgramophone.lookup.compare import ComparedTrack, Side, side_by_side

if TYPE_CHECKING:
    from skipgramophone.lookup.results import Answer

FORMATS = ("table", "json", "csv")


def require_format(format: str) -> None:
    """Refuse a format that has no room for two answers.

    Raises:
        SettingError: it is one.
    """
    if format not in FORMATS:
        raise SettingError(f"--compare is shown as {', '.join(FORMATS)}, not as {format}")


def show(names: tuple[str, str], answers: tuple[Answer, Answer], format: str, quiet: bool) -> None:
    """Print two answers to one question on stdout, and on stderr what the asker should know."""
    for name, answer in zip(names, answers, strict=True):
        for line in answer.notes:
            render.note(f"{name}: {line}", quiet)
    rows = side_by_side(*answers)
    shared = sum(row.one is not None and row.other is not None for row in rows)
    if format == "json":
        about = {"experiments": list(names), "seeds": [[s.track.name for s in answer.seeds] for answer in answers]}
        render.print_json(about | {"shared": shared, "neighbours": [_record(row) for row in rows]})
    elif format == "csv":
        render.print_csv([_flat(row) for row in rows])
    else:
        one, other = names
        most = max(len(answer.neighbours) for answer in answers)
        seeds = ", ".join(f"'{seed.track.name}'" for seed in answers[0].seeds)
        columns = [(one, "number"), ("", "number"), (other, "number"), ("", "number")]
        table = [[*_told(row.one), *_told(row.other), row.track.artist, row.track.title] for row in rows]
        title = f"most similar to {seeds} in {one} and in {other}: {shared} of {most} the same"
        render.listing(title, [*columns, ("artist", "text"), ("title", "text")], table)


def _told(side: Side | None) -> list[str]:
    """Rank and similarity, or nothing."""
    return [str(side.rank), f"{side.similarity:.3f}"] if side else ["", ""]


def _record(row: ComparedTrack) -> dict[str, Any]:
    """A row as JSON."""
    sides = [side and {"rank": side.rank, "similarity": round(side.similarity, 6)} for side in (row.one, row.other)]
    return {"artist": row.track.artist, "title": row.track.title, "uri": row.track.uri, "answers": sides}


def _flat(row: ComparedTrack) -> dict[str, object]:
    """A row as fields, empty where an answer has not the track."""
    fields: dict[str, object] = {}
    for at, side in enumerate((row.one, row.other), 1):
        fields |= {f"rank_{at}": side.rank if side else ""}
        fields |= {f"similarity_{at}": round(side.similarity, 6) if side else ""}
    return fields | {"artist": row.track.artist, "title": row.track.title, "uri": row.track.uri or ""}
