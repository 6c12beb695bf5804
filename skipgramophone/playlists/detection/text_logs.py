"""Recognize texts whose lines begin with a date, a time or a tag: logs, chats, lyrics, and lists of references.

    10.0.0.1 - - [07/Apr/2024:16:08:52 +0200] "GET /product/2 HTTP/1.1" 200 8211
    09.03.24, 20:00 - Nell: Ada Fenn - Rain
    TI  - On rain
    [00:12.40]And the rain - it fell

Many of these lines contain " - ", but the text before it is not an artist.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from skipgramophone.wording import Wording

# Minimum share of the lines that begin with a date and a time. It is low, because a message of a chat may have several
# lines, and only the first of them begins with a date.
LEAST_SHARE = 0.2
# Minimum share of the lines that begin with a date without a time. It is higher, because such lines may also be the
# headings of a list.
LEAST_WITHOUT_CLOCK = 0.5
LEAST_OF_REFERENCES = 0.5  # minimum share of the lines that begin with a tag; a long text may have several lines
LEAST_OF_LYRICS = 0.5  # the same for lines that begin with the time of a line of lyrics
FEWEST_LINES = 2  # minimum number of lines that begin with a date; a single one may be a heading
DATE = r"\d{1,4}([-./])\d{1,2}\1\d{2,4}"
CLOCK = r"\d{1,2}:\d\d(?::\d\d)?(?:[.,]\d+)?(?:[ \u00a0\u202f]?[AaPp]\.?[Mm]\.?)?(?:Z| ?[-+]\d\d:?\d\d)?"
DATED = re.compile(rf"[\u200e\u200f]?\[?{DATE}(?:,? +|T){CLOCK}(?:\]|:? )[ \-–—]*(?=[^\s,;|])", re.ASCII)
# A date and a time may also be the first field of a table.
DAY = re.compile(rf"[\[(]?{DATE}(?:[\])]|:? )[ \-–—]*(?!{CLOCK} *[\t,;|])(?=[^\s,;|])", re.ASCII)
CHAT = re.compile(rf"{DATED.pattern}[^:]{{1,60}}: ", re.ASCII)
REQUEST = re.compile(r'(?:\S+ )?\S+ \S+ \S+ \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [-+]\d{4}\] "')
REFERENCE = re.compile(r"[A-Z][A-Z0-9]  - ")
LYRICS = re.compile(r"(?:\[\d{1,3}:\d\d\.\d{1,3}\])+", re.ASCII)
SUBTITLE = re.compile(r"(?:\d+:)?\d\d:\d\d[,.]\d{3} --> ", re.ASCII)
SYSLOG = re.compile(r"(?:<\d+>)?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ [^\s:]+: ")
SED_DATE = "^[^0-9]{0,4}[0-9]+[^ ]+ [0-9]+:[0-9:]+"
DATES = (
    "a log or a list with dates: if the rest of each line is a track, remove the dates, for example with "
    r"sed -E 's/^[^0-9]?[0-9]+[^ ]+( +[0-9]+:[0-9:]+( ?[AP]M)?)?\]?[ -]*//'"
)
# Forms of lines, in the order in which they are tried. Each has three parts: the form, the minimum share of lines that
# must have it, and the end of an error message, which says what the text is and what to do.
KINDS: tuple[tuple[re.Pattern[str], float, Wording | str], ...] = (
    (
        REQUEST,
        LEAST_SHARE,
        lambda named: (
            "the log of a web server: write the visitor and the page of each line, for example with "
            r"""sed -nE 's/^(.* )?([^ ]+) [^ ]+ [^ ]+ \[[^]]*\] "GET ([^ "]+).*/\2\t\3/p', """
            f"and read them with {named('columns', 'owner=1,uri=2')}"
        ),
    ),
    (REFERENCE, LEAST_OF_REFERENCES, "references in the format RIS: export them as CSV, and read it with --columns"),
    (
        LYRICS,
        LEAST_OF_LYRICS,
        "the lyrics of one track (LRC): if the rest of each line is a track, remove the times, for example with "
        r"sed -E '/^\[[a-z]+:/d; s/^(\[[0-9:.]+\])+ *//'",
    ),
    (SUBTITLE, LEAST_SHARE, "subtitles of a film, which contain no list of tracks"),
    (SYSLOG, LEAST_SHARE, "a system log: write the columns that you need to a CSV file"),
    (
        CHAT,
        LEAST_SHARE,
        "a chat or a log: if its messages are tracks, keep only what follows the sender, for example with "
        f"sed -E '/{SED_DATE}[^:]*$/d; s/{SED_DATE}[^:]*: //'",
    ),
    (DATED, LEAST_SHARE, DATES),
    (DAY, LEAST_WITHOUT_CLOCK, DATES),
)


def kind_of_log(lines: Sequence[str]) -> Wording | str | None:
    """Return which kind of log, chat or list of references a text is, and what the user can do; None if it is none.

    >>> kind_of_log(["Apr  8 00:15:46 shop app[12]: user 3 - view - 7"] * 2)
    'a system log: write the columns that you need to a CSV file'
    >>> kind_of_log(["20:15 Ada Fenn - Rain", "20:19 Nell - Salt"])
    """
    written = [line.strip() for line in lines[:1000] if line.strip()]
    for form, least, kind in KINDS:
        if sum(form.match(line) is not None for line in written) >= max(FEWEST_LINES, least * len(written)):
            return kind
    return None
