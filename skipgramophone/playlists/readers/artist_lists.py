"""Reads lists of artists in one field: as Python or JSON writes a list, or joined by semicolons."""

from __future__ import annotations

import ast
import json
import re
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.experiment.arrow_types import TEXT

LIST = r"""^\s*\[\s*(['"{].*['"}]\s*,?\s*)?\]\s*$"""

# Maximum number of fields whose names are cached; without a limit, a table with many lists could fill the memory.
KNOWN_LISTS = 1 << 16
# An HTML entity (the first group), which ends with a semicolon that does not separate names; or a semicolon.
SEMICOLON = re.compile(r"(&(?:#\d+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);)|;")


def without_brackets(artists: pa.Array) -> pa.Array:
    """Return a column of artists, in which each list is replaced by the names in it, such as "first, second".

    The elements of a list are names, or objects with a field "name". Values that are not lists stay unchanged.

    >>> without_brackets(pa.array(["['Ada Fenn', \\"Nell's\\"]", "[Lanyards]", "Nell"])).to_pylist()
    ["Ada Fenn, Nell's", '[Lanyards]', 'Nell']
    """
    if not pc.any(pc.match_substring_regex(artists, LIST), min_count=0).as_py():
        return artists
    return pa.array([_joined(text) for text in artists.to_pylist()], TEXT)


@lru_cache(KNOWN_LISTS)
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


def without_semicolons(artists: pa.Array) -> pa.Array:
    """Return a column of artists, in which names that are joined by semicolons are written as "first, second".

    >>> without_semicolons(pa.array(["Ada Fenn;Nell", "Ada; Nell;", "Simon &amp; Co", ";"])).to_pylist()
    ['Ada Fenn, Nell', 'Ada, Nell', 'Simon &amp; Co', ';']
    """
    joined = pc.match_substring(artists, ";")
    if not pc.any(joined, min_count=0).as_py():
        return artists
    lists = artists.filter(joined).to_pylist()
    texts = [", ".join(names_between_semicolons(text)) or text for text in lists]
    return pc.replace_with_mask(artists, joined, pa.array(texts, artists.type))


@lru_cache(KNOWN_LISTS)
def names_between_semicolons(text: str) -> tuple[str, ...]:
    """Return the names in a field; the semicolon in an HTML entity such as "&amp;" does not separate names.

    >>> names_between_semicolons("Ada;Simon &amp; Co")
    ('Ada', 'Simon &amp; Co')
    """
    ends = [(found.start(), found.end()) for found in SEMICOLON.finditer(text) if found[1] is None]
    starts = [0, *(end for _, end in ends)]
    names = [text[start:end] for start, end in zip(starts, [*(end for end, _ in ends), len(text)], strict=True)]
    return tuple(name.strip() for name in names if name.strip())


def names_in_list(value: Any) -> str | None:
    """Return the names in a list of texts, or of objects with a name, as "first, second"; None for other values.

    >>> names_in_list([{"name": "Nell Quay"}, {"name": "Ada"}]), names_in_list(["Ada"]), names_in_list([1])
    ('Nell Quay, Ada', 'Ada', None)
    """
    if not isinstance(value, list):
        return None
    names = [each.get("name") if isinstance(each, dict) else each for each in value]
    texts = [name for name in names if isinstance(name, str)]
    return ", ".join(texts) if len(texts) == len(names) else None
