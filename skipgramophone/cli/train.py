"""`sgp train`: train vectors on a corpus, and build the index."""

from __future__ import annotations

import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from skipgramophone.cli import options, render
from skipgramophone.cli.index import recall_note, shard_note
from skipgramophone.cli.interruption import Stopping
from skipgramophone.cli.options import given_settings, with_config, with_settings
from skipgramophone.errors import SettingError
from skipgramophone.settings import RunSettings, TrainSettings, WindowSize
from skipgramophone.training.cluster.config import CHIEF, VARIABLE, Role, role_in
from skipgramophone.wording import plural, shell_command, size

if TYPE_CHECKING:
    from skipgramophone.evaluation.recency_choice import RecencyChoice
    from skipgramophone.evaluation.window_choice import ContextChoice
    from skipgramophone.lookup.annoy_index import IndexFacts
    from skipgramophone.pipeline.reports import TrainReport


@with_settings
def train(
    context: typer.Context,
    experiment: options.Experiment,
    *,
    settings: TrainSettings,
    config: options.Config = None,
    start_from: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="EXPERIMENT",
            help="Start from the vectors of another experiment instead of random vectors.",
            show_default=False,
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue an interrupted run.")] = False,
    run: RunSettings,
    private_network: Annotated[
        bool,
        typer.Option(
            "--private-network",
            help="Confirm that the machines in TF_CONFIG are on a private network. Anyone who can reach them can run "
            "code on them.",
        ),
    ] = False,
    no_index: Annotated[
        bool, typer.Option("--no-index", help="Do not build the index; look-ups then use exact search.")
    ] = False,
    force: options.Force = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Train track vectors on EXPERIMENT, and build the index.

    The model is skip-gram with negative sampling: tracks that appear in the same playlists get similar vectors.

    \b
    sgp train demo
    sgp train demo -wsz 5 -emb 64 --force
    sgp train demo --resume
    sgp train demo --config best.toml
    sgp train june --from may
    sgp train demo --local-cluster 2x1

    To train on several machines, run the same command on each. The environment variable TF_CONFIG lists the machines
    and sets the role of each one: chief, worker or parameter server.
    """
    role = _role(private_network, quiet)
    if role and not role.is_chief:
        _serve(experiment, role, experiments_dir, quiet)
        return
    settings = with_config(context, config, "train", settings)
    if resume:
        settings = _with_unfinished_settings(context, experiment, settings, experiments_dir)
    report = run_train(
        experiment,
        settings,
        replace(run, role=role),
        force=force,
        quiet=quiet,
        experiments_dir=experiments_dir,
        resume=resume,
        start_from=start_from,
        no_index=no_index,
    )
    show(report, json, quiet)


def _role(private_network: bool, quiet: bool) -> Role | None:
    """Return the role of this process in the cluster that TF_CONFIG describes, or None without a cluster."""
    role = role_in(os.environ)
    abroad = role.external() if role else []
    if abroad and not private_network:
        raise SettingError(
            f"{VARIABLE} contains the address {abroad[0]}, but TensorFlow's gRPC has no authentication: anyone "
            "who reaches a port can run code here. Add --private-network only if nobody else is on that network"
        )
    if abroad:
        render.note(
            "warning: anyone who reaches the ports of this cluster can run code on it: keep its network private", quiet
        )
    return role


def _serve(experiment: str, role: Role, experiments_dir: Path | None, quiet: bool) -> None:
    """Run as a worker or a parameter server until the chief ends."""
    from skipgramophone.pipeline.train import serve

    render.note(
        f"{role.job} {role.index} at {role.address}: serving until the chief at {role.cluster[CHIEF][0]} ends", quiet
    )
    serve(experiment, role, experiments_dir)
    render.note("the chief has ended", quiet)


def _with_unfinished_settings(
    context: typer.Context, experiment: str, given: TrainSettings, experiments_dir: Path | None
) -> TrainSettings:
    """Return the settings of the unfinished run, except those that the user has given as options now."""
    from skipgramophone.pipeline.train import unfinished_settings

    kept = unfinished_settings(experiment, experiments_dir)
    return replace(kept, **{name: getattr(given, name) for name in given_settings(context, given)})


def run_train(
    experiment: str,
    settings: TrainSettings,
    run: RunSettings,
    *,
    force: bool,
    quiet: bool,
    experiments_dir: Path | None,
    resume: bool = False,
    start_from: str | None = None,
    no_index: bool = False,
    result: str = "nothing was changed",
) -> TrainReport:
    """Train with a progress bar.

    If Ctrl-C is pressed before the first checkpoint, the command ends with a message that contains `result`, which says
    what state the experiment is in.
    """
    from skipgramophone.cli.progress import staged_training
    from skipgramophone.experiment.experiment import open_experiment
    from skipgramophone.experiment.next_commands import continue_command
    from skipgramophone.pipeline import train as use_case

    opened = open_experiment(experiment, experiments_dir)
    if force and not start_from and not resume and opened.has_grown():
        onwards = continue_command(experiment, opened.manifest("model"))
        render.note(f"the corpus has grown, so training starts from scratch; {onwards}", quiet)
    for doubt in settings.doubts():
        render.note(doubt, quiet)
    occurrences = use_case.occurrences(experiment, experiments_dir)
    former = _published_ns(experiment, experiments_dir)
    try:
        with (
            staged_training(quiet, settings.epochs, occurrences) as (progress, stage),
            Stopping(settings.epochs) as stopping,
        ):
            return use_case.train(
                experiment,
                settings,
                force=force,
                resume=resume,
                start_from=start_from,
                no_index=no_index,
                run=run,
                experiments_dir=experiments_dir,
                progress=stopping.checked(progress),
                stage=stage,
            )
    except KeyboardInterrupt as interrupt:
        if _published_ns(experiment, experiments_dir) != former:
            result = (
                f"the model is complete, but its index is not; build it with `{shell_command('index', experiment)}`"
            )
            raise KeyboardInterrupt(f"interrupted: {result}") from interrupt
        raise KeyboardInterrupt(_interrupted(experiment, experiments_dir, result)) from interrupt


def _published_ns(experiment: str, experiments_dir: Path | None) -> int | None:
    """Return the time at which the model was published, or None if there is no model."""
    from skipgramophone.experiment.experiment import open_experiment
    from skipgramophone.experiment.manifest import MANIFEST

    manifest = open_experiment(experiment, experiments_dir).directory("model") / MANIFEST
    return manifest.stat().st_mtime_ns if manifest.is_file() else None


def _interrupted(experiment: str, experiments_dir: Path | None, result: str) -> str:
    """Return a message about an interrupted run: where it stopped, and how to continue it.

    If there is no checkpoint, the message ends with `result`, which says what state the experiment is in.
    """
    from skipgramophone.pipeline.train import unfinished_epoch

    if at := unfinished_epoch(experiment, experiments_dir):
        return (
            f"interrupted at epoch {at[0]} of {at[1]}; continue with `{shell_command('train', experiment, '--resume')}`"
        )
    return f"interrupted before the first checkpoint: {result}"


def show(report: TrainReport, json: bool, quiet: bool) -> None:
    """Print the report, and warnings about it."""
    for doubt in report.doubts():
        render.note(doubt, quiet)
    if json:
        render.print_json(asdict(report))
    elif not quiet:
        render.facts(f"model of {report.experiment}", _rows(report))


def _without_vector(tracks: int, min_count: int) -> str:
    """Return the number of tracks without a vector, and why they have none.

    >>> _without_vector(19, 5), _without_vector(1, 1)
    ('19 tracks below --min-count 5', '1 track that occurs only in held-out playlists')
    """
    if min_count > 1:
        return f"{plural(tracks, 'track')} below --min-count {min_count}"
    return f"{plural(tracks, 'track')} that {'occurs' if tracks == 1 else 'occur'} only in held-out playlists"


def _rows(report: TrainReport) -> list[tuple[str, str]]:
    """Return the rows of the report as labels and values."""
    settings, index = report.settings, report.index
    rare = report.tracks - report.tracks_learnt
    left = f"; no vector for {_without_vector(rare, settings['min_count'])}" if rare else ""
    taken = f"; {report.tracks_taken_over:,} initialized from earlier vectors" if report.tracks_taken_over else ""
    stopped = f" of {settings['epochs']} (stopped by --patience)" if report.epochs < settings["epochs"] else ""
    return [
        ("vectors", f"{plural(report.tracks_learnt, 'track')} × {settings['embedding_dim']}{left}{taken}"),
        ("context", _context(report)),
        ("recency", _recency(report.recency)),
        ("epochs", f"{report.epochs}{stopped} over {plural(report.occurrences, 'occurrence')}"),
        ("learning rate", f"{report.learning_rate:.2g}, decaying to 0"),
        ("loss", f"{report.first_loss:.3f} in the first epoch, {report.last_loss:.3f} in the last"),
        ("time", f"{report.seconds:.1f} s; training: {report.tracks_per_second:,} occurrences/s"),
        ("index", _index(index) if index else "none: look-ups use exact search"),
    ]


def _index(facts: IndexFacts) -> str:
    """Describe an index by its trees, size and recall."""
    trees = f"{facts.trees} trees{shard_note(facts)}"
    return f"{trees}, {size(facts.bytes)}, {recall_note(facts)}"


def _context(report: TrainReport) -> str:
    """Describe the context, and why it was chosen if it was chosen automatically."""
    window, order = report.settings["window_size"], report.order
    context = context_name(window)
    return f"{context} ({reason(order)})" if order else context


def _recency(choice: RecencyChoice) -> str:
    """Describe the recency (weight of a given track divided by that of the track after it), and why it was chosen."""
    from skipgramophone.evaluation.order_sample import MIN_QUERIES  # imported here, because importing it is slow

    if choice.asked < MIN_QUERIES:
        return f"1, so all given tracks have the same weight ({_too_few(choice.asked)})"
    if choice.gain is None:
        return "1, so all given tracks have the same weight"
    gain = f"gain in NDCG for the next track: {choice.gain.mean:+.3f}"
    return f"{choice.recency}, so later tracks have more weight ({gain})"


def _too_few(asked: int) -> str:
    """Return the remark that there are too few held-out playlists for a choice.

    >>> _too_few(1), _too_few(11)
    ('1 held-out playlist is too few', '11 held-out playlists are too few')
    """
    return f"{plural(asked, 'held-out playlist')} {'is' if asked == 1 else 'are'} too few"


def context_name(window: WindowSize) -> str:
    """Describe a context in words; it must not be "auto"."""
    return "whole playlist" if window == "bag" else f"window of {plural(int(window), 'track')} per side"


def reason(order: ContextChoice) -> str:
    """Return the reason why -wsz auto chose a context: a window, or the whole playlist."""
    if order.over_shuffled is None:
        return _too_few(order.asked)
    if order.over_whole is None:
        return "track order carries no information"
    gain = f"{round(order.over_whole.mean, 2) + 0.0:+.0%}"  # + 0.0: no "-0%"
    if order.window_size == "bag":
        from skipgramophone.evaluation.window_choice import MIN_GAIN  # imported here, because importing it is slow

        return f"a window scores {gain} compared with the whole playlist; more than {MIN_GAIN:+.0%} would be needed"
    return f"a window scores {gain} compared with the whole playlist"
