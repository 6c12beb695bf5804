"""The whole story in one file: extract, train, index, similar, export.

Each stage is a plain function: it opens the experiment, does its work, publishes the result as a whole, and returns
a report. Progress is told to a function that the caller gives; nothing here prints.
"""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from skipgramophone import __version__
from skipgramophone.errors import ExperimentError, SettingError
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.checkpoint import read_checkpoint, remove_checkpoint
from skipgramophone.experiment.corpus import Corpus, read_corpus
from skipgramophone.experiment.embeddings import Embeddings, read_embeddings
from skipgramophone.experiment.experiment import (
    Experiment,
    new_experiment,
    now,
    open_experiment,
    write_json,
    write_lines,
)
from skipgramophone.experiment.file_names import EVALUATION, HISTORY, STABILITY_REPORT
from skipgramophone.experiment.publishing import file_sha256, published_file, remove_leftovers, require_replaceable
from skipgramophone.experiment.trusted_files import seal
from skipgramophone.lookup.annoy_index import FILE as INDEX_FILE
from skipgramophone.lookup.annoy_index import IndexFacts
from skipgramophone.lookup.index_builder import build_index as build_annoy_index
from skipgramophone.lookup.lookup import open_lookup
from skipgramophone.lookup.results import Answer
from skipgramophone.pipeline.extracting import extracted, findings_of, source_paths, timed, write_corpus
from skipgramophone.pipeline.reports import (
    EvaluateReport,
    ExportReport,
    ExtractReport,
    ImportReport,
    MapReport,
    Reading,
    TrainReport,
    Writing,
)
from skipgramophone.settings import (
    EvaluateSettings,
    ExportSettings,
    ExtractSettings,
    IndexSettings,
    MapSettings,
    RunSettings,
    SimilarSettings,
    TrainSettings,
    TuneSettings,
)
from skipgramophone.training.cluster.config import WORKER, Role
from skipgramophone.training.run import Keeper, fit, unfinished_run
from skipgramophone.training.warm_start import earlier_rows

if TYPE_CHECKING:
    from skipgramophone.evaluation.stability import Stability
    from skipgramophone.evaluation.tuning import TrialReport, TuneReport
    from skipgramophone.evaluation.window_choice import Order
    from skipgramophone.inspection.report import Inspection
    from skipgramophone.training.trainer import Progress

TUNING = "tuning"


def extract(
    name: str,
    sources: Sequence[Path | str] | Path | str = (),
    settings: ExtractSettings | None = None,
    *,
    sample: bool = False,
    held_out: Path | None = None,
    append: bool = False,
    force: bool = False,
    dry_run: bool = False,
    experiments_dir: Path | str | None = None,
    progress: Callable[[Reading | Writing], None] | None = None,
) -> ExtractReport:
    """Read dumps of playlists into a corpus.

    Args:
        name: the experiment's name.
        sources: a file to read, or several in order.
        settings: how to read them; with `append`, None for what the corpus was extracted with.
        sample: read the built-in sample instead of files.
        held_out: a file that names the playlists to set aside, a line each: what `settings.group` finds in the owner,
            or, without it, the playlist's name.
        append: add them to the corpus that is there, whose tracks keep their row numbers.
        force: replace a corpus that is there; with `append`, read sources again that it was made from.
        dry_run: read and count, and write nothing.
        experiments_dir: where experiments lie; else $SGP_EXPERIMENTS, else ./experiments.
        progress: is told how far the reading, and then the writing, has come.

    Raises:
        SettingError: both sources and the sample are asked for, or neither; or what is to be added would be cleaned in
            another way than what is there, or set aside by name.
        EvaluationError: there are too few playlists to set some aside, or a name is none's.
        SourceError: a source cannot be read, no row of it can be used, or it is to be added and is there already.
        ExperimentError: the experiment has a corpus, or, with `append`, none that can grow; or its name cannot be one.
        StorageError: the disk failed, or is full.
    """
    paths = source_paths(sources, sample)
    started = time.perf_counter()
    with ExitStack() as held:
        before = None
        if append:
            from skipgramophone.pipeline.append import read_before

            experiment = open_experiment(name, experiments_dir)
            if not dry_run:
                held.enter_context(experiment.writing("extract"))
            before = read_before(experiment)
            settings = settings or ExtractSettings(**before.lasting)
            before.require_settings(settings)
            if held_out:
                raise SettingError(
                    "playlists are named to be held out when a corpus is first extracted: not to --append"
                )
        elif not dry_run:
            experiment = held.enter_context(new_experiment(name, experiments_dir))
            experiment.require_new("corpus", force)
        settings = settings or ExtractSettings()
        if settings.holdout is not None and held_out:
            raise SettingError("give a share of the playlists to hold out or a file that names them, not both")
        if settings.group is not None and settings.holdout is None and not held_out and not append:
            raise SettingError("group says which playlists are held out together: give a share or a file to hold out")
        encoded, report = extracted(name, paths, settings, sample, held_out, before, force, progress)
        if dry_run:
            report = replace(report, findings=findings_of(encoded, report))
        if dry_run or (report.added and not report.added.rows_used):
            return timed(report, started)
        with experiment.publishing("corpus", asdict(settings)) as draft:
            write_corpus(draft.path, encoded, before, progress)
            report = timed(report, started)
            draft.facts |= asdict(report) | {"versions": _versions("pyarrow", "pandas", "numpy")}
            del encoded, before  # they map files of the corpus that is replaced, and NFS keeps what is mapped
    return report


def inspect(
    what: Sequence[Path | str] | Path | str = (),
    settings: ExtractSettings | None = None,
    *,
    sample: bool = False,
    experiments_dir: Path | str | None = None,
    progress: Callable[[Reading | Writing], None] | None = None,
) -> Inspection:
    """Look at the playlists of an experiment, or of sources that are not extracted yet.

    Args:
        what: the name of an experiment, or a file to read, or several in order. A name that is both is the
            experiment's; "./name" is the file.
        settings: how to read sources.
        sample: look at the built-in sample instead.
        experiments_dir: where experiments lie; else $SGP_EXPERIMENTS, else ./experiments.
        progress: is told how far the reading of sources has come.

    Raises:
        SettingError: nothing is named, or settings are given for an experiment.
        SourceError: a source cannot be read, or no row of it can be used.
        ExperimentError: the experiment has no corpus, or one without playlists.
        StorageError: the disk failed.
    """
    from skipgramophone.evaluation.window_choice import order_of
    from skipgramophone.inspection.report import inspection
    from skipgramophone.pipeline.inspecting import contents_of_experiment, contents_of_sources, experiment_meant

    started = time.perf_counter()
    named = [what] if isinstance(what, Path | str) else list(what)
    experiment = experiment_meant(named, experiments_dir)
    if experiment is None:
        settings = settings or ExtractSettings()
        encoded, report = extracted("", source_paths(named, sample), settings, sample, None, None, False, progress)
        contents, facts = contents_of_sources(encoded), asdict(report)
    elif settings is not None or sample:
        raise SettingError(f"'{experiment.name}' is an experiment: it has been read already; or name its sources")
    else:
        facts = experiment.manifest("corpus").facts
        contents = contents_of_experiment(experiment, _open_corpus(experiment)[0])
    order = order_of(contents.corpus, contents.tracks.num_rows, TrainSettings().random_seed)
    kind: Literal["experiment", "sources"] = "sources" if experiment is None else "experiment"
    shown = ["the built-in sample"] if sample else [str(one) for one in named]
    return inspection(kind, shown, contents, facts, order, time.perf_counter() - started)


def lasting_settings(name: str, experiments_dir: Path | str | None = None) -> dict[str, Any]:
    """The settings of an experiment's corpus that all that is added to it must share.

    Raises:
        ExperimentError: the experiment has no corpus, or it is damaged.
    """
    from skipgramophone.pipeline.append import read_before

    return read_before(open_experiment(name, experiments_dir)).lasting


def train(
    name: str,
    settings: TrainSettings | None = None,
    index_settings: IndexSettings | None = None,
    *,
    force: bool = False,
    resume: bool = False,
    start_from: str | None = None,
    no_index: bool = False,
    run: RunSettings | None = None,
    experiments_dir: Path | str | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> TrainReport:
    """Train vectors on a corpus, then build the index of them.

    Now and then the run is kept as it is; one that was interrupted or killed goes on from there with `resume`, and ends
    with the same bytes as if nothing had happened.

    Args:
        name: the experiment's name.
        settings: how to train; with `resume`, None for those of the unfinished run, else the same as they are.
        index_settings: how to build the index.
        force: replace a model that is there, and give up an unfinished run.
        resume: go on with the unfinished run.
        start_from: an experiment (it may be this one) whose vectors to begin with, for the tracks that it has learnt.
        no_index: build none; look-ups then compare every track.
        run: how to carry it out.
        experiments_dir: where experiments lie; else $SGP_EXPERIMENTS, else ./experiments.
        progress: is told how far the training has come.

    Raises:
        TrainingError: there is nothing to train on, no memory for it, or the loss is no longer a number.
        ExperimentError: the experiment has no corpus, or has a model.
        StorageError: the disk failed, or is full.
    """
    run = run or RunSettings()
    experiment = open_experiment(name, experiments_dir)
    with experiment.writing("train"):
        digest = experiment.manifest("corpus").digest
        checkpoint = unfinished_run(experiment, digest, settings, resume, force)
        if checkpoint is None:
            experiment.require_new("model", force)
        settings = TrainSettings(**checkpoint.settings) if checkpoint else settings or TrainSettings()
        corpus, tracks = _open_corpus(experiment)
        earlier, started_from = None, start_from
        if start_from is not None and checkpoint is None:
            earlier = earlier_rows(open_experiment(start_from, experiments_dir), experiment, settings.embedding_dim)
            if start_from == name:  # what its own vectors were begun with, these were too
                started_from = experiment.manifest("model").facts.get("started_from") or name
        settings, order = _decided(settings, corpus, tracks)
        keeper = Keeper(experiment.path, digest, settings, run.checkpoint_seconds)
        with experiment.publishing("model", asdict(settings)) as draft:
            fitted = fit(corpus, tracks, settings, draft.path, run, progress, checkpoint, earlier, keeper.keep)
            write_lines(draft.path / HISTORY, fitted.history)
            facts: dict[str, Any] = {
                "tracks": tracks,
                "tracks_learnt": fitted.tracks_learnt,
                "tracks_taken_over": len(earlier.rows) if earlier else 0,
                "occurrences": corpus.occurrences,
                "epochs": len(fitted.history),
                "first_loss": fitted.history[0]["loss"],
                "last_loss": fitted.history[-1]["loss"],
                "learning_rate": fitted.conditions["learning_rate"],
                "seconds": round(fitted.seconds, 2),
                "tracks_per_second": round(sum(epoch["tracks"] for epoch in fitted.history) / fitted.seconds),
            }
            draft.facts |= facts | fitted.conditions | {"versions": _versions("tensorflow", "numpy")}
            draft.facts |= {"started_from": started_from, "order": asdict(order) if order else None}
        remove_checkpoint(experiment.path)
        index = None
        if not no_index:
            embeddings = read_embeddings(experiment.directory("model"), tracks)
            index = _publish_index(experiment, embeddings, index_settings or IndexSettings())
    return TrainReport(experiment=name, settings=asdict(settings), index=index, order=order, **facts)


def serve(name: str, role: Role, experiments_dir: Path | str | None = None) -> None:
    """Do the part of a worker or a parameter server in a cluster, until its chief is gone.

    Raises:
        ExperimentError: a worker does not find the experiment, whose corpus it is to read.
        TrainingError: the port of its address is taken.
    """
    from skipgramophone.training.cluster import member

    member.serve(role, open_experiment(name, experiments_dir).path if role.job == WORKER else None)


def build_index(
    name: str, settings: IndexSettings | None = None, *, experiments_dir: Path | str | None = None
) -> IndexFacts:
    """Build the index of a model anew.

    Raises:
        ExperimentError: the experiment has no model, or the model is stale.
        StorageError: the disk failed, or is full.
    """
    experiment = open_experiment(name, experiments_dir)
    with experiment.writing("index"):
        experiment.current("model")
        _, tracks = _open_corpus(experiment)
        embeddings = read_embeddings(experiment.directory("model"), tracks)
        return _publish_index(experiment, embeddings, settings or IndexSettings())


def similar(
    name: str, query: str, settings: SimilarSettings | None = None, *, experiments_dir: Path | str | None = None
) -> Answer:
    """Find the tracks most similar to one.

    Raises:
        UnknownTrackError: no track answers to the query.
        AmbiguousTrackError: several do.
        ExperimentError: a stage is missing, stale or damaged.
    """
    with open_lookup(name, experiments_dir) as lookup:
        return lookup.similar(query, settings)


def export(
    name: str,
    destination: Path | str,
    format: str | None = None,
    settings: ExportSettings | None = None,
    *,
    force: bool = False,
    experiments_dir: Path | str | None = None,
) -> ExportReport:
    """Write the vectors of an experiment to a file in a format that other tools read.

    Args:
        name: the experiment's name.
        destination: the file (for annoy and projector the directory) to write.
        format: its format, else by the suffix.
        settings: which tracks, and how.
        force: replace a file that is there.
        experiments_dir: where experiments lie; else $SGP_EXPERIMENTS, else ./experiments.

    Raises:
        SettingError: the format is not known, has no room for what is asked, or no track is left.
        ExperimentError: a stage is missing or stale, or the destination is refused.
        StorageError: the disk failed, or what was written does not read back.
    """
    from skipgramophone import exporters  # here, because look-ups do without pyarrow
    from skipgramophone.exporters.selection import as_asked, origin, select, vectors_of

    settings, destination = settings or ExportSettings(), Path(destination)
    chosen = exporters.format_of(destination, format)
    exporters.require_room(chosen, settings)
    exporters.require_writable(destination, chosen, force)
    with open_lookup(name, experiments_dir) as lookup:
        selection = select(lookup, settings, chosen)
        vectors, about = vectors_of(lookup, selection.tracks, settings), origin(lookup)
    vectors, recall = as_asked(vectors, settings)
    size = exporters.write(destination, chosen, vectors, force, about)
    return ExportReport(
        experiment=name,
        destination=str(destination),
        beside=[path.name for path in exporters.beside(destination, chosen)],
        format=chosen,
        tracks=len(selection.tracks),
        left_out=selection.left_out,
        not_asked=selection.not_asked,
        no_room=selection.no_room,
        unknown=selection.unknown,
        dim=lookup.embeddings.dim,
        bytes=size,
        dtype=settings.dtype,
        recall_at_10=recall,
    )


def draw_map(
    name: str,
    destination: Path | str,
    settings: MapSettings | None = None,
    *,
    pictures: Mapping[str, Path | str] | None = None,
    force: bool = False,
    experiments_dir: Path | str | None = None,
) -> MapReport:
    """Draw the tracks of an experiment in two dimensions, as one HTML file that needs nothing else.

    Args:
        name: the experiment's name.
        destination: the file to write.
        settings: which tracks, and how.
        pictures: still pictures to write too, "png" or "svg" -> file.
        force: replace a file that is there.
        experiments_dir: where experiments lie; else $SGP_EXPERIMENTS, else ./experiments.

    Raises:
        SettingError: UMAP is asked for and cannot be used, or pictures, and Matplotlib is not installed.
        ExperimentError: a stage is missing or stale, or a destination is refused.
        StorageError: the disk failed.
    """
    from skipgramophone.maps import picture
    from skipgramophone.maps.drawing import draw
    from skipgramophone.maps.page import page

    settings, destination, started = settings or MapSettings(), Path(destination), time.perf_counter()
    stills = {format: Path(place) for format, place in (pictures or {}).items()}
    picture.require_formats(stills)
    for place in (destination, *stills.values()):
        require_replaceable(place, force)
    with open_lookup(name, experiments_dir) as lookup:
        learnt = lookup.learnt_by_count()
        rows = learnt[: settings.top]
        tracks, centre = lookup.catalogue.tracks(rows.tolist()), lookup.embeddings.centre[rows]
    drawing = draw(f"Map of {name}", tracks, centre, settings)
    with ExitStack() as published:  # all are moved in when all are written
        published.enter_context(published_file(destination)).write_text(page(drawing), encoding="utf-8", newline="\n")
        for format, place in stills.items():
            picture.write(published.enter_context(published_file(place)), drawing, format)
    return MapReport(
        experiment=name,
        destination=str(destination),
        pictures=[str(place) for place in stills.values()],
        projection=drawing.projection,
        tracks=len(rows),
        not_shown=len(learnt) - len(rows),
        clusters=list(drawing.colourings["cluster"].groups),
        preserved=drawing.preserved,
        seconds=round(time.perf_counter() - started, 2),
        bytes=destination.stat().st_size,
    )


def import_vectors(
    name: str,
    source: Path | str,
    format: str | None = None,
    index_settings: IndexSettings | None = None,
    *,
    force: bool = False,
    experiments_dir: Path | str | None = None,
) -> ImportReport:
    """Take vectors that were made elsewhere for the model of an experiment, and build the index of them.

    Where the experiment has a corpus of playlists, each vector goes to the track of its uri, or else of its artist and
    title; tracks without one count as not learnt. Where it has none, the corpus is made from the names: tracks in
    order of count (in the order of the file, where it has no counts), and no playlists.

    Args:
        name: the experiment's name.
        source: the file to read.
        format: its format, else by the suffix.
        index_settings: how to build the index.
        force: replace a model that is there.
        experiments_dir: where experiments lie; else $SGP_EXPERIMENTS, else ./experiments.

    Raises:
        SettingError: the format is not known.
        SourceError: the file cannot be read as that, or none of its vectors is of a track of the corpus.
        ExperimentError: the experiment has a model or an unfinished run, or its name cannot be one.
        StorageError: the disk failed, or is full.
    """
    from skipgramophone import importers  # here, because look-ups do without pyarrow
    from skipgramophone.experiment.imported import IMPORTED, has_corpus_of_names
    from skipgramophone.pipeline.importing import UNUSED, match_catalogue, unused_records, write_names
    from skipgramophone.playlists.readers.source_files import shown

    source = Path(source)
    chosen = importers.format_of(source, format)
    vectors = importers.read(source, chosen)
    described = {"file": shown(Path(source.name)), "format": chosen} | {
        "bytes": source.stat().st_size,
        "sha256": file_sha256(source),
    }
    with new_experiment(name, experiments_dir, "import") as experiment:
        experiment.require_new("model", force)
        made = not experiment.has("corpus") or has_corpus_of_names(experiment)
        if made:  # by this import; what an earlier import made goes with its vectors
            with experiment.publishing("corpus", {}) as draft:
                vectors = write_names(draft.path, vectors)
                draft.facts |= {IMPORTED: described, "tracks": len(vectors), "playlists": 0, "occurrences": 0}
        matching, tracks = match_catalogue(experiment, vectors, source, in_order=made)
        unfinished_run(experiment, "", None, resume=False, force=force)  # refused, or given up with force
        placed = matching.place(vectors, tracks)
        facts: dict[str, Any] = {
            "tracks": tracks,
            "tracks_learnt": int(placed.learnt().sum()),
            "vectors": len(vectors),
            "unused": len(matching.unused),
            "by_uri": matching.by_uri,
            "namesakes": matching.namesakes,
            "has_context": vectors.context is not None,
        }
        with experiment.publishing("model", {}) as draft:
            placed.write(draft.path)
            write_lines(draft.path / UNUSED, unused_records(vectors, matching))
            draft.facts |= facts | {IMPORTED: described, "versions": _versions("numpy")}
        index = _publish_index(experiment, placed, index_settings or IndexSettings())
    return ImportReport(experiment=name, source=described, dim=placed.dim, corpus_of_names=made, index=index, **facts)


def unfinished_settings(name: str, experiments_dir: Path | str | None = None) -> TrainSettings:
    """The settings of an experiment's unfinished training run.

    Raises:
        ExperimentError: there is none, or it is damaged.
    """
    found = read_checkpoint(open_experiment(name, experiments_dir).path)
    if found is None:
        raise ExperimentError(f"experiment '{name}' has no unfinished run: run sgp train {name}")
    return TrainSettings(**found.settings)


def epochs_and_occurrences(name: str, experiments_dir: Path | str | None = None) -> tuple[int, int]:
    """Epochs that a model was trained for (0 where it was imported), and occurrences in its corpus.

    Raises:
        ExperimentError: the experiment has no model, or it is stale.
    """
    model = open_experiment(name, experiments_dir).current("model")
    return model.settings.get("epochs", 0), occurrences(name, experiments_dir)


def occurrences(name: str, experiments_dir: Path | str | None = None) -> int:
    """Occurrences in the corpus of an experiment: how much an epoch trains.

    Raises:
        ExperimentError: the experiment has no corpus, or it is damaged.
    """
    experiment = open_experiment(name, experiments_dir)
    experiment.manifest("corpus")
    return read_corpus(experiment.directory("corpus")).occurrences


def evaluate(
    name: str,
    settings: EvaluateSettings | None = None,
    *,
    held_out: Path | None = None,
    run: RunSettings | None = None,
    experiments_dir: Path | str | None = None,
    training: Callable[[Progress], None] | None = None,
    judging: Callable[[str, int, int], None] | None = None,
) -> EvaluateReport:
    """Judge how well an experiment's settings find what belongs with playlists that were held out.

    A part of the playlists is held out, a model is trained on the others with the settings of the experiment's own
    (and kept, so that the next judgement of the same split is quick), and its rankings are put beside plain counts.

    Args:
        name: the experiment's name.
        settings: what to hold out and what to ask.
        held_out: a file that names the held-out playlists, a line each: what `settings.group` finds in the owner, or,
            without it, the playlist's name. Without it and a share, playlists that were set aside when the corpus was
            extracted are asked of the experiment's own model.
        run: how to carry out the training.
        experiments_dir: where experiments lie; else $SGP_EXPERIMENTS, else ./experiments.
        training: is told how far the training has come.
        judging: is told the ranker, how many questions it has answered, and how many there are.

    Raises:
        EvaluationError: there is too little to hold out, or nothing to ask of it.
        ExperimentError: the experiment has no model, or it is stale.
    """
    from skipgramophone.evaluation.comparison import judge_embeddings
    from skipgramophone.evaluation.holdout import artist_numbers, held_out_model, split_of, split_set_aside
    from skipgramophone.experiment.imported import IMPORTED

    settings = settings or EvaluateSettings()
    experiment = open_experiment(name, experiments_dir)
    model = experiment.current("model")
    with experiment.writing("evaluate"):
        corpus, tracks = _open_corpus(experiment)
        aside = None if held_out else split_set_aside(experiment, corpus, settings)
        corpus, split = aside or (corpus, split_of(experiment, corpus, settings, held_out))
        imported = IMPORTED in model.facts
        own = read_embeddings(experiment.directory("model"), tracks)
        trained_with = TrainSettings(embedding_dim=own.dim) if imported else TrainSettings(**model.settings)
        if imported or aside:  # what cannot be trained again, or has never seen what is asked, is judged as it is
            embeddings = own
        else:
            part = split.training_part(corpus)
            embeddings = held_out_model(
                experiment, part, tracks, trained_with, split.digest, run or RunSettings(), training
            )
        judgement = judge_embeddings(
            corpus,
            split,
            embeddings,
            artist_numbers(experiment),
            trained_with,
            settings,
            judging or (lambda _name, _done, _all: None),
        )
        report = EvaluateReport(
            experiment=name,
            settings=asdict(settings),
            training=model.settings,
            corpus=model.parent or "",
            split=split.digest,
            imported=imported,
            set_aside=aside is not None,
            started_from=model.facts.get("started_from"),
            created=now(),
            version=__version__,
            judgement=judgement,
        )
        directory = experiment.path / EVALUATION
        directory.mkdir(exist_ok=True)
        remove_leftovers(directory)
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%S.%f")[:-3] + "Z"  # to the millisecond: each has its own
        with published_file(directory / f"{settings.protocol}-{stamp}.json") as path:
            write_json(path, asdict(report))
    return report


def measure_stability(
    name: str,
    neighbours: int = 10,
    *,
    run: RunSettings | None = None,
    experiments_dir: Path | str | None = None,
    training: Callable[[Progress], None] | None = None,
) -> Stability:
    """Train once more with the next seed, and measure how far both models agree on what is near a track.

    Look-ups show what was found for as long as the model is the same.

    Args:
        name: the experiment's name.
        neighbours: how many nearest tracks to compare.
        run: how to carry out the training, whose vectors are kept for the next time.
        experiments_dir: where experiments lie; else $SGP_EXPERIMENTS, else ./experiments.
        training: is told how far the training has come.

    Raises:
        EvaluationError: too few tracks were learnt.
        ExperimentError: the experiment has no model, or it is stale, or its vectors were imported.
    """
    from skipgramophone.evaluation.holdout import held_out_model
    from skipgramophone.evaluation.stability import stability
    from skipgramophone.experiment.imported import IMPORTED
    from skipgramophone.experiment.split_models import NO_SPLIT, with_next_seed

    experiment = open_experiment(name, experiments_dir)
    model = experiment.current("model")
    if IMPORTED in model.facts:
        raise ExperimentError(f"the vectors of '{name}' were imported: they cannot be trained again with another seed")
    with experiment.writing("evaluate"):
        corpus, tracks = _open_corpus(experiment)
        settings = with_next_seed(TrainSettings(**model.settings))
        other = held_out_model(experiment, corpus, tracks, settings, NO_SPLIT, run or RunSettings(), training)
        embeddings = read_embeddings(experiment.directory("model"), tracks)
        found = stability(embeddings.centre, other.centre, corpus.counts(tracks), neighbours, settings.random_seed)
        report = {"model": model.digest, "created": now(), "version": __version__, "stability": asdict(found)}
        with published_file(experiment.path / EVALUATION / STABILITY_REPORT) as path:
            write_json(path, report)
    return found


def tune(
    name: str,
    settings: TuneSettings | None = None,
    *,
    run: RunSettings | None = None,
    experiments_dir: Path | str | None = None,
    tell: Callable[[TrialReport], None] = lambda _trial: None,
) -> TuneReport:
    """Search for settings that find more of held-out playlists than those of an experiment's model do.

    The winner stands in `tuning/best.toml`, for `sgp train --config`, and the report beside it.

    Raises:
        EvaluationError: there is too little to hold out.
        ExperimentError: the experiment has no model, or it is stale, or imported.
        SettingError: Optuna is not installed.
    """
    from skipgramophone.evaluation.holdout import split_of
    from skipgramophone.evaluation.tuning import tune as search
    from skipgramophone.experiment.imported import IMPORTED
    from skipgramophone.settings_file import settings_text

    settings = settings or TuneSettings()
    experiment = open_experiment(name, experiments_dir)
    model = experiment.current("model")
    if IMPORTED in model.facts:
        raise ExperimentError(f"the model of '{name}' was imported: there are no settings to search from")
    with experiment.writing("tune"):
        corpus, tracks = _open_corpus(experiment)
        held_out = EvaluateSettings(
            protocol=settings.protocol, share=settings.share, group=settings.group, random_seed=settings.random_seed
        )
        test = split_of(experiment, corpus, held_out, None)
        directory = experiment.path / TUNING
        own = TrainSettings(**model.settings)
        report = search(
            name, corpus, tracks, test, own, settings, directory / "journal.log", run or RunSettings(), tell
        )
        with published_file(directory / "best.toml") as path:
            path.write_text(settings_text({"train": report.winner}), encoding="utf-8")
        with published_file(directory / "report.json") as path:
            write_json(path, asdict(report))
    return report


def _decided(settings: TrainSettings, corpus: Corpus, tracks: int) -> tuple[TrainSettings, Order | None]:
    """Settings with a context, and what it was decided by, if it was left to the corpus."""
    if settings.window_size != "auto":
        return settings, None
    from skipgramophone.evaluation.window_choice import order_of

    order = order_of(corpus, tracks, settings.random_seed)
    return replace(settings, window_size=order.window_size), order


def _open_corpus(experiment: Experiment) -> tuple[Corpus, int]:
    """The corpus of an experiment, and the number of tracks in its catalogue."""
    corpus = read_corpus(experiment.directory("corpus"))
    catalogue = Catalogue(experiment.directory("corpus"))
    tracks = len(catalogue)
    catalogue.close()
    if not corpus.names_only(tracks):
        raise ExperimentError(
            f"the corpus of '{experiment.name}' names tracks that its catalogue of {tracks} has not: "
            f"run sgp extract {experiment.name} --force"
        )
    return corpus, tracks


def _publish_index(experiment: Experiment, embeddings: Embeddings, settings: IndexSettings) -> IndexFacts:
    """Build the index of a model and publish it."""
    with experiment.publishing("index", asdict(settings)) as draft:
        facts = build_annoy_index(draft.path / INDEX_FILE, embeddings.centre, settings)
        draft.facts |= asdict(facts)
    seal([one for one, *_ in facts.files(experiment.directory("index") / INDEX_FILE)])
    return facts


def _versions(*packages: str) -> dict[str, str]:
    """Versions of this package, of Python, of the machine's kind and of some packages."""
    own = {"skipgramophone": __version__, "python": platform.python_version(), "machine": platform.machine()}
    return own | {"platform": sys.platform} | {package: version(package) for package in packages}
