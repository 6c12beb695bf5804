"""Remarks for the user about how a name was resolved, and advice for names of tracks that are also artists."""

from __future__ import annotations

from collections.abc import Callable

from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.groups import GroupMatch
from skipgramophone.experiment.name_search import Match
from skipgramophone.wording import shell_word

ArtistForm = Callable[[str], str]  # takes the name of an artist; returns the option or text for a query by this artist


def artist_option(artist: str) -> str:
    """Return the command-line option for a query by this artist.

    >>> artist_option("Toto"), artist_option("Daft Punk")
    ('--artist Toto', "--artist 'Daft Punk'")
    """
    return f"--artist {shell_word(artist)}"


def artist_advice(catalogue: Catalogue, query: str, form: ArtistForm) -> str:
    """If the query is exactly the name of an artist, return advice on how to query by artist; else return ""."""
    tracks = catalogue.of_artist(query)
    return f"For all tracks of the artist, use {form(tracks[0].artist)}" if tracks else ""


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


def remarks_about_group(query: str, match: GroupMatch) -> list[str]:
    """Return a remark if the query is only a part of the name of the artist or album that it means, or has a typo."""
    group, kind = match.group, match.group.kind
    if match.is_exact:
        return []
    if not match.others:
        return [f"no {kind} is called {query!r}; using the {kind} '{group.name}'"]
    also = ", ".join(f"'{other.name}' ({other.count:,}×)" for other in match.others)
    more = match.matches - 1 - len(match.others)
    also += f" and {more:,} more" if more else ""
    return [
        f"{query!r} matches {match.matches:,} {kind}s; using '{group.name}' ({group.count:,}×), not {also}: "
        f"to choose another {kind}, give more of its name"
    ]
