"""Problems with names: encoding errors, lost characters, placeholders, and artist names that list several artists."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.inspection.contents import EXAMPLES, Contents, Ids, Marks
from skipgramophone.inspection.findings import Finding, Kind, make_finding, percent
from skipgramophone.settings import Thresholds

# If UTF-8 text was decoded as Windows-1252, a lead byte became a letter, and a continuation byte became one of these
# characters:
CONTINUATION = "\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
MOJIBAKE = f"[\u00c2-\u00f4][{CONTINUATION}]"
LOST = "\ufffd|\\pL\\?\\pL"  # the replacement character, or a question mark inside a word
ESCAPES = r"&(amp|quot|apos|lt|gt|nbsp|#\d{2,6}|#x[0-9a-fA-F]{2,5});|\\u[0-9a-fA-F]{4}|%[89A-Fa-f][0-9A-Fa-f]%|%20"
# Control characters, zero-width spaces and direction marks, but not zero-width joiners, which some scripts need.
INVISIBLE = "[\x00-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]"
PLACEHOLDER_ARTIST = (
    r"^(unknown|unknown artist|<unknown>|\[unknown\]|unbekannt|unbekannter interpret|artiste inconnu"
    r"|various|various artists|va|v\.a\.|<missing>|n/?a|none|null|nan|undefined|artist|-+|\?+)$"
)
PLACEHOLDER_TITLE = (
    r"^(unknown title|unknown track|<unknown>|\[unknown\]|<missing>|n/?a|undefined|nan|-+|\?+"
    r"|(audio ?)?(track|titel|piste|pista|spur) ?[#-]? ?\d{1,3})$"
)
JOINED = r"\s*(?:;|,|\s/\s|\s&\s|\s\+\s|\sx\s|\svs\.?\s|\sfeat\.?\s|\sft\.?\s|\sfeaturing\s|\swith\s)\s*"


def inspect_names(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Yield findings about the names of tracks."""
    yield from _without_artist(contents, thresholds)
    yield from _placeholders(contents, thresholds)
    yield from _joined_artists(contents, thresholds)
    yield from _damaged(contents, thresholds)


def encoding_findings(contents: Contents, thresholds: Thresholds) -> tuple[Finding, ...]:
    """Return the finding about names whose UTF-8 text was decoded with another encoding, if there are such names."""
    return tuple(finding for finding in _damaged(contents, thresholds) if finding.kind == "mojibake")


def _without_artist(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Find tracks without an artist; report nothing if no track has an artist."""
    nameless = _marks(pc.equal(contents.artists, ""))
    number, of = int(contents.counts[nameless].sum()), contents.corpus.occurrences
    if thresholds.without_artist * of < number < of:
        what = f"{number:,} of {of:,} occurrences ({percent(number, of)}) have no artist"
        names = contents.track_names(np.flatnonzero(nameless)[:EXAMPLES])
        yield make_finding("no-artist", what, count=number, of=of, unit="occurrences", examples=names)


def _placeholders(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Find tracks whose artist or title is a placeholder, such as "Unknown Artist"."""
    empty = _matching(contents.artists, PLACEHOLDER_ARTIST) | _matching(contents.titles, PLACEHOLDER_TITLE)
    number, of = int(contents.counts[empty].sum()), contents.corpus.occurrences
    if number > thresholds.placeholders * of:
        what = f"{number:,} of {of:,} occurrences ({percent(number, of)}) have a placeholder instead of a name"
        names = _most_frequent(contents, empty)
        yield make_finding("placeholders", what, count=number, of=of, unit="occurrences", examples=names)


def _joined_artists(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Find tracks whose artist name combines the names of two or more other artists of the corpus."""
    coded = contents.artists.dictionary_encode()
    known = set(coded.dictionary.to_pylist()) - {""}
    candidates = np.flatnonzero(_matching(coded.dictionary, JOINED))
    names = coded.dictionary.take(pa.array(candidates)).to_pylist()
    split = [re.split(JOINED, name) for name in names]
    joined = [len(parts) > 1 and sum(part in known for part in parts) >= 2 for parts in split]
    tracks = np.isin(coded.indices.to_numpy(), candidates[np.array(joined, np.bool_)])
    number, of = int(np.count_nonzero(tracks)), len(contents.counts)
    if number > thresholds.joined_artists * of:
        what = f"{number:,} of {of:,} tracks ({percent(number, of)}) have an artist name that combines several others"
        examples = _most_frequent(contents, tracks)
        yield make_finding("joined-artists", what, count=number, of=of, unit="tracks", examples=examples)


def _damaged(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Find names with mojibake, lost characters, escapes or invisible characters."""
    problems: dict[Kind, tuple[str, str]] = {
        "mojibake": (MOJIBAKE, "have names in UTF-8 that was decoded with another encoding"),
        "lost-letters": (LOST, "have names with lost characters"),
        "escapes": (ESCAPES, "have names with escape sequences"),
        "unseen-letters": (INVISIBLE, "have names with invisible characters"),
    }
    for kind, (pattern, problem) in problems.items():
        damaged = np.zeros(len(contents.counts), np.bool_)
        for role in ("artist", "title"):
            names = contents.tracks[role].combine_chunks()
            damaged |= _with_mojibake(names) if kind == "mojibake" else _matching(names, pattern)
        number, of = int(np.count_nonzero(damaged)), len(damaged)
        if number > thresholds.spoilt_names * of:
            what = f"{number:,} of {of:,} tracks ({percent(number, of)}) {problem}"
            examples = _most_frequent(contents, damaged)
            yield make_finding(kind, what, count=number, of=of, unit="tracks", examples=examples)


def _with_mojibake(names: pa.Array) -> Marks:
    """Return which names contain UTF-8 text that was decoded as Windows-1252, bool (names,)."""
    marks = _matching(names, MOJIBAKE)
    which = np.flatnonzero(marks)
    marks[which] = [_is_mojibake(name) for name in names.take(pa.array(which)).to_pylist()]
    return marks


def _is_mojibake(name: str) -> bool:
    """Whether a name, encoded in Windows-1252, is valid UTF-8.

    Windows-1252 leaves five bytes undefined, which decoders keep as control characters; these are encoded as Latin-1.

    >>> _is_mojibake("BjÃ¶rk"), _is_mojibake("Björk"), _is_mojibake("CAFÉ – “Déjà vu”")
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
    """Return which names contain a match of the regex `pattern`, bool (names,)."""
    return _marks(pc.match_substring_regex(names, pattern))


def _marks(values: pa.Array) -> Marks:
    """Return Arrow booleans as a writable numpy array."""
    return np.array(values.to_numpy(zero_copy_only=False), np.bool_)


def _most_frequent(contents: Contents, chosen: Marks) -> tuple[str, ...]:
    """Return the names of the most frequent tracks among those that `chosen` marks, as examples for a finding."""
    which: Ids = np.flatnonzero(chosen)
    return contents.track_names(which[np.argsort(-contents.counts[which], kind="stable")[:EXAMPLES]])
