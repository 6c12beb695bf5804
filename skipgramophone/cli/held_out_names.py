"""The note that `extract` and `evaluate` print if a name in a file of playlist names matches several playlists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skipgramophone.wording import plural

if TYPE_CHECKING:
    from skipgramophone.evaluation.splits import HeldOutNames


def several_playlists(found: HeldOutNames | None, group: str | None) -> list[str]:
    """Return the line of the report that says which name matches the most playlists.

    The list is empty if each name matches only one playlist. `group` is the value of `--group`.
    """
    if found is None or not found.several:
        return []
    most = f"{found.most!r} matches {found.most_playlists:,}"
    one = "" if group else "; to hold out the playlist of one owner, write the owner, a tab and the name"
    return [f"{plural(found.lines, 'line')} of the file matched {plural(found.playlists, 'playlist')}; {most}{one}"]
