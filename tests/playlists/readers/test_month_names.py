"""Dates with the names of months in several languages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from skipgramophone.playlists.readers.histories import seconds_since_1970
from skipgramophone.playlists.readers.month_names import MONTHS

EVENING = datetime(2024, 3, 9, 20, 0, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    "text",
    [
        "9. März 2024 20:00",
        "Samstag, 9. März 2024 um 20:00 Uhr",
        "Sa., 9. Mär. 2024, 20:00",
        "09-mars-2024 20:00",
        "samedi 9 mars 2024 à 20h00",
        "9 de marzo de 2024, 8:00 p. m.",
        "sáb, 9 mar 2024 20:00:00",
        "sabato 9 marzo 2024 alle ore 20:00",
        "segunda-feira, 9 de março de 2024 às 20:00",
        "zaterdag 9 maart 2024 20:00",
        "sobota, 9 marca 2024 r. o 20:00",
        "lördag 9 mars 2024 kl. 20:00",
        "lørdag den 9. marts 2024 kl. 20.00",
        "09/Mar/2024:21:00:00 +0100",
    ],
)
def test_dates_in_several_languages_are_read(text: str) -> None:
    assert seconds_since_1970(text) == EVENING


@pytest.mark.parametrize("text", ["31 février 2024", "9 moon 2024", "9. listopada 2024", "Moon 9 mars 2024 20:00:99"])
def test_other_dates_are_not_read(text: str) -> None:
    assert seconds_since_1970(text) is None


def test_no_name_is_in_the_list_of_two_months() -> None:
    names = [name for names in MONTHS for name in names.split()]
    assert len(set(names)) == len(names)
    assert all(name.isascii() and name == name.casefold() for name in names)
