"""The note that `extract` and `evaluate` print if a name in a file of playlist names matches several playlists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skipgramophone.wording import plural

if TYPE_CHECKING:
    from skipgramophone.evaluation.splits import HeldOutNames


def several_playlists(found: HeldOutNames | None, group: str | None) -> list[str]:
    """Return a list with a line for the report, if a name in the file of held-out playlists matches several playlists.

    The line says which name matches the most playlists. If each name matches only one playlist, or there is no file,
    the list is empty. `group` is the value of `--group`, or None.
    """
    if found is None or not found.several:
        return []
    most = f"{found.most!r} matches {found.most_playlists:,}"
    one = "" if group else "; to hold out the playlist of one owner, write the owner, a tab and the name"
    return [f"{plural(found.lines, 'line')} of the file matched {plural(found.playlists, 'playlist')}; {most}{one}"]
