"""Findings of an inspection: the kinds of problems, with their effect and remedy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

Kind = Literal[
    "rejected-rows",
    "few-playlists",
    "short-playlists",
    "giant-playlists",
    "whole-libraries",
    "dominant-owner",
    "automatic-lists",
    "title-order",
    "artist-order",
    "one-artist",
    "repeats",
    "near-duplicates",
    "snapshots",
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
Apply = Mapping[str, tuple[str, ...]]  # command -> arguments to add to it
Unit = Literal["rows", "playlists", "tracks", "occurrences"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem of a corpus that affects training or look-ups.

    Attributes:
        kind: stable identifier of the problem.
        what: the problem in one sentence, with numbers.
        count: number of affected rows, playlists, tracks or occurrences.
        of: total number of rows, playlists, tracks or occurrences, including those that are not affected.
        share: `count` / `of`, from 0 to 1.
        unit: the unit of `count` and `of`.
        examples: a few names, most important first.
        effect: the effect on training or look-ups.
        remedy: how to solve the problem.
        flags: the options that the remedy mentions, each after its command, as in "extract --encoding".
        apply: for each command, the options that apply the remedy; empty if the user has to decide.
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
    apply: Apply


@dataclass(frozen=True, slots=True)
class Advice:
    """The effect of a kind of problem, its remedy, and the options that the remedy mentions."""

    effect: str
    remedy: str
    flags: tuple[str, ...] = ()
    apply: Apply = field(default_factory=dict)


WHOLE_PLAYLIST = "train with the whole playlist as context (-wsz bag), or let -wsz auto test whether order matters"
READ_AGAIN = "read the source with the encoding in which it was written (--encoding), or fix the source file"

ADVICE: dict[Kind, Advice] = {
    "rejected-rows": Advice(
        "the tracks in these rows are not used for training",
        "sgp extract lists these rows in corpus/rejects.jsonl of the experiment; to accept more rows, use --encoding, "
        "--bad-bytes replace or --keep; if the format was not detected correctly, use --format and --columns",
        ("extract --encoding", "extract --bad-bytes", "extract --keep", "extract --format", "extract --columns"),
    ),
    "few-playlists": Advice(
        "with so few playlists, neighbours depend on the random seed, and -wsz auto cannot tell whether a window or "
        "the whole playlist is the better context",
        "add playlists; sgp evaluate --stability measures how much neighbours depend on the seed",
        ("evaluate --stability",),
    ),
    "short-playlists": Advice(
        "such a playlist has no context to learn from, but it adds to the count of its track",
        "drop these playlists with --min-length 2",
        ("extract --min-length",),
        {"extract": ("--min-length", "2")},
    ),
    "giant-playlists": Advice(
        "a whole library is not a coherent playlist: unrelated tracks are trained as related, and one person "
        "has more influence than many other people together",
        "--max-length splits such a playlist into parts of consecutive tracks, which were often added together",
        ("extract --max-length",),
    ),
    "whole-libraries": Advice(
        "a library is not a coherent playlist: all tracks that a person owns are trained as related",
        "--max-length splits such a playlist into parts of consecutive tracks, which were often added together",
        ("extract --max-length",),
    ),
    "dominant-owner": Advice(
        "neighbours mostly show what this one owner combines, not what people usually combine",
        "remove its rows from the source, or use --repeats drop, --drop-duplicate-playlists or --max-length",
        ("extract --repeats", "extract --drop-duplicate-playlists", "extract --max-length"),
    ),
    "automatic-lists": Advice(
        "the tracks were not chosen to go together: these lists contain recommendations, recent plays, or all tracks "
        "that a person likes",
        "--drop-automatic-playlists leaves them out",
        ("extract --drop-automatic-playlists",),
        {"extract": ("--drop-automatic-playlists",)},
    ),
    "title-order": Advice(
        "with a narrow window, vectors learn alphabetical order: neighbours start with the same letters",
        WHOLE_PLAYLIST,
        ("train -wsz bag",),
        {"train": ("-wsz", "bag")},
    ),
    "artist-order": Advice(
        "with a narrow window, vectors learn which tracks have the same artist: neighbours are by one artist",
        WHOLE_PLAYLIST + "; sgp similar --max-per-artist limits the number of tracks by the same artist in answers",
        ("train -wsz bag", "similar --max-per-artist"),
        {"train": ("-wsz", "bag")},
    ),
    "one-artist": Advice(
        "these playlists only teach that tracks of the same artist are related",
        "to limit such tracks in answers, use sgp similar with --max-per-artist or --exclude-artist",
        ("similar --max-per-artist", "similar --exclude-artist"),
    ),
    "repeats": Advice(
        "each repeat counts as another occurrence and is trained again",
        "--repeats drop keeps only the first occurrence of each track in a playlist",
        ("extract --repeats",),
        {"extract": ("--repeats", "drop")},
    ),
    "near-duplicates": Advice(
        "the same pairs of tracks are trained several times, so they count as if several people had chosen them",
        "--drop-duplicate-playlists keeps only the longest of several near-duplicates; sgp evaluate never divides such "
        "a group between training and test playlists",
        ("extract --drop-duplicate-playlists",),
        {"extract": ("--drop-duplicate-playlists",)},
    ),
    "snapshots": Advice(
        "if some snapshots of a list are held out and others are used for training, the held-out lists are not "
        "unseen, and evaluation scores are too high",
        "use sgp evaluate --group, which holds out all snapshots of a list or none; sgp extract --holdout also accepts "
        "--group",
        ("evaluate --group", "extract --group"),
    ),
    "welded-by-name": Advice(
        "playlists of different people are trained as one: unrelated tracks count as related",
        "extract with --group-by owner",
        ("extract --group-by",),
        {"extract": ("--group-by", "owner")},
    ),
    "looks-welded": Advice(
        "if these are merged playlists of different people, unrelated tracks count as related",
        "name the column that contains the owner (--columns owner=…), or the column that contains the playlist "
        "(--columns playlist=…)",
        ("extract --columns",),
    ),
    "seen-once": Advice(
        "such a track is trained on a single playlist, so its neighbours are due to chance; together, such tracks take "
        "most of the memory",
        "sgp train --min-count 2 gives these tracks no vector; sgp similar --min-count leaves them out of answers",
        ("train --min-count", "similar --min-count"),
        {"train": ("--min-count", "2")},
    ),
    "everywhere": Advice(
        "a track in very many playlists co-occurs with almost every track, so it says little about similarity but "
        "takes much training time",
        "sgp train --subsample 1e-3 skips many occurrences of such a track; sgp similar --popularity -0.5 favours "
        "rarer tracks",
        ("train --subsample", "similar --popularity"),
        {"train": ("--subsample", "1e-3")},
    ),
    "several-uris": Advice(
        "the same song occurs as several tracks: each is trained on only some of the song's playlists, and its nearest "
        "neighbours include the other tracks of the song",
        "--merge-uris merges these tracks, and also different recordings with the same artist and title; sgp similar "
        "--fold-versions counts the versions of a song as one track in answers",
        ("extract --merge-uris", "similar --fold-versions"),
        {"extract": ("--merge-uris",)},
    ),
    "no-artist": Advice(
        "without an artist, different songs with the same title become one track",
        "name the artist column, such as --columns artist=…,title=…",
        ("extract --columns",),
    ),
    "placeholders": Advice(
        "different songs become one track, which co-occurs with almost every track",
        "choose the right columns (--columns), or fix the names in the source; to hide these tracks in answers, use "
        "sgp similar --exclude-artist",
        ("extract --columns", "similar --exclude-artist"),
    ),
    "joined-artists": Advice(
        "an artist who is listed with a guest counts as another artist: a song that is listed both with and without "
        "the guest becomes two tracks, and --max-per-artist counts them as tracks of different artists",
        "name the column of the main artist, such as --columns artist=…",
        ("extract --columns",),
    ),
    "mojibake": Advice(
        "a track whose name occurs in two spellings becomes two tracks, and a search for one spelling does not find "
        "the other",
        READ_AGAIN,
        ("extract --encoding",),
    ),
    "lost-letters": Advice(
        "tracks whose names differed only in the lost characters become one track, and a track with the correct "
        "spelling is separate from it",
        READ_AGAIN,
        ("extract --encoding",),
    ),
    "escapes": Advice(
        "a track with the same name but without escape sequences is a separate track, and a search for its name does "
        "not find the track with escape sequences",
        "decode the escape sequences in the source (html.unescape, urllib.parse.unquote) before you extract it",
    ),
    "unseen-letters": Advice(
        "names that look the same are different tracks",
        "remove these characters from the source before you extract it",
    ),
}


def make_finding(
    kind: Kind,
    what: str,
    *,
    count: int,
    of: int,
    unit: Unit,
    examples: Sequence[str],
    apply: Apply | None = None,
    effect: str | None = None,
    remedy: str | None = None,
) -> Finding:
    """Return a finding with the effect, remedy and options that `ADVICE` has for its kind.

    The arguments `apply`, `effect` and `remedy`, if given, replace what `ADVICE` says.
    """
    advice = ADVICE[kind]
    return Finding(
        kind=kind,
        what=what,
        count=count,
        of=of,
        share=round(count / max(1, of), 6),
        unit=unit,
        examples=tuple(examples),
        effect=effect or advice.effect,
        remedy=remedy or advice.remedy,
        flags=advice.flags,
        apply=advice.apply if apply is None else apply,
    )


def percent(part: int, whole: int) -> str:
    """Format a share as a percentage.

    >>> percent(39, 40), percent(1, 300), percent(1, 10_000), percent(2, 2)
    ('98%', '0.3%', 'under 0.1%', '100%')
    """
    share = part / max(1, whole)
    if part < whole and share >= 0.995:
        return "nearly all"
    return f"{share:.0%}" if share >= 0.0995 else f"{share:.1%}" if share >= 0.0005 else "under 0.1%"
