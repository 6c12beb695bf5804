"""Detect lists of names in which the texts beside the separator are probably not an artist and a title."""

from __future__ import annotations

import re
from collections.abc import Sequence

from skipgramophone.playlists.column_names import normalized
from skipgramophone.playlists.readers.line_marks import LineMarks
from skipgramophone.playlists.readers.titles import separator_of
from skipgramophone.wording import Wording, visible

LABEL = re.compile(r"([^:]{2,40}): +\S.*")  # such as "First dance: Ada Fenn"
NUMBERS = re.compile(r"v?\d+(?:[./:-]\d+)+", re.IGNORECASE)  # such as the version 1.2.0; bands are called 311
# A number with a unit, such as 200 g, 15,99 € or 0171 123456; songs are called 1979 or 99 Problems.
AMOUNT = re.compile(r"[^\w\s]{0,2} ?\d[\d .,/:()x×*+–-]*(?:[€$£¥%°]|[^\W\d_]{1,3}\.?)?")
MOST_AMOUNTS = 0.8  # at most this share of the titles, and of the artists, may be amounts
FEWEST_AMOUNTS = 3  # minimum number of different amounts; a list of one artist may have one amount in each line
MOST_LABELS, MOST_NUMBERS = 0.8, 0.5  # at most this share of the artists may have a label, or be such numbers
FEWEST_NAMES = 3
FEWEST_DAYS = 3  # minimum number of different days; two artists may well be called Friday and Sunday
# The days of the week in English, German, French, Spanish, Italian, Portuguese and Dutch, without accents.
NAMES_OF_DAYS = (
    "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thurs fri sat sun "
    "montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so lundi mardi "
    "mercredi jeudi vendredi samedi dimanche lunes martes miercoles jueves viernes sabado domingo lunedi "
    "martedi mercoledi giovedi venerdi sabato domenica segundafeira tercafeira quartafeira quintafeira "
    "sextafeira maandag dinsdag woensdag donderdag vrijdag zaterdag zondag"
)
DAYS = frozenset(NAMES_OF_DAYS.split())
KEEP = ("format", "titles")  # the setting that reads the lines as they are


def doubt_about_names(lines: Sequence[str]) -> Wording | None:
    """Return why a list may not contain artists and titles, and what the user can do; None if there is no doubt.

    >>> doubt_about_names(["Ada Fenn - Rain", "50 Cent - Salt", "Re: Sea - Tide"])
    """
    texts = [line for line in lines if line.strip()]
    marks, separator = LineMarks(texts), separator_of(texts)
    names = [marks.name_on(text)[0] for text in texts]
    pairs = [name.partition(separator) for name in names if separator in name]
    artists = [before.strip() for before, _, _ in pairs]
    if len(artists) < FEWEST_NAMES:
        return None
    labels = [found[1] for artist in artists if (found := LABEL.fullmatch(artist))]
    if len(labels) > MOST_LABELS * len(artists):
        return lambda named: visible(
            f"a list with labels such as {labels[0]!r} before the artists: remove them, for example with "
            f"sed -E 's/^[^:]*: +//'; if they are part of the artists, add {named(*KEEP)}"
        )
    numbers = [artist for artist in artists if NUMBERS.fullmatch(artist)]
    if len(numbers) > MOST_NUMBERS * len(artists):
        return lambda named: visible(
            f"a list with numbers such as {numbers[0]!r} instead of artists: remove them, for example with "
            f"sed -E 's/^[^ ]+{separator}//'; if they are artists, add {named(*KEEP)}"
        )
    for what, texts in (("titles", [after.strip() for _, _, after in pairs]), ("artists", artists)):
        amounts = [text for text in texts if AMOUNT.fullmatch(text)]
        if len(amounts) > MOST_AMOUNTS * len(texts) and len(set(amounts)) >= FEWEST_AMOUNTS:
            return _question_on_amounts(amounts[0], what)
    days = {normalized(artist) for artist in artists}
    if days <= DAYS and len(days) >= FEWEST_DAYS:
        return lambda named: visible(
            f"a list with days of the week such as {artists[0]!r} instead of artists: remove them, for example with "
            f"sed -E 's/^[^ ]+{separator}//'; if they are artists, add {named(*KEEP)}"
        )
    return None


def _question_on_amounts(amount: str, what: str) -> Wording:
    """Return the question about a list with amounts, prices or telephone numbers instead of `what`."""
    return lambda named: visible(
        f"a list with numbers such as {amount!r} instead of {what}: keep only lines that name a track; "
        f"if they are {what}, add {named(*KEEP)}"
    )
