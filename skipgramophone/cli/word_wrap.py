"""Wraps text between words only, so that options and paths in messages can be copied from a terminal."""

from __future__ import annotations

import re

from rich.cells import cell_len

WORD = re.compile(r"\s*\S+\s*")


def wrapped(line: str, width: int) -> list[str]:
    """Return the lines of a text that wraps between words; a word that is wider than a line stays whole.

    >>> wrapped("add this option: --columns artist=Artist,title=Title", 24)
    ['add this option:', '--columns', 'artist=Artist,title=Title']
    """
    lines, used = [""], 0
    for word in WORD.findall(line):
        if used and used + cell_len(word.rstrip()) > width:
            lines.append("")
            used = 0
        lines[-1] += word
        used += cell_len(word)
    return [each.rstrip() for each in lines]
