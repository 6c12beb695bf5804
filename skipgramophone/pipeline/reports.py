"""The reports of the use cases, as plain data for tables, JSON and notebooks."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from skipgramophone.lookup.annoy_index import IndexFacts
from skipgramophone.wording import plural, shell_command

if TYPE_CHECKING:
    from skipgramophone.evaluation.comparison import Comparison
    from skipgramophone.evaluation.paired import PairedComparison
    from skipgramophone.evaluation.recency_choice import RecencyChoice
    from skipgramophone.evaluation.snapshots import Snapshots
    from skipgramophone.evaluation.splits import HeldOutNames
    from skipgramophone.evaluation.window_choice import ContextChoice
    from skipgramophone.inspection.findings import Finding
    from skipgramophone.maps.clusters import TrackGroup
    from skipgramophone.playlists.encoding.identifier_matching import SharedIdentifier
    from skipgramophone.playlists.named_ids import NamedIds

RISE = 1.1  # warn if the final loss is above this multiple of the loss of the first epoch
NEAR_RANDOM = 1.05  # warn if the final loss is above this multiple of the loss of random vectors


@dataclass(frozen=True, slots=True)
class Reading:
    """The progress of reading sources."""

    bytes_read: int
    bytes_total: int  # 0 if unknown
    rows: int  # number of rows read so far; 0 while standard input is being received


@dataclass(frozen=True, slots=True)
class Writing:
    """The progress of writing the catalogue. After all tracks are written, the name index is built."""

    tracks_written: int
    tracks_total: int


@dataclass(frozen=True, slots=True)
class Added:
    """The numbers of rows, playlists and tracks that added sources contributed to an existing corpus.

    Attributes:
        passed_over: number of skipped files among the added sources. These files are the last entries of the list
            `passed_over` in the report on the whole corpus.
        guessed_columns: number of added tables whose columns were guessed. These tables are the last entries of the
            list `guessed_columns` in the report on the whole corpus.
        names: number of tables of names of the added sources: 0 or 1. This table is the last entry of the list `names`
            in the report on the whole corpus.
        doubts: number of records of the added sources in the list `doubts` of the report on the whole corpus.
    """

    rows_read: int
    rows_used: int
    rows_rejected: int
    rejected: dict[str, int]
    rows_left_out: int
    left_out: dict[str, int]
    sources: int
    playlists: int  # number of new playlists
    grown: int  # number of existing playlists that gained tracks
    tracks: int  # number of new tracks
    letters_replaced: int = 0
    passed_over: int = 0
    guessed_columns: int = 0
    names: int = 0
    doubts: int = 0


@dataclass(frozen=True, slots=True)
class Identified:
    """The numbers of tracks with identifiers, and of invalid identifiers."""

    tracks: dict[str, int]  # number of tracks with each kind of identifier: isrc, mbid, or uri (an additional uri)
    sharing: int  # number of tracks that share an ISRC or a MusicBrainz id with another track
    malformed: int  # number of distinct identifiers that are not valid and were not kept
    examples: tuple[str, ...]  # the first malformed identifiers


@dataclass(frozen=True, slots=True)
class Matched:
    """The tracks that were merged by shared identifiers. `merges` and `conflicting` are complete only in a dry run."""

    merged: int  # number of tracks that were merged into another track
    merges: tuple[SharedIdentifier, ...]
    conflicts: int  # number of identifiers that tracks with clearly different names share; these tracks stay separate
    conflicting: tuple[SharedIdentifier, ...]
    kept_apart: int  # number of identifiers that two tracks of the existing corpus share; these tracks stay separate


@dataclass(frozen=True, slots=True)
class ExtractReport:
    """The result of an extraction. All counts are of the whole corpus, except those in `added`.

    Attributes:
        guessed_columns: one record per table whose columns were guessed: file, guessed columns and unused columns. If
            the rows of each owner form one playlist, the record also has `session_gap`, which is "none".
        held_out_names: how many playlists match the names in the file of held-out playlists; None without such a file.
        names: the tables of names that were used (`--names`), with the numbers of ids with and without a name.
        doubts: one record per doubt about a table, such as an assigned column that seems to contain no tracks, or rows
            that seem to be returned items: its file, and the doubt as a sentence.
    """

    experiment: str
    sources: list[dict[str, Any]]  # one record per source: file, format, bytes, sha256
    passed_over: list[dict[str, str]]  # one record per skipped file in directories and archives: file, reason
    rows_read: int  # number of rows that were read: the used, the rejected and the left-out rows together
    rows_used: int
    rows_rejected: int
    rejected: dict[str, int]  # number of rejected rows by reason
    rows_left_out: int  # number of rows that were left out by cleaning or on request
    left_out: dict[str, int]  # number of rows that were left out, by reason
    letters_replaced: int  # number of characters (U+FFFD) that replace undecodable bytes
    owners: int
    playlists: int
    tracks: int
    occurrences: int
    held_out_playlists: int  # number of held-out playlists, which are not included in `playlists`
    held_out_occurrences: int
    longest_playlist: int
    repeats: int  # number of occurrences of tracks that also appear earlier in the same playlist
    without_artist: int  # number of rows with an empty artist
    namesakes: int  # number of tracks that have the same artist and title as a more frequent track
    most_namesakes: list[tuple[str, str, int]]  # names with the most tracks: artist, title and number of tracks
    same_tracks: int  # number of playlists with exactly the tracks of an earlier playlist
    split: int  # number of playlists that --max-length has split
    welded: int  # number of playlists that were merged with another playlist of the same name
    sorted_by_title: int
    sortable: int  # number of playlists that are long enough to decide whether they are sorted by title
    seconds: float
    rows_per_second: int
    findings: tuple[Finding, ...] | None = None  # findings of an inspection; None if the playlists were not inspected
    added: Added | None = None  # what --append has added; None without --append
    guessed_columns: list[dict[str, Any]] = field(default_factory=list)
    former: list[dict[str, Any]] = field(default_factory=list)  # earlier versions of the corpus, each with its digest
    identifiers: Identified | None = None  # identifiers of the tracks; None if there are none
    albums: int = 0  # number of tracks whose album is known
    matching: Matched | None = None  # tracks that were merged by --match; None without --match
    held_out_names: HeldOutNames | None = None
    names: list[NamedIds] = field(default_factory=list)
    doubts: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TrainReport:
    """The result of a training run.

    Attributes:
        few_playlists: number of distinct playlists with two or more tracks, if it is too small for training; otherwise
            None.
    """

    experiment: str
    settings: dict[str, Any]
    tracks: int
    tracks_learnt: int
    tracks_taken_over: int  # number of tracks that were initialized from an earlier model
    occurrences: int
    epochs: int  # number of trained epochs; fewer than requested if --patience stopped the run
    first_loss: float
    last_loss: float
    learning_rate: float
    seconds: float  # time of the whole command, including the choice of the context and the index
    tracks_per_second: int  # occurrences per second of training in this run, including compilation
    index: IndexFacts | None  # parameters and recall of the index; None with --no-index
    order: ContextChoice | None  # how the context was chosen automatically; None if the user has set it
    recency: RecencyChoice  # weight of a given track divided by the weight of the track after it, and how it was chosen
    few_playlists: int | None = None

    def doubts(self) -> list[str]:
        """Return warnings: one if the loss is too high at the end, and one if there are too few playlists."""
        found, rate = [], self.learning_rate
        # The loss of random vectors is log 2 for each pair, plus log 2 for each of its negative samples.
        at_random = (1 + self.settings["negatives"]) * math.log(2)
        above = f"in the first epoch ({self.first_loss:.3f})" if self.last_loss > self.first_loss * RISE else ""
        above = above or (f"for random vectors ({at_random:.3f})" if self.last_loss > at_random * NEAR_RANDOM else "")
        if above:
            found.append(
                f"warning: the loss ended at {self.last_loss:.3f}, higher than {above}, so these vectors are probably "
                f"useless. Train again with a learning rate below {rate:.2g}, such as -lr {rate / 4:.2g}"
            )
        if self.few_playlists is not None:
            found.append(
                f"warning: only {plural(self.few_playlists, 'distinct playlist')} with two or more tracks: too few to "
                f"learn which tracks belong together; add playlists with "
                f"{shell_command('extract', self.experiment, 'SOURCE', '--append')}"
            )
        return found


@dataclass(frozen=True, slots=True)
class ExportReport:
    """The result of an export."""

    experiment: str
    destination: str
    beside: list[str]  # names of the other files that the export wrote beside `destination`
    format: str
    tracks: int
    left_out: int  # number of tracks without a vector
    not_asked: int  # number of tracks with a vector that are filtered out
    no_room: int  # number of tracks that were not exported because the format limits the number of tracks
    unknown: list[str]  # requested names that match no exported vector
    dim: int
    bytes: int
    dtype: str
    recall_at_10: float | None  # recall@10 of a less precise dtype against float32; None for float32
    of: str = "tracks"  # what was exported; if it is "artists", `tracks` and the other counts are numbers of artists


@dataclass(frozen=True, slots=True)
class MapReport:
    """The result of drawing a map."""

    experiment: str
    destination: str
    pictures: list[str]  # PNG or SVG files
    projection: str
    tracks: int
    not_shown: int  # number of tracks with a vector that --top leaves out
    clusters: list[TrackGroup]
    preserved: float  # share of the nearest neighbours by vector that are also nearest neighbours on the map
    seconds: float
    bytes: int
    of: str = "tracks"  # what was drawn; if it is "artists", `tracks` and the other counts are numbers of artists


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The result of an import."""

    experiment: str
    source: dict[str, Any]  # file, format, bytes and sha256 of the source
    vectors: int  # number of vectors in the file
    unused: int  # number of vectors that match no track
    by_uri: int  # number of vectors that were matched by uri
    namesakes: int  # number of vectors whose name matches several tracks
    has_context: bool
    tracks: int
    tracks_learnt: int  # number of tracks with a vector
    dim: int
    corpus_of_names: bool  # whether the corpus was made from the names of the vectors
    index: IndexFacts


@dataclass(frozen=True, slots=True)
class EvaluateReport:
    """The result of an evaluation.

    Attributes:
        started_from: experiment from whose vectors the training started. These vectors may have been trained on the
            held-out playlists.
        snapshots: snapshots of one playlist that are in both training and held-out playlists; None if there are none or
            only a few.
        held_out_names: how many playlists match the names in the file of held-out playlists; None without such a file.
    """

    experiment: str
    settings: dict[str, Any]
    training: dict[str, Any]
    corpus: str  # digest of the corpus
    split: str  # digest of the held-out playlists
    set_aside: bool  # whether `sgp extract` held out the playlists; if so, the model of the experiment was evaluated
    started_from: str | None
    imported: bool  # whether the vectors were imported; they may have been trained on the held-out playlists
    created: str
    version: str
    snapshots: Snapshots | None
    judgement: Comparison
    held_out_names: HeldOutNames | None = None


@dataclass(frozen=True, slots=True)
class CompareReport:
    """The result of comparing two experiments on the same held-out playlists.

    Attributes:
        held_out_names: how many playlists match the names in the file of held-out playlists; None without such a file.
    """

    experiments: tuple[str, str]
    settings: dict[str, Any]
    corpus: str  # digest of the corpus
    split: str  # digest of the held-out playlists
    imported: list[str]  # experiments with imported vectors, which may have been trained on the held-out playlists
    created: str
    version: str
    comparison: PairedComparison
    held_out_names: HeldOutNames | None = None
