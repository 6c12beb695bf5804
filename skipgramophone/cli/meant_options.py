"""Options that people type instead of an option of `sgp`, because other programs have them or because of a typo."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from pathlib import PurePath

from skipgramophone.wording import shell_word

NEAR_ENOUGH = 0.8  # an option is suggested if its similarity to the typed one (see `difflib`) is at least this
NUMBER, DIM, SEPARATOR = "-n", "--embedding-dim", "the separator is detected"
MEANT = {  # option of another program -> option of `sgp`
    "--dim": DIM,
    "--dims": DIM,
    "--size": DIM,
    "--vector-size": DIM,
    "--window": "--window-size",
    "--lr": "--learning-rate",
    "--alpha": "--learning-rate",
    "--iter": "--epochs",
    "--iterations": "--epochs",
    "--workers": "--threads",
    "--seed": "--random-seed",
    "--top": NUMBER,
    "--topn": NUMBER,
    "--top-n": NUMBER,
    "--limit": NUMBER,
}
NEEDLESS = {"--separator": SEPARATOR, "--seperator": SEPARATOR, "--delimiter": SEPARATOR, "--sep": SEPARATOR}
LOOKUP_FORMATS = ("csv", "tsv", "jsonl", "m3u8", "xspf", "jspf")  # suffixes that are also names of look-up formats
OUTPUT = ("-o", "--output")  # options that write a file; commands without them print on standard output


def to_file(typed: str, arguments: Sequence[str], known: Collection[str]) -> str:
    """Return how to redirect the output to a file.

    Return "" if `typed` is not an option that writes a file, such as -o.

    >>> to_file("-o", ["demo", "-o", "my list.csv"], ["--csv", "--json"])
    "; to write a file, use --csv > 'my list.csv'"
    >>> to_file("-o", ["demo", "-o", "list.m3u8"], ["--format", "--safe-cells", "--json"])
    '; to write a file, use --format m3u8 > list.m3u8'
    """
    following = arguments[arguments.index(typed) + 1 :] if typed in arguments else []
    file = following[0] if following else "FILE"
    suffix = PurePath(file).suffix.lower().removeprefix(".")
    if typed not in OUTPUT:
        return ""
    if suffix == "json" and "--json" in known:
        return f"; to write a file, use --json > {shell_word(file)}"
    if "--csv" in known:
        return f"; to write a file, use --csv > {shell_word(file)}"
    if "--safe-cells" in known:  # only look-ups have --safe-cells; their formats include playlists
        format = suffix if suffix in LOOKUP_FORMATS else "csv"
        return f"; to write a file, use --format {format} > {shell_word(file)}"
    return ""


def elsewhere(typed: str, commands: Mapping[str, Collection[str]]) -> str:
    """Return the end of an error message: it names the command that has the typed option.

    Return "" unless exactly one command has the option.

    >>> elsewhere("--history", {"continue": ["--history", "--csv"], "similar": ["--csv"]})
    '; sgp continue has this option'
    """
    having = [name for name, options in commands.items() if typed in options]
    return f"; sgp {having[0]} has this option" if len(having) == 1 else ""


def hint(typed: str, known: Collection[str]) -> str:
    """Return the end of an error message that suggests the option that was probably meant; "" if none is similar.

    >>> hint("--dim", ["--device", "--embedding-dim"]), hint("--epoch", ["--epochs"]), hint("--zzz", ["--epochs"])
    ('; did you mean --embedding-dim?', '; did you mean --epochs?', '')
    >>> hint("--sep", ["--csv-path"]), hint("--dim", ["--device"])
    (' (the separator is detected)', '')
    """
    if MEANT.get(typed) in known:
        return f"; did you mean {MEANT[typed]}?"
    names = {option.lstrip("-"): option for option in known if option.startswith("--")}
    near = get_close_matches(typed.lstrip("-").casefold(), names, 1, NEAR_ENOUGH)
    if near:
        return f"; did you mean {names[near[0]]}?"
    return f" ({NEEDLESS[typed]})" if typed in NEEDLESS and "--csv-path" in known else ""
