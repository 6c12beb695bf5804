"""Settings of the look-ups `sgp similar`, `sgp continue` and `sgp explain`."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Literal, get_args

from skipgramophone.errors import SettingError
from skipgramophone.settings.named_tracks import NamedTracks, named_tracks
from skipgramophone.settings.setting import (
    Bounds,
    at_least,
    between,
    check,
    option_of,
    require,
    require_named,
    seed_of_bits,
    setting,
    with_default,
)
from skipgramophone.settings.time_span import seconds_with_unit
from skipgramophone.wording import suggestion

Score = Literal["cosine", "cosine+count", "model", "factors", "hybrid"]
SCORES: tuple[Score, ...] = get_args(Score)
# The ranking by vectors alone (`cosine`), and the default ranking of look-ups (`hybrid`).
MAIN_SCORES: tuple[Score, ...] = ("cosine", "hybrid")
Listed = Literal["tracks", "artists", "playlists"]  # what a look-up lists
LISTED: tuple[Listed, ...] = get_args(Listed)
Embedded = Literal["tracks", "artists"]  # kinds of vectors to evaluate, to export and to draw
EMBEDDED: tuple[Embedded, ...] = get_args(Embedded)
AnswerFormat = Literal[
    "table", "json", "jsonl", "csv", "tsv", "m3u8", "xspf", "jspf", "uris", "tunemymusic", "soundiiz", "plain"
]
ANSWER_FORMATS: tuple[AnswerFormat, ...] = get_args(AnswerFormat)
YEAR = 366 * 24 * 3600.0  # seconds
RECENCY = Bounds("above 0 and at most 1", lambda weight: 0 < weight <= 1)
LENGTH = Bounds("above 0 and at most a year", lambda seconds: 0 < seconds <= YEAR)  # durations of tracks and of lists
MOST_ARRANGED = 1000  # maximum number of tracks to order; more would take minutes

Version = Literal[
    "acoustic", "cover", "demo", "edit", "extended", "instrumental", "karaoke", "live", "remaster", "remix"
]
VERSIONS: tuple[Version, ...] = get_args(Version)


def parse_versions(text: str) -> tuple[str, ...]:
    """Split a comma-separated list of kinds of versions, such as "live,remix"."""
    return tuple(part.strip().casefold() for part in text.split(",") if part.strip())


def parse_limit(name: str, text: str) -> int | None:
    """Convert the value of the option `name` to a number, or to None if it is 0 (no limit).

    Raises:
        SettingError: the text is not a whole number.
    """
    try:
        return int(text) or None
    except ValueError:
        raise SettingError(f"--{name} must be a whole number (0 = no limit), not {text!r}") from None


# `ONLY_TRACKS`: settings that do not apply to lists of artists. `NOT_PLAYLISTS`: those that do not apply to playlists.
ONLY_TRACKS = (
    "exclude_versions", "max_per_artist", "fold_versions", "longer_than", "shorter_than", "only_album", "exclude_album",
    "max_per_album", "only", "exclude",
)  # fmt: skip
NOT_PLAYLISTS = (*ONLY_TRACKS, "by", "exclude_artist", "min_count", "popularity", "diversity")
ARTIST_SCORES: tuple[Score, ...] = ("cosine", "cosine+count", "hybrid")


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarSettings:
    """Settings of `sgp similar`: which tracks a look-up returns, and how they are ranked."""

    of: Listed = setting("tracks", f"What to list: {', '.join(LISTED)}.", metavar="WHAT")
    number: int = setting(10, "Number of results to show.", "-n", "--number", metavar="N", bounds=at_least(1))
    by: Score = setting(
        "hybrid",
        "Ranking. hybrid: combines shared playlists, similarity of the vectors, shared artists and number of "
        "occurrences; with several query tracks, also a matrix factorization (factors) and a regression (EASE). "
        "cosine: similarity of the vectors. cosine+count: like cosine, but prefers better-known tracks. model: how "
        "likely a track is in a playlist with the query tracks, according to the trained model. factors: how well a "
        "track fits a playlist with the query tracks, according to the matrix factorization.",
        metavar="SCORE",
    )
    exclude: NamedTracks | None = setting(
        None,
        "Leave out the tracks in this text file, such as products that are out of stock: one name, uri or id per line.",
        "--exclude-file",
        metavar="FILE",
    )
    only: NamedTracks | None = setting(
        None,
        "List only tracks in this text file: one name, uri or id per line.",
        "--only-file",
        metavar="FILE",
    )
    exclude_artist: Sequence[str] | None = setting(None, "Exclude an artist; can be repeated.", metavar="NAME")
    exclude_versions: Sequence[str] | None = setting(
        None,
        f"Exclude versions of these kinds, separated by commas: {', '.join(VERSIONS)}.",
        metavar="LIST",
        parse=parse_versions,
    )
    max_per_artist: int | None = setting(
        None,
        "Maximum number of tracks per artist (0 = no limit).",
        metavar="N",
        bounds=at_least(1),
        parse=partial(parse_limit, "max-per-artist"),
    )
    only_album: Sequence[str] | None = setting(
        None, "List only tracks of this album, given as ALBUM or 'ARTIST - ALBUM'; can be repeated.", metavar="NAME"
    )
    exclude_album: Sequence[str] | None = setting(None, "Exclude an album; can be repeated.", metavar="NAME")
    max_per_album: int | None = setting(
        None,
        "Maximum number of tracks per album (0 = no limit).",
        metavar="N",
        bounds=at_least(1),
        parse=partial(parse_limit, "max-per-album"),
    )
    fold_versions: bool = setting(
        False,
        "Count live, remastered and edited versions of a song as one track.",
        "--fold-versions/--all-versions",
    )
    min_count: int = setting(1, "Leave out tracks with fewer than N occurrences.", metavar="N", bounds=at_least(1))
    min_similarity: float | None = setting(
        None,
        "List only tracks with a similarity of at least X; the list may then have fewer than -n tracks.",
        metavar="X",
        bounds=between(-1, 1),
    )
    longer_than: float | None = setting(
        None,
        "Leave out tracks that are shorter than TIME, such as 90s or 2m (the sources must contain durations).",
        metavar="TIME",
        bounds=LENGTH,
        parse=seconds_with_unit,
    )
    shorter_than: float | None = setting(
        None,
        "Leave out tracks that are longer than TIME, such as 8m (the sources must contain durations).",
        metavar="TIME",
        bounds=LENGTH,
        parse=seconds_with_unit,
    )
    popularity: float = setting(
        0.0, "Favour rare tracks (-1 to 0) or popular ones (0 to 1); 0 = off.", metavar="X", bounds=between(-1, 1)
    )
    diversity: float = setting(
        0.0,
        "Prefer tracks that differ from those above them in the list: 0 = off, 1 = maximum.",
        metavar="X",
        bounds=between(0, 1),
    )
    exact: bool = setting(False, "Compare the query with every track (exact search) instead of using the index.")
    fallback: bool = setting(
        False,
        "If a track is not in the corpus or has no vector, use another version of the song instead, or the tracks of "
        "its artist.",
        "--fallback",
    )

    def __post_init__(self) -> None:
        for name in ("exclude", "only"):  # a frozen dataclass, so a plain assignment is an error
            object.__setattr__(self, name, named_tracks(name, getattr(self, name)))
        check(self)
        unknown = [kind for kind in self.exclude_versions or () if kind not in VERSIONS]
        require_named(
            not unknown,
            lambda named: (
                f"{named('exclude_versions')} must be one or more of {', '.join(VERSIONS)}, "
                f"not {unknown[0]!r}{suggestion(unknown[0], VERSIONS)}"
            ),
        )
        shortest, longest = self.longer_than or 0.0, self.shorter_than
        require_named(
            longest is None or shortest <= longest,
            lambda named: f"{named('longer_than')} must not be above {named('shorter_than')}",
        )
        self._require_applicable()

    def _require_applicable(self) -> None:
        """Refuse settings that do not apply to lists of artists or of playlists."""
        refused_by = {"tracks": (), "artists": ONLY_TRACKS, "playlists": NOT_PLAYLISTS}
        require_named(
            self.of in list(refused_by),
            lambda named: f"{named('of')} must be one of {', '.join(refused_by)}, not {self.of!r}",
        )
        refused = refused_by[self.of]
        given = [each for each in fields(self) if getattr(self, each.name) != each.default]
        wrong = [(each.name, option_of(each)) for each in given if each.name in refused]
        require_named(
            not wrong,
            lambda named: (
                f"{named.either(*wrong[0])} is for lists of tracks: leave it out, or leave out {named('of', self.of)}"
            ),
        )
        require(
            self.of != "artists" or self.by in ARTIST_SCORES,
            f"artists can be ranked only by {', '.join(ARTIST_SCORES)}, not by {self.by}",
        )

    @property
    def limits_durations(self) -> bool:
        """Whether tracks are left out because of their duration."""
        return self.longer_than is not None or self.shorter_than is not None

    @property
    def names_tracks(self) -> bool:
        """Whether the settings list tracks to leave out, or the only tracks to list."""
        return self.exclude is not None or self.only is not None

    @property
    def limits_albums(self) -> bool:
        """Whether tracks are left out because of their album."""
        return bool(self.only_album or self.exclude_album) or self.max_per_album is not None

    @property
    def takes_all(self) -> bool:
        """Whether the answer is just the tracks with the highest scores: no filter, limit or diversity changes it."""
        excluding = self.exclude_artist or self.exclude_versions
        limited = excluding or self.max_per_artist is not None or self.fold_versions or self.min_similarity is not None
        limited = limited or self.limits_durations or self.limits_albums or self.names_tracks
        return not limited and self.min_count == 1 and self.diversity == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ContinueSettings(SimilarSettings):
    """Settings of `sgp continue`. They include the settings of `sgp similar`, some of them with another default."""

    of: Listed = "tracks"  # not an option of `sgp continue`, which always lists tracks
    number: int = with_default(SimilarSettings, "number", 50)
    max_per_artist: int | None = with_default(SimilarSettings, "max_per_artist", 5)
    fold_versions: bool = with_default(SimilarSettings, "fold_versions", True)
    duration: float | None = setting(
        None,
        "Limit the total playing time of the list, such as 90m or 2h. The durations come from the sources or, with "
        "--library, from your audio files.",
        metavar="TIME",
        bounds=LENGTH,
        parse=seconds_with_unit,
    )
    recency: float | None = setting(
        None,
        "How much each query track counts relative to the next one. With 0.8, each track has 0.8 times the weight of "
        "the next one, so later tracks count more. With 1, all tracks count the same (default: chosen by sgp train).",
        metavar="X",
        bounds=RECENCY,
    )
    arrange: bool = setting(False, "Order the tracks so that adjacent tracks are similar.")
    artist_gap: int = setting(
        0,
        "With --arrange: put at least N other tracks between two tracks of the same artist (0 = off).",
        metavar="N",
        bounds=at_least(0),
    )
    random_seed: int = setting(
        42,
        "With --arrange: random seed; another seed gives another order.",
        "-rs",
        "--random-seed",
        metavar="N",
        bounds=seed_of_bits(63),
    )

    def __post_init__(self) -> None:
        SimilarSettings.__post_init__(self)
        require_named(
            self.arrange or not self.artist_gap,
            lambda named: f"{named('artist_gap')} needs an ordered list: add {named('arrange')}",
        )
        require_named(
            not self.arrange or self.number <= MOST_ARRANGED,
            lambda named: (
                f"{named('arrange')} orders at most {MOST_ARRANGED:,} tracks: "
                f"give a smaller {named.either('number', '-n')} than {self.number:,}"
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HistorySettings:
    """Settings that select plays from a listening history."""

    last: int = setting(
        50, "With --history: continue the last N plays; newer plays count more.", metavar="N", bounds=at_least(1)
    )
    exclude_recent: int | None = setting(
        None, "With --history: do not suggest tracks from the last N plays.", metavar="N", bounds=at_least(1)
    )

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainSettings:
    """Settings of `sgp explain`."""

    number: int = setting(
        5, "Number of tracks or playlists in each table.", "-n", "--number", metavar="N", bounds=at_least(1)
    )

    def __post_init__(self) -> None:
        check(self)
