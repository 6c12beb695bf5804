"""The `sgp` application: its commands, and the one place where an error becomes a line and an exit code."""

from __future__ import annotations

import io
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from skipgramophone import __version__
from skipgramophone.cli import render
from skipgramophone.cli.check import check
from skipgramophone.cli.continue_ import continuing
from skipgramophone.cli.evaluate import evaluate
from skipgramophone.cli.experiments import app as experiments
from skipgramophone.cli.explain import explain
from skipgramophone.cli.export import export
from skipgramophone.cli.extract import extract
from skipgramophone.cli.import_ import import_vectors
from skipgramophone.cli.index import index
from skipgramophone.cli.inspect import inspect
from skipgramophone.cli.map import draw_map
from skipgramophone.cli.run import run
from skipgramophone.cli.similar import similar
from skipgramophone.cli.train import train
from skipgramophone.cli.tune import tune
from skipgramophone.errors import SgpError, StorageError, reason_of

INTERRUPTED = 130
TERMINATED = 143


class ErrorBoundary(TyperGroup):
    """Runs a command; every `SgpError` becomes one line on stderr and its exit code."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """Run the command that was asked for."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except SgpError as error:
            render.error(error)
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt as error:
            sys.stderr.write("interrupted; a stage that was not finished is as it was before\n")
            raise typer.Exit(INTERRUPTED) from error
        except BrokenPipeError as error:
            # Only results go to stdout, and only when the work is done: the reader has seen enough of them.
            _give_up_stdout()
            raise typer.Exit(0) from error
        except OSError as error:
            _give_up_stdout()
            render.error(StorageError(f"cannot write {error.filename or 'the result'}: {reason_of(error)}"))
            raise typer.Exit(StorageError.exit_code) from error
        return result


def _give_up_stdout() -> None:
    """Write what is left for stdout to nowhere: Python would complain again when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _hyphens(name: str) -> str:
    """Take underscores for hyphens in option names, as the original script wrote them."""
    return name.replace("_", "-")


app = typer.Typer(
    name="sgp",
    cls=ErrorBoundary,
    help="From a dump of playlists to tracks that belong together.",
    epilog="Begin with: sgp run demo --sample",
    context_settings={"help_option_names": ["-h", "--help"], "token_normalize_func": _hyphens},
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
RENAMED = {import_vectors: "import", draw_map: "map"}  # words that Python keeps for itself
for command in (
    extract,
    inspect,
    train,
    similar,
    explain,
    export,
    import_vectors,
    draw_map,
    evaluate,
    tune,
    index,
    check,
    run,
):
    app.command(RENAMED.get(command))(command)


app.add_typer(experiments, name="experiments")
app.command("continue")(continuing)


def _print_version(asked: bool) -> None:
    """Print the version and leave."""
    if asked:
        typer.echo(f"sgp {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def _asked_to_end(number: int, _frame: FrameType | None) -> None:
    """Leave in an orderly way when asked to, so that drafts are removed and locks let go; asked again, at once.

    An exception that meets another on its way out is not orderly, and whoever presses Ctrl-C twice does not want to
    wait: the second time the system ends the process, in the midst of native code too. A shell says 130 or 143 of both.
    """
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_DFL if each == number else _end_at_once)
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    sys.exit(TERMINATED)


def _end_at_once(number: int, _frame: FrameType | None) -> None:
    """End by the signal; where both came together, Python does not let the first leave the second to the system."""
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)


def _prepare_streams() -> None:
    """Make sure that there are streams, and that a letter which one cannot show does not stop the output."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # the caller has closed it
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")


def main() -> None:
    """The console entry."""
    _prepare_streams()
    for each in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(each) is not signal.SIG_IGN:  # as a shell asks of what a script has put in the background
            signal.signal(each, _asked_to_end)
    app()
