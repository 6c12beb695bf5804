"""The prompt of `sgp similar` on a terminal: names are completed while they are typed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from skipgramophone.cli import answers, render
from skipgramophone.cli.prompt_history import KeptHistory, history_file
from skipgramophone.cli.prompt_session import BACK, HELP, LIKE, NAME, UNLIKE, Conversation
from skipgramophone.errors import SgpError, TrackNameError
from skipgramophone.experiment.catalogue import Catalogue

if TYPE_CHECKING:
    from skipgramophone.lookup.lookup import Lookup
    from skipgramophone.settings import SimilarSettings

SHOWN_COMPLETIONS = 8
SECONDS = 0.1  # that a completion may take
HELP_SIGN = "?"
WELCOME = "a track; ? for help, Ctrl-D to leave"


class TrackCompleter(Completer):
    """Completes names of tracks, the most frequent first."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def get_completions(self, document: Document, _event: CompleteEvent) -> Iterator[Completion]:
        """Names that what is typed is a part of; one that would steer the terminal is offered by its uri."""
        typed = document.text_before_cursor.lstrip()
        typed = typed.removeprefix(typed[:1] if typed[:1] in (LIKE, UNLIKE, NAME) else "").lstrip()
        if typed in ("", BACK, HELP_SIGN) or typed.isdecimal():
            return
        for track in self._catalogue.completions(typed, SHOWN_COMPLETIONS, SECONDS):
            shown = render.visible(track.name)
            text = track.name if shown == track.name else track.uri
            if text is not None and render.visible(text) == text:
                yield Completion(text, -len(typed), display=shown, display_meta=f"{track.count:,}×")


def converse(lookup: Lookup, settings: SimilarSettings, quiet: bool, show_versions: bool) -> None:
    """Ask and answer until the input ends."""
    conversation = Conversation(lookup, settings)
    # A thread of its own completes names, over a connection of its own: its deadline stops no answer.
    with closing(Catalogue(lookup.experiment.directory("corpus"))) as catalogue:
        session: PromptSession[str] = PromptSession(
            f"{lookup.experiment.name}> ",
            completer=TrackCompleter(catalogue),
            history=KeptHistory(history_file()),
            complete_in_thread=True,
            placeholder=[("fg:ansibrightblack", WELCOME)],
        )
        while True:
            try:
                line = session.prompt().strip()
            except KeyboardInterrupt:
                continue
            except EOFError:
                return
            if line == HELP_SIGN:
                for text in HELP.splitlines():
                    render.text(text)
            elif line:
                _say(conversation, line, quiet, show_versions)


def _say(conversation: Conversation, line: str, quiet: bool, show_versions: bool) -> None:
    """Print the answer to a line, or why there is none."""
    try:
        answers.show(conversation.answer(line), "table", quiet, show_versions)
    except TrackNameError as error:
        render.error(SgpError(str(error)))
        for number, track in enumerate(conversation.listed if error.candidates else (), 1):
            render.text(f"{number:>4}   {track.name} ({track.count:,}×)")
    except SgpError as error:
        render.error(error)
