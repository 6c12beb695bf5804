"""The texts of the entries in a list of tracks, artists or albums from which a user chooses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from skipgramophone.experiment.groups import Group, GroupKind

if TYPE_CHECKING:
    from skipgramophone.experiment.catalogue import Track


@dataclass(frozen=True, slots=True)
class NamedGroup:
    """An artist or an album that is suggested, because a similar name was typed."""

    kind: GroupKind
    name: str


def listed_names(entries: Sequence[Track | Group | NamedGroup]) -> list[str]:
    """Return each entry as text: its name, its count if it is known, and its uri if several entries have the name."""
    entries_called = Counter(entry.name for entry in entries)
    return [_listed(entry, entries_called[entry.name] > 1) for entry in entries]


def _listed(entry: Track | Group | NamedGroup, has_namesakes: bool) -> str:
    """Return one entry as text; a track that has the same name as another entry is listed with its uri."""
    if isinstance(entry, NamedGroup):
        return entry.name
    uri = None if isinstance(entry, Group) or not has_namesakes else entry.uri
    return f"{entry.name} ({entry.count:,}×)" + (f"  {uri}" if uri else "")
