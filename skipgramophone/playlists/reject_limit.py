"""How many rows of a file may be rejected before the reading stops."""

from __future__ import annotations

from skipgramophone.errors import SourceError
from skipgramophone.playlists.readers.rows import Reject, RowBlock
from skipgramophone.settings import FEWEST_JUDGED, ExtractSettings


class RejectLimit:
    """Watches one file."""

    def __init__(self, settings: ExtractSettings) -> None:
        self._settings = settings
        self._rows = 0
        self._rejects = 0
        self._first: Reject | None = None

    def take(self, block: RowBlock) -> None:
        """Count a block.

        Raises:
            SourceError: a row is rejected, and the settings are strict.
        """
        self._rows += block.used + len(block.rejects)
        self._rejects += len(block.rejects)
        self._first = self._first or next(iter(block.rejects), None)
        if self._first and self._settings.strict:
            raise SourceError(f"{_described(self._first)} (without --strict it is set aside)")

    def judge(self) -> None:
        """Say at the end of the file whether it was what it was taken for.

        Raises:
            SourceError: more rows were rejected than the settings allow, of a file of `FEWEST_JUDGED` or more.
        """
        if self._first and self._rows >= FEWEST_JUDGED and self._rejects > self._settings.max_rejects * self._rows:
            raise SourceError(
                f"{self._first.file}: {self._rejects:,} of {self._rows:,} rows cannot be used, so it may not be what "
                f"it is taken for; {_described(self._first)} (--format names another, --max-rejects 1 goes on)"
            )


def _described(reject: Reject) -> str:
    """Where a reject stands, and why it is one."""
    return f"{reject.file}, line {reject.line}: {reject.reason}"
