"""`sgp experiments`: what there is, how it was made, and what it is worth."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from skipgramophone.cli import options, render
from skipgramophone.errors import SettingError

if TYPE_CHECKING:
    from skipgramophone.pipeline.experiments import Overview


class ShowByName(TyperGroup):
    """Takes what is no command for the name of an experiment to show."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that was asked for."""
        return super().resolve_command(ctx, args if args[0] in self.commands else ["show", *args])


NewName = Annotated[str, typer.Argument(metavar="NEW", help="The new name.", show_default=False)]
app = typer.Typer(cls=ShowByName, invoke_without_command=True, rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def experiments(
    context: typer.Context,
    changed: Annotated[bool, typer.Option("--changed", help="Show only in what they differ.")] = False,
    json: options.Json = False,
    csv: options.Csv = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """List experiments, show one in full (sgp experiments NAME), or remove, copy, rename, pack or unpack one.

    \b
    sgp experiments
    sgp experiments --changed
    sgp experiments demo
    sgp experiments demo --toml > demo.toml
    """
    if context.invoked_subcommand is not None:
        return
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
    elif changed:
        columns = [(name, "text") for name in (records[0] if records else [])]
        render.listing(
            "experiments, and in what they differ", columns, [list(map(render.short, r.values())) for r in records]
        )
    else:
        columns = [("experiment", "text"), ("date", "text")]
        columns += [(name, "number") for name in ("size", "playlists", "tracks")]
        columns += [("context", "text"), *((name, "number") for name in ("dim", "epochs", "loss", "R-prec."))]
        render.listing("experiments", columns, [_line(one) for one in found])


@app.command(hidden=True)
def show(
    experiment: options.Experiment,
    toml: Annotated[bool, typer.Option("--toml", help="Print the settings file that would repeat it.")] = False,
    json: options.Json = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Show an experiment in full: stages, settings, counts, the curve of the loss, and how it was judged."""
    from skipgramophone.pipeline.experiments import overview
    from skipgramophone.settings_file import settings_text

    found = overview(experiment, experiments_dir)
    if toml:
        sys.stdout.write(settings_text(found.settings))
    elif json:
        render.print_json(asdict(found))
    else:
        _show(found)


@app.command()
def rm(
    experiment: options.Experiment,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Remove an experiment, after asking.

    \b
    sgp experiments rm demo
    """
    from skipgramophone.pipeline.experiments import overview, remove_experiment

    found = overview(experiment, experiments_dir)
    if not yes:
        if not sys.stdin.isatty():
            raise SettingError(f"nobody is there to ask whether '{experiment}' is to go: give --yes")
        typer.confirm(f"remove '{experiment}' ({_size(found.bytes)})?", abort=True, err=True)
    remove_experiment(experiment, experiments_dir)
    render.note(f"removed '{experiment}'", quiet=False)


@app.command()
def copy(experiment: options.Experiment, new: NewName, experiments_dir: options.ExperimentsDir = None) -> None:
    """Copy an experiment.

    \b
    sgp experiments copy demo again
    """
    from skipgramophone.pipeline.archive import copy_experiment

    copy_experiment(experiment, new, experiments_dir)
    render.note(f"copied '{experiment}' to '{new}'", quiet=False)


@app.command()
def rename(experiment: options.Experiment, new: NewName, experiments_dir: options.ExperimentsDir = None) -> None:
    """Give an experiment another name.

    \b
    sgp experiments rename demo first
    """
    from skipgramophone.pipeline.archive import rename_experiment

    rename_experiment(experiment, new, experiments_dir)
    render.note(f"'{experiment}' is '{new}' now", quiet=False)


@app.command()
def pack(
    experiment: options.Experiment,
    archive: Annotated[Path, typer.Argument(metavar="ARCHIVE", help="Zip file to write.", show_default=False)],
    force: options.Force = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Pack all of an experiment into one file, for another machine or another person.

    \b
    sgp experiments pack demo demo.zip
    """
    from skipgramophone.pipeline.archive import pack_experiment

    size = pack_experiment(experiment, archive, force=force, experiments_dir=experiments_dir)
    render.note(f"packed '{experiment}' into {archive} ({_size(size)})", quiet=False)


@app.command()
def unpack(
    archive: Annotated[Path, typer.Argument(metavar="ARCHIVE", help="What pack has written.", show_default=False)],
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Another name than it was packed with.")
    ] = None,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Unpack an experiment.

    It may come from anybody: nothing is written outside its own directory, and what its manifests say of its files must
    hold.

    \b
    sgp experiments unpack demo.zip --name theirs
    """
    from skipgramophone.pipeline.archive import unpack_experiment

    unpacked = unpack_experiment(archive, name, experiments_dir)
    render.note(f"unpacked '{unpacked}'", quiet=False)


def _line(one: Overview) -> list[str]:
    """An experiment as a line of the list."""
    record, train = one.record(), one.settings.get("train", {})
    loss, precision = record["loss"], record.get("continuation.cosine.r_precision")
    return [
        one.name,
        one.created[:10],
        _size(one.bytes),
        _count(record["playlists"]),
        _count(record["tracks"]),
        str(train.get("window_size", "")),
        render.short(train.get("embedding_dim")),
        render.short(train.get("epochs")),
        "" if loss is None else f"{loss:.3f}",
        "" if precision is None else f"{precision:.3f}",
    ]


def _show(one: Overview) -> None:
    """Print an experiment in full."""
    rows = [("size", _size(one.bytes)), *((stage, state) for stage, state in one.states.items())]
    render.facts(f"experiment {one.name}", rows)
    for command, settings in one.settings.items():
        render.text("")
        render.facts(command, [(name, render.short(value)) for name, value in settings.items()])
    for protocol, rankers in one.metrics.items():
        metrics = ("r_precision", "ndcg", "clicks")
        columns = [("", "text"), *((metric, "number") for metric in metrics)]
        rows_of = [
            [ranker, *(render.short(found.get(metric)) for metric in metrics)] for ranker, found in rankers.items()
        ]
        render.text("")
        render.listing(protocol, columns, rows_of)
    if len(one.losses) > 1:
        render.text("")
        render.curve("loss by epoch", one.losses)


def _count(value: object) -> str:
    """A count, or nothing where there is none."""
    return f"{value:,}" if isinstance(value, int) else ""


def _size(number: int) -> str:
    """Bytes as people read them."""
    return f"{number / 1e9:.1f} GB" if number >= 1e9 else f"{number / 1e6:.1f} MB"
