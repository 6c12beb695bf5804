"""Find the rows of a table that belong to no playlist, because the column that divides the table is empty in them."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.playlists.readers.missing_values import are_missing
from skipgramophone.playlists.readers.rows import rows_with
from skipgramophone.settings import ExtractSettings

NO_ID = "no id of a playlist"
REASONS = {"id": NO_ID, "playlist": "no name of a playlist", "owner": "no owner of a playlist"}


def rows_without_playlist(table: pa.Table, settings: ExtractSettings) -> dict[int, str]:
    """Return row index -> reason for rejecting the row, for each row of a block that belongs to no playlist.

    If the table has ids, a row without an id belongs to no playlist. Otherwise, only one column may divide the rows
    into playlists: if it is the only one, a row without its value belongs to no playlist. A value such as NULL counts
    as missing. Without this rule, the rows of all unknown owners would form one playlist.

    Args:
        table: a block of rows, whose columns are dictionary-encoded.
        settings: how the table is read.
    """
    roles = [role for role in REASONS if role in settings.roles]
    if not roles or ("id" not in roles and len(roles) > 1):
        return {}
    names = table["key" if roles[0] == "id" else roles[0]].combine_chunks()
    known = pc.utf8_trim_whitespace(names.dictionary)
    missing = pc.equal(known, "")
    if "placeholders" not in (settings.keep or ()):
        missing = pc.or_(missing, are_missing(known))
    return dict.fromkeys(map(int, rows_with(names, missing)), REASONS[roles[0]])
