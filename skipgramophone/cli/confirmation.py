"""Asks the user questions on a terminal: whether to remove something, or any question with a short answer."""

from __future__ import annotations

import typer

from skipgramophone.cli import render

QUIT_WORDS = ("q", "quit", "exit")
ANSWERS = {"y": True, "yes": True, "n": False, "no": False, "": False}


def confirm(question: str, refused: str) -> bool:
    """Ask until the user answers yes or no, and return the answer; Enter means no.

    Args:
        question: the question, which ends with a question mark.
        refused: text that is printed if the user answers no or presses Ctrl-C or Ctrl-D, such as "'demo' was not
            removed".

    Raises:
        KeyboardInterrupt: the user pressed Ctrl-C or Ctrl-D.
    """
    while True:
        answer = ask(f"{question} yes or no", "no", refused)
        agreed = ANSWERS.get(answer.strip().casefold())
        if agreed is not None:
            if not agreed:
                render.note(refused, quiet=False)
            return agreed
        render.note(f"{answer!r} is neither yes nor no; Ctrl-C ends the command", quiet=False)


def ask(question: str, default: str, ended: str = "", *, show_default: bool = True) -> str:
    """Print a question on standard error, and return the answer; Enter means the default.

    Without `show_default`, the question must itself say what Enter means.

    Raises:
        KeyboardInterrupt: the user pressed Ctrl-C or Ctrl-D. The exception has the message `ended`.
    """
    try:
        answer: str = typer.prompt(question, default=default, err=True, show_default=show_default)
    except typer.Abort:
        render.note("", quiet=False)  # ends the line of the question
        raise KeyboardInterrupt(*([ended] if ended else [])) from None
    return answer
