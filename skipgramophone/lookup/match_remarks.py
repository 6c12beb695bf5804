"""Remarks for the user about how a name was resolved to a track."""

from __future__ import annotations

from skipgramophone.experiment.name_search import Match


def remarks_about(query: str, match: Match) -> list[str]:
    """Return remarks about a typo in the query, other tracks with the same name, and other matches."""
    track = match.track
    remarks = [f"no exact match for {query!r}; using '{track.name}'"] if match.misspelt else []
    if match.namesakes:
        which = f", {track.uri}" if track.uri else ""
        remarks.append(f"{match.namesakes + 1} tracks are called '{track.name}'; using the most frequent{which}")
    if match.others:
        also = ", ".join(f"'{other.name}' ({other.count:,}×)" for other in match.others)
        more = match.matches - 1 - len(match.others)
        also += f" and {more:,} more" if more else ""
        remarks.append(
            f"{query!r} matches {match.matches:,} tracks; using '{track.name}' ({track.count:,}×), not {also}: "
            "to choose another track, give its artist too"
        )
    return remarks
