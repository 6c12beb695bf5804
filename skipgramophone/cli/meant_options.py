"""Options that people type instead of an option of `sgp`, because other programs have them or because of a typo."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from pathlib import PurePath

from skipgramophone.wording import shell_word

NEAR_ENOUGH = 0.8  # an option is suggested if its similarity to the typed one (see `difflib`) is at least this
NUMBER, SEPARATOR = ("-n",), "the separator is detected"
DIM, LEARNING_RATE, EPOCHS = ("--embedding-dim",), ("--learning-rate",), ("--epochs",)
RANKING, ROWS, TIME = ("--by", "--score"), ("--num-rows",), ("--budget",)
MEANT = {  # option of another program or command -> options of `sgp`; the first one that the command has is suggested
    "--dim": DIM,
    "--dims": DIM,
    "--size": DIM,
    "--vector-size": DIM,
    "--window": ("--window-size",),
    "--lr": LEARNING_RATE,
    "--alpha": LEARNING_RATE,
    "--iter": EPOCHS,
    "--iterations": EPOCHS,
    "--workers": ("--threads",),
    "--seed": ("--random-seed",),
    "-k": NUMBER,
    "--top": NUMBER,
    "--topn": NUMBER,
    "--top-n": NUMBER,
    "--top-k": NUMBER,
    "--limit": NUMBER + ROWS,
    "--rows": ROWS,
    "--nrows": ROWS,
    "--max-rows": ROWS,
    "--by": RANKING,
    "--score": RANKING,
    "--rank": RANKING,
    "--rank-by": RANKING,
    "--ranking": RANKING,
    "--metric": ("--by",),
    "--sort": ("--by",),
    "--sort-by": ("--by",),
    "--time": TIME,
    "--time-limit": TIME,
    "--max-time": TIME,
    "--timeout": TIME,
    "--n-trials": ("--trials",),
    "--max-trials": ("--trials",),
}
NEEDLESS = {"--separator": SEPARATOR, "--seperator": SEPARATOR, "--delimiter": SEPARATOR, "--sep": SEPARATOR}
TABLE_FORMATS = ("csv", "tsv", "jsonl")  # formats that both look-ups and exports write
LOOKUP_FORMATS = (*TABLE_FORMATS, "m3u8", "xspf", "jspf")  # suffixes that are also names of look-up formats
OUTPUT = ("-o", "--output")  # options that write a file; commands without them print on standard output


def to_file(typed: str, arguments: Sequence[str], known: Collection[str]) -> str:
    """Return how to redirect the output to a file.

    Return "" if `typed` is not an option that writes a file, such as -o.

    >>> to_file("-o", ["demo", "-o", "my list.csv"], ["--csv", "--json"])
    "; to write a file, use --csv > 'my list.csv'"
    >>> to_file("-o", ["demo", "-o", "list.m3u8"], ["--format", "--safe-cells", "--by"])
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
    if _formats(known) == LOOKUP_FORMATS:
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
    >>> hint("--sep", ["--csv-path"]), hint("--dim", ["--device"]), hint("--csv", ["--format", "--safe-cells"])
    (' (the separator is detected)', '', '; did you mean --format csv?')
    """
    meant = [option for option in MEANT.get(typed, ()) if option in known]
    if typed.removeprefix("--") in _formats(known):
        meant.append(f"--format {typed.removeprefix('--')}")
    meant = meant or _similar(typed, known)
    if meant:
        return f"; did you mean {meant[0]}?"
    return f" ({NEEDLESS[typed]})" if typed in NEEDLESS and "--csv-path" in known else ""


def _formats(known: Collection[str]) -> tuple[str, ...]:
    """Return the values of a command's --format that people may type as options, such as --csv."""
    # Only look-ups and exports have --safe-cells. The --format of `extract` is the format of its sources.
    if "--safe-cells" not in known:
        return ()
    return LOOKUP_FORMATS if "--by" in known else TABLE_FORMATS


def _similar(typed: str, known: Collection[str]) -> list[str]:
    """Return a list that begins with the option most similar to the typed one, or [] if none is similar enough.

    >>> _similar("--josn", ["--json", "--like"]), _similar("--no", ["-n", "--on-top"])
    (['--json'], [])
    """
    names = {option.lstrip("-"): option for option in known if option.startswith("--")}
    word = typed.lstrip("-").casefold()
    # Names with the same letters in another order, which difflib rates as too different.
    transposed = [name for name in names if sorted(name) == sorted(word)]
    return [names[name] for name in transposed or get_close_matches(word, names, 1, NEAR_ENOUGH)]
