"""What a user can do with JSON in a form that sgp does not know: the end of the error message."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

from skipgramophone.playlists.detection.json_start import first_json_value
from skipgramophone.playlists.detection.table_head import rows_of_records
from skipgramophone.playlists.readers.json_documents import is_document, rows_in, several_lists_of_tracks
from skipgramophone.playlists.readers.json_fields import objects_on_first_lines
from skipgramophone.playlists.readers.json_playlists import field_with_lists, field_with_playlists
from skipgramophone.wording import Wording, visible

# Fields of a description that yt-dlp has written for one video.
FIELDS_OF_VIDEO = frozenset(("id", "title", "formats", "thumbnails"))
OF_VIDEO = (
    "it seems to be the description of one video by yt-dlp: save a playlist with "
    "yt-dlp --flat-playlist -J URL > playlist.json"
)
JQ_OF_LISTS = "jq -r '.[] | map(tostring) | join(\" \")'"
OF_LISTS = f"if each inner list is a playlist of ids, write one playlist per line, for example with {JQ_OF_LISTS}"
OF_ROWS = "if each inner list is a row of a table, write it as CSV, for example with jq -r '.[] | @csv'"
JQ_OF_FIELDS = "jq -r 'to_entries[] | .key as $p | .value[] | [$p, .] | @csv'"
OF_FIELDS = (
    "if each field is a playlist or an owner with a list of ids, write one row per id, for example with "
    f"{JQ_OF_FIELDS}, and add --columns playlist=1,uri=2"
)
JSON_REMEDY = "sgp reads lists of objects that have fields such as artist and title"
CONCATENATED = "several JSON values, one after the other: join them to one list, for example with jq -s ."
PYTHON = re.compile(rb"\s*[\[{(]+\s*['(]")  # the start of a list or dictionary in Python
OF_PYTHON = "a list or dictionary of Python: save it as JSON, for example with json.dumps"
MOST_FIELDS = 12  # named in a message


def fault_of_json(head: bytes) -> str | None:
    """Return what is wrong with a whole file of JSON, or None if it is valid JSON, or JSON lines.

    >>> fault_of_json(b'[{"artist" "Ada"}]')
    "JSON that is not valid: Expecting ':' delimiter (line 1, column 12)"
    >>> fault_of_json(b'{"artist":\\n"Ada"}\\n{"artist":\\n"Nell"}').partition(":")[0]
    'several JSON values, one after the other'
    """
    text = head.decode("utf-8", "replace").strip()
    try:
        json.loads(text)
    except RecursionError:
        return None
    except json.JSONDecodeError as error:
        if PYTHON.match(head):
            return OF_PYTHON
        if error.msg == "Extra data":
            return None if objects_on_first_lines(text.split("\n", 1)[0].encode()) else CONCATENATED
        return f"JSON that is not valid: {error.msg} (line {error.lineno}, column {error.colno})"
    except ValueError:  # Python refuses to convert very long integers
        return f"JSON with an integer of more than {sys.get_int_max_str_digits():,} digits"
    return None


def remedy_for_json(head: bytes) -> Wording | str:
    """Return what the user can do with a JSON document, or with JSON lines, that begins with `head`.

    >>> remedy_for_json(b'[{"id": 1, "parts": ["Rain", "Salt"]}]').partition(": ")[2]
    "write one object per item of 'parts', with the playlist in each object"
    """
    document = first_json_value(head)
    if several := several_lists_of_tracks(document):
        path = " and ".join(map(repr, several))
        return visible(f"several of its lists may contain the tracks, {path}: write one of them to a file of its own")
    if isinstance(document, dict) and document.keys() >= FIELDS_OF_VIDEO and "entries" not in document:
        return OF_VIDEO
    if isinstance(document, list) and document and all(map(_is_list_of_ids, document)):
        return OF_LISTS
    if isinstance(document, list) and document and all(map(_is_list_of_text, document)):
        return OF_ROWS
    if isinstance(document, dict) and len(document) > 1 and all(map(_is_list_of_ids, document.values())):
        return OF_FIELDS
    records = rows_in(document) if is_document(head) else objects_on_first_lines(head)
    if not records:
        return JSON_REMEDY
    if name := field_with_lists(records):
        return visible(f"{JSON_REMEDY}, but {name!r} contains lists: write one object per track")
    if name := field_with_playlists(records):
        return visible(f"each track has a list of its playlists, {name!r}: write one object per track and playlist")
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


def _is_list_of_ids(value: Any) -> bool:
    """Whether a value is a list of numbers, or of texts without spaces; an empty list counts."""
    if not isinstance(value, list):
        return False
    texts = (each for each in value if not isinstance(each, int) or isinstance(each, bool))
    return all(isinstance(each, str) and " " not in each for each in texts)
