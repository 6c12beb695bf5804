"""Settings of `sgp similar`, `sgp continue` and `sgp explain`: what a look-up returns."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Literal, get_args

from skipgramophone.errors import SettingError
from skipgramophone.settings.setting import at_least, between, check, option_name, require, setting, with_default
from skipgramophone.wording import suggestion

Score = Literal["cosine", "cosine+count", "model", "hybrid"]
SCORES: tuple[Score, ...] = get_args(Score)
MAIN_SCORES: tuple[Score, ...] = ("cosine", "hybrid")  # the vectors alone, and the default of `continue`
Listed = Literal["tracks", "artists", "playlists"]  # what a look-up lists
LISTED: tuple[Listed, ...] = get_args(Listed)
Embedded = Literal["tracks", "artists"]  # what has vectors to evaluate, to export and to draw
EMBEDDED: tuple[Embedded, ...] = get_args(Embedded)
AnswerFormat = Literal["table", "json", "jsonl", "csv", "tsv", "m3u8", "plain"]
ANSWER_FORMATS: tuple[AnswerFormat, ...] = get_args(AnswerFormat)


Version = Literal[
    "acoustic", "cover", "demo", "edit", "extended", "instrumental", "karaoke", "live", "remaster", "remix"
]
VERSIONS: tuple[Version, ...] = get_args(Version)


def parse_versions(text: str) -> tuple[str, ...]:
    """Read a list of kinds of versions, separated by commas."""
    return tuple(part.strip().casefold() for part in text.split(",") if part.strip())


def parse_limit(text: str) -> int | None:
    """Read a limit, where 0 means no limit.

    Raises:
        SettingError: the text is not a whole number.
    """
    try:
        return int(text) or None
    except ValueError:
        raise SettingError(f"max-per-artist must be a whole number (0 = no limit), not {text!r}") from None


# Settings without a meaning in lists of artists and of playlists.
ONLY_TRACKS = ("exclude_versions", "max_per_artist", "fold_versions")
NOT_PLAYLISTS = (*ONLY_TRACKS, "by", "exclude_artist", "min_count", "popularity", "diversity")
ARTIST_SCORES: tuple[Score, ...] = ("cosine", "cosine+count", "hybrid")


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarSettings:
    """What a look-up returns."""

    of: Listed = setting("tracks", f"What to list: {', '.join(LISTED)}.", metavar="WHAT")
    number: int = setting(10, "Number of results to show.", "-n", "--number", metavar="N", bounds=at_least(1))
    by: Score = setting(
        "cosine",
        "Ranking. cosine: similarity of the vectors; cosine+count: like cosine, but prefers better-known tracks; "
        "model: how probable the model finds it that the tracks share a playlist; hybrid: shared playlists and cosine "
        "together, best to continue a playlist.",
        metavar="SCORE",
    )
    exclude_artist: Sequence[str] | None = setting(None, "Exclude an artist; can be repeated.", metavar="NAME")
    exclude_versions: Sequence[str] | None = setting(
        None,
        f"Exclude these kinds of versions, separated by commas: {', '.join(VERSIONS)}.",
        metavar="LIST",
        parse=parse_versions,
    )
    max_per_artist: int | None = setting(
        None,
        "Maximum tracks per artist (0 = no limit).",
        metavar="N",
        bounds=at_least(1),
        parse=parse_limit,
    )
    fold_versions: bool = setting(
        False,
        "Count live, remastered and edited versions of a song as one track.",
        "--fold-versions/--all-versions",
    )
    min_count: int = setting(1, "Leave out tracks with fewer than N occurrences.", metavar="N", bounds=at_least(1))
    popularity: float = setting(
        0.0, "Favour rare tracks (-1 to 0) or popular ones (0 to 1); 0 = off.", metavar="X", bounds=between(-1, 1)
    )
    diversity: float = setting(
        0.0, "Prefer tracks that are unlike those above them: 0 = off, 1 = maximum.", metavar="X", bounds=between(0, 1)
    )
    exact: bool = setting(False, "Use exact search instead of the index.")

    def __post_init__(self) -> None:
        check(self)
        for kind in self.exclude_versions or ():
            near = suggestion(kind, VERSIONS)
            require(kind in VERSIONS, f"exclude-versions must be some of {', '.join(VERSIONS)}, not {kind!r}{near}")
        self._require_applicable()

    def _require_applicable(self) -> None:
        """Refuse settings that do not apply to what is listed."""
        refused = {"tracks": (), "artists": ONLY_TRACKS, "playlists": NOT_PLAYLISTS}[self.of]
        for declared in fields(self):
            is_default = getattr(self, declared.name) == declared.default
            require(
                is_default or declared.name not in refused,
                f"{option_name(declared)} is for lists of tracks, not of {self.of}: leave out one of the two",
            )
        require(
            self.of != "artists" or self.by in ARTIST_SCORES,
            f"a list of artists is ranked by one of {', '.join(ARTIST_SCORES)}, not by {self.by}",
        )

    @property
    def takes_all(self) -> bool:
        """Whether no filter applies, so that the tracks with the highest scores are the answer."""
        excluding = self.exclude_artist or self.exclude_versions
        limited = excluding or self.max_per_artist is not None or self.fold_versions
        return not limited and self.min_count == 1 and self.diversity == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ContinueSettings(SimilarSettings):
    """What continues a playlist."""

    of: Listed = "tracks"  # not an option: a playlist continues with tracks
    number: int = with_default(SimilarSettings, "number", 50)
    by: Score = with_default(SimilarSettings, "by", "hybrid")
    max_per_artist: int | None = with_default(SimilarSettings, "max_per_artist", 5)
    fold_versions: bool = with_default(SimilarSettings, "fold_versions", True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainSettings:
    """How much to list about two tracks."""

    number: int = setting(
        5, "Tracks and playlists to list per section.", "-n", "--number", metavar="N", bounds=at_least(1)
    )

    def __post_init__(self) -> None:
        check(self)
