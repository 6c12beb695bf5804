"""Remarks about the track that a name was resolved to, for the user."""

from __future__ import annotations

from skipgramophone.experiment.name_search import Match


def remarks_about(query: str, match: Match) -> list[str]:
    """Remark on a typo in the query, on other tracks with the same name, and on other matches."""
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
            "give the artist too for another one"
        )
    return remarks
