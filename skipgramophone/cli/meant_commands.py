"""Words that people type instead of a command of `sgp`, and the commands that they mean."""

from __future__ import annotations

from collections.abc import Sequence

from skipgramophone.errors import SettingError
from skipgramophone.wording import shell_word, suggestion

LIST, CHANGED = "sgp experiments", "sgp experiments --changed"
COMMANDS = {  # commands of `sgp experiments`
    "rm": "sgp experiments rm NAME",
    "copy": "sgp experiments copy NAME NEW",
    "rename": "sgp experiments rename NAME NEW",
    "pack": "sgp experiments pack NAME ARCHIVE",
    "unpack": "sgp experiments unpack ARCHIVE --name NEW",
}
OF_EXPERIMENTS = {
    "list": LIST,
    "ls": LIST,
    "compare": CHANGED,
    "diff": CHANGED,
    "delete": COMMANDS["rm"],
    "remove": COMMANDS["rm"],
    "cp": COMMANDS["copy"],
    "move": COMMANDS["rename"],
    "mv": COMMANDS["rename"],
    "zip": COMMANDS["pack"],
    "unzip": COMMANDS["unpack"],
}
OF_SGP = COMMANDS | OF_EXPERIMENTS | {"show": "sgp experiments NAME", "compare": "sgp evaluate NAME --compare OTHER"}


def unknown_command(group: str, words: Sequence[str], meant: dict[str, str]) -> SettingError | None:
    """Return the error for a word that people type instead of a command.

    `meant` maps such words to the commands to run instead. If it does not contain the first of `words`, return None.

    >>> print(unknown_command("sgp", ["rm", "demo"], OF_SGP))
    sgp has no command 'rm': run sgp experiments rm demo
    >>> print(unknown_command("sgp", ["ls"], OF_SGP))
    sgp has no command 'ls': run sgp experiments
    >>> print(unknown_command("sgp", ["unpack", "demo.zip"], OF_SGP))
    sgp has no command 'unpack': run sgp experiments unpack demo.zip
    """
    word, *rest = words
    if word not in meant:
        return None
    return SettingError(f"{group} has no command '{word}': run {_filled_in(meant[word], rest)}")


def no_such_command(group: str, words: Sequence[str], meant: dict[str, str], known: Sequence[str]) -> SettingError:
    """Return the error for any unknown command, with the command that was probably meant, or all commands."""
    found = unknown_command(group, words, meant)
    if found is not None:
        return found
    cure = suggestion(words[0], known) or f": use {', '.join(known)}"
    return SettingError(f"{group} has no command '{words[0]}'{cure}")


def _filled_in(command: str, arguments: Sequence[str]) -> str:
    """Replace the placeholders of a command, such as NAME, with the arguments that the user typed.

    Only arguments before the first option are used.
    """
    parts = command.split()
    places = [at for at, part in enumerate(parts) if part.isupper()]
    for at, argument in zip(places, arguments, strict=False):
        if argument.startswith("-"):
            break
        parts[at] = shell_word(argument)
    # --name is optional, so it is left out if the user typed no new name.
    return " ".join(parts).removesuffix(" --name NEW")
