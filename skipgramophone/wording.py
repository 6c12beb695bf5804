"""Wording of numbers and suggestions in messages."""

from __future__ import annotations

from collections.abc import Iterable


def plural(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless the number is 1.

    >>> plural(1, "row"), plural(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return the end of a message that suggests the most similar known word; empty if none is similar.

    >>> suggestion("hybird", ["cosine", "hybrid"]), suggestion("xml", ["cosine", "hybrid"])
    ("; did you mean 'hybrid'?", '')
    """
    from difflib import get_close_matches  # here, because only errors need it

    spelt = {each.casefold(): each for each in known}
    near = get_close_matches(word.casefold(), spelt, 1)
    return f"; did you mean {spelt[near[0]]!r}?" if near else ""
