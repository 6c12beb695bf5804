"""The usage line of a command: optional arguments are in brackets, and an ellipsis follows repeatable ones.

sgp similar [OPTIONS] EXPERIMENT [TRACK]...
"""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand

from skipgramophone.cli.meant_options import elsewhere, hint, to_file

# The exception for an invalid command line. Typer exports only its subclass BadParameter.
UsageError: Any = typer.BadParameter.__base__


class Command(TyperCommand):
    """A command with a better usage line.

    Typer's usage line has braces around required arguments, and no ellipsis after arguments that can be repeated.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the command line.

        If the command line is invalid, the error that is raised refers to this command, so that its usage line is
        shown. For an unknown option, the error message also names the option that was probably meant.
        """
        given = list(args)  # a copy, because the parser changes `args`
        try:
            return super().parse_args(ctx, args)
        except UsageError as error:
            error.ctx = error.ctx or ctx
            if hasattr(error, "possibilities"):  # an unknown option
                typed, known = error.option_name, _options_of(self, ctx)
                others = getattr(ctx.find_root().command, "commands", {})
                meant = to_file(typed, given, known) or hint(typed, known)
                meant = meant or elsewhere(typed, {name: _options_of(each, ctx) for name, each in others.items()})
                error.message, error.possibilities = f"{error.message}{meant}", None
            raise

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the parts of the usage line after the name of the command."""
        arguments = [each for each in self.get_params(ctx) if each.param_type_name == "argument"]
        options = [self.options_metavar] if self.options_metavar else []
        return options + [_piece(each, each.make_metavar(ctx)) for each in arguments]


def _options_of(command: Any, ctx: Any) -> list[str]:
    """Return all names of the options of a command."""
    return [name for each in command.get_params(ctx) for name in (*each.opts, *each.secondary_opts)]


def _piece(argument: Any, name: str) -> str:
    """Return an argument as the usage line shows it."""
    repeated = "" if argument.nargs == 1 else "..."
    return (name if argument.required else f"[{name}]") + repeated
