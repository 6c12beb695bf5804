"""Reports of the use cases, as plain values for tables, JSON and notebooks."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from skipgramophone.lookup.annoy_index import IndexFacts

if TYPE_CHECKING:
    from skipgramophone.evaluation.comparison import Comparison
    from skipgramophone.evaluation.paired import PairedComparison
    from skipgramophone.evaluation.snapshots import Snapshots
    from skipgramophone.evaluation.window_choice import ContextChoice
    from skipgramophone.inspection.findings import Finding
    from skipgramophone.maps.clusters import TrackGroup

RISE = 1.1  # factor by which a loss may rise by chance
NEAR_RANDOM = 1.05  # factor by which a short run may end above the loss of random vectors


@dataclass(frozen=True, slots=True)
class Reading:
    """Progress of reading sources."""

    bytes_read: int
    bytes_total: int  # 0 if unknown
    rows: int  # 0 while standard input is being received


@dataclass(frozen=True, slots=True)
class Writing:
    """Progress of writing the catalogue; once all tracks are written, the name index is built."""

    tracks_written: int
    tracks_total: int


@dataclass(frozen=True, slots=True)
class Added:
    """What added sources contributed to an existing corpus."""

    rows_read: int
    rows_used: int
    rows_rejected: int
    rejected: dict[str, int]
    rows_left_out: int
    left_out: dict[str, int]
    sources: int
    playlists: int  # new playlists
    grown: int  # existing playlists that gained tracks
    tracks: int  # new tracks


@dataclass(frozen=True, slots=True)
class ExtractReport:
    """Result of an extraction; counts are of the whole corpus, except those in `added`."""

    experiment: str
    sources: list[dict[str, Any]]  # file, format, bytes, sha256
    passed_over: list[dict[str, str]]  # file, reason: files of directories and archives that were skipped
    rows_read: int  # used + rejected + left out
    rows_used: int
    rows_rejected: int
    rejected: dict[str, int]  # rows by reason
    rows_left_out: int  # by requested cleaning
    left_out: dict[str, int]  # rows by reason
    letters_replaced: int  # replacement characters for undecodable bytes
    owners: int
    playlists: int
    tracks: int
    occurrences: int
    held_out_playlists: int  # not counted in the playlists above
    held_out_occurrences: int
    longest_playlist: int
    repeats: int  # occurrences of a track that appears earlier in the same playlist
    without_artist: int  # rows with an empty artist
    namesakes: int  # tracks with the artist and title of a more frequent track
    most_namesakes: list[tuple[str, str, int]]  # artist, title, number of tracks: the names with most tracks
    same_tracks: int  # playlists with exactly the tracks of an earlier one
    split: int  # playlists split by --max-length
    welded: int  # playlists merged with another of the same name
    sorted_by_title: int
    sortable: int  # playlists that are long enough to judge their order
    seconds: float
    rows_per_second: int
    findings: tuple[Finding, ...] | None = None  # findings of an inspection; None if there was none
    added: Added | None = None  # if the corpus has grown
    guessed_columns: list[dict[str, Any]] = field(default_factory=list)  # file, columns as in --columns, unused columns
    former: list[dict[str, Any]] = field(default_factory=list)  # earlier versions of the corpus, with digests


@dataclass(frozen=True, slots=True)
class TrainReport:
    """Result of a training run."""

    experiment: str
    settings: dict[str, Any]
    tracks: int
    tracks_learnt: int
    tracks_taken_over: int  # tracks initialized from an earlier model
    occurrences: int
    epochs: int  # epochs trained; fewer than requested if patience stopped the run
    first_loss: float
    last_loss: float
    learning_rate: float
    seconds: float  # of the whole command, including the choice of the context and the index
    tracks_per_second: int  # occurrences per second of training in this run, including compilation
    index: IndexFacts | None  # None with --no-index
    order: ContextChoice | None  # evidence for the context, if it was chosen from the corpus

    def doubts(self) -> list[str]:
        """Return a warning if the loss ended above that of random vectors, or above the first epoch's."""
        rate = self.learning_rate
        at_random = (1 + self.settings["negatives"]) * math.log(2)  # log 2 per pair, and for each of its negatives
        if self.last_loss <= min(at_random * NEAR_RANDOM, self.first_loss * RISE):
            return []
        began = min(at_random, self.first_loss)
        return [
            f"warning: the loss ended at {self.last_loss:.3g}, above where it began ({began:.3g}): these vectors are "
            f"probably useless; train with a smaller learning rate than {rate:.2g}, such as -lr {rate / 4:.2g}"
        ]


@dataclass(frozen=True, slots=True)
class ExportReport:
    """Result of an export."""

    experiment: str
    destination: str
    beside: list[str]  # other files that belong to it
    format: str
    tracks: int
    left_out: int  # tracks without a vector
    not_asked: int  # tracks with a vector that are filtered out
    no_room: int  # tracks beyond the limit of the format
    unknown: list[str]  # requested names without a matching vector
    dim: int
    bytes: int
    dtype: str
    recall_at_10: float | None  # recall@10 of a narrower dtype against float32; None if nothing is lost
    of: str = "tracks"  # what was exported; the numbers of tracks above are those of artists if it is "artists"


@dataclass(frozen=True, slots=True)
class MapReport:
    """Result of drawing a map."""

    experiment: str
    destination: str
    pictures: list[str]  # PNG or SVG files
    projection: str
    tracks: int
    not_shown: int  # tracks with a vector beyond --top
    clusters: list[TrackGroup]
    preserved: float  # share of nearest neighbours that are preserved in the plane
    seconds: float
    bytes: int
    of: str = "tracks"  # what was drawn; the numbers of tracks above are those of artists if it is "artists"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """Result of an import."""

    experiment: str
    source: dict[str, Any]  # file, format, bytes, sha256
    vectors: int  # vectors in the file
    unused: int  # vectors that match no track
    by_uri: int  # vectors matched by uri
    namesakes: int  # vectors whose name matches several tracks
    has_context: bool
    tracks: int
    tracks_learnt: int  # tracks with a vector
    dim: int
    corpus_of_names: bool  # whether the corpus was made from the names
    index: IndexFacts


@dataclass(frozen=True, slots=True)
class EvaluateReport:
    """Result of an evaluation."""

    experiment: str
    settings: dict[str, Any]
    training: dict[str, Any]
    corpus: str  # digest
    split: str  # digest of the held-out playlists
    set_aside: bool  # held out by extract, so that the model itself was evaluated
    started_from: str | None  # experiment that initialized the vectors, and may have seen held-out playlists
    imported: bool  # whether the vectors were imported; they may have seen held-out playlists
    created: str
    version: str
    snapshots: Snapshots | None  # held-out playlists that are like training playlists; None if there are few
    judgement: Comparison


@dataclass(frozen=True, slots=True)
class CompareReport:
    """Result of the comparison of two experiments on the same held-out playlists."""

    experiments: tuple[str, str]
    settings: dict[str, Any]
    corpus: str  # digest
    split: str  # digest of the held-out playlists
    imported: list[str]  # experiments whose vectors were imported; they may have seen held-out playlists
    created: str
    version: str
    comparison: PairedComparison
