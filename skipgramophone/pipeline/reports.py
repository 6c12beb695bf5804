"""Reports: what each stage found out, as plain values for a table, for JSON and for a notebook."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from skipgramophone.lookup.annoy_index import IndexFacts

if TYPE_CHECKING:
    from skipgramophone.evaluation.comparison import Judgement
    from skipgramophone.evaluation.window_choice import Order
    from skipgramophone.inspection.findings import Finding
    from skipgramophone.maps.clusters import Cluster


@dataclass(frozen=True, slots=True)
class Reading:
    """How far the reading of the sources has come."""

    bytes_read: int
    bytes_total: int  # 0 where it is not known
    rows: int  # 0 while standard input is still being received


@dataclass(frozen=True, slots=True)
class Writing:
    """How far the writing of the catalogue has come; when all tracks are written their names are indexed."""

    tracks_written: int
    tracks_total: int


@dataclass(frozen=True, slots=True)
class Added:
    """What sources have brought to a corpus that was there."""

    rows_read: int
    rows_used: int
    rows_rejected: int
    rejected: dict[str, int]
    rows_left_out: int
    left_out: dict[str, int]
    sources: int
    playlists: int  # new ones
    grown: int  # playlists that were there and hold more now
    tracks: int  # new ones


@dataclass(frozen=True, slots=True)
class ExtractReport:
    """What an extraction found; all counts are of the whole corpus, but for those in `added`."""

    experiment: str
    sources: list[dict[str, Any]]  # file, format, bytes, sha256
    passed_over: list[dict[str, str]]  # file, reason: what directories and archives hold besides
    rows_read: int  # used, rejected and left out
    rows_used: int
    rows_rejected: int
    rejected: dict[str, int]  # rows by reason
    rows_left_out: int  # by cleaning that was asked for
    left_out: dict[str, int]  # rows by reason
    letters_replaced: int  # bytes that are not in the encoding
    owners: int
    playlists: int
    tracks: int
    occurrences: int
    held_out_playlists: int  # set aside; those above are the others
    held_out_occurrences: int
    longest_playlist: int
    repeats: int  # places of a playlist whose track has stood in it before
    without_artist: int  # rows with an empty artist
    namesakes: int  # tracks that have artist and title in common with a more frequent one
    most_namesakes: list[tuple[str, str, int]]  # artist, title and number of tracks, of a few names that most have
    same_tracks: int  # playlists that hold the tracks of an earlier one
    split: int  # playlists that were split
    welded: int  # playlists that went into another of the same name
    sorted_by_title: int
    sortable: int  # playlists long enough for the order to tell
    seconds: float
    rows_per_second: int
    findings: tuple[Finding, ...] | None = None  # what an inspection finds; None: nothing was looked for
    added: Added | None = None  # where the corpus has grown
    former: list[dict[str, Any]] = field(default_factory=list)  # the corpora that it has grown from, and their digests


@dataclass(frozen=True, slots=True)
class TrainReport:
    """What a training run did."""

    experiment: str
    settings: dict[str, Any]
    tracks: int
    tracks_learnt: int
    tracks_taken_over: int  # rows of an earlier model that it began with
    occurrences: int
    epochs: int  # done; fewer than asked for where patience ended
    first_loss: float
    last_loss: float
    learning_rate: float
    seconds: float
    tracks_per_second: int  # occurrences trained a second, compilation included
    index: IndexFacts | None  # None where none was asked for
    order: Order | None  # what the context was decided by, where that was left to the corpus


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What an export wrote."""

    experiment: str
    destination: str
    beside: list[str]  # files that travel with it
    format: str
    tracks: int
    left_out: int  # tracks without a vector
    not_asked: int  # tracks with a vector that the settings leave out
    no_room: int  # tracks that were asked for and are more than the format shows
    unknown: list[str]  # names that were asked for and that no track with a vector has
    dim: int
    bytes: int
    dtype: str
    recall_at_10: float | None  # share of the ten nearest that stay so in a narrower type; None: nothing is lost


@dataclass(frozen=True, slots=True)
class MapReport:
    """What a map shows."""

    experiment: str
    destination: str
    pictures: list[str]  # still ones, beside the page
    projection: str
    tracks: int
    not_shown: int  # learnt tracks beyond the most frequent that were asked for
    clusters: list[Cluster]
    preserved: float  # share of the true nearest that are as near in the plane
    seconds: float
    bytes: int


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import took in."""

    experiment: str
    source: dict[str, Any]  # file, format, bytes, sha256
    vectors: int  # in the file
    unused: int  # vectors that found no track
    by_uri: int  # vectors that found theirs by the uri
    namesakes: int  # vectors whose name several tracks have
    has_context: bool
    tracks: int
    tracks_learnt: int  # tracks with a vector
    dim: int
    corpus_of_names: bool  # the corpus was made from the names
    index: IndexFacts


@dataclass(frozen=True, slots=True)
class EvaluateReport:
    """How an experiment's settings were judged."""

    experiment: str
    settings: dict[str, Any]
    training: dict[str, Any]
    corpus: str  # digest
    split: str  # digest of which playlists were held out
    set_aside: bool  # by extract, so that the model itself was asked; else one that was trained for it
    started_from: str | None  # the experiment whose vectors training began with, and which may have seen what is asked
    imported: bool  # the vectors came from elsewhere, and whether they had seen the held-out playlists is not known
    created: str
    version: str
    judgement: Judgement
