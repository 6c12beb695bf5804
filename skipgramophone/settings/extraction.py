"""Settings of `sgp extract`."""

import codecs
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePath
from typing import Any, Literal, get_args

from skipgramophone.errors import SettingError
from skipgramophone.settings.setting import Bounds, at_least, between, check, require_named, seed_of_bits, setting
from skipgramophone.settings.time_span import Period, period_between, seconds_of, with_unit
from skipgramophone.wording import suggestion

Format = Literal[
    "zenodo", "columns", "mpd", "exportify", "spotify", "lastfm", "listenbrainz", "m3u", "titles", "yes", "sessions",
    "xspf", "jspf", "itunes", "pls", "rekordbox",
    "youtube-songs", "youtube-playlist", "youtube-history", "spotify-library", "spotify-api", "spotify-backup",
    "aotm", "uris", "tunemymusic", "soundiiz", "deezer", "lastfm-json", "lastfmstats",
    "shazam", "tab-text", "traktor", "apple-activity", "apple-daily", "lastfm-archive", "tidal",
    "wpl", "google-play", "scrobbler-log", "rhythmbox",
    "jellyfin", "asx", "b4s", "cue", "markdown", "setlistfm", "subsonic", "plex", "lastfm-xml", "serato",
    "aimp", "virtualdj",
]  # fmt: skip
FORMATS: tuple[Format, ...] = get_args(Format)
# Roles that --columns can assign to the columns of a table.
ROLES = (
    "artist", "title", "name", "playlist", "owner", "uri", "time", "clock", "id", "position", "rating", "isrc", "mbid",
    "album",
)  # fmt: skip
TRACK = "track"  # synonym of the role uri
# Roles that --names-columns can assign. In a table of names, `id` is the id of a track; `uri` and `track` are synonyms.
NAME_ROLES = ("id", "artist", "title", "name", "album")
MATCHABLE = ("isrc", "mbid")  # kinds of identifiers by which --match recognizes tracks
BadBytes = Literal["reject", "replace"]
GroupBy = Literal["owner", "name"]
Repeats = Literal["keep", "drop"]
KEEPABLE = ("episodes", "placeholders", "skips")  # rows that are rejected unless --keep names them
FEWEST_JUDGED = 100  # --max-rejects applies to files with at least this many rows
ALL_ROWS = -1
ROWS = Bounds("at least 1, or -1 for all rows", lambda value: value == ALL_ROWS or value >= 1, 10**12)
# Settings that must be the same for all sources of a corpus. All other settings may differ from source to source.
LASTING = (
    "session_gap", "keep", "group_by", "merge_uris", "match", "repeats", "drop_duplicate_playlists",
    "drop_automatic_playlists", "min_length", "max_length", "holdout", "group", "random_seed",
)  # fmt: skip
# Settings that early versions of sgp did not have. Manifests of old corpora do not contain them.
LATER = ("since", "until", "min_rating", "drop_automatic_playlists", "match", "names", "names_columns")
GROUP_HELP = (
    "Regular expression that is matched at the start of owner names. If the matched text is the same for several "
    "owners, their playlists are held out together or not at all."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractSettings:
    """Settings of `sgp extract`, which turns sources of playlists into a corpus."""

    num_rows: int = setting(
        ALL_ROWS, "Read only the first N rows of each file (-1 = all).", "-nr", "--num-rows", metavar="N", bounds=ROWS
    )
    format: Format | None = setting(
        None, f"Format of the sources (default: detected): {', '.join(FORMATS)}.", metavar="NAME"
    )
    columns: str | None = setting(
        None,
        "Which column of a table contains what: artist=Name,title=Song means that the column Name contains the artist, "
        f"and the column Song the title. Possible roles: {', '.join(ROLES)}.",
        metavar="ROLE=NAME,…",
    )
    names: Path | str | None = setting(
        None,
        "Table with the names of tracks or products, if the sources contain only their ids. An example is a table of "
        "products next to a table of orders.",
        metavar="FILE",
    )
    names_columns: str | None = setting(
        None,
        "Which column of the table of --names contains what, such as id=SKU,title=Name,artist=Brand (default: guessed "
        f"from the header). Possible roles: {', '.join(NAME_ROLES)}.",
        metavar="ROLE=NAME,…",
    )
    session_gap: str = setting(
        "30m",
        "Split a listening history into playlists at each pause that is longer than SPAN, such as 30m or 1h.",
        metavar="SPAN",
        parse=with_unit,
    )
    since: str | None = setting(
        None, "Leave out tracks that were added or played before a date, such as 2020-01-31.", metavar="DATE"
    )
    until: str | None = setting(
        None, "Leave out tracks that were added or played after a date. Tracks of that day are kept.", metavar="DATE"
    )
    min_rating: float | None = setting(
        None, "Leave out rows with a rating below X (needs a column with ratings).", metavar="X"
    )
    encoding: str = setting("utf-8", "Text encoding of the sources, such as cp1252 or utf-16.", metavar="NAME")
    bad_bytes: BadBytes = setting(
        "reject",
        "What to do with a line that cannot be decoded: reject it, or replace its invalid bytes by U+FFFD and read it.",
        metavar="reject|replace",
    )
    keep: Sequence[str] | None = setting(
        None,
        "Keep rows that are rejected by default: episodes (of podcasts), placeholders (such as '-' as a name) or skips "
        "(plays of 0 ms); can be repeated.",
        metavar="WHAT",
    )
    strict: bool = setting(False, "Stop at the first row or file that cannot be used.")
    max_rejects: float = setting(
        0.5,
        "Stop if more than this share of the rows of a file is rejected. This limit does not apply to files with fewer "
        f"than {FEWEST_JUDGED} rows.",
        metavar="X",
        bounds=between(0, 1),
    )
    group_by: GroupBy = setting(
        "owner",
        "Which rows form one playlist: rows with the same owner and the same playlist name ('owner'), or all rows with "
        "the same playlist name ('name').",
        metavar="owner|name",
    )
    merge_uris: bool = setting(False, "Merge tracks that have the same artist and title but different uris.")
    match: str | None = setting(
        None,
        "Merge tracks that have similar names and the same identifier. KINDS says which identifiers are compared: "
        f"{', '.join(MATCHABLE)} or {','.join(MATCHABLE)}. To see first which tracks share an identifier, add "
        "--dry-run.",
        metavar="KINDS",
    )
    repeats: Repeats = setting(
        "keep", "Keep or drop a track that occurs again in the same playlist.", metavar="keep|drop"
    )
    drop_duplicate_playlists: bool = setting(False, "Keep only the longest of several near-duplicate playlists.")
    drop_automatic_playlists: bool = setting(
        False, "Drop playlists that a service makes automatically, such as Discover Weekly and Liked Songs."
    )
    min_length: int = setting(1, "Drop playlists with fewer than N tracks.", metavar="N", bounds=at_least(1))
    max_length: int | None = setting(
        None, "Split playlists with more than N tracks into parts.", metavar="N", bounds=at_least(2)
    )
    holdout: float | None = setting(
        None,
        "Hold out playlists for sgp evaluate; they are not used for training. Give a share of all playlists, such as "
        "0.1, or a file with one playlist name per line. To select the playlist of one owner, write a line with the "
        "owner, a tab and the name. With --group REGEX, each line names a group of playlists: it is the text that "
        "REGEX matches in the names of their owners.",
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
        need = require_named
        need(
            self.max_length is None or self.max_length >= max(2, self.min_length),
            lambda named: (
                f"{named('max_length')} must be at least 2 and at least as large as {named('min_length')}, "
                f"not {self.max_length}"
            ),
        )
        need(
            _positive_span(self.session_gap),
            lambda named: (
                f"{named('session_gap')} must be a time span above 0, such as 90s, 15m or 2h, not {self.session_gap!r}"
            ),
        )
        kept = [name for name in self.keep or () if name not in KEEPABLE]
        need(
            not kept,
            lambda named: (
                f"{named('keep')} must be one of {', '.join(KEEPABLE)}, not {kept[0]!r}{suggestion(kept[0], KEEPABLE)}"
            ),
        )
        kinds = [kind for kind in self.matched if kind not in MATCHABLE]
        need(
            not kinds,
            lambda named: (
                f"{named('match')} must be one or more of {','.join(MATCHABLE)}, "
                f"not {kinds[0]!r}{suggestion(kinds[0], MATCHABLE)}"
            ),
        )
        period = self.period
        need(
            period is None or period.low < period.high,
            lambda named: (
                f"{named('since')} must not be later than {named('until')}, but {self.since} is after {self.until}"
            ),
        )
        need(
            _is_text_encoding(self.encoding),
            lambda named: (
                f"{named('encoding')} must be one that Python knows, such as utf-8, cp1252 or utf-16, "
                f"not {self.encoding!r}"
            ),
        )
        roles_of_names = {} if self.names_columns is None else self.name_roles
        need(
            self.names is not None or not roles_of_names,
            lambda named: f"{named('names_columns')} needs {named('names')}, the table that has these columns",
        )
        if self.columns is not None:
            self._check_columns()
        elif self.format == "columns":
            raise SettingError.naming(
                lambda named: (
                    f"the format 'columns' needs {named('columns')}, "
                    f"such as {named('columns', 'artist=Name,title=Song')}"
                )
            )

    def _check_columns(self) -> None:
        """Verify that the columns, which the user has assigned, can be combined, and that they suit other settings.

        Raises:
            SettingError: they do not.
        """
        need = require_named
        need(
            self.format in (None, "columns"),
            lambda named: f"{named('columns')} cannot be combined with the format {self.format}",
        )
        roles = self.roles
        need(
            bool({"title", "name", "uri"} & roles.keys()),
            lambda named: f"{named('columns')} must include a title or a uri, as in title=Song",
        )
        need(
            not ("name" in roles and {"title", "artist"} & roles.keys()),
            lambda named: (
                f"{named('columns')} can include a name (artist and title in one column), or an artist and a "
                "title in two columns, but not both"
            ),
        )
        need(
            not {"time", "position"} <= roles.keys(),
            lambda named: f"{named('columns')} can include a time or a position, but not both",
        )
        need(
            "clock" not in roles or "time" in roles,
            lambda named: (
                f"{named('columns')} assigns the times of day (clock) but no dates: add time=… with their column"
            ),
        )
        need(
            self.period is None or "time" in roles,
            lambda named: (
                f"{named('since')} and {named('until')} need a column with times: add time=… to {named('columns')}"
            ),
        )
        need(
            self.min_rating is None or "rating" in roles,
            lambda named: f"{named('min_rating')} needs a column with ratings: add rating=… to {named('columns')}",
        )

    @property
    def period(self) -> Period | None:
        """The period in which a track must have been added or played to be read; None if all tracks are read."""
        return None if self.since is None and self.until is None else period_between(self.since, self.until)

    @property
    def matched(self) -> tuple[str, ...]:
        """The kinds of identifiers in `match`, such as ("isrc", "mbid"); empty if tracks are not matched."""
        return () if self.match is None else tuple(sorted({kind.strip().lower() for kind in self.match.split(",")}))

    @property
    def recorded(self) -> dict[str, Any]:
        """The settings to store in the manifest.

        Settings that early versions of sgp did not have are stored only if they are used. The digests of older corpora
        therefore do not change. The table of names is stored without its directories.
        """
        names = None if self.names is None else PurePath(self.names).name
        values = asdict(self) | {"names": names}
        return {name: value for name, value in values.items() if name not in LATER or value not in (None, False)}

    @property
    def roles(self) -> dict[str, str]:
        """The column of each role, parsed from `columns`. A second artist column has the role "artist 2", and so on.

        >>> ExtractSettings(columns="artist=Artist, as billed,title=Song").roles
        {'artist': 'Artist, as billed', 'title': 'Song'}
        >>> ExtractSettings(columns="1=owner,2=track").roles
        {'owner': '1', 'uri': '2'}

        Raises:
            SettingError: the text is not a list of role=column, or a role other than the artist appears twice.
        """
        return _roles_in(self.columns or "", "columns")

    @property
    def name_roles(self) -> dict[str, str]:
        """The column of each role in the table of names, parsed from `names_columns`; the ids have the role "uri".

        >>> ExtractSettings(names="products.csv", names_columns="id=SKU,title=Name").name_roles
        {'uri': 'SKU', 'title': 'Name'}

        Raises:
            SettingError: the text is not a list of role=column, or it does not assign both ids and names.
        """
        found = _roles_in(self.names_columns or "", "names_columns")
        roles = {"uri" if role == "id" else role: column for role, column in found.items()}
        unfit = [role for role in roles if role.split()[0] not in (*NAME_ROLES, "uri")]
        require_named(
            not unfit,
            lambda named: f"{named('names_columns')} can assign the roles {', '.join(NAME_ROLES)}, not {unfit[0]}",
        )
        require_named(
            len(roles) == len(found) and "uri" in roles and ("title" in roles) != ("name" in roles),
            lambda named: (
                f"{named('names_columns')} must assign one column of ids, and one of titles or names, "
                f"as in {named('names_columns', 'id=SKU,title=Name')}"
            ),
        )
        return roles


def _roles_in(text: str, setting: str) -> dict[str, str]:
    """Return role -> column, parsed from `text`, the value of `setting`; see `ExtractSettings.roles`.

    Raises:
        SettingError: the text is not a list of role=column, or a role other than the artist appears twice.
    """
    given = text
    if BY_NUMBER.fullmatch(text):
        text = ",".join("=".join(reversed(part.split("="))) for part in text.split(","))
    parts = re.split(rf"(?:^|,)({'|'.join((*ROLES, TRACK))})=", text)
    roles: dict[str, str] = {}
    for role, column in zip(parts[1::2], parts[2::2], strict=True):
        artists = sum(known.startswith("artist") for known in roles)
        unique = f"artist {artists + 1}" if role == "artist" and artists else "uri" if role == TRACK else role
        roles[unique] = column
    unknown = re.findall(r"^([^\W\d_]+)=", parts[0])
    require_named(
        not unknown,
        lambda named: f"{named(setting)} has no role {unknown[0]!r}: the roles are {', '.join(ROLES)}",
    )
    require_named(
        not parts[0] and all(roles.values()) and len(roles) == len(parts) // 2,
        lambda named: f"{named(setting)} must be role=column,… with the roles {', '.join(ROLES)}, not {given!r}",
    )
    return roles


BY_NUMBER = re.compile(rf"[0-9]+=({'|'.join((*ROLES, TRACK))})(,[0-9]+=({'|'.join((*ROLES, TRACK))}))*")


def columns_text(roles: Mapping[str, str]) -> str:
    """Return the value of `--columns` that assigns each column to its role.

    >>> columns_text({"artist": "By", "artist 2": "With", "title": "Song"})
    'artist=By,artist=With,title=Song'
    """
    return ",".join(f"{role.split()[0]}={column}" for role, column in roles.items())


def _positive_span(text: str) -> bool:
    """Whether a text is a time span above 0."""
    try:
        return seconds_of(text) > 0
    except SettingError:
        return False


def _is_text_encoding(name: str) -> bool:
    """Whether Python knows a text encoding of this name."""
    try:
        "".encode(codecs.lookup(name).name)
    except (LookupError, ValueError):
        return False
    return True
