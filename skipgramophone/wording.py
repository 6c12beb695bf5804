"""Format text for people: plurals, suggestions, and escapes that make untrusted names safe to print."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Characters that can control a terminal or reorder text: controls, lone surrogates, line ends, bidirectional marks.
STEERING = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def plural(number: int, noun: str) -> str:
    """Return a number and its noun, in the plural unless the number is 1.

    >>> plural(1, "row"), plural(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return the end of a message that suggests the most similar known word; empty if none is similar.

    >>> suggestion("hybird", ["cosine", "hybrid"]), suggestion("xml", ["cosine", "hybrid"])
    ("; did you mean 'hybrid'?", '')
    """
    from difflib import get_close_matches  # imported here because only errors need it

    spelt = {each.casefold(): each for each in known}
    near = get_close_matches(word.casefold(), spelt, 1)
    return f"; did you mean {spelt[near[0]]!r}?" if near else ""


def visible(text: str) -> str:
    """Replace control characters and bidirectional marks by Python escapes, so that a text is safe to print.

    >>> visible("red \\x1b[31m alert\\u202e")
    'red \\\\x1b[31m alert\\\\u202e'
    """
    if text.isprintable():
        return text
    return STEERING.sub(lambda found: _escaped(found[0]), text)


def _escaped(letter: str) -> str:
    """Return a character as a Python escape."""
    return letter.encode("unicode_escape", "surrogatepass").decode("ascii")
