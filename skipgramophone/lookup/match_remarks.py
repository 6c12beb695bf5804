"""Remarks for the user about how a name was resolved, and advice for names of tracks that are also artists."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.groups import GroupMatch
from skipgramophone.experiment.name_search import Match
from skipgramophone.wording import Wording

# A function that takes the name of an artist, and returns the setting or the text with which to query by this artist.
ArtistForm = Callable[[str], Wording]


def artist_option(artist: str) -> Wording:
    """Return the argument or option for a query by this artist.

    >>> from skipgramophone.wording import COMMAND_LINE, PYTHON
    >>> artist_option("Daft Punk")(COMMAND_LINE), artist_option("Daft Punk")(PYTHON)
    ("--artist 'Daft Punk'", "artist='Daft Punk'")
    """
    return lambda named: named("artist", artist)


def artist_advice(catalogue: Catalogue, query: str, form: ArtistForm) -> Wording | None:
    """If the query is exactly the name of an artist, return advice on how to query by artist; else return None."""
    tracks = catalogue.of_artist(query)
    if not tracks:
        return None
    by_artist = form(tracks[0].artist)
    return lambda named: f"For a query by all tracks of the artist, use {by_artist(named)}"


def remarks_about(query: str, match: Match) -> list[str]:
    """Return remarks about a typo in the query, other tracks with the same name, and other matches."""
    track = match.track
    remarks = [f"no exact match for {query!r}; using '{track.name}'"] if match.misspelt else []
    if match.namesakes:
        remarks.append(
            f"{match.namesakes + 1} tracks are called '{track.name}'; using the most frequent{_by_uri(match)}"
        )
    elif match.others:
        also = ", ".join(f"'{other.name}' ({other.count:,}×)" for other in match.others) + _more(
            match.matches - 1, match.others
        )
        remarks.append(
            f"{query!r} matches {match.matches:,} tracks; using '{track.name}' ({track.count:,}×), not {also}. "
            "To choose another track, add its artist"
        )
    return remarks


def _by_uri(match: Match) -> str:
    """Return the part of a remark that says which of several tracks with the same name is used, and which are not."""
    track, others = match.track, [f"{other.uri} ({other.count:,}×)" for other in match.others if other.uri]
    used = f", {track.uri} ({track.count:,}×)" if track.uri else ""
    if not others:
        return used
    return f"{used}, not {', '.join(others)}{_more(match.namesakes, others)}. To choose another track, give its uri"


def _by_name(match: Match | GroupMatch) -> str:
    """Return the part of a remark that names the other matches, with their counts."""
    named = ", ".join(f"'{other.name}' ({other.count:,}×)" for other in match.others)
    return named + _more(match.matches - 1, match.others)


def _more(number: int, named: Sequence[object]) -> str:
    """Return how many of `number` other matches a remark does not name, such as " and 3 more"; "" if it names all."""
    more = number - len(named)
    return f" and {more:,} more" if more else ""


def remarks_about_group(query: str, match: GroupMatch) -> list[str]:
    """Return a remark if the query is not the name of the artist or album found, but a part of it or a misspelling."""
    group, kind = match.group, match.group.kind
    if match.is_exact:
        return []
    if not match.others:
        return [f"no {kind} is called {query!r}; using the {kind} '{group.name}'"]
    also = ", ".join(f"'{other.name}' ({other.count:,}×)" for other in match.others) + _more(
        match.matches - 1, match.others
    )
    return [
        f"{query!r} matches {match.matches:,} {kind}s; using '{group.name}' ({group.count:,}×), not {also}. "
        f"To choose another {kind}, give more of its name"
    ]
