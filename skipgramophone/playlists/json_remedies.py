"""What a user can do with JSON in a form that sgp does not know: the end of the error message."""

from __future__ import annotations

from typing import Any

from skipgramophone.playlists.json_start import first_json_value
from skipgramophone.playlists.readers.json_fields import objects_on_first_lines
from skipgramophone.playlists.readers.json_tables import field_with_lists, is_document, rows_in
from skipgramophone.playlists.table_head import rows_of_records
from skipgramophone.wording import Wording, visible

JSON_REMEDY = "sgp reads lists of objects that have fields such as artist and title"
MOST_FIELDS = 12  # named in a message


def remedy_for_json(head: bytes) -> Wording | str:
    """Return what the user can do with a JSON document, or with JSON lines, that begins with `head`.

    >>> remedy_for_json(b'[{"id": 1, "parts": ["Rain", "Salt"]}]').partition(": ")[2]
    "write one object per item of 'parts', with the playlist in each object"
    """
    records = rows_in(first_json_value(head)) if is_document(head) else objects_on_first_lines(head)
    if not records:
        return JSON_REMEDY
    if name := field_with_lists(records):
        return visible(f"{JSON_REMEDY}, but {name!r} contains lists: write one object per track")
    lists = [name for name in records[0] if all(_is_list_of_text(record.get(name)) for record in records)]
    if lists:
        return visible(f"{JSON_REMEDY}: write one object per item of {lists[0]!r}, with the playlist in each object")
    rows = rows_of_records(records)
    fields = [name for name in rows[0] if name and not name.startswith("playlist.")] if rows else []
    if len(fields) < 2:
        return JSON_REMEDY
    listed = ", ".join(fields[:MOST_FIELDS]) + (", …" if len(fields) > MOST_FIELDS else "")
    return lambda named: visible(
        f"{JSON_REMEDY}; if its fields {listed} contain tracks, assign them with "
        f"{named('columns', 'artist=…,title=…')} (or, for orders and sessions, id=…,uri=…)"
    )


def _is_list_of_text(value: Any) -> bool:
    """Whether a value is a list that contains only strings; an empty list counts."""
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
