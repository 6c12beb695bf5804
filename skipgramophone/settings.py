"""The settings of each stage: the one home of every default and every bound.

Each class is frozen, checks itself when it is made, and is written as it is into the manifest of the stage
that it made. Values, not behaviour: nothing here reads files or knows about the command line.
"""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from skipgramophone.errors import SettingError
from skipgramophone.training.cluster.config import Role

Context = int | Literal["bag"]  # "bag": the whole playlist; N: up to N tracks on each side
WindowSize = Context | Literal["auto"]  # "auto": which of the two is decided by the corpus
Device = Literal["auto", "cpu", "gpu"]
DEVICES: tuple[Device, ...] = ("auto", "cpu", "gpu")
Protocol = Literal["continuation", "next-item", "lookup", "deezer2018"]
PROTOCOLS: tuple[Protocol, ...] = ("continuation", "next-item", "lookup", "deezer2018")
Score = Literal["cosine", "cosine+count", "model", "hybrid"]
SCORES: tuple[Score, ...] = ("cosine", "cosine+count", "model", "hybrid")
AnswerFormat = Literal["table", "json", "jsonl", "csv", "tsv", "m3u8", "plain"]
ANSWER_FORMATS: tuple[AnswerFormat, ...] = ("table", "json", "jsonl", "csv", "tsv", "m3u8", "plain")
MatrixName = Literal["centre", "context", "both"]
MATRICES: tuple[MatrixName, ...] = ("centre", "context", "both")
Dtype = Literal["float32", "float16", "int8"]
DTYPES: tuple[Dtype, ...] = ("float32", "float16", "int8")
Colour = Literal["cluster", "artist"]
COLOURS: tuple[Colour, ...] = ("cluster", "artist")
Projection = Literal["auto", "pca", "umap"]  # "auto": UMAP where it is installed
PROJECTIONS: tuple[Projection, ...] = ("auto", "pca", "umap")
Format = Literal[
    "zenodo", "columns", "mpd", "exportify", "spotify", "lastfm", "listenbrainz", "m3u", "titles", "yes", "sessions"
]
FORMATS: tuple[Format, ...] = get_args(Format)
ROLES = ("artist", "title", "playlist", "owner", "uri", "time", "id", "position")  # what a column of one's own may be
BadBytes = Literal["reject", "replace"]
BAD_BYTES: tuple[BadBytes, ...] = get_args(BadBytes)
GroupBy = Literal["owner", "name"]
GROUPS_BY: tuple[GroupBy, ...] = get_args(GroupBy)
Repeats = Literal["keep", "drop"]
REPEATS: tuple[Repeats, ...] = get_args(Repeats)
KEEPABLE = ("episodes", "placeholders", "skips")  # what is rejected unless it is asked for
FEWEST_JUDGED = 100  # rows of a file from which on the share of rejects tells that it was mistaken for something else
# What a corpus has once and for all; the other settings are of how sources are read, and each may need its own.
LASTING = (
    "session_gap", "keep", "group_by", "merge_uris", "repeats", "drop_duplicate_playlists", "min_length", "max_length",
    "holdout", "group", "random_seed",
)  # fmt: skip
ALL_ROWS = -1
LOWEST_SENSIBLE_RATE = 0.01
EVALUATED_SHARE = 0.1  # of the playlists, where nothing was set aside and nothing is said
HELD_OUT_SHARE = 0.05  # of the playlists, where training watches its loss on some
CHECKPOINT_SECONDS = 60.0  # least time between two checkpoints of a training run
MOST_TREES, MOST_SHARDS = 1000, 1000
BAG_BLOCK = 64  # tracks of a playlist that the trainer looks at together
WIDEST_WINDOW = BAG_BLOCK - 1
AUTO_WINDOW = 5  # what "auto" takes where order carries meaning
ROOT_VARIABLE = "SGP_EXPERIMENTS"  # where experiments lie, unless the caller says
DEFAULT_ROOT = "experiments"


def _require_numbers(settings: object, *names: str) -> None:
    """Refuse fields that are no whole numbers: a notebook passes what it likes."""
    for name in names:
        value = getattr(settings, name)
        if type(value) is not int:
            raise SettingError(f"{name.replace('_', '-')} must be a whole number, not {value!r}")


def _require(holds: bool, message: str) -> None:
    """Raise `SettingError` with the message unless the condition holds."""
    if not holds:
        raise SettingError(message)


def _require_one_of(settings: object, name: str, known: Sequence[str | None]) -> None:
    """Refuse a field that is not one of some words."""
    value, words = getattr(settings, name), ", ".join(word for word in known if word)
    _require(value in known, f"{name.replace('_', '-')} must be one of {words}, not {value!r}")


def _require_text_encoding(name: str) -> None:
    """Refuse what is no encoding of text."""
    try:
        "".encode(codecs.lookup(name).name)
    except (LookupError, ValueError):
        raise SettingError(
            f"encoding must be one that Python knows, as utf-8, cp1252 or utf-16, not {name!r}"
        ) from None


def _require_seed(seed: int, bits: int) -> None:
    """Refuse a seed that is below 0 or takes more bits."""
    _require(0 <= seed < 1 << bits, f"random-seed must be from 0 to 2^{bits} - 1, not {seed}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractSettings:
    """How a dump becomes a corpus."""

    num_rows: int = ALL_ROWS  # rows of each file to read; -1 is all of them
    format: Format | None = None  # of the sources; None: each is looked at
    columns: str | None = None  # which column of a table is what, as artist=Name,title=Song
    session_gap: str = "30m"  # a pause that ends a session of a listening history
    encoding: str = "utf-8"  # of text
    bad_bytes: BadBytes = "reject"  # lines that are not in the encoding
    keep: Sequence[str] | None = None  # of `KEEPABLE`, what to use all the same
    strict: bool = False  # stop at the first row that cannot be used
    max_rejects: float = 0.5  # share of the rows of a file that may be rejected
    group_by: GroupBy = "owner"  # "name": playlists of one name are one, whosever they are
    merge_uris: bool = False  # uris of one artist and title are one track
    repeats: Repeats = "keep"  # of a track in a playlist
    drop_duplicate_playlists: bool = False  # of playlists that are nearly the same only the longest stays
    min_length: int = 1  # shorter playlists are left out
    max_length: int | None = None  # longer playlists are split
    holdout: float | None = None  # share of the playlists that is set aside and never trained on
    group: str | None = None  # what this finds in the owner keeps playlists together then
    random_seed: int = 42  # of what is set aside

    def __post_init__(self) -> None:
        _require_numbers(self, "num_rows", "min_length", "random_seed")
        _require(
            self.num_rows == ALL_ROWS or self.num_rows >= 1,
            f"num-rows must be at least 1, or -1 for all rows, not {self.num_rows}",
        )
        words = {"bad_bytes": BAD_BYTES, "group_by": GROUPS_BY, "repeats": REPEATS}
        for name, known in {"format": (None, *FORMATS), **words}.items():
            _require_one_of(self, name, known)
        _require(self.min_length >= 1, f"min-length must be at least 1, not {self.min_length}")
        _require(
            self.max_length is None or self.max_length >= max(2, self.min_length),
            f"max-length must be at least 2 and not below min-length, not {self.max_length}",
        )
        share = self.holdout
        _require(share is None or 0 < share < 1, f"holdout must be above 0 and below 1, or a file, not {share}")
        _require_seed(self.random_seed, bits=63)
        _require(0 <= self.max_rejects <= 1, f"max-rejects must be from 0 to 1, not {self.max_rejects}")
        _require(seconds_of(self.session_gap) > 0, f"session-gap must be above 0, not {self.session_gap}")
        for name in self.keep or ():
            _require(name in KEEPABLE, f"keep must be one of {', '.join(KEEPABLE)}, not {name!r}")
        _require_text_encoding(self.encoding)
        if self.columns is not None:
            _require(self.format in (None, "columns"), f"columns are not for the format {self.format}")
            _require("title" in self.roles, "columns must name a title, as title=Song")
            _require(not {"time", "position"} <= set(self.roles), "columns must name a time or a position, not both")
        elif self.format == "columns":
            raise SettingError("say which column is what, as --columns artist=Name,title=Song")

    @property
    def roles(self) -> dict[str, str]:
        """The column of each role.

        >>> ExtractSettings(columns="artist=Artist, as billed,title=Song").roles
        {'artist': 'Artist, as billed', 'title': 'Song'}

        Raises:
            SettingError: the text is no list of role=column, or names a role twice.
        """
        parts = re.split(rf"(?:^|,)({'|'.join(ROLES)})=", self.columns or "")
        roles = dict(zip(parts[1::2], parts[2::2], strict=True))
        _require(
            not parts[0] and all(roles.values()) and len(roles) == len(parts) // 2,
            f"columns must be role=column,… with the roles {', '.join(ROLES)}, not {self.columns!r}",
        )
        return roles


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainSettings:
    """How a corpus becomes vectors: skip-gram with negative sampling (arXiv 1310.4546)."""

    window_size: WindowSize = "auto"
    embedding_dim: int = 100  # numbers a vector
    epochs: int = 30  # passes over the corpus
    learning_rate: float | None = None  # of row-wise Adagrad, falling linearly to nothing; None: by the corpus
    random_seed: int = 42
    negatives: int = 5  # noise tracks a pair
    noise_exponent: float = 0.75  # power on the counts that noise is drawn by; 0 is uniform
    subsample: float = 0.0  # word2vec's frequency threshold; 0 keeps every occurrence
    min_count: int = 1  # rarer tracks get no vector
    patience: int = 0  # epochs without a better loss on held-out playlists after which to stop; 0 holds none out

    def __post_init__(self) -> None:
        _require_numbers(self, "embedding_dim", "epochs", "random_seed", "negatives", "min_count", "patience")
        window = self.window_size
        _require(
            window in ("auto", "bag") or (type(window) is int and 1 <= window <= WIDEST_WINDOW),
            f"window-size must be 'auto', 'bag' or from 1 to {WIDEST_WINDOW}, not {window}",
        )
        for name in ("embedding_dim", "epochs", "negatives", "min_count"):
            value = getattr(self, name)
            _require(value >= 1, f"{name.replace('_', '-')} must be at least 1, not {value}")
        _require(self.patience >= 0, f"patience must be at least 1, or 0 for none, not {self.patience}")
        _require(self.embedding_dim <= 4096, f"embedding-dim must be at most 4096, not {self.embedding_dim}")
        rate = self.learning_rate
        _require(rate is None or (math.isfinite(rate) and rate > 0), f"learning-rate must be above 0, not {rate}")
        _require_seed(self.random_seed, bits=63)
        _require(
            -2 <= self.noise_exponent <= 2,
            f"noise-exponent must be from -2 to 2, not {self.noise_exponent}",
        )
        _require(0 <= self.subsample <= 1, f"subsample must be from 0 to 1, not {self.subsample}")

    @property
    def context(self) -> Context:
        """The window size, once it has been decided."""
        window = self.window_size
        if window == "auto":
            raise SettingError("window-size 'auto' is decided by a corpus: train() does it")
        return window

    def doubts(self) -> list[str]:
        """What is allowed and probably not meant, each in one sentence."""
        if self.learning_rate is not None and self.learning_rate < LOWEST_SENSIBLE_RATE:
            return [
                f"a learning rate of {self.learning_rate:g} is one for Adam; row-wise Adagrad will hardly move "
                "with it: leave -lr out, and it is chosen by the corpus"
            ]
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """How a training run is carried out: nothing here changes what it learns, but for the kind of device.

    In a cluster differences are added as they arrive: what is learnt is as good, and its bytes are others each time.
    """

    threads: int | None = None  # programs side by side; None: one a core
    device: Device = "auto"  # "auto": a GPU if TensorFlow sees one
    checkpoint_seconds: float = CHECKPOINT_SECONDS
    log_dir: Path | None = None  # where TensorBoard finds the scalars of the run
    local_cluster: str | None = None  # as "2x1": so many workers and servers, processes of this machine
    role: Role | None = None  # that of the chief of a cluster of machines

    def __post_init__(self) -> None:
        if self.role is not None:
            _require(self.local_cluster is None, "TF_CONFIG names a cluster: leave --local-cluster out, or unset it")
            _require(self.device != "gpu", "a cluster trains on processors: leave --device gpu out")
        if self.local_cluster is not None:
            _require(
                re.fullmatch(r"[1-9]\d{0,2}x[1-9]\d{0,2}", self.local_cluster, re.ASCII) is not None,
                f"local-cluster must be WORKERSxSERVERS, as 2x1, not {self.local_cluster}",
            )
            _require(self.device != "gpu", "a cluster trains on processors: leave --device gpu out")
        _require(self.threads is None or self.threads >= 1, f"threads must be at least 1, not {self.threads}")
        _require(self.device in DEVICES, f"device must be one of {', '.join(DEVICES)}, not {self.device!r}")
        _require(self.checkpoint_seconds >= 0, f"checkpoint-every must not be below 0, not {self.checkpoint_seconds}")

    @property
    def workers_and_servers(self) -> tuple[int, int]:
        """How many processes a local cluster has, (0, 0) without one."""
        workers, _, servers = (self.local_cluster or "0x0").partition("x")
        return int(workers), int(servers)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSettings:
    """How vectors become an Annoy index."""

    trees: int = 32  # more trees: a larger file, a faster search at the same recall
    recall: float = 0.98  # share of the true ten nearest that a look-up must find
    shards: int | None = None  # files that it is parted into; None: one for every four million tracks
    random_seed: int = 42

    def __post_init__(self) -> None:
        _require_numbers(self, "trees", "random_seed")
        shards = self.shards
        _require(shards is None or 1 <= shards <= MOST_SHARDS, f"shards must be from 1 to {MOST_SHARDS}, not {shards}")
        _require(1 <= self.trees <= MOST_TREES, f"trees must be from 1 to {MOST_TREES}, not {self.trees}")
        _require(0 < self.recall <= 1, f"recall must be above 0 and at most 1, not {self.recall}")
        _require_seed(self.random_seed, bits=31)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateSettings:
    """How vectors are judged on playlists that were held out."""

    protocol: Protocol = "continuation"
    score: Score | None = None  # the one ranking of the vectors to judge; None: all
    seeds: int | None = None  # tracks that are given; else half, or all but the last
    draws: int = 3  # times that a playlist is asked, with other tracks given, where that is random
    share: float | None = None  # of the playlists is held out; None: those that extract set aside, or else 0.1
    group: str | None = None  # what this finds in the owner keeps playlists together
    min_count: int | None = None  # fewer training occurrences: not ranked; else as the model was trained
    k: int = 10  # depth of recall@k, hit@k and of what is said beyond accuracy
    random_seed: int = 42

    def __post_init__(self) -> None:
        known = ", ".join(PROTOCOLS)
        _require(self.protocol in PROTOCOLS, f"protocol must be one of {known}, not {self.protocol!r}")
        _require_numbers(self, "draws", "k", "random_seed")
        scores = ", ".join(SCORES)
        _require(self.score is None or self.score in SCORES, f"score must be one of {scores}, not {self.score!r}")
        _require(1 <= self.draws <= 100, f"draws must be from 1 to 100, not {self.draws}")
        _require(self.seeds is None or self.seeds >= 1, f"seeds must be at least 1, not {self.seeds}")
        _require(
            self.seeds is None or self.protocol not in ("lookup", "deezer2018"),
            f"seeds cannot be given with {self.protocol}: it gives one track",
        )
        share = self.share
        _require(share is None or 0 < share < 1, f"share must be above 0 and below 1, not {share}")
        _require(self.min_count is None or self.min_count >= 1, f"min-count must be at least 1, not {self.min_count}")
        _require(1 <= self.k <= 500, f"k must be from 1 to 500, not {self.k}")
        _require_seed(self.random_seed, bits=63)


@dataclass(frozen=True, slots=True, kw_only=True)
class TuneSettings:
    """How settings are searched for."""

    budget: float = 900.0  # seconds
    trials: int = 1000  # at most
    protocol: Protocol = "continuation"
    share: float = 0.1  # of the playlists for validation, and as many for the test
    group: str | None = None  # what this finds in the owner keeps playlists together
    random_seed: int = 42

    def __post_init__(self) -> None:
        _require_numbers(self, "trials", "random_seed")
        _require(self.budget > 0, f"budget must be above 0 seconds, not {self.budget}")
        _require(self.trials >= 1, f"trials must be at least 1, not {self.trials}")
        EvaluateSettings(protocol=self.protocol, share=self.share, group=self.group, random_seed=self.random_seed)
        _require(self.protocol != "deezer2018", "deezer2018 has no playlists to search on: use next-item")


def seconds_of(text: str) -> float:
    """Read a span of time.

    >>> seconds_of("90"), seconds_of("15m"), seconds_of("1.5h")
    (90.0, 900.0, 5400.0)

    Raises:
        SettingError: it is none.
    """
    unit = {"s": 1.0, "m": 60.0, "h": 3600.0}.get(text[-1:], 0.0)
    try:
        return float(text[:-1]) * unit if unit else float(text)
    except ValueError:
        raise SettingError(f"a span of time is a number with s, m or h behind it, as 15m, not {text!r}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarSettings:
    """What a look-up answers with."""

    number: int = 10  # how many tracks
    by: Score = "cosine"  # what they are ranked by; see `ranking`
    exclude_artist: Sequence[str] | None = None  # artists that are left out, in any case and without accents
    max_per_artist: int | None = None  # tracks of one artist; None: any number
    fold_versions: bool = False  # live, remastered and edited versions of one song count as one
    min_count: int = 1  # tracks that occur less are left out
    popularity: float = 0.0  # weight on the standardised log count, from -1 (rare) to 1 (frequent)
    diversity: float = 0.0  # from 0 to 1; see `ranking`
    exact: bool = False  # compare every track, do not ask the index

    def __post_init__(self) -> None:
        _require_numbers(self, "number", "min_count")
        _require(self.number >= 1, f"number must be at least 1, not {self.number}")
        _require(self.by in SCORES, f"by must be one of {', '.join(SCORES)}, not {self.by!r}")
        most = self.max_per_artist
        _require(most is None or most >= 1, f"max-per-artist must be at least 1, not {most}")
        _require(self.min_count >= 1, f"min-count must be at least 1, not {self.min_count}")
        _require(-1 <= self.popularity <= 1, f"popularity must be from -1 to 1, not {self.popularity}")
        _require(0 <= self.diversity <= 1, f"diversity must be from 0 to 1, not {self.diversity}")

    @property
    def takes_all(self) -> bool:
        """Whether what ranks highest is the answer as it comes."""
        limited = self.exclude_artist or self.max_per_artist is not None or self.fold_versions
        return not limited and self.min_count == 1 and self.diversity == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ContinueSettings(SimilarSettings):
    """What a playlist is continued with."""

    number: int = 50
    by: Score = "hybrid"
    max_per_artist: int | None = 5
    fold_versions: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainSettings:
    """How much is said about two tracks."""

    number: int = 5  # tracks and playlists of each kind

    def __post_init__(self) -> None:
        _require_numbers(self, "number")
        _require(self.number >= 1, f"number must be at least 1, not {self.number}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSettings:
    """Which tracks are exported, and how."""

    min_count: int = 0  # rarer tracks are left out
    top: int | None = None  # only so many, the most frequent
    matrix: MatrixName | None = None  # which vectors; None: both where the format has room for them, else centre
    dtype: Dtype = "float32"
    normalise: bool = False  # vectors of length 1
    artist: Sequence[str] | None = None  # only theirs, in any case and without accents
    only: Sequence[str] | None = None  # only tracks of these names or uris
    neighbours: int = 0  # so many of each track, found among those that are exported
    projection: Projection | None = None  # that gives each track its place in a plane; None: it gets none
    safe_cells: bool = False  # an apostrophe before what a spreadsheet would take for a formula

    def __post_init__(self) -> None:
        _require_numbers(self, "min_count", "neighbours")
        known = ", ".join(MATRICES)
        _require(self.matrix in (None, *MATRICES), f"matrix must be one of {known}, not {self.matrix!r}")
        _require(self.dtype in DTYPES, f"dtype must be one of {', '.join(DTYPES)}, not {self.dtype!r}")
        _require(self.neighbours >= 0, f"neighbours must be at least 0, not {self.neighbours}")
        _require(self.min_count >= 0, f"min-count must be at least 0, not {self.min_count}")
        planes = ", ".join(PROJECTIONS)
        _require(
            self.projection in (None, *PROJECTIONS), f"projection must be one of {planes}, not {self.projection!r}"
        )
        if self.top is not None:
            _require_numbers(self, "top")
            _require(self.top >= 1, f"top must be at least 1, not {self.top}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MapSettings:
    """How vectors become a map."""

    projection: Projection = "auto"
    colour: Colour = "cluster"
    clusters: int = 12  # and as many artists that have a colour
    neighbours: int = 10  # so many of each track, found among those that are shown
    top: int = 100_000  # only so many tracks, the most frequent: what a browser draws smoothly
    random_seed: int = 42

    def __post_init__(self) -> None:
        _require_numbers(self, "clusters", "neighbours", "top", "random_seed")
        known = ", ".join(PROJECTIONS)
        _require(self.projection in PROJECTIONS, f"projection must be one of {known}, not {self.projection!r}")
        _require(self.colour in COLOURS, f"colour must be one of {', '.join(COLOURS)}, not {self.colour!r}")
        _require(1 <= self.clusters <= 100, f"clusters must be from 1 to 100, not {self.clusters}")
        _require(1 <= self.neighbours <= 100, f"neighbours must be from 1 to 100, not {self.neighbours}")
        _require(self.top >= 1, f"top must be at least 1, not {self.top}")
        _require_seed(self.random_seed, bits=32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """From where on an inspection speaks of something: a share of what it counts, unless it says otherwise."""

    rejected: float = 0.01  # of the rows: below it is the noise of any dump
    playlists: int = 100  # so many: on the 40 of the Zenodo slice two seeds agree on one of twenty nearest tracks
    of_one_track: float = 0.1  # of the playlists: they cost little before
    giant_length: int = 2000  # tracks: no editorial playlist of the archive has 800, but people's libraries have
    in_giants: float = 0.05  # of the occurrences
    in_order: float = 0.1  # of playlists of 5 or more: chance sorts one in forty of those of 5, and no longer ones
    out_of_order: float = 0.05  # of the steps of a playlist that is said to be in order: additions, other alphabets
    of_one_artist: float = 0.25  # of playlists of 5 or more: some albums are in any collection
    repeated: float = 0.01  # of the occurrences: it is 0.05 % in the Zenodo slice
    near_duplicates: float = 0.02  # of the playlists: it is 0.2 % among the snapshots of the archive
    welded_length: int = 100  # tracks: shorter playlists hold repeats by chance
    welded_repeats: float = 0.1  # of a playlist's places: no person repeats as much
    seen_once: float = 0.5  # of the tracks: half is what any long tail has (the archive's: 49 %)
    everywhere: float = 0.2  # of the playlists: the best known track of the archive stands in 13 %
    several_uris: float = 0.05  # of the tracks: reissues alone are less
    without_artist: float = 0.01  # of the occurrences, where others have one: it is 0.08 % in the Zenodo slice
    placeholders: float = 0.001  # of the occurrences: one name that stands for many is much at once
    joined_artists: float = 0.02  # of the tracks: duets that are artists of their own are fewer
    spoilt_names: float = 0.001  # of the tracks: a fault of the encoding strikes many, a slip of the keyboard one
