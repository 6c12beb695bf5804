"""`sgp experiments`: list, show, compare, copy, rename, pack, unpack and remove experiments."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import CompletionItem, TyperGroup  # type: ignore[attr-defined]

from skipgramophone.cli import completion, options, render
from skipgramophone.cli.confirmation import confirm
from skipgramophone.cli.experiment_tables import show_changed, show_list, show_metrics
from skipgramophone.cli.meant_commands import COMMANDS, OF_EXPERIMENTS, no_such_command, unknown_command
from skipgramophone.cli.usage import Command
from skipgramophone.errors import SettingError, SgpError
from skipgramophone.wording import COMMAND_LINE, size

if TYPE_CHECKING:
    from skipgramophone.pipeline.experiments import Overview


class ShowByName(TyperGroup):
    """Treats a word that is no command as the name of an experiment to show, as in `sgp experiments demo`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command.

        Raises:
            SettingError: the first word is not a command, and it cannot be the name of an experiment because a second
                word follows.
        """
        if args[0] in self.commands:
            return super().resolve_command(ctx, args)
        if args[1:] and not args[1].startswith("-") and not ctx.resilient_parsing:
            raise no_such_command("sgp experiments", args, OF_EXPERIMENTS, list(COMMANDS))
        return super().resolve_command(ctx, ["show", *args])

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Complete the names of commands and of experiments."""
        names = completion.experiments(ctx, incomplete)
        return [*super().shell_complete(ctx, incomplete), *map(CompletionItem, names)]


NewName = Annotated[str, typer.Argument(metavar="NEW", help="New name.", show_default=False)]
app = typer.Typer(cls=ShowByName, invoke_without_command=True, rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def experiments(
    context: typer.Context,
    changed: Annotated[
        bool,
        typer.Option("--changed", help="Show only the dates, settings and counts that differ between experiments."),
    ] = False,
    json: options.Json = False,
    csv: options.Csv = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """List experiments, show all details of one, or manage them.

    \b
    sgp experiments
    sgp experiments --changed
    sgp experiments demo
    sgp experiments demo --toml > demo.toml
    sgp experiments demo --card --licence "CC BY 4.0" > card.md
    """
    if context.invoked_subcommand is not None:
        return
    from skipgramophone.experiment.experiments_root import experiments_root, other_directory
    from skipgramophone.pipeline.experiments import changed as differing
    from skipgramophone.pipeline.experiments import survey

    found = survey(experiments_dir)
    records = [one.record() for one in found]
    if changed:
        records = differing(records)
    if json:
        render.print_json(records)
    elif csv:
        names = list(dict.fromkeys(name for record in records for name in record))
        render.print_csv([{name: record.get(name, "") for name in names} for record in records])
    elif not found:
        root = experiments_root(experiments_dir)
        elsewhere = other_directory(experiments_dir, COMMAND_LINE)
        place = f"{root.absolute()}: to make one, run sgp extract NAME SOURCE{elsewhere}"
        render.note(f"there are no experiments in {place}", quiet=False)
    elif changed:
        show_changed(found, records)
    else:
        show_list(found)
    if not (json or csv):
        _note_stale(found)
    problems = [f"'{one.name}' could not be read: {one.problem}" for one in found if one.problem]
    for problem in problems:
        render.error(SgpError(problem))
    if problems:
        raise typer.Exit(SgpError.exit_code)


@app.command(hidden=True, cls=Command)
def show(
    experiment: options.Experiment,
    toml: Annotated[
        bool,
        typer.Option(
            "--toml",
            help="Print the settings as a settings file (TOML), for --config of sgp extract, train and index.",
        ),
    ] = False,
    card: Annotated[
        bool,
        typer.Option(
            "--card", help="Print the card: a page (Markdown) about data, settings, quality, limits and licence."
        ),
    ] = False,
    licence: Annotated[
        str | None,
        typer.Option(
            "--licence",
            "--license",
            metavar="TEXT",
            help="Store TEXT as the licence of the vectors; the card shows it.",
            show_default=False,
        ),
    ] = None,
    json: options.Json = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Show an experiment in full: stages, settings, counts, loss curve and evaluations."""
    from skipgramophone.experiment.experiment import named_experiment
    from skipgramophone.pipeline.experiments import overview, unfinished_training
    from skipgramophone.pipeline.model_card import model_card, set_licence
    from skipgramophone.settings_file import settings_text

    meant = unknown_command("sgp experiments", [experiment], OF_EXPERIMENTS)
    if meant and not named_experiment(experiment, experiments_dir).has_description():
        raise meant
    if sum((card, toml, json)) > 1:
        raise SettingError("--card, --toml and --json print different things: give only one of them")
    if licence is not None:
        set_licence(experiment, licence, experiments_dir)
        render.note(f"stored the licence of '{experiment}'", quiet=False)
        if not (card or toml or json):
            return
    if card:
        render.print_data(model_card(experiment, experiments_dir))
        return
    found = overview(experiment, experiments_dir)
    if toml:
        render.print_data(settings_text(found.settings))
    elif json:
        render.print_json(asdict(found))
    else:
        _show(found)
        _note_stale([found])
        unfinished = unfinished_training(experiment, experiments_dir)
        if unfinished:
            render.note(f"unfinished: {unfinished}", quiet=False)


@app.command(cls=Command)
def rm(
    experiment: options.Experiment,
    evaluations: Annotated[
        bool,
        typer.Option("--evaluations", help="Remove only the evaluations and the models that were trained for them."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Remove an experiment or its evaluations, after confirmation.

    \b
    sgp experiments rm demo
    sgp experiments rm demo --evaluations
    """
    from skipgramophone.pipeline import experiments as use_case

    if evaluations:
        what, taken = f"the evaluations of '{experiment}'", use_case.evaluation_bytes(experiment, experiments_dir)
        remove = use_case.remove_evaluations
    else:
        what, taken = f"'{experiment}'", use_case.overview(experiment, experiments_dir).bytes
        remove = use_case.remove_experiment
    if not yes:
        if not sys.stdin.isatty():
            raise SettingError(
                f"cannot ask for confirmation because the input is not a terminal: add --yes to remove {what}"
            )
        if not confirm(f"remove {what} ({size(taken)})?", f"{what} {'were' if evaluations else 'was'} not removed"):
            raise typer.Exit(SgpError.exit_code)
    remove(experiment, experiments_dir)
    render.note(f"removed {what}" + (f" ({size(taken)})" if evaluations else ""), quiet=False)


@app.command(cls=Command)
def copy(experiment: options.Experiment, new: NewName, experiments_dir: options.ExperimentsDir = None) -> None:
    """Copy an experiment.

    \b
    sgp experiments copy demo again
    """
    from skipgramophone.pipeline.archive import copy_experiment

    copy_experiment(experiment, new, experiments_dir)
    render.note(f"copied '{experiment}' to '{new}'", quiet=False)


@app.command(cls=Command)
def rename(experiment: options.Experiment, new: NewName, experiments_dir: options.ExperimentsDir = None) -> None:
    """Rename an experiment.

    \b
    sgp experiments rename demo first
    """
    from skipgramophone.pipeline.archive import rename_experiment

    rename_experiment(experiment, new, experiments_dir)
    render.note(f"renamed '{experiment}' to '{new}'", quiet=False)


@app.command(cls=Command)
def pack(
    experiment: options.Experiment,
    archive: Annotated[Path, typer.Argument(metavar="ARCHIVE", help="Zip file to write.", show_default=False)],
    force: options.Force = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Pack an experiment into one file, to move or share it.

    The file also contains the card of the experiment, a page about its data, settings and quality (card.md); see sgp
    experiments NAME --card.

    \b
    sgp experiments pack demo demo.zip
    """
    from skipgramophone.pipeline.archive import pack_experiment

    packed = pack_experiment(experiment, archive, force=force, experiments_dir=experiments_dir)
    render.note(f"packed '{experiment}' into {archive} ({size(packed)})", quiet=False)


@app.command(cls=Command)
def unpack(
    archive: Annotated[
        Path,
        typer.Argument(metavar="ARCHIVE", help="Archive that sgp experiments pack has written.", show_default=False),
    ],
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="New name (default: the name in the archive).")
    ] = None,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Unpack an experiment.

    An archive from a stranger is safe to unpack: nothing is written outside the new directory, and all checksums must
    match.

    \b
    sgp experiments unpack demo.zip --name theirs
    """
    from skipgramophone.pipeline.archive import unpack_experiment

    unpacked = unpack_experiment(archive, name, experiments_dir)
    render.note(f"unpacked '{unpacked}'", quiet=False)


def _note_stale(found: Sequence[Overview]) -> None:
    """For each experiment with a stale stage, print the reason, and the command that updates it."""
    for one in found:
        if one.stale:
            render.note(one.stale, quiet=False)


def _show(one: Overview) -> None:
    """Print the stages, settings, metrics and loss curve of an experiment."""
    corpus, rate = one.facts.get("corpus", {}), one.facts.get("model", {}).get("learning_rate")
    counts = {
        "sources": len(corpus.get("sources", [])),
        "playlists": corpus.get("playlists"),
        "tracks": corpus.get("tracks"),
    }
    rows = [("size", size(one.bytes)), *((name, f"{number:,}") for name, number in counts.items() if number)]
    render.facts(f"experiment {one.name}", [*rows, *one.states.items()])
    for command, settings in one.settings.items():
        render.text("")
        shown = {name: render.short(value) or "-" for name, value in settings.items()}
        if command == "train" and settings.get("learning_rate") is None and isinstance(rate, float):
            shown["learning_rate"] = f"{rate:.2g} (chosen by the number of occurrences)"
        render.facts(command, list(shown.items()))
    show_metrics(one)
    if len(one.losses) > 1 and min(one.losses) > 0:
        render.text("")
        render.curve("loss by epoch (logarithmic scale)", one.losses, "epoch")
