"""The notes of `extract` and `evaluate` on the playlists that a file of playlist names holds out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skipgramophone.wording import plural

if TYPE_CHECKING:
    from skipgramophone.evaluation.splits import HeldOutNames


def held_out_by_name(found: HeldOutNames | None, group: str | None) -> list[str]:
    """Return lines for the report on the playlists that a file names.

    One line says which name matches the most playlists, if a name matches several. The other line says how many other
    playlists are held out with the named ones. Without such playlists, or without a file, the list is empty. `group` is
    the value of `--group`, or None.
    """
    lines = []
    if found and found.several:
        most = f"{found.most!r} matches {found.most_playlists:,}"
        one = "" if group else "; to hold out the playlist of one owner, write the owner, a tab and the name"
        lines.append(
            f"{plural(found.lines, 'line')} of the file matched {plural(found.playlists, 'playlist')}; {most}{one}"
        )
    if found and found.added:
        verb, pronoun, noun = (
            ("is", "it is", "a near-duplicate") if found.added == 1 else ("are", "they are", "near-duplicates")
        )
        named = f"the {plural(found.playlists, 'playlist')} in the file"
        grouped = " or in the same group" if group else ""
        others = plural(found.added, "other playlist")
        lines.append(f"{others} {verb} held out too, because {pronoun} {noun} of {named}{grouped}")
    return lines
