"""The reasons for rejecting rows that the setting `keep` allows."""

from __future__ import annotations

from skipgramophone.playlists.readers.histories import EPISODE, SKIP
from skipgramophone.playlists.readers.rows import PLACEHOLDER
from skipgramophone.playlists.readers.scrobbler_log import SKIPPED

# Reason for rejecting a row -> the value of `keep` that accepts such rows.
KEPT_BY = {EPISODE: "episodes", PLACEHOLDER: "placeholders", SKIP: "skips", SKIPPED: "skips"}
