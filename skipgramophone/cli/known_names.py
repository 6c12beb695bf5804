"""Tells users how to list all names of an experiment if the name that they look up is not similar to any of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from skipgramophone.errors import UnknownTrackError
from skipgramophone.experiment.experiments_root import directory_options
from skipgramophone.wording import shell_command

EXPORTS = {"track": ("tracks.csv",), "artist": ("artists.csv", "--of", "artists")}  # arguments that list names


@contextmanager
def hint_at_known_names(experiment: str, experiments_dir: Path | None) -> Iterator[None]:
    """Add advice to the error that the `with` block raises for an unknown name to which no known name is similar.

    The advice says which command lists all names. An error that already has advice is not changed.
    """
    try:
        yield
    except UnknownTrackError as error:
        if error.unlike in EXPORTS and not error.advice_on_command_line:
            command = shell_command("export", experiment, *EXPORTS[error.unlike], *directory_options(experiments_dir))
            error.advise(f"To see which {error.unlike}s you can look up, run {command}")
        raise
