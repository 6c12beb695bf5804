"""Finds the playlists that a file names, one per line, for `extract --holdout FILE` and `evaluate --held-out FILE`.

A line is the name of a playlist, and matches all playlists with this name. A line that consists of the owner, a tab and
the name matches only the playlist of this owner. With `--group`, a line is not the name of a playlist, but the text
that the regular expression matches at the start of an owner's name. The line then names all playlists of the owners
for whom the expression matches this text. A line that consists of the owner, a tab and the name is accepted with
`--group` too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from skipgramophone.errors import EvaluationError
from skipgramophone.evaluation.snapshots import SEPARATORS
from skipgramophone.evaluation.splits import Flags, HeldOutNames, group_keys
from skipgramophone.playlists.name_list import read_name_list
from skipgramophone.wording import Wording, plural, worded

TAB = "\t"  # separates the owner from the name in a line that names the playlist of one owner


def read_held_out_names(path: Path) -> list[str]:
    """Return the different lines of a file that names playlists, without empty lines.

    Raises:
        EvaluationError: the file is not valid UTF-8.
        SourceError: the file is too large, or is a device.
        StorageError: the file cannot be read.
    """
    try:
        lines = read_name_list(path).decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise EvaluationError(f"{path} is not valid UTF-8: save it as UTF-8 text ({error})") from error
    return list(dict.fromkeys(line for line in lines if line))


def match_playlists(
    lines: Sequence[str], owners: Sequence[str], names: Sequence[str], group: str | None
) -> tuple[Flags, HeldOutNames]:
    """Find the playlists that lines name.

    Args:
        lines: the lines, all different.
        owners: the owner of each playlist.
        names: the name of each playlist.
        group: the regular expression of `--group`, or None.

    Returns:
        Whether each playlist is named, bool (playlists,), and how many playlists the lines match.

    Raises:
        EvaluationError: a line matches no playlist or is ambiguous, or `group` is not a valid regular expression.
    """
    found: dict[str, list[int]] = {line: [] for line in lines}
    for playlist, key in enumerate(names if group is None else group_keys(owners, group)):
        if key in found:
            found[key].append(playlist)
    for line, playlists in _of_one_owner(lines, owners, names):
        if found[line] or len({owners[playlist] for playlist in playlists}) > 1:
            raise EvaluationError(
                f"the line {line!r} is ambiguous: a tab in it can separate an owner from a name or be part of a name, "
                "and the two readings match different playlists; rename one of these playlists in the source, or hold "
                "out other playlists"
            )
        found[line] = playlists
    missing = [line for line in lines if not found[line]]
    if missing:
        problem = f"no playlist matches {min(missing)!r} ({plural(len(missing), 'name')} without a match)"
        remedy = _remedy(lines, owners, names, group)
        raise EvaluationError.naming(lambda named: f"{problem}: {worded(remedy, named)}")
    named = np.zeros(len(names), np.bool_)
    named[[playlist for playlists in found.values() for playlist in playlists]] = True
    most = max(lines, key=lambda line: len(found[line]), default="")
    return named, HeldOutNames(
        lines=len(lines),
        playlists=int(named.sum()),
        several=sum(len(playlists) > 1 for playlists in found.values()),
        most=most,
        most_playlists=len(found.get(most, [])),
    )


def _of_one_owner(lines: Iterable[str], owners: Sequence[str], names: Sequence[str]) -> Iterator[tuple[str, list[int]]]:
    """Yield each line that consists of an owner, a tab and a name, with the playlists that it names."""
    found: dict[str, list[int]] = {line: [] for line in lines if TAB in line}
    if found:
        for playlist, (owner, name) in enumerate(zip(owners, names, strict=True)):
            if (line := f"{owner}{TAB}{name}") in found:
                found[line].append(playlist)
    yield from ((line, playlists) for line, playlists in found.items() if playlists)


def _remedy(lines: Sequence[str], owners: Sequence[str], names: Sequence[str], group: str | None) -> Wording | str:
    """Return advice for lines without a match.

    The advice is to change --group if this makes more lines match, and otherwise to correct the file. Three groupings
    are tried: by the name of the playlist, by the whole owner, and by the part of the owner before a separator.
    """
    used = [mark for mark in SEPARATORS if any(mark in owner for owner in owners)]
    patterns = [None, ".*", *(f"[^{mark}]*" for mark in used)]
    keys: dict[str | None, Collection[str]] = {
        pattern: set(names if pattern is None else group_keys(owners, pattern)) for pattern in (group, *patterns)
    }
    matched = {pattern: sum(line in known for line in lines) for pattern, known in keys.items()}
    # If several patterns match equally many lines, `max` returns the first one; `group` comes before all others.
    best = max(matched, key=lambda pattern: matched[pattern])
    if best == group:
        return "correct the file that names the playlists to hold out"
    share = f"{matched[best]:,} of {plural(len(lines), 'line')}"
    if best is None:
        return lambda named: (
            f"without {named('group')}, names of playlists match {share} of the file: leave out {named('group')}"
        )
    return lambda named: (
        f"with {named('group', best)}, owners of playlists match {share} of the file: "
        f"add this {named.either('setting', 'option')}"
    )
