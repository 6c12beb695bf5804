"""Recognizes a file that is given where a command expects the name of an experiment."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from skipgramophone.errors import SettingError
from skipgramophone.experiment.experiments_root import experiments_root
from skipgramophone.wording import shell_command


def require_name_first(command: str, experiment: str, sources: Sequence[Path], experiments_dir: Path | None) -> None:
    """Verify that the first argument of a command that reads sources is a name, and not one of the sources.

    The argument is treated as a source if it is the path of a file or directory, no experiment has this name, and one
    of these is true:

    - No other source is given.
    - The only other source does not exist, so it is probably the name.
    - The argument is a file with a suffix. For example, a shell replaces the `*.csv` of `sgp extract *.csv` with files.

    Args:
        command: the command, such as "extract".
        experiment: the first argument.
        sources: the other arguments.
        experiments_dir: experiments directory; the default is $SGP_EXPERIMENTS or ./experiments.

    Raises:
        SettingError: the argument is a source.
    """
    kind = _kind(experiment)
    if not kind or Path(experiment) in sources or _is_known(experiment, experiments_dir):
        return
    missing = [source for source in sources if source != Path("-") and not os.path.lexists(source)]
    if not sources:
        meant = ["NAME", experiment]
    elif len(sources) == 1 and missing:
        meant = [str(missing[0]), experiment]
    elif kind == "file" and Path(experiment).suffix:
        meant = ["NAME", experiment, *map(str, sources)]
    else:
        return
    raise SettingError(
        f"'{experiment}' is a {kind}: give the name of the experiment first, as in {shell_command(command, *meant)}"
    )


def _kind(path: str) -> str:
    """Return "file" or "directory" for a path that exists, or "" for any other text."""
    # Unlike the methods of `Path`, the functions of `os.path` raise no error for a text that is not a valid path.
    return "file" if os.path.isfile(path) else "directory" if os.path.isdir(path) else ""  # noqa: PTH112, PTH113


def _is_known(name: str, experiments_dir: Path | None) -> bool:
    """Whether there is an experiment of this name, or another file at its path."""
    return os.sep not in name and os.path.lexists(experiments_root(experiments_dir) / name)
