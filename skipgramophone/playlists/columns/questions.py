"""Doubts about the guessed columns of a table; each doubt becomes a question to the user.

A doubt is a function in `DOUBTS`. It returns a message with an example for `--columns`, or None if the doubt does not
apply. The doubts are examined in the order of `DOUBTS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from skipgramophone.playlists.column_names import (
    REGIONS,
    is_descriptive,
    is_unclear,
    names_people,
    names_program,
    normalized,
)
from skipgramophone.playlists.columns.charts import RANKS, charts_in
from skipgramophone.playlists.columns.customer_columns import names_customer
from skipgramophone.playlists.columns.examples import question
from skipgramophone.playlists.columns.kinds_of_rows import rows_that_are_no_tracks
from skipgramophone.playlists.columns.merged_cells import question_on_merged_cells
from skipgramophone.playlists.columns.owner_doubts import (
    column_of_uploaders,
    columns_with_orders_of_owners,
    columns_with_owners_of_ids,
    columns_with_people_of_playlists,
    columns_with_playlists_of_owners,
    has_ids_without_owner,
)
from skipgramophone.playlists.columns.position_columns import column_of_moments
from skipgramophone.playlists.columns.quantity_doubts import quantities_as_tracks
from skipgramophone.playlists.columns.roles import PLAYLIST_ROLES, name_artist_and_title
from skipgramophone.playlists.columns.row_order import has_times, order_of_rows
from skipgramophone.playlists.columns.several_items import columns_of_lists, lists_playlists
from skipgramophone.playlists.columns.time_doubts import dates_of_runs, unnamed_times, unnamed_times_of_owners
from skipgramophone.playlists.columns.total_rows import name_of_sums
from skipgramophone.playlists.columns.unnamed_columns import determines
from skipgramophone.playlists.columns.values import (
    Table,
    all_differ,
    are_audio_files,
    are_versions,
    is_constant,
    may_be_artists,
    may_separate_playlists,
    most_fit,
    values_of,
)
from skipgramophone.wording import Wording, visible

DATES_OF_PLAYLISTS = ("playlistdate", "showdate", "episodedate")
TIMES_OF_ROWS = ("createdat", "createdon", "created", "datecreated", "insertedat", "loggedat")
# The end of a name that pandas, polars or a spreadsheet has added, because another column has the same name.
NUMBERED_NAME = re.compile(r"(?:\.|_|:|_duplicated_)\d+| ?\(\d+\)")
ROUNDED = re.compile(r"\d(?:[.,]\d+)?E\+\d+", re.IGNORECASE)  # a number as a spreadsheet shows it, such as 1.5E+10
SAME_NAME = "may distinguish playlists with the same name"


@dataclass(frozen=True, slots=True)
class GuessedTable:
    """A table whose columns were guessed.

    Attributes:
        rows: the first rows of the table; the first row contains the column names.
        found: role -> columns that may have this role, the best first.
        roles: role -> name of its column.
        unused: names of the columns without a role.
        clock: the column with the times of day that belong to the dates of the role "time", or None.
        is_complete: whether `rows` are all rows of the table.
    """

    rows: Table
    found: Mapping[str, list[str]]
    roles: dict[str, str]
    unused: list[str]
    clock: str | None = None
    is_complete: bool = True

    @property
    def untimed(self) -> list[str]:
        """The unused columns whose names are not usual for times."""
        return [name for name in self.unused if name not in self.found.get("time", ())]

    @property
    def possible_names(self) -> list[str]:
        """The unused columns that contain neither names of audio files nor versions of tracks."""
        values = {name: values_of(self.rows, name) for name in self.unused}
        return [name for name in self.unused if not (are_audio_files(values[name]) or are_versions(values[name]))]

    def has(self, *roles: str) -> bool:
        """Whether a column has one of the given roles."""
        return not self.roles.keys().isdisjoint(roles)

    def ask(self, problem: str, **more: str) -> Wording:
        """Return a question about a problem; its example has the guessed roles, and `more` (role -> column)."""
        return question(self.rows, problem, self.roles | more)

    def ask_without(self, role: str, problem: str, **more: str) -> Wording:
        """Return a question like `ask`, but without the guessed column of `role` in its example."""
        return question(self.rows, problem, {each: name for each, name in self.roles.items() if each != role} | more)

    def in_order(self, known: dict[str, str]) -> dict[str, str]:
        """Return `known` (role -> column); if a column gives the order of the rows, add it as "time" or "position"."""
        return known | order_of_rows(self.rows, self.found, known)


def first_question(table: GuessedTable) -> Wording | None:
    """Return the message of the first doubt that applies, or None if none of them applies."""
    return next((message for doubt in DOUBTS if (message := doubt(table))), None)


def _unclear_playlists(table: GuessedTable) -> Wording | None:
    """Ask whether an unused column names the playlist: its own name suggests it, as does "Programme title"."""
    names = [name for name in table.possible_names if is_unclear(name) and name in table.untimed]
    names = [
        name for name in names if not (normalized(name).endswith("id") and all_differ(values_of(table.rows, name)))
    ]
    names = [name for name in names if not _never_divides(table, name)]
    if not names or table.has(*PLAYLIST_ROLES):
        return None
    names = [name for name in names if not _is_of_tracks(table, name)] or names
    known = table.in_order((table.roles if table.has("uri", "name") else {}) | {"playlist": names[0]})
    return question(table.rows, f"in which {listed(names)} may name the playlist", known)


def _uploaders(table: GuessedTable) -> Wording | None:
    """Ask whether owners are the artists of their tracks, if they have at most two tracks on average."""
    if not (uploaders := column_of_uploaders(table.rows, table.roles, table.unused)):
        return None
    problem = f"in which {table.roles['owner']!r} differs from row to row, so {uploaders!r} may name the artist"
    return table.ask_without("owner", problem, artist=uploaders)


def _missing_role(table: GuessedTable) -> Wording | None:
    """Ask for the column of artists or playlists if none was found, but an unused column has suitable values.

    Artists are needed, because tracks with the same title by different artists would otherwise be merged. Playlist
    names are needed, because all rows would otherwise form one playlist.
    """
    header, unused = table.rows[0], table.possible_names
    candidates = [name for name in unused if not is_descriptive(name) and header.count(name) == 1]
    role, names = "playlist", list[str]()
    if table.has("title") and not table.has("artist", "uri"):
        titles = values_of(table.rows, table.roles["title"])
        others = [name for name in candidates if not names_customer(name)]
        names = [name for name in others if may_be_artists(values_of(table.rows, name), titles)]
        role = "artist" if names else role
    names = names or columns_with_playlists_of_owners(table.rows, table.roles, unused)
    if not names and not table.has(*PLAYLIST_ROLES, "time"):
        others = [name for name in candidates if not names_people(name)]
        names = [name for name in others if may_separate_playlists(values_of(table.rows, name))]
    if not names:
        return None
    known = table.in_order(table.roles | {role: names[0]})
    return question(table.rows, f"in which {listed(names)} may name the {role}", known)


def _dates_of_playlists(table: GuessedTable) -> Wording | None:
    """Ask whether a column of dates, such as "Show date", distinguishes playlists with the same name."""
    names = [name for name in table.unused if normalized(name) in DATES_OF_PLAYLISTS and _divides(table, name)]
    return table.ask(f"in which {names[0]!r} {SAME_NAME}", id=names[0]) if names else None


def _people_of_playlists(table: GuessedTable) -> Wording | None:
    """Ask whether a column of people, such as "Made for", distinguishes playlists with the same name."""
    people = columns_with_people_of_playlists(table.rows, table.roles, table.unused)
    return table.ask(f"in which {people[0]!r} {SAME_NAME}", owner=people[0]) if people else None


def _ids_without_owner(table: GuessedTable) -> Wording | None:
    """Ask whether to leave out the owners, if some rows of an id have an owner and other rows of this id have none."""
    if not has_ids_without_owner(table.rows, table.roles):
        return None
    playlist, owner = table.roles["id"], table.roles["owner"]
    remedy = f"so its rows would become two playlists: leave {owner!r} out"
    return table.ask_without("owner", f"in which some rows of one {playlist!r} have no {owner!r}, {remedy}")


def _owners_of_ids(table: GuessedTable) -> Wording | None:
    """Ask whether an unused column contains the owners of the ids, if different owners may have the same id."""
    if not (owners := columns_with_owners_of_ids(table.rows, table.roles, table.unused)):
        return None
    problem = f"in which {table.roles['id']!r} may be unique only within each {owners[0]!r}"
    return table.ask(problem, owner=owners[0])


def _times_of_plays(table: GuessedTable) -> Wording | None:
    """Ask whether an unused column contains the times of the plays."""
    names = [name for name in table.unused if normalized(name) in TIMES_OF_ROWS and _are_plays(table, name)]
    names = names or unnamed_times(table.rows, table.unused, table.roles)
    names = names or unnamed_times_of_owners(table.rows, table.unused, table.roles)
    return table.ask(f"in which {names[0]!r} may be the times of plays", time=names[0]) if names else None


def _dates_of_rows(table: GuessedTable) -> Wording | None:
    """Ask whether each date is a playlist, if the rows of a date follow one another, as in lists of concerts."""
    names = dates_of_runs(table.rows, table.unused, table.roles)
    return table.ask(f"in which {names[0]!r} may separate playlists", playlist=names[0]) if names else None


def _kinds_of_rows(table: GuessedTable) -> Wording | None:
    """Ask about rows that are albums, films or podcasts according to a column such as "Type"."""
    if (found := rows_that_are_no_tracks(table.rows, table.unused)) is None:
        return None
    name, kind = found
    return table.ask(f"in which rows with {kind!r} in {name!r} seem not to be tracks: remove them; to keep them")


def _two_of_a_name(table: GuessedTable) -> Wording | None:
    """Ask which of two columns is meant if a program has numbered equal names, as in "name" and "name.1"."""
    for role, name in table.roles.items():
        values = values_of(table.rows, name)
        for other in table.unused:
            is_numbered = other.startswith(name) and NUMBERED_NAME.fullmatch(other[len(name) :])
            if not is_numbered or not any(own := values_of(table.rows, other)) or own == values:
                continue
            problem = f"in which {listed([name, other])} could be the {role.split()[0]}"
            if role != "title" or table.has("playlist") or not may_separate_playlists(values):
                return question(table.rows, problem)
            return table.ask(problem, title=other, playlist=name)
    return None


def _order_within_ids(table: GuessedTable) -> Wording | None:
    """Ask whether a column gives the order of the rows within each id, such as the time since a session began."""
    name = column_of_moments(table.rows, table.roles, table.unused)
    if name is None:
        return None
    problem = f"in which {name!r} may give the order of the rows of each {table.roles['id']!r}"
    return table.ask_without("time", problem, position=name)


def _orders_of_owners(table: GuessedTable) -> Wording | None:
    """Ask whether an unused column contains the ids of the owners' orders or sessions."""
    orders = columns_with_orders_of_owners(table.rows, table.roles, table.untimed)
    return table.ask(f"in which {listed(orders)} may be the orders or sessions", id=orders[0]) if orders else None


def _regions_of_charts(table: GuessedTable) -> Wording | None:
    """Ask whether each region is a playlist, if a table contains dated charts of several regions."""
    if table.has(*PLAYLIST_ROLES) or not table.has("time") or not {*map(normalized, table.unused)} & RANKS:
        return None
    regions = [name for name in table.unused if normalized(name) in REGIONS]
    regions = [name for name in regions if len({*values_of(table.rows, name)}) > 1]
    return table.ask(f"in which {regions[0]!r} may distinguish charts", owner=regions[0]) if regions else None


def _times_of_day(table: GuessedTable) -> Wording | None:
    """Ask whether a column contains the times of day that belong to the dates, if its name is not usual for times."""
    if table.clock not in table.unused or not name_artist_and_title(table.roles) or table.has("id", "playlist"):
        return None
    problem = f"in which {table.clock!r} may be the times of day of the dates in {table.roles['time']!r}"
    return table.ask(problem, clock=table.clock)


def _merged_cells(table: GuessedTable) -> Wording | None:
    """Ask the user to fill the empty cells of a column in which a value is only in the first of its rows."""
    return question_on_merged_cells(table.rows, table.roles)


def _several_items(table: GuessedTable) -> Wording | None:
    """Refuse a table without artists in which each cell with a title or uri is a list of items."""
    items = {table.roles[role] for role in ("title", "uri") if table.has(role)}
    if table.has("artist") or items.isdisjoint(columns_of_lists(table.rows)):
        return None
    return table.ask("in which each cell seems to be a list of items")


def _lists_of_playlists(table: GuessedTable) -> Wording | None:
    """Ask about a table of tracks in which a cell lists several playlists."""
    name = table.roles.get("playlist")
    if name is None or table.has("id") or not lists_playlists(values_of(table.rows, name)):
        return None
    remedy = "write one row per track and playlist; to keep the cells as they are"
    return table.ask(f"in which {name!r} seems to list the playlists of a track: {remedy}")


def _sums(table: GuessedTable) -> Wording | None:
    """Ask about rows that contain the sums of orders."""
    name = name_of_sums(table.rows, table.roles)
    if name is None:
        return None
    return table.ask(f"in which rows such as {name!r} seem to be sums of orders: remove them; to keep them")


def _charts(table: GuessedTable) -> Wording | None:
    """Ask whether a column separates charts, if many ranks occur several times."""
    charts = charts_in(table.rows, table.unused)
    if not charts or table.has(*PLAYLIST_ROLES, "time"):
        return None
    rank, chart = charts
    problem = f"in which values of {rank!r} occur several times, so {chart!r} may distinguish charts"
    return table.ask(problem, playlist=chart, position=rank)


def _quantities(table: GuessedTable) -> Wording | None:
    """Ask whether another column contains the ids of tracks, if the guessed column seems to contain none."""
    found = quantities_as_tracks(table.rows, table.roles)
    if found is None or found.better is None:
        return None
    return table.ask_without("title", f"in which {found.column!r} seems to contain {found.what}", uri=found.better)


def _rounded_ids(table: GuessedTable) -> Wording | None:
    """Refuse ids that a spreadsheet has rounded, because different ids have become the same number."""
    for role in ("id", "owner", "uri"):
        values = values_of(table.rows, table.roles[role]) if table.has(role) else []
        if most_fit(values, ROUNDED.fullmatch):
            example = next(filter(ROUNDED.fullmatch, values))
            what = f"in which a spreadsheet has rounded the ids in {table.roles[role]!r}, such as {example}"
            remedy = "in the spreadsheet, give these cells the format Text before you import the original table"
            return lambda _named: visible(f"a table of {len(table.rows[0])} columns {what}: {remedy}")
    return None


def _equal_names(table: GuessedTable) -> Wording | None:
    """Ask the user to assign the columns by number, if two of them have the same name."""
    twice = next((name for name in table.roles.values() if table.rows[0].count(name) > 1), None)
    return None if twice is None else question(table.rows, f"in which two columns are named {twice!r}")


DOUBTS: tuple[Callable[[GuessedTable], Wording | None], ...] = (
    _several_items,
    _lists_of_playlists,
    _rounded_ids,
    _two_of_a_name,
    _kinds_of_rows,
    _unclear_playlists,
    _uploaders,
    _missing_role,
    _dates_of_playlists,
    _people_of_playlists,
    _ids_without_owner,
    _owners_of_ids,
    _times_of_plays,
    _dates_of_rows,
    _order_within_ids,
    _orders_of_owners,
    _regions_of_charts,
    _times_of_day,
    _merged_cells,
    _charts,
    _sums,
    _quantities,
    _equal_names,
)


def _never_divides(table: GuessedTable, name: str) -> bool:
    """Whether the column `name` has the same value in all rows of the table, and therefore divides nothing.

    If only the first rows are known, the next playlist may begin below them, unless the column names a program or
    server.
    """
    return is_constant(values_of(table.rows, name)) and (table.is_complete or names_program(name))


def _is_of_tracks(table: GuessedTable, name: str) -> bool:
    """Whether the column `name` describes tracks: tracks repeat, and each track always has the same value."""
    roles = [role for role in ("uri", "name", "title", "artist") if table.has(role)]
    tracks = list(zip(*(values_of(table.rows, table.roles[role]) for role in roles), strict=True))
    return determines(tracks, values_of(table.rows, name))


def _divides(table: GuessedTable, name: str) -> bool:
    """Whether the values of the column `name` may distinguish playlists that have the same name and no id."""
    if not table.has("playlist") or table.has("id"):
        return False
    pairs = set(zip(values_of(table.rows, table.roles["playlist"]), values_of(table.rows, name), strict=True))
    return len({playlist for playlist, _ in pairs}) < len(pairs)


def _are_plays(table: GuessedTable, name: str) -> bool:
    """Whether the column `name` may contain the times of plays.

    Its values must be times. There must be more different pairs of owner and time than owners, and the number of these
    pairs must be more than half of the number of rows.
    """
    if not table.has("owner") or table.has("id", "playlist", "time") or not has_times(table.rows, name):
        return False
    pairs = set(zip(values_of(table.rows, table.roles["owner"]), values_of(table.rows, name), strict=True))
    return len({owner for owner, _ in pairs}) < len(pairs) > (len(table.rows) - 1) / 2


def listed(names: Sequence[str]) -> str:
    """Return names in quotes, joined with "and"."""
    return " and ".join(repr(name) for name in names)
