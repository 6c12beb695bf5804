"""Settings of `sgp extract`: how sources of playlists become a corpus."""

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from skipgramophone.errors import SettingError
from skipgramophone.settings.setting import Bounds, at_least, between, check, require, seed_of_bits, setting
from skipgramophone.settings.time_span import seconds_of
from skipgramophone.wording import suggestion

Format = Literal[
    "zenodo", "columns", "mpd", "exportify", "spotify", "lastfm", "listenbrainz", "m3u", "titles", "yes", "sessions"
]
FORMATS: tuple[Format, ...] = get_args(Format)
ROLES = ("artist", "title", "playlist", "owner", "uri", "time", "id", "position")  # what --columns can assign
BadBytes = Literal["reject", "replace"]
GroupBy = Literal["owner", "name"]
Repeats = Literal["keep", "drop"]
KEEPABLE = ("episodes", "placeholders", "skips")  # rows that are rejected unless --keep names them
FEWEST_JUDGED = 100  # rows of a file from which on --max-rejects applies
ALL_ROWS = -1
# Settings that a corpus keeps for good. The others say how sources are read, so each source may need its own.
LASTING = (
    "session_gap", "keep", "group_by", "merge_uris", "repeats", "drop_duplicate_playlists", "min_length", "max_length",
    "holdout", "group", "random_seed",
)  # fmt: skip
GROUP_HELP = "Regex on the owner; playlists with equal matches go to the same side of a split."


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractSettings:
    """How sources of playlists become a corpus."""

    num_rows: int = setting(ALL_ROWS, "Rows to read of each file (-1 = all).", "-nr", "--num-rows", metavar="N")
    format: Format | None = setting(None, f"Format of the sources (default: detected): {', '.join(FORMATS)}.")
    columns: str | None = setting(None, f"Assign table columns to roles: {', '.join(ROLES)}.", metavar="ROLE=NAME,…")
    session_gap: str = setting("30m", "Pause that ends a session of a listening history.", metavar="SPAN")
    encoding: str = setting("utf-8", "Text encoding, such as cp1252 or utf-16.", metavar="NAME")
    bad_bytes: BadBytes = setting(
        "reject", "What to do with lines that the encoding cannot decode.", metavar="reject|replace"
    )
    keep: Sequence[str] | None = setting(
        None, f"Keep rows that are skipped by default: {', '.join(KEEPABLE)}.", metavar="WHAT"
    )
    strict: bool = setting(False, "Stop at the first row or file that cannot be used.")
    max_rejects: float = setting(
        0.5, "Stop if more than this share of a file is rejected.", metavar="X", bounds=between(0, 1)
    )
    group_by: GroupBy = setting(
        "owner", "'name' merges playlists with the same name, regardless of owner.", metavar="owner|name"
    )
    merge_uris: bool = setting(False, "Merge tracks that have the same artist and title but different uris.")
    repeats: Repeats = setting("keep", "Keep or drop repeats of a track within a playlist.", metavar="keep|drop")
    drop_duplicate_playlists: bool = setting(False, "Drop near-duplicate playlists, keeping the longest.")
    min_length: int = setting(1, "Drop playlists with fewer than N tracks.", metavar="N", bounds=at_least(1))
    max_length: int | None = setting(None, "Split playlists with more than N tracks.", metavar="N")
    holdout: float | None = setting(
        None,
        "Set playlists aside for sgp evaluate: a share, or a file with one name per line.",
        metavar="SHARE|FILE",
        bounds=Bounds("above 0 and below 1, or a file", lambda value: 0 < value < 1),
    )
    group: str | None = setting(None, GROUP_HELP, metavar="REGEX")
    random_seed: int = setting(
        42,
        "Random seed for choosing held-out playlists.",
        "-rs",
        "--random-seed",
        metavar="N",
        bounds=seed_of_bits(63),
    )

    def __post_init__(self) -> None:
        check(self)
        require(
            self.num_rows == ALL_ROWS or self.num_rows >= 1,
            f"num-rows must be at least 1, or -1 for all rows, not {self.num_rows}",
        )
        require(
            self.max_length is None or self.max_length >= max(2, self.min_length),
            f"max-length must be at least 2 and not below min-length, not {self.max_length}",
        )
        require(seconds_of(self.session_gap) > 0, f"session-gap must be above 0, not {self.session_gap}")
        for name in self.keep or ():
            near = suggestion(name, KEEPABLE)
            require(name in KEEPABLE, f"keep must be one of {', '.join(KEEPABLE)}, not {name!r}{near}")
        _require_text_encoding(self.encoding)
        if self.columns is not None:
            require(self.format in (None, "columns"), f"columns cannot be combined with the format {self.format}")
            require("title" in self.roles, "columns must name a title, as in title=Song")
            require(not {"time", "position"} <= set(self.roles), "columns must name a time or a position, not both")
        elif self.format == "columns":
            raise SettingError("assign the columns, as in --columns artist=Name,title=Song")

    @property
    def roles(self) -> dict[str, str]:
        """The column of each role.

        >>> ExtractSettings(columns="artist=Artist, as billed,title=Song").roles
        {'artist': 'Artist, as billed', 'title': 'Song'}

        Raises:
            SettingError: the text is not a list of role=column, or a role appears twice.
        """
        parts = re.split(rf"(?:^|,)({'|'.join(ROLES)})=", self.columns or "")
        roles = dict(zip(parts[1::2], parts[2::2], strict=True))
        require(
            not parts[0] and all(roles.values()) and len(roles) == len(parts) // 2,
            f"columns must be role=column,… with the roles {', '.join(ROLES)}, not {self.columns!r}",
        )
        return roles


def _require_text_encoding(name: str) -> None:
    """Raise `SettingError` unless Python knows a text encoding of this name."""
    try:
        "".encode(codecs.lookup(name).name)
    except (LookupError, ValueError):
        raise SettingError(
            f"encoding must be one that Python knows, such as utf-8, cp1252 or utf-16, not {name!r}"
        ) from None
