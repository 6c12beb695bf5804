"""What an inspection has to say of one kind of fault: how much of it there is, what it does, what helps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal[
    "rejected-rows",
    "few-playlists",
    "short-playlists",
    "giant-playlists",
    "title-order",
    "artist-order",
    "one-artist",
    "repeats",
    "near-duplicates",
    "welded-by-name",
    "looks-welded",
    "seen-once",
    "everywhere",
    "several-uris",
    "no-artist",
    "placeholders",
    "joined-artists",
    "mojibake",
    "lost-letters",
    "escapes",
    "unseen-letters",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
Unit = Literal["rows", "playlists", "tracks", "occurrences"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a corpus that somebody who trains on it should know.

    Attributes:
        kind: what it is, in a word that stays.
        what: the same in a sentence, with its numbers.
        count: how many of `unit` it is about.
        of: how many there are.
        share: `count` of `of`, from 0 to 1.
        unit: what is counted.
        examples: a few of them by name, the most telling first.
        effect: what it does to training or to look-ups.
        remedy: what to do about it.
        flags: the options that the remedy names, each with its command.
    """

    kind: Kind
    what: str
    count: int
    of: int
    share: float
    unit: Unit
    examples: tuple[str, ...]
    effect: str
    remedy: str
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """What a kind of fault does, and what helps."""

    effect: str
    remedy: str
    flags: tuple[str, ...] = ()


WHOLE_PLAYLIST = "train with the whole playlist as context (-wsz bag, or auto, which looks at the order first)"
READ_ANEW = "read the source with the encoding that it was written in (--encoding), or mend the file it was made from"

ADVICE: dict[Kind, Advice] = {
    "rejected-rows": Advice(
        "what stands in them is not learnt",
        "see rejects.jsonl for the lines; --encoding, --bad-bytes replace and --keep take more of them in, "
        "--format and --columns name what the source is",
        ("extract --encoding", "extract --bad-bytes", "extract --keep", "extract --format", "extract --columns"),
    ),
    "few-playlists": Advice(
        "who goes with whom is told by a handful of people: neighbours change with the seed, and -wsz auto cannot tell",
        "add playlists; evaluate --stability says how far two seeds agree",
        ("evaluate --stability",),
    ),
    "short-playlists": Advice(
        "a track that stands alone has no company to learn from, and is counted all the same",
        "leave them out with --min-length 2",
        ("extract --min-length",),
    ),
    "giant-playlists": Advice(
        "a library is no company: its tracks are trained as if they belonged together, and one person's outweighs many",
        "--max-length splits them, so that what was added together stays together",
        ("extract --max-length",),
    ),
    "title-order": Advice(
        "a narrow window learns the alphabet: what is near a track begins with the same letters",
        WHOLE_PLAYLIST,
        ("train -wsz bag",),
    ),
    "artist-order": Advice(
        "a narrow window learns who made a track: what is near it is by the same artist",
        WHOLE_PLAYLIST + "; similar --max-per-artist thins out what is left of it",
        ("train -wsz bag", "similar --max-per-artist"),
    ),
    "one-artist": Advice(
        "these playlists teach that tracks of one artist belong together, and nothing else",
        "similar --max-per-artist or --exclude-artist looks past them",
        ("similar --max-per-artist", "similar --exclude-artist"),
    ),
    "repeats": Advice(
        "a track counts as often as it stands there, and is trained as often: one listener outvotes many",
        "--repeats drop keeps the first of each",
        ("extract --repeats",),
    ),
    "near-duplicates": Advice(
        "their pairs are trained again and again, as if many people agreed",
        "--drop-duplicate-playlists keeps the longest of each; evaluate keeps twins on one side by itself",
        ("extract --drop-duplicate-playlists",),
    ),
    "welded-by-name": Advice(
        "strangers' playlists are trained as one: their tracks count as company",
        "extract with --group-by owner",
        ("extract --group-by",),
    ),
    "looks-welded": Advice(
        "if several people's playlists of one name lie in one, strangers' tracks count as company",
        "name what tells them apart: --columns owner=…, or a column of its own for the playlist",
        ("extract --columns",),
    ),
    "seen-once": Advice(
        "such a track lies wherever its one playlist lies: a neighbour by accident, and most of the memory",
        "train --min-count 2 gives it no vector; similar --min-count leaves it out of answers",
        ("train --min-count", "similar --min-count"),
    ),
    "everywhere": Advice(
        "what stands in every list goes with everything and tells nothing; it takes a large share of the training",
        "train --subsample 1e-3 thins it out; similar --popularity -0.5 prefers rarer tracks",
        ("train --subsample", "similar --popularity"),
    ),
    "several-uris": Advice(
        "one song is several tracks: each learns from a part of its playlists, and they crowd each other's neighbours",
        "--merge-uris makes them one (it welds recordings that differ in nothing but the uri); "
        "similar --fold-versions folds them in answers",
        ("extract --merge-uris", "similar --fold-versions"),
    ),
    "no-artist": Advice(
        "without an artist different songs of one title are one track",
        "name the column of the artist, as --columns artist=…,title=…",
        ("extract --columns",),
    ),
    "placeholders": Advice(
        "unlike songs become one track that goes with everything",
        "name the right columns (--columns), or mend the names in the source; similar --exclude-artist hides them",
        ("extract --columns", "similar --exclude-artist"),
    ),
    "joined-artists": Advice(
        "an artist with a guest is another artist: songs read with and without the guest are two tracks, and "
        "--max-per-artist and --exclude-artist do not see them as one",
        "give the source's column of the main artist, as --columns artist=…",
        ("extract --columns",),
    ),
    "mojibake": Advice(
        "one name in two spellings is two tracks, and is found by neither", READ_ANEW, ("extract --encoding",)
    ),
    "lost-letters": Advice(
        "names that differed in a lost letter are one, and a name with all its letters is another track",
        READ_ANEW,
        ("extract --encoding",),
    ),
    "escapes": Advice(
        "the same name written plainly elsewhere is another track, and is not found by it",
        "undo the escapes in the source (html.unescape, urllib.parse.unquote) before it is read",
    ),
    "unseen-letters": Advice(
        "names that look the same are two tracks",
        "take these characters out of the source before it is read",
    ),
}


def found(kind: Kind, what: str, count: int, of: int, unit: Unit, examples: Sequence[str]) -> Finding:
    """A finding with the advice for its kind; the share is put behind the sentence's numbers."""
    advice = ADVICE[kind]
    return Finding(
        kind=kind,
        what=what,
        count=count,
        of=of,
        share=round(count / max(1, of), 6),
        unit=unit,
        examples=tuple(examples),
        effect=advice.effect,
        remedy=advice.remedy,
        flags=advice.flags,
    )


def percent(part: int, whole: int) -> str:
    """A share in words.

    >>> percent(39, 40), percent(1, 300), percent(1, 10_000), percent(2, 2)
    ('98%', '0.3%', 'under 0.1%', '100%')
    """
    share = part / max(1, whole)
    if part < whole and share >= 0.995:
        return "nearly all"
    return f"{share:.0%}" if share >= 0.0995 else f"{share:.1%}" if share >= 0.0005 else "under 0.1%"
