"""Settings of `sgp train` and `sgp index`."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from skipgramophone.errors import SettingError
from skipgramophone.settings.setting import (
    Bounds,
    above,
    at_least,
    between,
    check,
    require_named,
    seed_of_bits,
    setting,
)
from skipgramophone.wording import suggestion

if TYPE_CHECKING:
    from skipgramophone.training.cluster.config import Role

Context = Literal["bag"] | int  # "bag": the whole playlist; N: up to N tracks per side
WindowSize = Literal["auto", "bag"] | int  # "auto": choose the context from the corpus
Device = Literal["auto", "cpu", "gpu"]
DEVICES: tuple[Device, ...] = get_args(Device)
LOWEST_SENSIBLE_RATE, HIGHEST_SENSIBLE_RATE = 0.01, 5.0
HELD_OUT_SHARE = 0.05  # share of the playlists that training with --patience holds out
CHECKPOINT_SECONDS = 60.0  # default of the minimum time between two checkpoints
MOST_TREES, MOST_SHARDS = 1000, 1000
MOST_EPOCHS, MOST_NEGATIVES, MOST_THREADS = 1_000_000, 10_000, 1024
BAG_BLOCK = 64  # maximum number of tracks of a playlist that the trainer processes in one block
WIDEST_WINDOW = BAG_BLOCK - 1
AUTO_WINDOW = 5  # window size that "auto" chooses if track order carries information


def parse_window_size(text: str) -> WindowSize:
    """Convert the text of a window size: 'auto', 'bag' or a number.

    Raises:
        SettingError: the text is none of these.
    """
    if text == "auto" or text == "bag":
        return text  # type: ignore[return-value]
    try:
        return int(text)
    except ValueError:
        near = suggestion(text, ("auto", "bag"))
        raise SettingError.naming(
            lambda named: f"{named('window_size')} must be 'auto', 'bag' or a number, not {text!r}{near}"
        ) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainSettings:
    """Settings of `sgp train`, which trains vectors by skip-gram with negative sampling (arXiv 1310.4546)."""

    window_size: WindowSize = setting(
        "auto",
        "Context: the tracks that each track is trained to predict. N tracks on each side, 'bag' (the whole playlist) "
        f"or 'auto' ({AUTO_WINDOW} or 'bag', chosen by a test on the corpus).",
        "-wsz",
        "--window-size",
        metavar="N|bag|auto",
        bounds=between(1, WIDEST_WINDOW),
        parse=parse_window_size,
        default_text="auto",
    )
    embedding_dim: int = setting(
        100, "Embedding dimension.", "-emb", "--embedding-dim", metavar="N", bounds=between(1, 4096)
    )
    epochs: int = setting(
        16, "Number of training epochs.", "-e", "--epochs", metavar="N", bounds=at_least(1, MOST_EPOCHS)
    )
    learning_rate: float | None = setting(
        None,
        "Initial Adagrad learning rate (default: depends on the corpus size).",
        "-lr",
        "--learning-rate",
        metavar="X",
        bounds=above(0),
    )
    random_seed: int = setting(42, "Random seed.", "-rs", "--random-seed", metavar="N", bounds=seed_of_bits(63))
    negatives: int = setting(5, "Negative samples per pair.", metavar="N", bounds=at_least(1, MOST_NEGATIVES))
    noise_exponent: float = setting(
        0.75,
        "Draw each track as a negative sample with a probability proportional to count^X. With 0, all tracks are "
        "equally likely; with 1, a track that occurs twice as often is drawn twice as often.",
        metavar="X",
        bounds=between(-2, 2),
    )
    subsample: float = setting(
        0.0,
        "Train less often on tracks whose share of all occurrences is above X, such as 1e-3 (0 = off).",
        metavar="X",
        bounds=between(0, 1),
    )
    min_count: int = setting(1, "Ignore tracks with fewer than N occurrences.", metavar="N", bounds=at_least(1))
    factors: bool = setting(
        True,
        "Also compute what the hybrid ranking needs besides the vectors: smoothed vectors, a matrix factorization "
        "(factors) and, in corpora with at most 5,000 tracks or 5,000 playlists, a regression (EASE).",
        "--factors/--no-factors",
    )
    patience: int = setting(
        0,
        "Stop early: hold out 5 % of the playlists, and stop once their loss has not improved for N epochs (0 = off).",
        metavar="N",
        bounds=at_least(0, MOST_EPOCHS),
    )

    def __post_init__(self) -> None:
        check(self)

    @property
    def context(self) -> Context:
        """The context to train with: "bag" or a window size. If the setting is "auto", `train` must first replace it.

        Raises:
            SettingError: the window size is "auto".
        """
        window = self.window_size
        if window == "auto":
            raise SettingError("window_size 'auto' must first be replaced by 'bag' or a number: train() does that")
        return window

    def doubts(self) -> list[str]:
        """Return one warning per value that is allowed but probably a mistake."""
        if self.learning_rate is not None and self.learning_rate < LOWEST_SENSIBLE_RATE:
            return [
                f"warning: a learning rate of {self.learning_rate:g} suits Adam, but is too small for row-wise "
                "Adagrad: leave out -lr to use a default that fits the corpus size"
            ]
        if self.learning_rate is not None and self.learning_rate > HIGHEST_SENSIBLE_RATE:
            return [
                f"warning: training will probably diverge with a learning rate of {self.learning_rate:g}; usual values "
                "are 0.1 to 0.6. Leave out -lr to use a default that fits the corpus size"
            ]
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """Settings of a training run. Except for the device and a cluster, these settings do not change the vectors.

    A cluster applies updates in the order in which they arrive, so each run gives slightly different vectors of the
    same quality.
    """

    threads: int | None = setting(
        None,
        "Number of threads (default: all cores). The result does not depend on this number.",
        metavar="N",
        bounds=at_least(1, MOST_THREADS),
    )
    device: Device = setting("auto", f"Device to train on: {', '.join(DEVICES)}.", metavar="NAME")
    checkpoint_seconds: float = setting(
        CHECKPOINT_SECONDS,
        "Minimum number of seconds between two checkpoints.",
        "--checkpoint-every",
        metavar="SECONDS",
        bounds=Bounds("at least 0", lambda value: value >= 0),
    )
    log_dir: Path | str | None = setting(None, "Write TensorBoard logs to this directory.", metavar="DIR")
    local_cluster: str | None = setting(
        None,
        "Train with a cluster of processes on this machine, such as 2x1 (2 workers and 1 parameter server).",
        metavar="WORKERSxSERVERS",
    )
    role: "Role | None" = None  # role of this process in a cluster of machines (TF_CONFIG)

    def __post_init__(self) -> None:
        check(self)
        if self.role is not None:
            require_named(
                self.local_cluster is None,
                lambda named: (
                    f"TF_CONFIG already describes a cluster: leave out {named('local_cluster')}, or unset TF_CONFIG"
                ),
            )
        if self.local_cluster is not None:
            require_named(
                re.fullmatch(r"[1-9]\d{0,2}x[1-9]\d{0,2}", self.local_cluster, re.ASCII) is not None,
                lambda named: (
                    f"{named('local_cluster')} must be WORKERSxSERVERS, such as 2x1, not {self.local_cluster}"
                ),
            )
        if self.role is not None or self.local_cluster is not None:
            require_named(
                self.device != "gpu",
                lambda named: f"a cluster trains only on CPUs: leave out {named('device', 'gpu')}",
            )

    @property
    def workers_and_servers(self) -> tuple[int, int]:
        """The numbers of workers and servers of the local cluster, or (0, 0) without a cluster."""
        workers, _, servers = (self.local_cluster or "0x0").partition("x")
        return int(workers), int(servers)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSettings:
    """Settings of `sgp index`, which builds an Annoy index of the vectors."""

    trees: int = setting(
        32,
        "Number of Annoy trees. More trees give a larger file and faster search.",
        metavar="N",
        bounds=between(1, MOST_TREES),
    )
    recall: float = setting(
        0.98,
        "Minimum recall@10: average share of the 10 true nearest neighbours that the index must find.",
        metavar="X",
        bounds=Bounds("above 0 and at most 1", lambda value: 0 < value <= 1),
    )
    shards: int | None = setting(
        None,
        "Split the index into N files. While the index is built, only one of the files is in memory at a time "
        "(default: one file per 4 million tracks).",
        metavar="N",
        bounds=between(1, MOST_SHARDS),
    )
    random_seed: int = setting(42, "Random seed.", "-rs", "--random-seed", metavar="N", bounds=seed_of_bits(31))

    def __post_init__(self) -> None:
        check(self)
