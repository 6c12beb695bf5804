"""Suggest what to do with a text whose format sgp does not know. The suggestion is the end of the error message."""

from __future__ import annotations

import re
from collections.abc import Sequence

from skipgramophone.playlists.column_names import columns_by_role
from skipgramophone.playlists.columns.guess import rows_of
from skipgramophone.playlists.columns.values import LETTERS, Table, is_time
from skipgramophone.wording import Wording

HELP = "see `sgp extract --help`"
LONG_SEPARATORS = ("::", "<SEP>")  # separators in MovieLens, and in the Million Song Dataset
# Characters that show that a line is not a name, but part of a table, an object, markup, a path or a sentence.
NOT_A_NAME = re.compile(r"""[{}<>|=\t]|[,;](?=\S)(?!\d{3}\b)|".*"|^[\["#./\\]|[.,:;]$""")
LONGEST_NAME = 150  # maximum number of characters of a line that may be a name
WIDEST_TABLE = 4  # Lines with fewer fields than this are treated as a table, not as baskets.
LEAST_SHARED = 0.2  # minimum share of the items of baskets that occur in several columns
LEAST_SHARED_NUMBERS = 0.6  # the same share if all items are numbers
FEWEST_NUMBERS = 25  # minimum number of different items if all items are numbers
BASKETS = "if each line is a basket of items, write one item per line with the number of its basket, for example with "
AWK = """awk -F, '{for (i = 1; i <= NF; i++) if ($i != "") print NR "," $i}'"""
# Texts that one line is enough to recognize: the form of this line, what the text is, and what to do.
MARKS = (
    (
        re.compile(
            r"(CREATE TABLE|INSERT INTO|DROP TABLE|PRAGMA|BEGIN TRANSACTION)\b|-- \S+ (SQL )?dump", re.IGNORECASE
        ),
        "SQL: load it into a database and export the table as CSV, for example with sqlite3 -header -csv",
    ),
    (
        re.compile(
            r"(const|let|var|export|import|interface|function)\s[\w ,{}*]+([=({;]|from\b)|(window|module)\.\w+ ?="
        ),
        "a program: save the list in it as JSON, for example with JSON.stringify",
    ),
)
# Texts that are recognized if more than half of their lines have the same form: this form, what the text is, and what
# to do.
FORMS = (
    (re.compile(r"\{'.*\}"), "Python dictionaries: save them as JSON, for example with json.dumps"),
    (
        re.compile(r"\{\".*\}"),
        "JSON lines with other lines among them: keep only the objects, for example with grep '^{'",
    ),
    (
        re.compile(r"\S.*?\S {3,}\S.*|-+( +-+)+"),
        "columns aligned with spaces: write tabs between them, for example with sed -E 's/ {2,}/\\t/g'",
    ),
    (
        re.compile(r"[^,;\t]+ by [^,;\t]+"),
        "titles before artists: exchange both, for example with "
        r"""sed -E 's/^([0-9]+[.)] )?"?(.*[^"])"? by (.*)/\3 - \2/'""",
    ),
    (
        re.compile(r"[^,;\t]+ / [^,;\t]+"),
        "names separated by slashes: write a dash between artist and title, for example with sed 's, / , - ,'",
    ),
)
KEY = re.compile(r"(- )?([\w-]+):( .*)?")
MOST_KEYS = 0.5  # maximum share of different keys in YAML; in a list such as "Queen: Innuendo", most differ
YAML = "YAML: save it as JSON, for example with yq -o json"
TAGS = "tags with one line each: MPD lists its tracks with mpc -f '%artist% - %title%' playlist"


def kind_of_text(lines: Sequence[str]) -> str | None:
    """Return what a text contains instead of a table or names, and what the user can do; None if this is not clear.

    >>> kind_of_text(["const songs = [", "  {artist: 'Ada Fenn', title: 'Rain'},", "];"])
    'a program: save the list in it as JSON, for example with JSON.stringify'
    """
    written = [line.strip() for line in lines[:100] if line.strip()]
    for mark, kind in MARKS:
        if any(map(mark.match, written[:10])):
            return kind
    for form, kind in FORMS:
        if 2 * sum(form.fullmatch(line) is not None for line in written) > len(written):
            return kind
    keys = [found for found in map(KEY.fullmatch, written) if found]
    if 2 * len(keys) <= len(written) or len({found[2] for found in keys}) > MOST_KEYS * len(keys):
        return None
    return YAML if any(found[1] or not found[3] for found in keys) else TAGS


def are_baskets(rows: Table) -> bool:
    """Whether rows are probably baskets of items.

    They are baskets if many values occur in several columns; in a table, few values do. If a column contains only
    times, the rows are a table. Values may be numbers if most of them occur in several columns, and there are more
    different numbers than ratings or counts usually have.

    >>> are_baskets([[f"{(7 * row + 11 * at) % 40}" for at in range(5)] for row in range(40)])
    True
    """
    if rows and len({*map(len, rows)}) == 1 and any(all(map(is_time, column)) for column in zip(*rows, strict=True)):
        return False
    columns: dict[str, set[int]] = {}
    for row in rows:
        for at, value in enumerate(row):
            columns.setdefault(value, set()).add(at)
    texts = {value for value in columns if LETTERS.search(value)}
    if not texts and all(map(str.isdecimal, columns)):
        texts, least = set(columns) if len(columns) >= FEWEST_NUMBERS else set(), LEAST_SHARED_NUMBERS
    else:
        least = LEAST_SHARED
    shared = sum(len(columns[value]) > 1 for value in texts)
    return max(map(len, rows), default=0) >= WIDEST_TABLE and shared >= least * len(texts) > 0


def long_separator(lines: Sequence[str]) -> str | None:
    """Return what the user can do if fields are separated by several letters, such as "::"; otherwise None."""
    written = [line for line in lines[:100] if line.strip()]
    for separator in LONG_SEPARATORS:
        if written and all(separator in line for line in written):
            program = f"sed 's/{separator}/\\t/g'"
            return f"its fields seem to be separated by {separator!r}: replace it by tabs, for example with {program}"
    return None


def remedy_for_column(header: str) -> Wording | None:
    """Return what the user can do with a table of one column, if its name is usual for ids of tracks."""
    if "uri" not in columns_by_role([header.strip()]):
        return None
    return lambda named: f"if it is a table of one column, add {named('columns', f'uri={header.strip()}')}"


def remedy_for(lines: Sequence[str]) -> Wording | str:
    """Return what the user can do with a text in an unknown format."""
    written = [line for line in lines[:100] if line.strip()]
    if are_baskets(rows_of(written)):
        return f"{BASKETS}{AWK}"
    names = sum(len(line) <= LONGEST_NAME and NOT_A_NAME.search(line.strip()) is None for line in written)
    if names <= 0.9 * len(written):
        return HELP
    return lambda named: f"if each line is one track, add {named('format', 'titles')}; {HELP}"
