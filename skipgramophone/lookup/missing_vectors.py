"""The error for a track that has no vector."""

from __future__ import annotations

from skipgramophone.errors import UnknownTrackError
from skipgramophone.experiment.catalogue import Track
from skipgramophone.experiment.imported import IMPORTED
from skipgramophone.experiment.manifest import Manifest
from skipgramophone.wording import Names, plural


def without_vector(track: Track, model: Manifest) -> UnknownTrackError:
    """Return the error for a track without a vector; its message gives the reason, followed by advice if there is any.

    Args:
        track: the track.
        model: manifest of the model.
    """
    return UnknownTrackError.naming(lambda named: f"'{track.name}' has no vector: {_reason(track, model, named)}")


def _reason(track: Track, model: Manifest, named: Names) -> str:
    """Return the reason why a track has no vector."""
    if IMPORTED in model.facts:
        return "the imported vectors do not contain it"
    least, setting = model.settings.get("min_count"), named("min_count")
    if isinstance(least, int) and track.count < least:
        return f"it occurs {plural(track.count, 'time')}, below {setting}; train with a lower {setting}"
    return "no playlist contains it with another track; train on playlists with at least two different tracks"
