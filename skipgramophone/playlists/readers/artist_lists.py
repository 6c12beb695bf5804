"""Reads lists of artists that scripts have written into one field, as Python or JSON writes a list."""

from __future__ import annotations

import ast
import json
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.experiment.arrow_types import TEXT

LIST = r"""^\s*\[\s*(['"{].*['"}]\s*,?\s*)?\]\s*$"""


def without_brackets(artists: pa.Array) -> pa.Array:
    """Return a column of artists, in which lists of names, or of objects with a name, are written as "first, second".

    >>> without_brackets(pa.array(["['Ada Fenn', \\"Nell's\\"]", "[Lanyards]", "Nell"])).to_pylist()
    ["Ada Fenn, Nell's", '[Lanyards]', 'Nell']
    """
    if not pc.any(pc.match_substring_regex(artists, LIST), min_count=0).as_py():
        return artists
    return pa.array([_joined(text) for text in artists.to_pylist()], TEXT)


@cache
def _joined(text: str) -> str:
    """Return the names in a list as "first, second", or the text itself if it is not a list of names."""
    if not text.lstrip().startswith("["):
        return text
    try:
        found = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        found = _json_in(text)
    if not isinstance(found, list):
        return text
    names = [each.get("name") if isinstance(each, dict) else each for each in found]
    texts = [name for name in names if isinstance(name, str)]
    return ", ".join(texts) if len(texts) == len(names) else text


def _json_in(text: str) -> object:
    """Return the JSON value in a text, or None if it is not JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
