"""Correct an example for `--columns`: drop columns with unsuitable values, and choose columns by words in their names.

In a table of purchases, visits or loans, words such as "customer", "receipt" and "product" show the roles of columns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from skipgramophone.playlists.column_names import (
    columns_by_role,
    is_category,
    is_count,
    is_descriptive,
    names_item,
    names_people,
    names_title,
    normalized,
)
from skipgramophone.playlists.columns.roles import PLAYLIST_ROLES
from skipgramophone.playlists.columns.values import (
    FEWEST_ROWS,
    FLAGS,
    ID,
    NUMBER,
    TIME_NAME,
    Table,
    all_differ,
    is_constant,
    is_text,
    values_of,
)
from skipgramophone.playlists.readers.histories import seconds_since_1970

DURATION = re.compile(r"\d{1,3}:\d\d(:\d\d)?(\.\d+)?")
DATE = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{2,4}([T ].*)?")
FILE_NAME = re.compile(r".*\.(mp3|m4a|flac|ogg|opus|wav|wma|aac|aiff?)", re.IGNORECASE)
EMAIL = re.compile(r"\S+@\S+\.\w+")
ORDER_NUMBER = re.compile(r"#\d+")
YEAR_1995 = 788_918_400  # in seconds since 1970; earlier dates are birthdays or release dates, not times of plays
# Role -> words in the names of its columns. If a name contains words of several roles, the last word counts: a column
# "order_item" contains items.
WORDS = {
    "id": re.compile(
        r"(?<!rec)(?<!b)order(?!ed)|receipt|invoice|^bon|beleg|rechnung|quittung|basket|warenkorb|visit(?!or)|ticket"
        r"|transaction|^cart|commande|facture|panier|pedido|boleta|session|checkout(?!s)|auftrag|bestel"
        r"|^matchid$|^vente$|^venta$|^vendita$|zamowieni|siparis|tilaus"
    ),
    "owner": re.compile(
        r"user|customer|member|visitor|listener|client|account|household|student|patron|reader|guest|buyer|player"
        r"|borrower|learner|matrikel|auftraggeber|debitor|patient|shopper|kunde|^kund$|klant|klient|acheteur|comprador"
        r"|kaufer|nutzer|besucher|utilisateur|usuario|email|e-mail"
    ),
    "uri": re.compile(
        r"item|product|produkt|produit|producto|artikel|article|sku|asin|isbn|barcode|^ean|^upc|^gtin|^ref(erence)?$"
        r"|^material(nr|nummer)?$|^biblionumber$|^modul(e|nr|nummer|id|code)?$|^kurs(nr|id)?$"
        r"|^(question|problem|exercise|recipe|lexeme|content|resource)id$"
    ),
}
# Words in the names of columns that contain no ids of items, customers or baskets.
NOT_IDS = re.compile(
    r"slot|answer|hour|day|dow$|week|month|menge|preis|qty|prix|precio|cost|measure|agent|index|playlist"
)
TITLE = re.compile(r"(title|song|track|titel|lied|musik|musikwunsch|liedwunsch|songwunsch|chanson|cancion|brano)$")
ARTIST = re.compile(r"(artist|performer|interpret|kunstler|singer)$")
LISTS = re.compile(r"(list|liste|lista|mix|mixtape|playlist)$")
INGREDIENT, RECIPE = re.compile(r"ingredien|zutat"), re.compile(r"recipe|rezept|recette|receta|ricetta|receita")
FLAG = re.compile("|".join(map(re.escape, sorted(FLAGS))), re.IGNORECASE)
NOT_NUMBERS = ("title", "playlist", "artist")
ROLES_OF_VALUES = (*NOT_NUMBERS, "owner", "uri")  # only these, and "time", are dropped if their values are unsuitable


def corrected_roles(roles: Mapping[str, str], rows: Table) -> dict[str, str]:
    """Return role -> column for an example: drop unsuitable columns, and add columns that their names suggest.

    Args:
        roles: role -> column; the assignment that is corrected.
        rows: the first rows of the table; the first row contains the column names.

    >>> rows = [["receipt_no", "customer", "product"], ["1", "7", "tea"], ["1", "7", "jam"], ["2", "8", "tea"]]
    >>> corrected_roles({"title": "product"}, rows)
    {'id': 'receipt_no', 'owner': 'customer', 'uri': 'product'}
    """
    usual = columns_by_role(rows[0])
    found = {role: name for role, name in roles.items() if _suits(role, name, rows, name in usual.get(role, ()))}
    if found.get("title") == found.get("artist"):
        found.pop("title", None)
    _replace_title(found, rows, usual)
    words = _roles_by_words(rows, usual)
    for role, name in words.items():
        holders = {other for other, column in found.items() if column == name}
        is_free = not any(name in usual.get(other, ()) for other in holders - {role})
        is_free = is_free and not ("artist" in holders and names_title(found.get("title", "")))
        if is_free and found.get(role) not in usual.get(role, ()):
            found = {other: column for other, column in found.items() if other not in holders} | {role: name}
    _drop_invented(found, rows, usual, by_words=bool(words))
    _add_lists(found, rows)
    _add_ingredients(found, rows)
    if _numbers_rows(found, rows):
        del found["uri"]
    return dict(sorted(found.items(), key=lambda each: rows[0].index(each[1])))


def _suits(role: str, name: str, rows: Table, is_usual: bool = False) -> bool:
    """Whether the values of a column are suitable for a role; `is_usual`: whether its name is usual for this role."""
    values = list(filter(None, values_of(rows, name)))
    if role == "time":
        return _are_times(name, values)
    if role in PLAYLIST_ROLES and _divide_all(values_of(rows, name)):
        return False
    if role not in ROLES_OF_VALUES:
        return True
    never_differs = is_constant(values) and (role == "uri" or not (is_usual or role == "artist"))
    if never_differs or _all_fit(values, FLAG):
        return False
    if role in NOT_NUMBERS and any(_all_fit(values, form) for form in (NUMBER, DURATION, FILE_NAME)):
        return False
    return role != "artist" or is_usual or not (_all_fit(values, EMAIL) or _all_fit(values, ID))


def _all_fit(values: Sequence[str], form: re.Pattern[str]) -> bool:
    """Whether there are values, and all of them match the pattern `form`."""
    return bool(values) and all(form.fullmatch(value) for value in values)


def _are_times(name: str, values: Sequence[str]) -> bool:
    """Whether a column may contain the times of plays: none of its values is a time before 1995.

    If a value has only digits, the name of the column must also be that of times, such as "played_at".
    """
    seconds = [found for value in values if (found := seconds_since_1970(value)) is not None]
    is_named = TIME_NAME.search(normalized(name).removesuffix("float")) is not None
    is_named = is_named or not any(value.isdecimal() for value in values)
    return is_named and (not seconds or min(seconds) >= YEAR_1995)


def _replace_title(found: dict[str, str], rows: Table, usual: Mapping[str, list[str]]) -> None:
    """Choose the columns of titles and artists by the ends of their names, such as "song" and "singer".

    This is done for each of the two roles, unless the example has a column for it whose name is usual or has such an
    end. A column is chosen only if it is the only suitable one.
    """
    for role, form in (("title", TITLE), ("artist", ARTIST)):
        if found.get(role) in usual.get(role, ()) or (role in found and form.search(normalized(found[role]))):
            continue
        named = [name for name in rows[0] if form.search(normalized(name)) and name not in found.values()]
        named = [name for name in named if is_text(values_of(rows, name)) and _suits(role, name, rows)]
        if len(named) == 1 and rows[0].count(named[0]) == 1:
            found[role] = named[0]


def _roles_by_words(rows: Table, usual: Mapping[str, list[str]]) -> dict[str, str]:
    """Return role -> first column whose name contains a word for this role.

    Columns whose values do not suit are left out, for example durations. If names suggest other roles, but not "id", a
    column of numbers such as #1001 gets the role "id".
    """
    found: dict[str, str] = {}
    for name in rows[0]:
        word = normalized(name.removeprefix("playlist."))  # the prefix marks a field of the playlist
        places = {role: max((at.end() for at in form.finditer(word)), default=0) for role, form in WORDS.items()}
        role = max(places, key=lambda each: places[each])
        values = list(filter(None, values_of(rows, name)))
        is_other = is_count(name) or is_category(name) or is_descriptive(name) or NOT_IDS.search(word)
        is_named = name in usual.get("title", ()) or name in usual.get("artist", ())
        if not places[role] or is_other or is_named or rows[0].count(name) > 1 or not values or is_constant(values):
            continue
        if any(_all_fit(values, form) for form in (FLAG, DURATION, DATE)) or (role == "uri" and _are_phrases(values)):
            continue
        if role in PLAYLIST_ROLES and _divide_all(values_of(rows, name)):
            continue
        found.setdefault(role, name)
    baskets = [name for name in rows[0] if _all_fit(values_of(rows, name), ORDER_NUMBER)]
    if baskets and found and "id" not in usual:
        found.setdefault("id", baskets[0])
    return found


def _divide_all(values: Sequence[str]) -> bool:
    """Whether a column would make a playlist of each row.

    This is false if there are few rows, which may be such playlists, or if some values are missing.
    """
    return len(values) >= FEWEST_ROWS and all(values) and all_differ(values)


def _add_ingredients(found: dict[str, str], rows: Table) -> None:
    """Choose the columns of ingredients and of recipes for the titles and the playlists, if there are both."""
    items = [name for name in rows[0] if INGREDIENT.search(normalized(name)) and is_text(values_of(rows, name))]
    recipes = [name for name in rows[0] if RECIPE.search(normalized(name)) and name not in items]
    if len(items) != 1 or not recipes:
        return
    for role in [role for role, name in found.items() if name in (*items, *recipes)]:
        del found[role]
    ids = [name for name in recipes if normalized(name).endswith("id")]
    found |= {"title": items[0]} | ({"id": ids[0]} if ids else {"playlist": recipes[0]})


def _are_phrases(values: Sequence[str]) -> bool:
    """Whether most values have several words, as names of products have."""
    return 2 * sum(re.search(r"[^\W\d_]{2}\S* \S", value) is not None for value in values) > len(values)


def _drop_invented(found: dict[str, str], rows: Table, usual: Mapping[str, list[str]], by_words: bool) -> None:
    """Drop artists and playlists that only values suggest from the example for a table of purchases, visits or loans.

    This is done if words in column names gave roles (`by_words`), and no column has a usual name for artists. It is
    also done if the first column is the only one whose name ends with "id", and its values repeat; this column then
    gets the role "id".
    """
    first = rows[0][0]
    values = list(filter(None, values_of(rows, first)))
    repeats = 1 < len(set(values)) < len(values)
    ids = [name for name in rows[0] if normalized(name).endswith("id")]
    is_id = ids == [first] and repeats and first not in found.values()
    if is_id and not found.keys() & {"id", "owner"} and "artist" not in usual and "title" in found:
        found["id"] = first
        by_words = True
    if not by_words or "artist" in usual:
        return
    is_music = names_title(found.get("title", ""))
    titles, uris = (len(set(values_of(rows, found[role]))) if role in found else 0 for role in ("title", "uri"))
    if 0 < 2 * titles < uris and found["title"] not in usual.get("title", ()):
        del found["title"]
    if "artist" in found and not is_music and not names_people(found["artist"]):
        other = found.pop("artist")
        lengths = {name: sum(map(len, values_of(rows, name))) for name in (other, found.get("title", other))}
        is_longer = "title" in found and lengths[other] > lengths[found["title"]]
        if is_longer and not names_item(found["title"]) and not _describes(other, found.get("id"), rows):
            found["title"] = other
    if "playlist" in found and found["playlist"] not in usual.get("playlist", ()) and found.keys() & {"id", "owner"}:
        del found["playlist"]


def _describes(name: str, ids: str | None, rows: Table) -> bool:
    """Whether each id in the column `ids` has a single value in the column `name`, as a recipe has one name."""
    if ids is None:
        return False
    pairs = set(zip(values_of(rows, ids), values_of(rows, name), strict=True))
    return len(pairs) == len({value for value, _ in pairs})


def _add_lists(found: dict[str, str], rows: Table) -> None:
    """If the example has titles but no playlists, use a column named "list" or similar for the playlists."""
    named = [name for name in rows[0] if LISTS.search(normalized(name)) and name not in found.values()]
    if "title" not in found or found.keys() & {"id", "playlist", "owner"}:
        return
    if LISTS.search(normalized(found.get("artist", ""))):
        found["playlist"] = found.pop("artist")
    elif len(named) == 1 and is_text(values_of(rows, named[0])):
        found["playlist"] = named[0]


def _numbers_rows(found: Mapping[str, str], rows: Table) -> bool:
    """Whether the values of the column of uris only number the rows: all differ, although artists and titles repeat."""
    if not {"uri", "title", "artist"} <= found.keys():
        return False
    values = values_of(rows, found["uri"])
    names = set(zip(values_of(rows, found["artist"]), values_of(rows, found["title"]), strict=True))
    return len(set(values)) == len(values) > len(names)
