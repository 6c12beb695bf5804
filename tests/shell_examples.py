"""Shell examples of the documents: their commands are run and shown with their real output."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

from tests.conftest import Ran, run_sgp

COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)  # a backslash continues a line
LEFT_OUT = "…"  # a line that takes the place of lines that an example does not show


def run_example(example: str, notes: bool = False) -> str:
    """Run the commands of an example and return it with their real output.

    `sgp` runs in this process, with `< FILE` and `> FILE` as in a shell. Other commands run in a shell.

    Args:
        example: Commands that begin with "$ ", each followed by its output.
        notes: Show standard error too. Otherwise it is shown only if a command prints nothing else.
    """
    lines, code = [], 0
    for command, shown in COMMAND.findall(example):
        ran = run_command(command, code)
        code = ran.code
        assert code in (0, 3, 4) or "error: " in shown, (command, ran)
        printed = ran.both if notes else ran.out or ran.err
        lines += [f"$ {command}", *shortened(printed.splitlines(), shown.splitlines())]
    return "\n".join(lines) + "\n"


def run_command(command: str, code: int) -> Ran:
    """Run a command; `code` is the exit code of the command before it."""
    words = shlex.split(command.replace("\\\n", " "))
    if words[0] != "sgp":
        ran = subprocess.run(["sh", "-c", f"(exit {code})\n{command}"], capture_output=True, text=True, check=False)
        return Ran(ran.returncode, ran.stdout, ran.stderr, ran.stdout + ran.stderr)
    paths = {sign: words[words.index(sign) + 1] for sign in "<>" if sign in words}
    arguments = words[1 : len(words) - 2 * len(paths)]
    stdin = Path(paths["<"]).read_text(encoding="utf-8") if "<" in paths else None
    answer = run_sgp(*arguments, stdin=stdin)
    if ">" in paths:
        Path(paths[">"]).write_text(answer.out, encoding="utf-8")
        return Ran(answer.code, "", answer.err, answer.err)
    return answer


def shortened(printed: list[str], shown: list[str]) -> list[str]:
    """Leave lines out of an output where the document has "…", and keep as many lines between as the document shows.

    The document shows the beginning and the end. A part in the middle is found by its first line, except for numbers.
    """
    parts: list[list[str]] = [[]]
    for line in shown:
        parts.append([]) if line == LEFT_OUT else parts[-1].append(line)
    if len(parts) == 1:
        return printed
    kept = printed[: len(parts[0])]
    at = len(kept)
    for part in parts[1:-1]:
        at = next(place for place in range(at, len(printed)) if masked(printed[place]) == masked(part[0]))
        kept += [LEFT_OUT, *printed[at : at + len(part)]]
        at += len(part)
    end = len(printed) - len(parts[-1])
    assert end > at, (printed, "nothing is left out")
    return [*kept, LEFT_OUT, *printed[end:]]


def masked(line: str) -> str:
    """Return a line without its digits and spaces."""
    return re.sub(r"[\d\s]+", "", line)
