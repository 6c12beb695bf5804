"""JSON with orders and sessions of a shop: each object contains the list of its items."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.playlists.readers.reading import error_of, read

WriteDump = Callable[..., Path]
ORDERS = [
    {"order_id": 1, "items": [{"product_id": "a"}, {"product_id": "b"}]},
    {"order_id": 2, "items": [{"product_id": "a"}]},
]
SESSIONS = [
    {"session": 0, "events": [{"aid": 5, "ts": 1661724000278, "type": "clicks"}, {"aid": 6, "ts": 1661724000279}]},
    {"session": 1, "events": [{"aid": 5, "ts": 1661724000290, "type": "orders"}]},
]
SHOP = {
    "orders": [
        {"id": 7, "name": "#1001", "line_items": [{"id": 1, "product_id": 3, "name": "Blue tea", "price": "2.50"}],
         "tax_lines": [{"price": "0.2"}]},
        {"id": 8, "name": "#1002", "line_items": [{"id": 2, "product_id": 4, "name": "Soap", "price": "2.50"},
                                                   {"id": 3, "product_id": 3, "name": "Blue tea", "price": "2.50"}]},
    ]
}  # fmt: skip


def on_lines(values: list[Any]) -> str:
    """Return values as JSON lines."""
    return "\n".join(map(json.dumps, values))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (on_lines(ORDERS), [("1", "a"), ("1", "b"), ("2", "a")]),
        (json.dumps(ORDERS), [("1", "a"), ("1", "b"), ("2", "a")]),
        (json.dumps({"session_id": 1, "tracks": [{"track_id": "a"}, {"track_id": "b"}]}), [("1", "a"), ("1", "b")]),
        (on_lines(SESSIONS), [("0", "5"), ("0", "6"), ("1", "5")]),
        (json.dumps(SESSIONS), [("0", "5"), ("0", "6"), ("1", "5")]),
        (json.dumps(SHOP), [("#1001", "3"), ("#1002", "4"), ("#1002", "3")]),
    ],
)
def test_orders_and_sessions_are_read(text: str, expected: list[tuple[str, str]], write_dump: WriteDump) -> None:
    rows, rejects = read(write_dump(text), "columns")
    assert ([(row[0], row[3]) for row in rows], rejects) == (expected, [])


def test_tracks_with_a_list_of_events_stay_tracks(write_dump: WriteDump) -> None:
    rows = [{"id": at, "artist": "Ada", "title": title, "events": [{"aid": 5}]} for at, title in enumerate("RST")]
    found, _ = read(write_dump(on_lines(rows)), "columns")
    assert [row[1:3] for row in found] == [("Ada", title) for title in "RST"]


def test_unclear_orders_are_asked_about(write_dump: WriteDump) -> None:
    orders = [{"order_id": at, "items": [{"product_id": "a", "sku": "s"}, {"product_id": "b"}]} for at in (1, 2)]
    asked = error_of(write_dump(json.dumps(orders)))
    assert "'product_id' and 'sku' could be the uri" in asked
    assert asked.endswith("for example --columns id=playlist.order_id,uri=product_id")
    news = [{"id": at, "items": [{"title": "Rain", "link": f"https://example.org/{at}"}]} for at in (1, 2)]
    assert "does not recognize the artist" in error_of(write_dump(json.dumps(news), "news.json"))
