"""The `sgp` application: registers the commands, and turns errors into messages and exit codes."""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from skipgramophone import __version__
from skipgramophone.cli import render
from skipgramophone.cli.check import check
from skipgramophone.cli.continue_ import continue_playlist
from skipgramophone.cli.evaluate import evaluate
from skipgramophone.cli.experiments import app as experiments
from skipgramophone.cli.explain import explain
from skipgramophone.cli.export import export
from skipgramophone.cli.extract import extract
from skipgramophone.cli.import_ import import_vectors
from skipgramophone.cli.index import index
from skipgramophone.cli.inspect import inspect
from skipgramophone.cli.interruption import UNCHANGED
from skipgramophone.cli.map import draw_map
from skipgramophone.cli.meant_commands import OF_SGP, unknown_command
from skipgramophone.cli.memory_limit import memory_shortage, run_supervised
from skipgramophone.cli.run import run
from skipgramophone.cli.similar import similar
from skipgramophone.cli.streams import discard_stdout, prepare_streams
from skipgramophone.cli.train import train
from skipgramophone.cli.tune import tune
from skipgramophone.cli.usage import Command, UsageError
from skipgramophone.errors import SettingError, SgpError, StorageError, causes, reason_of
from skipgramophone.parallel import cancel_tasks

INTERRUPTED = 130
TERMINATED = 143
# Command -> advice that is added to the error if the user gives this command a second name as an argument.
NEW_NAME = {"experiments unpack": "; give the new name with --name NEW"}
WRITING = ("extract", "train", "index")  # commands that change an experiment only at their end


class ErrorBoundary(TyperGroup):
    """Runs a command, and turns an `SgpError` into one line on standard error and an exit code."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the application; exit with an error if output, including the output of --help, cannot be written."""
        with _errors_as_exit_codes():
            try:
                return super().main(*args, **kwargs)
            finally:
                sys.stdout.flush()

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """Parse the options that come before the command name."""
        with _errors_as_exit_codes(), _usage_errors_as_one_line():
            return super().make_context(*args, **kwargs)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command. For a word of other programs, such as "ls", raise an error that names the right command."""
        meant = unknown_command("sgp", args, OF_SGP) if args[0] not in self.commands else None
        if meant is not None and not ctx.resilient_parsing:
            raise meant
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """Run the command."""
        with _errors_as_exit_codes(ctx), _usage_errors_as_one_line():
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result


@contextmanager
def _usage_errors_as_one_line() -> Iterator[None]:
    """Turn an invalid command line into a `SettingError`.

    If a command needs arguments and none are given, its help is printed as usual.
    """
    try:
        yield
    except UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            raise
        text = " ".join(error.format_message().split()).rstrip(".")
        text = text.replace("a valid int", "a whole number").replace("a valid float", "a number")
        text = text.replace(". Did you mean", "; did you mean")
        path = error.ctx.command_path.removeprefix(error.ctx.find_root().command_path) if error.ctx else ""
        if "unexpected extra argument" in text:
            text += NEW_NAME.get(path.strip(), "; put a name with spaces in quotes")
        with _errors_as_exit_codes():
            see = " See" if text.endswith("?") else "; see"
            raise SettingError(f"{text[:1].lower()}{text[1:]}{see} sgp{path} --help") from error


@contextmanager
def _errors_as_exit_codes(context: typer.Context | None = None) -> Iterator[None]:
    """If the block raises an error, print it as one line on standard error and exit with its exit code."""
    try:
        yield
    except SgpError as error:
        shown = memory_shortage(error) or error
        render.error(shown)
        sys.exit(shown.exit_code)
    except KeyboardInterrupt as interrupt:
        _exit_interrupted(interrupt, context)
    except BrokenPipeError:
        # Results are printed after all work is done, so nothing is lost if a program such as `head` closes the pipe.
        discard_stdout()
        sys.exit(0)
    except OSError as error:
        discard_stdout()
        failed = f"cannot use {error.filename}" if error.filename else "cannot write the result"
        render.error(memory_shortage(error) or StorageError(f"{failed}: {reason_of(error)}"))
        sys.exit(StorageError.exit_code)
    except Exception as error:
        shortage = memory_shortage(error)
        if shortage is not None:
            render.error(shortage)
            sys.exit(shortage.exit_code)
        for cause in causes(error):  # an interrupt at an unlucky moment can make a library fail while it cleans up
            if isinstance(cause, KeyboardInterrupt | SystemExit):
                _exit_interrupted(cause, context)
        raise


def _exit_interrupted(interrupt: KeyboardInterrupt | SystemExit, context: typer.Context | None) -> NoReturn:
    """Exit after an interrupt: with code 130 and a note after Ctrl-C, or with the code of a `SystemExit`.

    If the command is one of `WRITING`, the note says that nothing was changed.
    """
    if isinstance(interrupt, SystemExit):
        sys.exit(interrupt.code)
    writes = context is not None and context.invoked_subcommand in WRITING
    render.note(str(interrupt) or (UNCHANGED if writes else "interrupted"), quiet=False)
    sys.exit(INTERRUPTED)


def _hyphens(name: str) -> str:
    """Replace underscores in an option name by hyphens, so that both spellings are accepted."""
    return name.replace("_", "-")


app = typer.Typer(
    name="sgp",
    cls=ErrorBoundary,
    help="Train track embeddings from playlists and find similar tracks.",
    epilog="\b\nTo start: sgp run demo --sample\n"
    "Terms in the output are explained in the glossary of the documentation.",
    context_settings={"help_option_names": ["-h", "--help"], "token_normalize_func": _hyphens},
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
RENAMED: dict[object, str] = {
    import_vectors: "import",
    draw_map: "map",
}  # commands whose function has another name, because the name of the command is a keyword or a built-in
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
    app.command(RENAMED.get(command), cls=Command)(command)


app.add_typer(experiments, name="experiments")
app.command("continue", cls=Command)(continue_playlist)


def _print_version(asked: bool) -> None:
    """Print the version and exit."""
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


def _end_gracefully(number: int, _frame: FrameType | None) -> None:
    """Raise an exception on the first SIGINT or SIGTERM, so that temporary files are removed and locks released.

    Tasks in other threads are cancelled, because Python would wait until they are finished.

    A second signal ends the process immediately, even inside native code, because the user does not want to wait. The
    exit code that the shell sees is the same for one and for two signals: 130 for SIGINT, 143 for SIGTERM.
    """
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_DFL if each == number else _end_immediately)
    cancel_tasks()
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    sys.exit(TERMINATED)


def _end_immediately(number: int, _frame: FrameType | None) -> None:
    """Let a signal end the process immediately.

    After a first SIGINT, this is the handler of SIGTERM; after a first SIGTERM, it is the handler of SIGINT. Setting
    `SIG_DFL` instead would not be enough: if both signals arrive together, Python has already received both when it
    calls the handler of the first one. It would then find `SIG_DFL` for the second one and ignore it, and the process
    would go on. With this function as its handler, the second signal is raised again, now with `SIG_DFL`.
    """
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)


def main() -> None:
    """Run the command line; the entry point of the `sgp` command."""
    prepare_streams()
    for each in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(each) is not signal.SIG_IGN:  # background jobs of a shell script ignore SIGINT
            signal.signal(each, _end_gracefully)
    try:
        run_supervised(app)
    finally:
        gc.freeze()  # otherwise, Python would search all objects of TensorFlow for unreachable ones at exit (.6 s)
