"""The error for a query if none of its names matches exactly one track."""

from __future__ import annotations

from collections.abc import Sequence

from skipgramophone.errors import AmbiguousTrackError, TrackNameError, UnknownTrackError
from skipgramophone.lookup.results import Missing
from skipgramophone.wording import plural, shell_command

NAMED = 3  # number of names that the error lists for each reason
LONGEST = 80  # maximum number of letters of a name that are shown; a longer name is cut and ends with an ellipsis


def nothing_found(missing: Sequence[Missing], experiment: str) -> TrackNameError:
    """Return the error for a query if all of its names were left out.

    Args:
        missing: the names, each with the error that explains why it was left out. If all errors are the same, this
            error is returned.
        experiment: name of the experiment, for the advice.
    """
    if len({str(each.error) for each in missing}) == 1:
        return missing[0].error
    several = [each.name for each in missing if isinstance(each.error, AmbiguousTrackError)]
    unknown = [each.name for each in missing if not isinstance(each.error, AmbiguousTrackError)]
    if unknown and several:
        problem = (
            f"matches exactly one track: {plural(len(unknown), 'name')} without a match or without a vector "
            f"({_first(unknown)}), and {plural(len(several), 'name')} with several matches ({_first(several)})"
        )
    elif several:
        problem = f"matches only one track ({_first(several)})"
    else:
        problem = f"matches a track that has a vector ({_first(unknown)})"
    advice = f"to see the reason and similar names, look one up alone: {shell_command('similar', experiment, 'NAME')}"
    error = AmbiguousTrackError if several and not unknown else UnknownTrackError
    return error(f"none of the {len(missing):,} names {problem}; {advice}")


def _first(names: Sequence[str]) -> str:
    """Return a text with the first names and the number of the others, such as "'a', 'b' and 3 more"."""
    shown = [repr(name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…") for name in names[:NAMED]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")
