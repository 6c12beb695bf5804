"""Names of the months in several languages, with their numbers.

The languages are German, French, Spanish, Italian, Portuguese, Dutch, Polish, Swedish, Danish and Norwegian. Names are
written here without accents. No name means different months in these languages.
"""

from __future__ import annotations

import unicodedata

# The full names and the abbreviations of the months from January to December.
MONTHS = (
    "januar janner janvier enero gennaio janeiro januari stycznia styczen jan janv ene gen genn sty",
    "februar feber fevrier febrero febbraio fevereiro februari lutego luty feb febr fev fevr febb lut",
    "marz mars marzo marco maart marca marzec marts mar mrz mrt",
    "april avril abril aprile kwietnia kwiecien apr avr abr kwi",
    "mai mayo maggio maio mei maja maj may mag magg",
    "juni juin junio giugno junho czerwca czerwiec jun giu cze",
    "juli juillet julio luglio julho lipca lipiec jul juil lug lip",
    "august aout agosto augustus sierpnia sierpien augusti aug ago sie",
    "september septembre septiembre setiembre settembre setembro wrzesnia wrzesien sep sept set sett wrz",
    "oktober octobre octubre ottobre outubro pazdziernika pazdziernik okt oct ott out paz",
    "november novembre noviembre novembro listopada listopad nov lis",
    "dezember decembre diciembre dicembre dezembro december grudnia grudzien desember dez dec dic des gru",
)
NUMBER_OF = {name: number for number, names in enumerate(MONTHS, 1) for name in names.split()}
# These names mean July and November in Polish, but June and October in Croatian, where a point follows the day.
POLISH = frozenset(("lip", "lis", "listopad", "listopada"))


def number_of_month(name: str, has_point: bool = False) -> int | None:
    """Return the number of a month, counted from 1; None if the name is unknown or has several meanings.

    Args:
        name: the name of the month, without a point at its end.
        has_point: whether a point follows the day, as in "9. März".

    >>> number_of_month("März"), number_of_month("août"), number_of_month("Października")
    (3, 8, 10)
    >>> number_of_month("listopada"), number_of_month("listopada", has_point=True), number_of_month("moon")
    (11, None, None)
    """
    letters = unicodedata.normalize("NFKD", name.casefold())
    word = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return None if has_point and word in POLISH else NUMBER_OF.get(word)
