"""What the shell offers on Tab: names of experiments and of tracks.

Shells obey quotes, dollars and backslashes, and names come from strangers: a name is offered as its words of letters
and digits with hyphens between, which every shell takes as it is, and which a look-up finds.
"""

from __future__ import annotations

import re
from contextlib import closing

import typer

from skipgramophone.errors import SgpError
from skipgramophone.experiment.catalogue import Catalogue, Track
from skipgramophone.experiment.experiment import experiments_root, open_experiment
from skipgramophone.names.normalization import hyphenated

SHOWN = 20
SECONDS = 0.1  # that the look-up of names may take
HARMLESS = re.compile(r"[\w][\w.-]*")


def experiments(ctx: typer.Context, incomplete: str) -> list[str]:
    """Experiments that begin with what is typed."""
    try:
        inside = sorted(path.name for path in experiments_root(ctx.params.get("experiments_dir")).iterdir())
    except OSError:
        return []
    return [name for name in inside if name.startswith(incomplete) and HARMLESS.fullmatch(name)]


def tracks(ctx: typer.Context, incomplete: str) -> list[str]:
    """Titles and names of the experiment's tracks that begin with what is typed, the most frequent first."""
    typed, found = hyphenated(incomplete), dict[str, None]()

    def begins(track: Track) -> bool:
        """Whether a track is offered, by its title or its name; what is offered is kept."""
        offered = (hyphenated(text) for text in (track.title, track.name))
        fitting = next((text for text in offered if text.startswith(typed)), None)
        if fitting:
            found[fitting] = None
        return fitting is not None

    # Behind an option that waits for its value nothing has been parsed: the experiment is the first word then.
    name = ctx.params.get("experiment") or next(iter(ctx.args), "")
    try:
        directory = open_experiment(name, ctx.params.get("experiments_dir")).directory("corpus")
        with closing(Catalogue(directory)) as catalogue:
            catalogue.completions(typed.replace("-", " "), SHOWN, SECONDS, begins)
    except SgpError:  # there is nothing to be offered, and nobody to be told
        return []
    return list(found)
