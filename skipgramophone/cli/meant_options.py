"""Options that people type instead of an option of `sgp`, because other programs have them, or by a typo."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

NEAR_ENOUGH = 0.8  # share of common letters from which an option is suggested for a mistyped one
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


def hint(typed: str, known: Collection[str]) -> str:
    """Return the end of an error message for an unknown option: the option that was probably meant; "" if none is near.

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
