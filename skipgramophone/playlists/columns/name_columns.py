"""Guess the columns of a table with the names of tracks or products, such as a table of products next to orders."""

from __future__ import annotations

from skipgramophone.playlists.column_names import album_column, normalized
from skipgramophone.playlists.columns.guess import suitable_columns
from skipgramophone.playlists.columns.questions import listed
from skipgramophone.playlists.columns.roles import sorted_roles
from skipgramophone.playlists.columns.values import ID as ID_VALUE
from skipgramophone.playlists.columns.values import Table, column_numbers, is_text, most_fit, values_of
from skipgramophone.settings import columns_text
from skipgramophone.wording import Wording, visible

# Names of columns that contain the ids or the names of products only if no other column does.
ID, DESCRIPTION = "id", "description"


def guess_name_columns(rows: Table) -> dict[str, str] | Wording:
    """Return role -> column for the ids and names in a table; if the columns are unclear, return a question.

    Args:
        rows: the first rows of the table; the first row contains the column names, if there are any.

    >>> guess_name_columns([["sku", "product_name", "category"], ["A1", "Green mug", "Mugs"]])
    {'title': 'product_name', 'uri': 'sku'}
    """
    found = suitable_columns(rows, rows[0])
    ids = [name for name in rows[0] if normalized(name) == ID and name not in found.get("title", ())]
    found |= {"uri": ids} if "uri" not in found and ids else {}
    names = [name for name in found.get("title", ()) if normalized(name) != DESCRIPTION]
    found |= {"title": names} if names else {}
    for role in ("uri", "title", "artist"):
        if len(found.get(role, ())) > 1:
            what = "ids" if role == "uri" else f"{role}s"
            return _question(rows, f"in which {listed(found[role])} could contain the {what}")
    roles = {role: names[0] for role, names in found.items() if role in ("uri", "title", "artist")}
    missing = [what for role, what in (("uri", "ids"), ("title", "names")) if role not in roles]
    if missing:
        unknown = "names of the columns" if len(missing) > 1 else f"column of the {missing[0]}"
        return _question(rows, "in which sgp does not recognize the " + unknown)
    if any(rows[0].count(name) > 1 for name in roles.values()):
        return _question(rows, "of which several have the same name")
    album = album_column(rows[0], roles) if "artist" in roles else None
    return sorted_roles(roles | ({"album": album} if album else {}))


def names_columns_text(roles: dict[str, str]) -> str:
    """Return the value of `--names-columns` that assigns these columns.

    >>> names_columns_text({"title": "Name", "uri": "SKU"})
    'id=SKU,title=Name'
    """
    ids = {"id": roles["uri"]} if "uri" in roles else {}
    return columns_text(ids | {role: column for role, column in roles.items() if role != "uri"})


def _question(rows: Table, problem: str) -> Wording:
    """Return a message that asks the user to assign the columns; it ends with an example if the values suggest one."""
    example = _example(rows) or "id=…,title=…"
    what = f"a table of {len(rows[0])} columns {problem}"
    return lambda named: visible(f"{what}: assign them, for example {named('names_columns', example)}")


def _example(rows: Table) -> str | None:
    """Return an example for `--names-columns`, or None.

    In the example, the ids are in the column with the most different ids, and the names in the column of text with the
    most different values. If columns have usual names for ids or titles, only these columns are considered.
    """
    usual = suitable_columns(rows, rows[0])
    has_header = bool(usual) and len(set(rows[0])) == len(rows[0])
    table = rows if has_header else [column_numbers(rows), *rows]
    values = {name: values_of(table, name) for name in table[0]}
    usual = usual if has_header else {}
    ids = usual.get("uri") or [name for name in table[0] if most_fit(values[name], ID_VALUE.fullmatch)]
    titles = usual.get("title") or [name for name in table[0] if is_text(values[name]) and name not in ids]
    if not ids or not titles:
        return None
    best = {
        role: max(names, key=lambda name: len(set(values[name]))) for role, names in (("uri", ids), ("title", titles))
    }
    return names_columns_text(best)
