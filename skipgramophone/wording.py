"""Wording of numbers in messages."""

from __future__ import annotations


def plural(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless the number is 1.

    >>> plural(1, "row"), plural(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
