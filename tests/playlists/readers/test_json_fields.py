"""Fields of JSON that `--columns` assigns: they must exist, and fields of a playlist need no prefix."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skipgramophone.errors import SourceError
from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings
from tests.playlists.readers.reading import read

WriteDump = Callable[..., Path]
ROWS = [{"order_id": 1, "product_id": "a"}, {"order_id": 2, "product_id": "b"}]
ORDERS = [
    {"order_id": 1, "items": [{"product_id": "a", "name": None}, {"product_id": "b"}]},
    {"order_id": 2, "items": [{"product_id": "a"}]},
]


def on_lines(values: list[Any]) -> str:
    """Return values as JSON lines."""
    return "\n".join(map(json.dumps, values))


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        (on_lines(ROWS), "order_id, product_id"),
        (json.dumps(ROWS), "order_id, product_id"),
        (on_lines([{"order": {"id": 1}, "product_id": "a"}] * 2), "order.id, product_id"),
        (on_lines(ORDERS), "playlist.order_id, product_id, name"),
        (json.dumps(ORDERS), "playlist.order_id, product_id, name"),
    ],
)
def test_a_field_that_no_object_has_is_refused(text: str, fields: str, write_dump: WriteDump) -> None:
    path = write_dump(text, "orders.json")
    for reader in open_sources([path], ExtractSettings(columns="id=basket,uri=product_id")).readers:
        with pytest.raises(SourceError) as raised:
            list(reader.blocks())
        assert str(raised.value).endswith(f"orders.json has no column 'basket': its columns are {fields}")


@pytest.mark.parametrize("text", [on_lines(ORDERS), json.dumps(ORDERS)])
@pytest.mark.parametrize("name", ["order_id", "playlist.order_id"])
def test_a_field_of_the_playlist_needs_no_prefix(text: str, name: str, write_dump: WriteDump) -> None:
    rows, _ = read(write_dump(text), "columns", columns=f"id={name},uri=product_id")
    assert [(row[0], row[3]) for row in rows] == [("1", "a"), ("1", "b"), ("2", "a")]


def test_a_field_that_some_objects_have_may_be_missing_or_null(write_dump: WriteDump) -> None:
    rows = [{"t": "Rain", "by": {"n": "Ada"}}, {"t": "Salt", "by": None, "isrc": None}, {"t": "Tide"}]
    found, _ = read(write_dump(on_lines(rows)), "columns", columns="title=t,artist=by.n,isrc=isrc,album=album")
    assert [row[1:3] for row in found] == [("Ada", "Rain"), ("", "Salt"), ("", "Tide")]
