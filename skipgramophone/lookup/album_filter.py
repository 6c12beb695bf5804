"""Filters tracks by album, if the sources of the corpus name albums."""

from __future__ import annotations

from collections.abc import Sequence

from skipgramophone.experiment.catalogue import Catalogue, Track
from skipgramophone.names.album_names import AlbumName, album_name
from skipgramophone.names.normalization import fold_name
from skipgramophone.settings import SimilarSettings
from skipgramophone.settings.setting import require_named
from skipgramophone.wording import plural


class AlbumFilter:
    """The albums that the settings of a look-up allow."""

    def __init__(self, settings: SimilarSettings) -> None:
        self._only = _names(settings.only_album)
        self._excluded = _names(settings.exclude_album)

    def allows(self, track: Track) -> bool:
        """Whether the album of a track is allowed. A track without an album is allowed, unless `only_album` is set."""
        if not self._only and not self._excluded:
            return True
        names = fold_name(track.artist), album_of(track)
        if any(name.means(*names) for name in self._excluded):
            return False
        return not self._only or any(name.means(*names) for name in self._only)


def album_of(track: Track) -> str:
    """Return the album of a track, folded by `fold_name` for comparison; "" if the album is not known."""
    return fold_name(track.album or "")


def album_label(track: Track) -> str:
    """Return a key that is equal for tracks of the same album. A track without an album has a unique key."""
    return album_of(track) or f"\0{track.row}"


def require_albums(catalogue: Catalogue, settings: SimilarSettings) -> None:
    """Verify that the catalogue has albums if the settings limit albums.

    Raises:
        SettingError: the settings limit albums, but the catalogue has no albums.
    """
    require_named(
        not settings.limits_albums or "album" in catalogue.facts,
        lambda named: (
            f"{named('only_album')}, {named('exclude_album')} and {named('max_per_album')} need albums, but the "
            "sources of this corpus contain none: leave these options out"
        ),
    )


def remark_on_albums(catalogue: Catalogue, settings: SimilarSettings) -> list[str]:
    """Return a remark with the number of tracks whose album is unknown, if the settings limit albums."""
    if not settings.limits_albums:
        return []
    known = catalogue.query_numbers("SELECT count(*) FROM tracks WHERE album_folded IS NOT NULL")[0]
    unknown = len(catalogue) - known
    if not unknown:
        return []
    number = f"{unknown:,} of {plural(len(catalogue), 'track')}"
    if settings.only_album:
        return [f"left out all tracks of unknown album: {number}"]
    return [f"no album is known for {number}: limits by album do not apply to them"]


def _names(albums: Sequence[str] | None) -> list[AlbumName]:
    """Split and fold the names of albums in a setting, so that they can be compared with the albums of tracks."""
    return [album_name(album) for album in albums or ()]
