"""Settings of `sgp evaluate` and `sgp tune`."""

from dataclasses import dataclass
from typing import Literal, get_args

from skipgramophone.settings.extraction import GROUP_HELP
from skipgramophone.settings.lookup import EMBEDDED, RECENCY, SCORES, Embedded, Score
from skipgramophone.settings.setting import (
    SHARE,
    above,
    at_least,
    between,
    check,
    require,
    require_named,
    seed_of_bits,
    setting,
)
from skipgramophone.settings.time_span import seconds_with_unit

Protocol = Literal["continuation", "next-item", "lookup", "deezer2018"]
PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)
Baselines = Literal["default", "all", "none"]
MOST_TRIALS = 1_000_000
EVALUATED_SHARE = 0.1  # share of the playlists to hold out by default
LEAST_ASKED = 20  # minimum number of held-out playlists for a verdict; with fewer, intervals are too wide
CHOSEN = "default: chosen on validation playlists"


def task(protocol: str, of: str) -> str:
    """Return the name of an evaluation task: the protocol and, for artists, "of artists".

    >>> task("lookup", "tracks"), task("lookup", "artists")
    ('lookup', 'lookup of artists')
    """
    return protocol if of == "tracks" else f"{protocol} of {of}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateSettings:
    """Settings of `sgp evaluate`, which evaluates vectors on held-out playlists."""

    of: Embedded = setting("tracks", f"What to find: {' or '.join(EMBEDDED)}.", metavar="WHAT")
    protocol: Protocol = setting("continuation", f"Evaluation protocol: {', '.join(PROTOCOLS)}.", metavar="NAME")
    score: Score | None = setting(None, f"Evaluate only this ranking: {', '.join(SCORES)}.", metavar="NAME")
    baselines: Baselines = setting(
        "default",
        "Baselines to compare with. default: popularity, item-kNN and iALS; all: also SVD, RP3beta and EASE; none: no "
        "baselines.",
        metavar="SET",
    )
    ials_factors: int = setting(128, "Number of factors of the baseline iALS.", metavar="N", bounds=between(1, 4096))
    ials_regularization: float | None = setting(
        None, f"Regularization of iALS ({CHOSEN}).", metavar="X", bounds=above(0)
    )
    ials_alpha: float | None = setting(
        None,
        f"Confidence weight of iALS: tracks in the playlist weigh 1 + X, all others 1 ({CHOSEN}).",
        metavar="X",
        bounds=above(0),
    )
    ease_regularization: float | None = setting(
        None, f"Regularization of EASE ({CHOSEN}).", metavar="X", bounds=above(0)
    )
    rp3_beta: float | None = setting(
        None, f"Penalty for popular tracks in RP3beta ({CHOSEN}).", "--rp3-beta", metavar="X", bounds=between(0, 2)
    )
    seeds: int | None = setting(
        None,
        "Number of query tracks per playlist (default: half of its tracks; with next-item, all but the last).",
        metavar="N",
        bounds=at_least(1),
    )
    recency: float | None = setting(
        None,
        "With next-item: weight of a query track relative to the query track after it, such as 0.8 (default: chosen by "
        "sgp train).",
        metavar="X",
        bounds=RECENCY,
    )
    draws: int = setting(
        3,
        "Evaluate each playlist N times, each time with other query tracks.",
        metavar="N",
        bounds=between(1, 100),
    )
    share: float | None = setting(
        None,
        f"Share of the playlists to hold out (default: {EVALUATED_SHARE}, or the playlists held out by sgp extract).",
        metavar="X",
        bounds=SHARE,
    )
    group: str | None = setting(None, GROUP_HELP, metavar="REGEX")
    min_count: int | None = setting(
        None,
        "Do not rank tracks with fewer than N training occurrences (default: the --min-count of the training).",
        metavar="N",
        bounds=at_least(1),
    )
    k: int = setting(10, "The k of recall@k, hit@k, coverage and diversity.", "-k", metavar="N", bounds=between(1, 500))
    random_seed: int = setting(42, "Random seed.", "-rs", "--random-seed", metavar="N", bounds=seed_of_bits(63))

    def __post_init__(self) -> None:
        check(self)
        require_named(
            self,
            self.seeds is None or self.protocol not in ("lookup", "deezer2018"),
            lambda named: f"{named('seeds')} cannot be combined with {self.protocol}, which always gives one track",
        )
        require_named(
            self,
            self.recency is None or self.protocol == "next-item",
            lambda named: (
                f"{named('recency')} applies only to next-item: all other protocols give the tracks in random order"
            ),
        )
        require(
            self.of == "tracks" or self.protocol != "deezer2018",
            "deezer2018 evaluates tracks, not artists: choose another protocol",
        )
        require(
            self.of == "tracks" or self.score != "model",
            "the score 'model' needs context vectors, which artists do not have: choose another score",
        )
        require(
            self.of == "tracks" or self.score != "factors",
            "the score 'factors' needs track factors, which artists do not have: choose another score",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TuneSettings:
    """Settings of `sgp tune`, which searches for good training settings."""

    budget: float = setting(
        900.0,
        "Time to spend, such as 90s, 15m or 2h.",
        metavar="TIME",
        bounds=above(0),
        parse=seconds_with_unit,
        default_text="15m",
    )
    trials: int = setting(1000, "Maximum number of trials.", metavar="N", bounds=at_least(1, MOST_TRIALS))
    protocol: Protocol = setting("continuation", f"Evaluation protocol: {', '.join(PROTOCOLS[:3])}.", metavar="NAME")
    share: float = setting(
        0.1,
        "Share of the playlists to hold out for validation. The same number of playlists is held out for the test.",
        metavar="X",
        bounds=SHARE,
    )
    group: str | None = setting(None, GROUP_HELP, metavar="REGEX")
    random_seed: int = setting(42, "Random seed.", "-rs", "--random-seed", metavar="N", bounds=seed_of_bits(63))

    def __post_init__(self) -> None:
        check(self)
        require(
            self.protocol != "deezer2018",
            "deezer2018 cannot be used for tuning, because it holds out no whole playlists: use next-item",
        )
