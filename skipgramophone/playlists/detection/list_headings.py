"""Detect texts with several lists of tracks below headings, which would be read as one playlist.

Evening:                        VirtualDJ History 2024/01/01
  - Nell Quay - Paper Boats     22:10 : Nell Quay - Paper Boats
  - The Hatches - Salt          22:14 : The Hatches - Salt
Morning:
  - Ada Fenn - Rain             VirtualDJ History 2024/01/08
  - Nell Quay - Tide            21:10 : Ada Fenn - Rain
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from skipgramophone.playlists.readers.line_marks import LineMarks
from skipgramophone.playlists.readers.titles import RULE, separator_of
from skipgramophone.wording import Wording, visible

# A command that writes headings and lists of Markdown, with a gap for the separator of artist and title.
MARKDOWN = (
    """awk '/{}/ {{sub(/^ *([-*]|•|[0-9]+[.)]) +/, ""); print "- " $0; next}} """
    """/[^-=_*~#+. ]/ {{sub(/: *$/, ""); print "\\n# " $0}}'"""
)
FEWEST_TRACKS = 2  # minimum number of tracks below a heading
FEWEST_HEADINGS = 2
# Headings of the parts of one list, such as "Side A" or "CD 2", and lines that are no headings.
PART = re.compile(
    r"(?:side|cd|dis[ck]|part|pt|set|hour|vol(?:ume)?|lp|tape|act|chapter|encore|seite|teil|akt|stunde|zugabe|face|partie"
    r"|heure|rappel|lado|parte|hora|lato|ora|kant|deel|uur)\b.{0,12}|https?:.*|[\W\d]*",
    re.IGNORECASE,
)


def doubt_about_headings(lines: Sequence[str]) -> Wording | None:
    """Return which headings divide a text into lists, and what the user can do; None if there is only one list.

    If tracks have marks such as bullets or numbers, a line without marks and without a separator is a heading.
    Otherwise, such a line must end with a colon, or follow a blank line.

    >>> doubt_about_headings(["Side A:", "1. Ada - Rain", "2. Ada - Salt", "Side B:", "1. Ada - Tide", "2. Ada - Sea"])
    """
    written = [line for line in lines if line.strip()]
    separator = separator_of(written)
    if sum(separator not in line for line in written) < FEWEST_HEADINGS:
        return None
    marks = LineMarks(written)
    headings: list[str] = []
    heading, tracks, above = "", 0, ""
    for line in lines:
        name, is_marked = marks.name_on(line)
        text = line.strip()
        if separator in name or (marks.before and is_marked and name):
            tracks += 1
            if heading and tracks == FEWEST_TRACKS:
                headings.append(heading)
        elif text and not RULE.fullmatch(text):
            is_heading = bool(marks.before) or text.endswith(":") or not above
            heading = text if is_heading and not PART.fullmatch(text.lstrip("#* ")) else ""
            tracks = 0
        above = text
    if len(headings) < FEWEST_HEADINGS:
        return None
    command = MARKDOWN.format(separator)
    return lambda named: visible(
        f"several lists, below headings such as {headings[0]!r} and {headings[1]!r}: write them as Markdown, for "
        f"example with {command}; to read them as one playlist, add {named('format', 'titles')}"
    )
