"""Names of automatic playlists: as services write them, and names that only look like them."""

from __future__ import annotations

import unicodedata

import pyarrow as pa

from skipgramophone.playlists.encoding.automatic_lists import is_automatic

AUTOMATIC = [
    "Discover Weekly", "discover weekly ", "Discover Weekly (@someone)", "Discover Weekly 2021-03-08", "Release Radar",
    "Dein Mix der Woche", "Découvertes de la semaine", "Descubrimiento Semanal", "Descobertas da Semana",
    "On Repeat", "En boucle", "Repeat Rewind", "Daily Mix 1", "Daily Mix 12", "Liked Songs", "Lieblingssongs",
    "Titres likés", "Your Top Songs 2020", "Deine Top-Songs 2019", "My Shazam Tracks", "My Mix 4", "Starred",
    "Top 25 Most Played", "Recently Added", "お気に入りの曲", "Daily Mix 3 [saved]",
]  # fmt: skip
MADE = [
    "", "Discover Weekly favourites", "Not on repeat", "On Repeat with Ann", "Daily Mixtape", "Mix", "Radio", "Library",
    "My Mixtape", "Starred by Ann", "Songs I liked", "Liked Songs of 1999 and before", "Purchased in Rome",
]  # fmt: skip


def test_names_of_services_are_automatic_and_other_names_are_not() -> None:
    marks = is_automatic(pa.chunked_array([AUTOMATIC, MADE], pa.large_string()))
    assert marks.tolist() == [True] * len(AUTOMATIC) + [False] * len(MADE)


def test_the_unicode_form_does_not_matter_and_a_missing_name_is_not_automatic() -> None:
    names = [unicodedata.normalize("NFD", "Titres likés"), None]
    assert is_automatic(pa.array(names, pa.large_string())).tolist() == [True, False]
