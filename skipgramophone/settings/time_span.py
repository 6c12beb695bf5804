"""Parse time spans such as 90s, 15m or 2h, and periods between two dates."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from skipgramophone.errors import SettingError


def seconds_of(text: str) -> float:
    """Convert a time span to seconds; "none" becomes infinity.

    >>> seconds_of("90"), seconds_of("15m"), seconds_of("1.5h"), seconds_of("none")
    (90.0, 900.0, 5400.0, inf)

    A number without a unit is in seconds. Users must give a unit (see `with_unit`), but settings that earlier versions
    stored have none.

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


def with_unit(text: str) -> str:
    """Return a time span unchanged, after checking that a number above 0 has a unit.

    >>> with_unit("15m"), with_unit("none"), with_unit("0")
    ('15m', 'none', '0')

    Raises:
        SettingError: the text is not a time span, or has no unit.
    """
    if text[-1:].isdecimal() and seconds_of(text) > 0:
        raise SettingError(f"a time span needs a unit (s, m or h): give {text}s, {text}m or {text}h, not {text}")
    return text


def seconds_with_unit(text: str) -> float:
    """Convert a time span that must have a unit to seconds.

    Raises:
        SettingError: the text is not a time span, or has no unit.
    """
    return seconds_of(with_unit(text))


def span_text(seconds: float) -> str:
    """Convert seconds to a time span with a unit, without rounding.

    >>> span_text(60.0), span_text(90.0), span_text(5400.0), span_text(7200.0), span_text(0.5), span_text(math.inf)
    ('1m', '90s', '90m', '2h', '0.5s', 'none')
    """
    if math.isinf(seconds):
        return "none"
    unit, size = next(
        (unit, size) for unit, size in (("h", 3600), ("m", 60), ("s", 1)) if not seconds % size or size == 1
    )
    return f"{seconds / size:g}{unit}"


def longer_span(seconds: float) -> str:
    """Round a time up to a time span that is easy to type: whole minutes, or whole hours from two hours on.

    >>> longer_span(61.0), longer_span(600.0), longer_span(7300.0)
    ('2m', '10m', '3h')
    """
    return f"{math.ceil(seconds / 60)}m" if seconds <= 7200 else f"{math.ceil(seconds / 3600)}h"


WITHOUT_TIME = "without a time"


@dataclass(frozen=True, slots=True)
class Period:
    """A period between two dates or times, in UTC.

    Attributes:
        since: start of the period as the user typed it, or None.
        until: end of the period as the user typed it, or None.
        low: start of the period in seconds since 1970.
        high: end of the period (exclusive) in seconds since 1970.
    """

    since: str | None
    until: str | None
    low: float
    high: float

    def reason_outside(self, seconds: float | None) -> str | None:
        """Return the reason for leaving out a row with this time (seconds since 1970), or None if it is in the period.

        >>> period = period_between("1970-01-02", "1970-01-02")
        >>> period.reason_outside(0.0), period.reason_outside(2 * 86400.0), period.reason_outside(None)
        ('before 1970-01-02', 'after 1970-01-02', 'without a time')
        >>> period.reason_outside(2 * 86400.0 - 1)
        """
        if seconds is None:
            return WITHOUT_TIME
        if seconds < self.low:
            return f"before {self.since}"
        return f"after {self.until}" if seconds >= self.high else None


def period_between(since: str | None, until: str | None) -> Period:
    """Parse the bounds of a period; if `until` is a date without a time, the period ends at the end of that day.

    Raises:
        SettingError: a bound is not a date or a time.
    """
    low = -math.inf if since is None else _moment(since, "since").timestamp()
    if until is None:
        return Period(since, until, low, math.inf)
    is_day = len(until.strip()) == len("2020-12-31")
    after = timedelta(days=1) if is_day else timedelta(microseconds=1)
    return Period(since, until, low, (_moment(until, "until") + after).timestamp())


def _moment(text: str, option: str) -> datetime:
    """Parse a date or a time; a time without a time zone is in UTC.

    Raises:
        SettingError: the text is not a date or a time.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        moment = moment.replace(tzinfo=moment.tzinfo or UTC)
        (moment + timedelta(days=1)).timestamp()
    except (ValueError, OverflowError):
        form = "a date or a time such as 2020-12-31 or 2020-12-31T18:00"
        problem = f"{option} must be {form}, not {text!r}"
        raise SettingError(problem, f"--{problem}") from None
    return moment
