"""`sgp train`: a corpus becomes vectors and an index."""

from __future__ import annotations

import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from skipgramophone.cli import options, render
from skipgramophone.cli.index import in_files
from skipgramophone.errors import SettingError
from skipgramophone.settings import RunSettings, TrainSettings
from skipgramophone.training.cluster.config import CHIEF, VARIABLE, Role, role_in

if TYPE_CHECKING:
    from skipgramophone.evaluation.window_choice import Order
    from skipgramophone.lookup.annoy_index import IndexFacts
    from skipgramophone.pipeline.reports import TrainReport


def train(
    context: typer.Context,
    experiment: options.Experiment,
    window_size: options.Window = options.WINDOW_SIZE,
    embedding_dim: options.EmbeddingDim = options.TRAIN.embedding_dim,
    epochs: options.Epochs = options.TRAIN.epochs,
    learning_rate: options.LearningRate = options.TRAIN.learning_rate,
    random_seed: options.RandomSeed = options.TRAIN.random_seed,
    negatives: options.Negatives = options.TRAIN.negatives,
    noise_exponent: options.NoiseExponent = options.TRAIN.noise_exponent,
    subsample: options.Subsample = options.TRAIN.subsample,
    min_count: options.MinCount = options.TRAIN.min_count,
    patience: Annotated[
        int,
        typer.Option(
            "--patience",
            metavar="N",
            help="Hold out 5 % of the playlists, and stop after N epochs without a better loss on them; 0: do not.",
        ),
    ] = options.TRAIN.patience,
    config: options.Config = None,
    start_from: Annotated[
        str | None,
        typer.Option("--from", metavar="EXPERIMENT", help="Begin with the vectors of this one.", show_default=False),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was interrupted.")] = False,
    checkpoint_every: Annotated[
        float, typer.Option("--checkpoint-every", metavar="SECONDS", help="Keep an unfinished run this often.")
    ] = options.RUN.checkpoint_seconds,
    log_dir: Annotated[
        Path | None,
        typer.Option("--log-dir", metavar="DIR", help="Write scalars for TensorBoard here.", show_default=False),
    ] = options.RUN.log_dir,
    device: options.DeviceName = options.RUN.device,
    threads: options.Threads = options.RUN.threads,
    local_cluster: Annotated[
        str | None,
        typer.Option(
            "--local-cluster",
            metavar="WORKERSxSERVERS",
            help="Train on a cluster of processes of this machine, as 2x1.",
            show_default=False,
        ),
    ] = options.RUN.local_cluster,
    private_network: Annotated[
        bool,
        typer.Option(
            "--private-network", help="TF_CONFIG names other machines, and nobody else is on the network between them."
        ),
    ] = False,
    no_index: Annotated[
        bool, typer.Option("--no-index", help="Build no index: look-ups compare every track, until sgp index is run.")
    ] = False,
    force: options.Force = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Train track vectors on the corpus of EXPERIMENT, and index them.

    Skip-gram with negative sampling: tracks that keep the same company come to lie near each other.

    \b
    sgp train demo
    sgp train demo -wsz 5 -emb 64 --force
    sgp train demo --resume
    sgp train demo --config best.toml
    sgp train june --from may
    sgp train demo --local-cluster 2x1

    Where TF_CONFIG names a cluster, the same command on each machine is its chief, a worker or a server.
    """
    given = TrainSettings(
        window_size=options.window_size(window_size),
        embedding_dim=embedding_dim,
        epochs=epochs,
        learning_rate=learning_rate,
        random_seed=random_seed,
        negatives=negatives,
        noise_exponent=noise_exponent,
        subsample=subsample,
        min_count=min_count,
        patience=patience,
    )
    role = _role(private_network, quiet)
    if role and not role.is_chief:
        _serve(experiment, role, experiments_dir, quiet)
        return
    run = RunSettings(
        threads=threads,
        device=device,  # type: ignore[arg-type]
        checkpoint_seconds=checkpoint_every,
        log_dir=log_dir,
        local_cluster=local_cluster,
        role=role,
    )
    settings = options.overridden(context, config, "train", given)
    if resume:
        settings = _of_unfinished(context, experiment, settings, experiments_dir)
    report = run_train(experiment, settings, run, force, quiet, experiments_dir, resume, start_from, no_index)
    show(report, json, quiet)


def _role(private_network: bool, quiet: bool) -> Role | None:
    """The part of this process in a cluster that TF_CONFIG names, if it names one."""
    role = role_in(os.environ)
    abroad = role.abroad() if role else []
    if abroad and not private_network:
        raise SettingError(
            f"{VARIABLE} names {abroad[0]}, and TensorFlow's gRPC asks nobody who they are: whoever reaches a port "
            "can run code here. Give --private-network if nobody else is on that network"
        )
    if abroad:
        render.note("whoever reaches the ports of this cluster can run code on it: keep its network private", quiet)
    return role


def _serve(experiment: str, role: Role, experiments_dir: Path | None, quiet: bool) -> None:
    """Be a worker or a parameter server."""
    from skipgramophone.pipeline import pipeline

    render.note(f"{role.job} {role.index} at {role.address}, until the chief at {role.cluster[CHIEF][0]} ends", quiet)
    pipeline.serve(experiment, role, experiments_dir)
    render.note("the chief has ended", quiet)


def _of_unfinished(
    context: typer.Context, experiment: str, given: TrainSettings, experiments_dir: Path | None
) -> TrainSettings:
    """The settings of the unfinished run, but for what was said on the command line."""
    from skipgramophone.pipeline import pipeline

    kept = pipeline.unfinished_settings(experiment, experiments_dir)
    return replace(kept, **{name: getattr(given, name) for name in options.said(context, given)})


def run_train(
    experiment: str,
    settings: TrainSettings,
    run: RunSettings,
    force: bool,
    quiet: bool,
    experiments_dir: Path | None,
    resume: bool = False,
    start_from: str | None = None,
    no_index: bool = False,
) -> TrainReport:
    """Train with a progress bar."""
    from skipgramophone.cli.progress import training
    from skipgramophone.pipeline import pipeline

    for doubt in settings.doubts():
        render.note(doubt, quiet)
    occurrences = pipeline.occurrences(experiment, experiments_dir)
    with training(quiet, settings.epochs, occurrences) as progress:
        return pipeline.train(
            experiment,
            settings,
            force=force,
            resume=resume,
            start_from=start_from,
            no_index=no_index,
            run=run,
            experiments_dir=experiments_dir,
            progress=progress,
        )


def show(report: TrainReport, json: bool, quiet: bool) -> None:
    """Print what was trained."""
    if json:
        render.print_json(asdict(report))
    elif not quiet:
        render.facts(f"model of {report.experiment}", _rows(report))


def _rows(report: TrainReport) -> list[tuple[str, str]]:
    """The report, a line a fact."""
    settings, index = report.settings, report.index
    rare = report.tracks - report.tracks_learnt
    left = f"; {rare:,} rarer than --min-count {settings['min_count']} have none" if rare else ""
    taken = f", {report.tracks_taken_over:,} begun with earlier ones" if report.tracks_taken_over else ""
    stopped = f" of {settings['epochs']}, then patience ended" if report.epochs < settings["epochs"] else ""
    return [
        ("vectors", f"{report.tracks_learnt:,} tracks × {settings['embedding_dim']}{left}{taken}"),
        ("context", _context(report)),
        ("epochs", f"{report.epochs}{stopped} over {report.occurrences:,} occurrences"),
        ("learning rate", f"{report.learning_rate:.2g}, falling to nothing"),
        ("loss", f"{report.first_loss:.3f} in the first epoch, {report.last_loss:.3f} in the last"),
        ("time", f"{report.seconds:.1f} s, {report.tracks_per_second:,} tracks a second"),
        ("index", _index(index) if index else "none: look-ups compare every track"),
    ]


def _index(facts: IndexFacts) -> str:
    """What an index is and finds."""
    trees = f"{facts.trees} trees{in_files(facts)}"
    return f"{trees}, {facts.bytes / 1e6:.1f} MB, finds {facts.recall_at_10:.1%} of the ten nearest"


def _context(report: TrainReport) -> str:
    """The context, and why it was chosen."""
    window, order = report.settings["window_size"], report.order
    context = "the whole playlist" if window == "bag" else f"{window} tracks on each side"
    return f"{context}: {reason(order)}" if order else context


def reason(order: Order) -> str:
    """Why a context was chosen, in words."""
    if order.over_shuffled is None:
        return f"only {order.asked} playlists to tell by, too few"
    if order.over_whole is None:
        return "the order of the playlists tells nothing"
    share = f"what stands near finds {order.over_whole.mean:+.0%} against the whole"
    return f"order tells something, and {share}"
