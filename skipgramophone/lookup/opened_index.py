"""Opens the index of an experiment for look-ups, or reports why it cannot be used."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from skipgramophone.errors import ExperimentError, StorageError
from skipgramophone.experiment.embeddings import Matrix
from skipgramophone.experiment.next_commands import remake_command
from skipgramophone.experiment.trusted_files import fingerprint, is_verified, remember_verified
from skipgramophone.lookup.annoy_index import (
    CURE,
    FILE,
    AnnoyCandidates,
    IndexFacts,
    death_of_annoy,
    require_sound_nodes,
    usable,
)
from skipgramophone.lookup.snapshot import Snapshot
from skipgramophone.wording import shell_command

# Why an index cannot be used: its files are missing, because the experiment has changed since the model was opened.
GONE = "the experiment was replaced, renamed or removed after it was opened"
REBUILT = "the index was replaced while it was opened"
ANSWERED: set[str] = set()  # fingerprints of the indexes that were tested: Annoy did not crash when it read them
ADVICE = {GONE: "answers are still from the model that was opened", REBUILT: "the next query opens the new index"}


class OpenedIndex:
    """The index of an experiment, which is opened for the first query."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Prepare to open the index that was built from the model of a snapshot."""
        self._snapshot, self._experiment = snapshot, snapshot.experiment
        self._digest: str | None = None  # digest of the index whose manifest was read by the property `facts`
        self._opened: AnnoyCandidates | str | None = None  # the index, or why it cannot be used

    def advice(self, problem: str) -> str:
        """Return advice for the user about `problem`: why the index cannot be used, as returned by `candidates`."""
        return ADVICE.get(problem) or f"rebuild it with {self._rebuild_command()}"

    def _rebuild_command(self) -> str:
        """Return the command that builds the index again, with the settings of the present index if they are known."""
        try:
            return remake_command(self._experiment.name, self._experiment.manifest("index"))
        except (ExperimentError, StorageError):
            return shell_command("index", self._experiment.name)

    @cached_property
    def facts(self) -> IndexFacts | str:
        """The parameters of the index or, if it cannot be used, the reason as a text."""
        experiment = self._experiment
        if not self._snapshot.is_current():
            return GONE
        if not experiment.has("index"):
            return "no index"
        try:
            manifest = experiment.manifest("index")
        except ExperimentError:
            return "the index is stale or damaged"
        self._digest = manifest.digest
        if manifest.parent != self._snapshot.model.digest:
            return "the index is stale or damaged"
        facts = usable(manifest.facts, self._snapshot.embeddings.centre)
        if facts is None or not all(experiment.is_intact(manifest, one.name) for one, *_ in facts.files(Path(FILE))):
            return "the index is damaged"
        wanted = manifest.settings.get("recall")
        if facts.answered_by == "index" and isinstance(wanted, float) and facts.recall_at_10 < wanted:
            return f"recall@10 of the index is {facts.recall_at_10:.1%}, below the minimum of {wanted:.1%}"
        return facts

    def candidates(self, vector: Matrix) -> AnnoyCandidates | str:
        """Return the index, or the reason why it cannot be used. For the first query, test whether Annoy crashes."""
        if self._opened is None:
            opened = self._open_index(vector)
            if not self._snapshot.is_current():
                opened = GONE
            elif self._is_rebuilt():  # the parameters may be from the old index, and the files from the new one
                self.__dict__.pop("facts", None)
                return REBUILT
            self._opened = opened
        elif isinstance(self._opened, AnnoyCandidates) and self._opened.is_cut_off():
            self._opened = "the index is damaged"
        return self._opened

    def _open_index(self, vector: Matrix) -> AnnoyCandidates | str:
        """Open the index, or return the reason why it cannot be used."""
        facts, path = self.facts, self._experiment.directory("index") / FILE
        if isinstance(facts, str):
            return facts
        if unsound := _unsound(path, facts):
            return unsound
        try:
            state = fingerprint([one for one, *_ in facts.files(path)])
            if state not in ANSWERED and (death := death_of_annoy(path, facts, vector)):
                return f"Annoy crashed on the index ({death}; {CURE})"
            ANSWERED.add(state)
            return AnnoyCandidates(path, facts)
        except (ExperimentError, OSError, StorageError):
            return "the index is damaged"

    def _is_rebuilt(self) -> bool:
        """Return whether the index has been replaced since its manifest was read."""
        if self._digest is None:
            return False
        try:
            return self._experiment.manifest("index").digest != self._digest
        except (ExperimentError, StorageError):
            return True


def _unsound(path: Path, facts: IndexFacts) -> str | None:
    """Return the reason why an index must not be opened, or None if it can be opened.

    The nodes of a file are verified only once per user, because the user's state directory records which files have
    been verified.
    """
    files = [one for one, *_ in facts.files(path)]
    try:
        if not is_verified(files):
            require_sound_nodes(path, facts)
            remember_verified(files)
    except (ExperimentError, OSError, StorageError):
        return "the index is damaged"
    return None
