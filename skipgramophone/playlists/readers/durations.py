"""Parses the durations of tracks in playlist files."""

from __future__ import annotations

import math
import re

NUMBER = re.compile(r"\s*(\d+(?:\.\d+)?)")
LONGEST = 7 * 24 * 3600  # maximum duration in seconds; a larger number is probably in another unit or wrong


def whole_seconds(text: str, per_second: int = 1) -> int | None:
    """Return the duration at the start of a string in whole seconds; None if it is missing, 0 or longer than a week.

    Args:
        text: a string that begins with a number; in M3U, attributes follow.
        per_second: how many units of the number make a second, such as 1000 for milliseconds.

    >>> whole_seconds("151"), whole_seconds("151500", 1000), whole_seconds('12.4 tvg-id="x"'), whole_seconds("-1")
    (151, 152, 12, None)
    """
    found = NUMBER.match(text)
    seconds = float(found[1]) / per_second if found else 0.0
    return math.floor(seconds + 0.5) or None if seconds <= LONGEST else None
