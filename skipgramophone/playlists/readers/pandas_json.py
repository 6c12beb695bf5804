"""Find the rows of a table that pandas has written as JSON, column by column."""

from __future__ import annotations

from typing import Any


def rows_of_columns(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of a table that pandas has written as JSON.

    The document contains either one object per column, or a list of column names and a list of rows.

    >>> rows_of_columns({"artist": {"0": "Ada", "1": "Nell"}, "title": {"0": "Rain", "1": "Salt"}})
    [{'artist': 'Ada', 'title': 'Rain'}, {'artist': 'Nell', 'title': 'Salt'}]
    >>> rows_of_columns({"columns": ["artist", "title"], "index": [0], "data": [["Ada", "Rain"]]})
    [{'artist': 'Ada', 'title': 'Rain'}]
    """
    columns, data = document.get("columns"), document.get("data")
    if isinstance(columns, list) and isinstance(data, list) and all(isinstance(name, str) for name in columns):
        fit = bool(data) and all(isinstance(row, list) and len(row) == len(columns) for row in data)
        return [dict(zip(columns, row, strict=True)) for row in data] if fit else []
    values = list(document.values())
    if len(values) < 2 or not all(isinstance(column, dict) and column.keys() == values[0].keys() for column in values):
        return []
    if not values[0] or not all(key.isdecimal() for key in values[0]):
        return []
    return [{name: column[key] for name, column in document.items()} for key in values[0]]
