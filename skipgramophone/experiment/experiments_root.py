"""The experiments directory, and advice on how to use another one."""

from __future__ import annotations

import os
from pathlib import Path

from skipgramophone.errors import ExperimentError
from skipgramophone.settings import DEFAULT_ROOT, ROOT_VARIABLE
from skipgramophone.wording import Names


def experiments_root(given: Path | str | None = None) -> Path:
    """Return the experiments directory.

    This is the directory `given` or, if it is None, the value of $SGP_EXPERIMENTS. If this variable is not set either,
    it is ./experiments.
    """
    return Path(given or os.environ.get(ROOT_VARIABLE) or DEFAULT_ROOT)


def require_directory(root: Path) -> None:
    """Verify that the experiments directory is a directory, or does not exist yet.

    Raises:
        ExperimentError: there is a file at its path.
    """
    # Unlike the methods of `Path`, the functions of `os.path` raise no error for a directory that cannot be read.
    if os.path.exists(root) and not os.path.isdir(root):  # noqa: PTH110, PTH112
        raise ExperimentError.naming(
            lambda named: (
                f"{root} is a file, not a directory: give the directory of your experiments with "
                f"{_directory(named)}, or set {ROOT_VARIABLE}"
            )
        )


def _directory(named: Names) -> str:
    """Return how to give the experiments directory."""
    return named.either("experiments_dir", "--experiments-dir DIR")


def directory_options(given: Path | str | None) -> tuple[str, ...]:
    """Return the words of the option --experiments-dir, or no words if the directory is the default directory."""
    root = experiments_root(given)
    return () if root == experiments_root() else ("--experiments-dir", str(root))


def other_directory(root: Path | str | None, named: Names) -> str:
    """Return the end of an error message: how to use another experiments directory.

    If the user named a directory that exists, return "", because the user probably meant this directory.
    """
    is_named = root or os.environ.get(ROOT_VARIABLE)
    if is_named and experiments_root(root).is_dir():
        return ""
    return f"; to use another directory, give {_directory(named)} or set {ROOT_VARIABLE}"
