"""Resolve queries that are links, uris or identifiers, and raise an error if no track has that uri or identifier."""

from __future__ import annotations

from skipgramophone.errors import UnknownTrackError
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.names.identifiers import ISRC, NAMES, RECORDING_URI, RULES, prefix_of, read_identifier
from skipgramophone.names.links import is_web_address, read_link

INSTEAD = "give artist and title instead"


def uris_of(query: str) -> tuple[str, ...]:
    """Return the uris and identifiers that a query may mean, the most likely one first.

    >>> uris_of("isrc:us-um7-17-03861")
    ('isrc:us-um7-17-03861', 'isrc:USUM71703861', 'USUM71703861')
    """
    link, identifier = read_link(query), read_identifier(query)
    forms: tuple[str, ...] = ()
    if identifier:
        kind, _, value = identifier.partition(":")
        forms = (identifier, value, *([] if kind == ISRC else [RECORDING_URI + value]))
    return tuple(dict.fromkeys((query.strip(), *(link.uris if link else ()), *forms)))


def require_name(query: str, catalogue: Catalogue) -> None:
    """Raise an error if a query that matches no track is a link or an identifier.

    Such a query is never searched for among the track names.

    Args:
        query: the query.
        catalogue: the tracks of the corpus; if none of them has an identifier or a uri, the error message says so.

    Raises:
        UnknownTrackError: the query is a link or an identifier.
    """
    identifier, kind = read_identifier(query), prefix_of(query)
    if identifier:
        kind, _, value = identifier.partition(":")
        problem = f"no track has the {NAMES[kind]} {value!r}"
        if not catalogue.has_identifiers:
            problem += ", because the sources of this corpus contain no identifiers"
        raise UnknownTrackError(f"{problem}: {INSTEAD}")
    if kind:
        raise UnknownTrackError(f"{query!r} is not a valid {NAMES[kind]}, which must have {RULES[kind]}")
    link = read_link(query)
    if (link is not None or is_web_address(query)) and not catalogue.has_uris:
        raise UnknownTrackError(
            f"the sources of this corpus contain no uris, so links and uris match no track: {INSTEAD}"
        )
    if link is not None and link.kind != "track":
        raise UnknownTrackError(f"{query!r} is a {link.service} {link.kind} link: give the link of a track")
    if link is not None:
        raise UnknownTrackError(f"no track has the {link.service} id {link.id!r}: {INSTEAD}")
    if is_web_address(query):
        raise UnknownTrackError(f"no track has the uri {query!r}: {INSTEAD}")
