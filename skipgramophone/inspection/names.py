"""What may be wrong with names: letters that were lost or mistaken, names that stand for none, artists run together."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.inspection.contents import EXAMPLES, Contents, Ids, Marks
from skipgramophone.inspection.findings import Finding, Kind, found, percent
from skipgramophone.settings import Thresholds

# UTF-8 that was read as Windows-1252: a lead byte as a letter, and behind it what 80 to BF are there.
CONTINUATION = "\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
MISTAKEN = f"[\u00c2-\u00f4][{CONTINUATION}]"
LOST = "\ufffd|\\pL\\?\\pL"  # the letter that stands for none, or a question mark in the midst of a word
ESCAPES = r"&(amp|quot|apos|lt|gt|nbsp|#\d{2,6}|#x[0-9a-fA-F]{2,5});|\\u[0-9a-fA-F]{4}|%[89A-Fa-f][0-9A-Fa-f]%|%20"
# Controls, spaces of no width, directions; joiners of letters are left alone, because some scripts need them.
UNSEEN = "[\x00-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]"
NOBODY = (
    r"^(unknown|unknown artist|<unknown>|\[unknown\]|unbekannt|unbekannter interpret|artiste inconnu"
    r"|various|various artists|va|v\.a\.|<missing>|n/?a|none|null|nan|undefined|artist|-+|\?+)$"
)
NOTHING = (
    r"^(unknown title|unknown track|<unknown>|\[unknown\]|<missing>|n/?a|undefined|nan|-+|\?+"
    r"|(audio ?)?(track|titel|piste|pista|spur) ?[#-]? ?\d{1,3})$"
)
JOINED = r"\s*(?:;|,|\s/\s|\s&\s|\s\+\s|\sx\s|\svs\.?\s|\sfeat\.?\s|\sft\.?\s|\sfeaturing\s|\swith\s)\s*"


def faults_of_names(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Everything that is found about the names of tracks."""
    yield from _without_artist(contents, thresholds)
    yield from _placeholders(contents, thresholds)
    yield from _joined(contents, thresholds)
    yield from _spoilt(contents, thresholds)


def _without_artist(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Tracks without an artist, unless none has one."""
    nameless = _marks(pc.equal(contents.artists, ""))
    number, of = int(contents.counts[nameless].sum()), contents.corpus.occurrences
    if thresholds.without_artist * of < number < of:
        said = f"{number:,} of {of:,} occurrences ({percent(number, of)}) name no artist"
        yield found(
            "no-artist", said, number, of, "occurrences", contents.track_names(np.flatnonzero(nameless)[:EXAMPLES])
        )


def _placeholders(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Names that stand for a missing one."""
    empty = _matching(contents.artists, NOBODY) | _matching(contents.titles, NOTHING)
    number, of = int(contents.counts[empty].sum()), contents.corpus.occurrences
    if number > thresholds.placeholders * of:
        said = f"{number:,} of {of:,} occurrences ({percent(number, of)}) are of names that stand for a missing one"
        yield found("placeholders", said, number, of, "occurrences", contents.track_names(_first(contents, empty)))


def _joined(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Artists whose name is made of the names of two or more artists of the corpus."""
    coded = contents.artists.dictionary_encode()
    known = set(coded.dictionary.to_pylist()) - {""}
    candidates = np.flatnonzero(_matching(coded.dictionary, JOINED))
    names = coded.dictionary.take(pa.array(candidates)).to_pylist()
    parted = [re.split(JOINED, name) for name in names]
    joined = [len(parts) > 1 and sum(part in known for part in parts) >= 2 for parts in parted]
    tracks = np.isin(coded.indices.to_numpy(), candidates[np.array(joined, np.bool_)])
    number, of = int(np.count_nonzero(tracks)), len(contents.counts)
    if number > thresholds.joined_artists * of:
        said = f"{number:,} of {of:,} tracks ({percent(number, of)}) are by an artist who is several of the others"
        yield found("joined-artists", said, number, of, "tracks", contents.track_names(_first(contents, tracks)))


def _spoilt(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Names whose letters were mistaken, lost, escaped or cannot be seen."""
    words: dict[Kind, tuple[str, str]] = {
        "mojibake": (MISTAKEN, "have letters that are UTF-8 read in another encoding"),
        "lost-letters": (LOST, "have lost letters"),
        "escapes": (ESCAPES, "are written with escapes"),
        "unseen-letters": (UNSEEN, "hold letters that cannot be seen"),
    }
    for kind, (pattern, said) in words.items():
        spoilt = np.zeros(len(contents.counts), np.bool_)
        for role in ("artist", "title"):
            names = contents.tracks[role].combine_chunks()
            spoilt |= _mistaken(names) if kind == "mojibake" else _matching(names, pattern)
        number, of = int(np.count_nonzero(spoilt)), len(spoilt)
        if number > thresholds.spoilt_names * of:
            what = f"{number:,} of {of:,} tracks ({percent(number, of)}) {said}"
            yield found(kind, what, number, of, "tracks", contents.track_names(_first(contents, spoilt)))


def _mistaken(names: pa.Array) -> Marks:
    """Names that are UTF-8 read as Windows-1252: their bytes there are UTF-8 of other letters."""
    marks = _matching(names, MISTAKEN)
    which = np.flatnonzero(marks)
    marks[which] = [_is_mistaken(name) for name in names.take(pa.array(which)).to_pylist()]
    return marks


def _is_mistaken(name: str) -> bool:
    """Whether a name's bytes in Windows-1252 (five of which are no letters there) are UTF-8.

    >>> _is_mistaken("BjÃ¶rk"), _is_mistaken("Björk"), _is_mistaken("CAFÉ – “Déjà vu”")
    (True, False, False)
    """
    try:
        b"".join(
            letter.encode("cp1252") if ord(letter) > 0x9F else letter.encode("latin-1") for letter in name
        ).decode()
    except UnicodeError:
        return False
    return True


def _matching(names: pa.Array, pattern: str) -> Marks:
    """Names in which a pattern is found."""
    return _marks(pc.match_substring_regex(names, pattern))


def _marks(values: pa.Array) -> Marks:
    """Arrow's booleans as numpy's, which may be changed."""
    return np.array(values.to_numpy(zero_copy_only=False), np.bool_)


def _first(contents: Contents, chosen: Marks) -> Ids:
    """The most frequent of some tracks."""
    which = np.flatnonzero(chosen)
    return which[np.argsort(-contents.counts[which], kind="stable")[:EXAMPLES]]
