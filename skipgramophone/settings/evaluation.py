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
LEAST_ASKED = 20  # with fewer held-out playlists, the report does not say which ranking is better
CHOSEN = "default: chosen on validation playlists"


def task(protocol: str, of: str) -> str:
    """Return the name of an evaluation task: the protocol and, for artists, "of artists".

    >>> task("lookup", "tracks"), task("lookup", "artists")
    ('lookup', 'lookup of artists')
    """
    return protocol if of == "tracks" else f"{protocol} of {of}"


NOT_IN_DEEZER = "has no effect with the protocol deezer2018, which holds out the last track of each playlist"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateSettings:
    """Settings of `sgp evaluate`, which evaluates vectors on held-out playlists."""

    of: Embedded = setting("tracks", f"What to find: {' or '.join(EMBEDDED)}.", metavar="WHAT")
    protocol: Protocol = setting(
        "continuation",
        "Which tracks of a playlist are given, and which must be found. continuation: half of the tracks are given, "
        "chosen at random, and the others must be found. next-item: all tracks but the last are given, and the last "
        "must be found. lookup: one random track is given, and all others must be found. deezer2018: the last track "
        "but one is given, and the last must be found.",
        metavar="NAME",
    )
    score: Score | None = setting(None, f"Evaluate only this ranking: {', '.join(SCORES)}.", metavar="NAME")
    baselines: Baselines = setting(
        "default",
        "Set of baselines to compare with. The set 'default' consists of popularity, item-kNN and iALS; the set 'all' "
        "also has SVD, RP3beta and EASE; 'none' means no baselines.",
        metavar="SET",
    )
    ials_factors: int = setting(128, "Number of factors of the baseline iALS.", metavar="N", bounds=between(1, 4096))
    ials_regularization: float | None = setting(
        None, f"Regularization of iALS ({CHOSEN}).", metavar="X", bounds=above(0)
    )
    ials_alpha: float | None = setting(
        None,
        f"Confidence weight of iALS: each track of a playlist has the weight 1 + X, every other track 1 ({CHOSEN}).",
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
        "Number of tracks of each held-out playlist that are given (default: half of them; with --protocol next-item, "
        "all but the last).",
        metavar="N",
        bounds=at_least(1),
    )
    recency: float | None = setting(
        None,
        "With --protocol next-item: how much each given track counts relative to the next one. With 0.8, each track "
        "has 0.8 times the weight of the next one (default: chosen by sgp train).",
        metavar="X",
        bounds=RECENCY,
    )
    draws: int = setting(
        3,
        "Evaluate each playlist N times, each time with another random choice of given tracks.",
        metavar="N",
        bounds=between(1, 100),
    )
    share: float | None = setting(
        None,
        f"Share of the playlists to hold out (default: {EVALUATED_SHARE}; if sgp extract has held out playlists, these "
        "are used instead).",
        metavar="X",
        bounds=SHARE,
    )
    group: str | None = setting(None, GROUP_HELP, metavar="REGEX")
    min_count: int | None = setting(
        None,
        "Do not rank tracks that occur fewer than N times in the training playlists (default: the --min-count of sgp "
        "train).",
        metavar="N",
        bounds=at_least(1),
    )
    k: int = setting(10, "The k of recall@k, hit@k, coverage and diversity.", "-k", metavar="N", bounds=between(1, 500))
    random_seed: int = setting(42, "Random seed.", "-rs", "--random-seed", metavar="N", bounds=seed_of_bits(63))

    def __post_init__(self) -> None:
        check(self)
        require_named(
            self.seeds is None or self.protocol not in ("lookup", "deezer2018"),
            lambda named: (
                f"{named('seeds')} cannot be combined with the protocol {self.protocol}, in which one track is given"
            ),
        )
        require_named(
            self.recency is None or self.protocol == "next-item",
            lambda named: (
                f"{named('recency')} needs the protocol next-item, because the order of the given tracks does not "
                f"matter in {self.protocol}"
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
        require_named(
            self.share is None or self.protocol != "deezer2018",
            lambda named: f"{named('share')} {NOT_IN_DEEZER}",
        )
        require_named(
            self.group is None or self.protocol != "deezer2018",
            lambda named: f"{named('group')} {NOT_IN_DEEZER}",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TuneSettings:
    """Settings of `sgp tune`, which searches for good training settings."""

    budget: float = setting(
        900.0,
        "Time limit of this run of the search, such as 90s, 15m or 2h.",
        metavar="TIME",
        bounds=above(0),
        parse=seconds_with_unit,
        default_text="15m",
    )
    trials: int = setting(
        1000,
        "Maximum number of trials (trainings with different settings), including stored trials of earlier runs.",
        metavar="N",
        bounds=at_least(1, MOST_TRIALS),
    )
    protocol: Protocol = setting(
        "continuation",
        f"Protocol by which trials are compared: {', '.join(PROTOCOLS[:3])}; see sgp evaluate --help.",
        metavar="NAME",
    )
    share: float = setting(
        0.1,
        "Share of the playlists to hold out for the comparison of trials. The same number of other playlists is held "
        "out for the final test.",
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
