"""Filters tracks by duration, if the sources of the corpus contain durations."""

from __future__ import annotations

from skipgramophone.experiment.catalogue import Catalogue, Track
from skipgramophone.settings import SimilarSettings
from skipgramophone.settings.setting import require_named
from skipgramophone.wording import plural


def require_durations(catalogue: Catalogue, settings: SimilarSettings) -> None:
    """Verify that the catalogue has durations if the settings limit durations.

    Raises:
        SettingError: the settings limit durations, but the catalogue has no durations.
    """
    require_named(
        not settings.limits_durations or "seconds" in catalogue.facts,
        lambda named: (
            f"{named('longer_than')} and {named('shorter_than')} need durations, which the sources of this corpus "
            "do not contain (M3U, PLS, XSPF and JSPF files do): leave these options out"
        ),
    )


def has_duration(track: Track, settings: SimilarSettings) -> bool:
    """Whether a track's duration is within the limits of the settings. A limit excludes tracks of unknown duration."""
    if not settings.limits_durations:
        return True
    shortest, longest = settings.longer_than or 0.0, settings.shorter_than
    return track.seconds is not None and track.seconds >= shortest and (longest is None or track.seconds <= longest)


def remark_on_durations(catalogue: Catalogue, settings: SimilarSettings) -> list[str]:
    """Return a remark with the number of tracks that the filter leaves out because their duration is unknown."""
    if not settings.limits_durations:
        return []
    unknown = catalogue.query_numbers("SELECT count(*) FROM tracks WHERE seconds IS NULL")[0]
    number = f"{unknown:,} of {plural(len(catalogue), 'track')}"
    return [f"left out all tracks of unknown duration: {number}"] if unknown else []
