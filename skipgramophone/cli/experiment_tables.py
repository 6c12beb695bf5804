"""Prints tables of experiments, of their evaluations, and of the differences between experiments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skipgramophone.cli import render
from skipgramophone.evaluation.metric_names import k_of, metric_heading, metric_text, shown_metrics
from skipgramophone.settings import MAIN_SCORES, SCORES
from skipgramophone.wording import size

if TYPE_CHECKING:
    from skipgramophone.pipeline.experiments import Overview

LEFT_OUT = ("recall@", "hit@", "clicks")  # beginnings of metrics that the list shows only as the main metric
MESSAGES = ("stale", "problem")  # keys of records whose values are printed below the table, not in a column
MOST_DIGITS = 9


def show_list(found: Sequence[Overview]) -> None:
    """Print a table of experiments, and a table of their latest evaluations."""
    columns = [("experiment", "name"), ("date", "name")]
    columns += [(name, "number") for name in ("size", "playlists", "tracks")]
    columns += [("context", "name"), *((name, "number") for name in ("dim", "epochs", "loss"))]
    rows, states = list(map(_line, found)), list(map(_state, found))
    if any(states):
        columns.insert(1, ("state", "name"))
        rows = [[name, state, *cells] for (name, *cells), state in zip(rows, states, strict=True)]
    render.listing("experiments", columns, rows)
    _show_evaluations(found)


def show_changed(found: Sequence[Overview], records: Sequence[dict[str, Any]]) -> None:
    """Print how experiments differ; each record contains the dates, settings and counts of one experiment."""
    if len(found) < 2:
        render.text("only one experiment: there is nothing to compare")
        return
    evaluated = {f"{protocol}." for one in found for protocol in one.metrics}
    columns: dict[str, list[str]] = {}
    for name in [name for name in records[0] if name not in MESSAGES]:
        cells = _cells(name, [record[name] for record in records])
        command, _, setting = name.partition(".")
        made = [cell for cell, one in zip(cells, found, strict=True) if setting in one.settings.get(command, {})]
        # A column is not shown if all experiments that have this setting have the same value.
        differs = len(set(cells)) > 1 and len(set(made)) != 1
        if differs and not name.startswith(tuple(evaluated)):
            columns[_heading(name, records[0])] = cells
    names = [one.name for one in found]
    columns.pop("experiment", None)
    if columns:
        kinds = [("experiment", "name"), *((name, "number") for name in columns)]
        render.listing("differences between experiments", kinds, zip(names, *columns.values(), strict=True))
    else:
        render.text(f"no differences in dates, settings or counts between {', '.join(names)}")
    if any(name.startswith(tuple(evaluated)) for name in records[0]):
        _show_evaluations(found)


def show_metrics(one: Overview) -> None:
    """Print the metrics of an experiment by protocol and score, as `sgp evaluate` does."""
    for protocol, rankers in one.metrics.items():
        names = _metrics(protocol, rankers)
        columns = [("score", "name"), *((metric_heading(name), "number") for name in names)]
        render.text("")
        rows = [[ranker, *_means(found, names)] for ranker, found in rankers.items()]
        render.listing(f"latest evaluation: {protocol}", columns, rows)


def _show_evaluations(found: Sequence[Overview]) -> None:
    """Print the latest evaluation of each protocol.

    Only the scores in `MAIN_SCORES` are shown. If an evaluation has none of these, all its scores are shown. Protocols
    with different metrics are in different tables.
    """
    tables: dict[tuple[str, ...], list[list[str]]] = {}
    for one in found:
        for protocol, rankers in one.metrics.items():
            first, *others = _metrics(protocol, rankers)
            names = (first, *(name for name in others if not name.startswith(LEFT_OUT)))
            evaluated = [score for score in SCORES if score in rankers]
            main = [score for score in evaluated if score in MAIN_SCORES] or evaluated
            rows = [[one.name, protocol, score, *_means(rankers[score], names)] for score in main]
            tables.setdefault(names, []).extend(rows)
    for names, rows in tables.items():
        columns = [("experiment", "name"), ("protocol", "name"), ("score", "name")]
        columns += [(metric_heading(name), "number") for name in names]
        if rows:
            render.text("")
            render.listing("latest evaluations", columns, rows)


def _line(one: Overview) -> list[str]:
    """Return the table cells of an experiment."""
    record, train = one.record(), one.settings.get("train", {})
    loss = record["loss"]
    return [
        one.name,
        one.created[:10],
        size(one.bytes),
        _count(record["playlists"]),
        _count(record["tracks"]),
        str(train.get("window_size", "")),
        render.short(train.get("embedding_dim")),
        render.short(train.get("epochs")),
        "" if loss is None else f"{loss:.3f}",
    ]


def _state(one: Overview) -> str:
    """Return the first stage that is stale or unreadable, such as "stale model"; empty text if there is none."""
    for stage, state in one.states.items():
        if state not in ("current", "absent"):
            return f"{'stale' if state == 'stale' else 'unreadable'} {stage}"
    return "unreadable" if one.problem else ""


def _heading(name: str, record: dict[str, Any]) -> str:
    """Return the column heading for a key.

    For example, the heading of "train.epochs" is "epochs" if no other command has a setting with this name.
    """
    known = {"created": "date", "bytes": "size"}
    last = name.rpartition(".")[2]
    alone = sum(other.rpartition(".")[2] == last for other in record) == 1
    return known.get(name, last if alone else name)


def _cells(name: str, values: Sequence[Any]) -> list[str]:
    """Format the values of one column with enough digits that different values look different."""
    if name == "created":
        until = 16 if len({value[:16] for value in values}) == len(set(values)) else 19  # minutes, or seconds
        return [value[:until].replace("T", " ") for value in values]
    if name == "bytes":
        return [size(value) for value in values]
    cells: list[str] = []
    for digits in range(4, MOST_DIGITS + 1):
        cells = [render.short(value, digits) if isinstance(value, float) else _count(value) for value in values]
        if len(set(cells)) == len(set(map(repr, values))):
            break
    return cells


def _metrics(protocol: str, rankers: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Return the metrics that `sgp evaluate` shows for a protocol."""
    return shown_metrics(protocol, k_of(name for found in rankers.values() for name in found))


def _means(found: Mapping[str, float], names: Iterable[str]) -> list[str]:
    """Return table cells with the means of the named metrics; `found` maps the metrics of one score to their means."""
    return [metric_text(name, found.get(name)) for name in names]


def _count(value: object) -> str:
    """Format an integer with thousands separators, any other value as text, and None as empty text."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return f"{value:,}" if is_number else "" if value is None else str(value)
