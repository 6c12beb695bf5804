"""Find the fields of JSON objects to which the setting `columns` assigns roles."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from skipgramophone.errors import SourceError
from skipgramophone.playlists.column_names import OF_PLAYLIST
from skipgramophone.playlists.line_ends import split_lines
from skipgramophone.playlists.readers.json_playlists import Record
from skipgramophone.settings.extraction import ROLES
from skipgramophone.wording import visible

Roles = dict[str, str]  # role -> name of its field
DEEPEST_FIELD = 3  # maximum number of nested JSON objects that contain a field
MOST_LISTED = 30  # maximum number of fields that a message lists
SPARSE = frozenset(("album", "isrc", "mbid"))  # roles whose fields may be missing from all objects at the start


def objects_on_first_lines(head: bytes) -> list[Record]:
    """Return the JSON objects on the lines of `head`, the start of a file; other lines are left out."""
    found: list[Record] = []
    for line in split_lines(head.decode("utf-8", "replace")):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            continue
        found += [value] if isinstance(value, dict) else []
    return found


def existing_fields(records: Sequence[Record], roles: Roles, display_name: str) -> Roles:
    """Return role -> field, after checking that at least one of the first objects of a file has the field.

    An assigned field such as "order_id" may also be a field of the playlist. If no object has "order_id", but some have
    "playlist.order_id", the result contains "playlist.order_id". Fields for albums, ISRCs and MusicBrainz ids are not
    checked, because they may be missing from all of the first objects.

    Raises:
        SourceError: an assigned field occurs in no object, and the objects have other fields.
    """
    found = dict(roles)
    for role, name in roles.items():
        if any(has_field(record, name) for record in records):
            continue
        if any(OF_PLAYLIST + name in record for record in records):
            found[role] = OF_PLAYLIST + name
        elif role not in SPARSE and any(records):
            fields = list(dict.fromkeys(field for record in records for field in flat(record)))
            listed = ", ".join(map(visible, fields[:MOST_LISTED])) + (", …" if len(fields) > MOST_LISTED else "")
            raise no_such_column(name, listed, display_name)
    return found


def no_such_column(name: str, listed: str, display_name: str) -> SourceError:
    """Return the error that an assigned column is not among the columns of a table.

    The name of a column may contain a comma and an equals sign. If it does, because the user wrote `word=column` with a
    word that is not a role, the error says so.

    Args:
        name: the name of the column.
        listed: the names of the existing columns, as the error shows them.
        display_name: the name of the file, as the error shows it.
    """
    no_role = re.search(r",\s*(\w+)=", name)
    hint = f"; {no_role[1]!r} is not a role: the roles are {', '.join(ROLES)}" if no_role else ""
    return SourceError(f"{display_name} has no column {name!r}: its columns are {listed}{hint}")


def has_field(record: Record, name: str) -> bool:
    """Whether an object has a field; a name with dots refers to a nested field.

    If null is in place of a nested object, this object counts as having all fields.

    >>> has_field({"track": {"name": None}}, "track.name"), has_field({"track": None}, "track.name"), has_field({}, "x")
    (True, True, False)
    """
    if name in record:
        return True
    value: Any = record
    for part in name.split("."):
        if value is None:
            return True
        if not isinstance(value, dict) or part not in value:
            return False
        value = value[part]
    return True


def flat(record: Record, deepest: int = DEEPEST_FIELD) -> Record:
    """Flatten an object; a field of a nested object gets a name with a dot."""
    found: Record = {}
    for name, value in record.items():
        within = flat(value, deepest - 1) if isinstance(value, dict) and deepest else None
        found |= {name: value} if within is None else {f"{name}.{inner}": of for inner, of in within.items()}
    return found
