"""Shell completion of the names of experiments and tracks, and of the values of options.

Track names may contain any character, and shells interpret quotes, dollar signs and backslashes. A name is therefore
offered in hyphenated form: only its letters and digits, with hyphens between words. This form needs no quoting in any
shell, and look-ups accept it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import closing

import typer

from skipgramophone.errors import SgpError
from skipgramophone.experiment.catalogue import Catalogue, Track
from skipgramophone.experiment.experiment import open_experiment
from skipgramophone.experiment.experiments_root import experiments_root
from skipgramophone.experiment.name_search import NameSearch
from skipgramophone.names.normalization import hyphenate

SHOWN = 20  # maximum number of suggestions
SECONDS = 0.1  # maximum time of the search for suggestions
HARMLESS = re.compile(r"[\w][\w.-]*")


def experiments(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the names of experiments that begin with the typed text."""
    try:
        inside = sorted(path.name for path in experiments_root(ctx.params.get("experiments_dir")).iterdir())
    except OSError:
        return []
    return [name for name in inside if name.startswith(incomplete) and HARMLESS.fullmatch(name)]


def words(choices: Sequence[str]) -> Callable[[str], list[str]]:
    """Return a function that completes the values in `choices`."""

    def offer(incomplete: str) -> list[str]:
        """Return the choices that begin with the typed text."""
        return [word for word in choices if word.startswith(incomplete)]

    return offer


def export_formats(incomplete: str) -> list[str]:
    """Return the export formats that begin with the typed text."""
    from skipgramophone.exporters.formats import FORMATS  # imported here to complete other values faster

    return words(tuple(FORMATS))(incomplete)


def import_formats(incomplete: str) -> list[str]:
    """Return the import formats that begin with the typed text."""
    from skipgramophone.importers import FORMATS  # imported here to complete other values faster

    return words(tuple(FORMATS))(incomplete)


def tracks(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return hyphenated titles and names of tracks that begin with the typed text, most frequent first."""
    typed, found = hyphenate(incomplete), dict[str, None]()

    def begins(track: Track) -> bool:
        """Add the hyphenated title or name to the results if it begins with the typed text; return whether it does."""
        offered = (hyphenate(text) for text in (track.title, track.name))
        fitting = next((text for text in offered if text.startswith(typed)), None)
        if fitting:
            found[fitting] = None
        return fitting is not None

    # When the value of an option is completed, the arguments are not parsed yet. The first of them is the experiment.
    name = ctx.params.get("experiment") or next(iter(ctx.args), "")
    try:
        directory = open_experiment(name, ctx.params.get("experiments_dir")).directory("corpus")
        with closing(Catalogue(directory)) as catalogue:
            NameSearch(catalogue).completions(typed.replace("-", " "), SHOWN, SECONDS, begins)
    except SgpError:  # completion has no way to report an error
        return []
    return list(found)
