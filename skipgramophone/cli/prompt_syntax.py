"""The syntax "artist: NAME" and "album: NAME" of the prompt, and a hint for users who type it on the command line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from skipgramophone.errors import TrackNameError
from skipgramophone.wording import shell_word

GROUP = re.compile(r"(artist|album)\s*:\s*(.*)", re.IGNORECASE | re.DOTALL)


@contextmanager
def hint_at_option(names: Sequence[str]) -> Iterator[None]:
    """If the block raises an error about a name such as "artist: queen", say in its advice which option to use."""
    try:
        yield
    except TrackNameError as error:
        if hint := _hint(names, error.summary):
            error.advise(". ".join(filter(None, (hint, error.advice_on_command_line))))
        raise


def _hint(names: Sequence[str], summary: str) -> str:
    """Return the hint to use --artist or --album, or "" if no unknown name has the form "artist: queen".

    `summary` is the error message, which contains the unknown name. If the user typed this name without quotes, each
    of its words is an item of `names`.
    """
    for name, unknown in (*zip(names, names, strict=True), (" ".join(names), next(iter(names), ""))):
        group = GROUP.fullmatch(name)
        if group and group[2].strip() and repr(unknown) in summary:
            kind = group[1].lower()
            return f"For all tracks of an {kind}, use --{kind} {shell_word(group[2].strip())}"
    return ""
