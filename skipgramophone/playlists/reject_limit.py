"""Limit the share of rejected rows per file."""

from __future__ import annotations

from skipgramophone.errors import SourceError
from skipgramophone.playlists.readers.histories import NO_TABLE_TIME
from skipgramophone.playlists.readers.rows import Reject, RowBlock
from skipgramophone.settings import FEWEST_JUDGED, ExtractSettings
from skipgramophone.utf8 import with_remedy
from skipgramophone.wording import Names, plural, visible

LONGEST_SHOWN = 80  # maximum number of characters of a row that a message shows


class RejectLimit:
    """Counts the rejected rows of one file and raises if there are too many."""

    def __init__(self, settings: ExtractSettings) -> None:
        self._settings = settings
        self._rows = 0
        self._rejects = 0
        self._first: Reject | None = None

    def add(self, block: RowBlock) -> None:
        """Count the rows of a block.

        Raises:
            SourceError: a row is rejected and the settings are strict.
        """
        self._rows += block.used + len(block.rejects)  # rows that are left out on purpose do not count
        self._rejects += len(block.rejects)
        self._first = self._first or next(iter(block.rejects), None)
        if self._first and self._settings.strict:
            first = self._first
            raise SourceError.naming(
                lambda named: f"{_described(first, named)} (leave out {named('strict')} to skip such rows)"
            )

    def check(self) -> None:
        """Check the share of rejected rows; call this at the end of the file.

        Raises:
            SourceError: the file has at least `FEWEST_JUDGED` rows and more rejects than the settings allow.
        """
        if self._first and self._rows >= FEWEST_JUDGED and self._rejects > self._settings.max_rejects * self._rows:
            first = self._first
            raise SourceError.naming(
                lambda named: (
                    f"{first.file}: {self._rejects:,} of {plural(self._rows, 'row')} cannot be used, so the format "
                    f"may be wrong; first: {_described(first, named)} (choose a format with {named('format')}, "
                    f"or allow any share of unusable rows with {named('max_rejects', 1)})"
                )
            )


def _described(reject: Reject, named: Names) -> str:
    """Return the file, line and reason of a reject, with its remedy."""
    return f"{reject.file}, line {reject.line}: {explained(reject, named)}"


def explained(reject: Reject, named: Names) -> str:
    """Return the reason for a reject with its remedy, and the row itself if its time is not valid."""
    reason = with_remedy(reject.reason, named)
    if reject.reason != NO_TABLE_TIME:
        return reason
    text = reject.text if len(reject.text) <= LONGEST_SHOWN else reject.text[: LONGEST_SHOWN - 3] + "..."
    return f"{reason}: '{visible(text)}'"
