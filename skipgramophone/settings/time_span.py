"""Parse time spans such as 90s, 15m or 2h."""

from __future__ import annotations

import math

from skipgramophone.errors import SettingError


def seconds_of(text: str) -> float:
    """Convert a time span to seconds; "none" becomes infinity.

    >>> seconds_of("90"), seconds_of("15m"), seconds_of("1.5h"), seconds_of("none")
    (90.0, 900.0, 5400.0, inf)

    Raises:
        SettingError: the text is not a number with an optional unit.
    """
    if text == "none":
        return math.inf
    unit = {"s": 1.0, "m": 60.0, "h": 3600.0}.get(text[-1:], 0.0)
    try:
        return float(text[:-1]) * unit if unit else float(text)
    except ValueError:
        raise SettingError(
            f"a time span must be a number followed by s, m or h (such as 90s, 15m or 2h), not {text!r}"
        ) from None
