"""Prints lists of artists and lists of playlists, in the formats of `answers` except the playlist formats.

table      for people                            csv, tsv   a header, then one line per artist or playlist
json       the whole answer, indented            plain      the name, one line per artist or playlist
jsonl      the whole answer on one line
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from skipgramophone.cli import answers, render
from skipgramophone.cli.query_title import MOST_NAMED, in_place_of, with_unliked, with_weight
from skipgramophone.lookup.mixed_answers import MixedAnswer
from skipgramophone.lookup.mixed_query import Part
from skipgramophone.lookup.results import Seed
from skipgramophone.lookup.similar_artists import ArtistAnswer, ArtistNeighbour
from skipgramophone.lookup.similar_playlists import PlaylistAnswer, PlaylistNeighbour
from skipgramophone.wording import decimals, plural, visible


def show(answer: MixedAnswer, format: str, quiet: bool, safe_cells: bool = False) -> None:
    """Print an answer on standard output, and its notes on standard error."""
    for line in answer.notes:
        render.note(line, quiet)
    if render.print_answer(format, lambda: record(answer), lambda: rows(answer), safe_cells):
        return
    if format == "plain":
        render.print_data("".join(f"{visible(_name(near))}\n" for near in answer.neighbours))
        return
    is_shortened = _print_artists(answer) if isinstance(answer, ArtistAnswer) else _print_playlists(answer)
    if is_shortened and not quiet:
        render.hint_at_full_names()


def record(answer: MixedAnswer) -> dict[str, Any]:
    """Return an answer as JSON."""
    query = answer.query
    of = "artists" if isinstance(answer, ArtistAnswer) else "playlists"
    return {
        "of": of,
        "seeds": list(map(answers.seed_record, query.tracks)),
        "groups": [
            {
                "weight": group.weight,
                group.of: group.name,
                "tracks": len(group.seeds),
            }
            | answers.fallback_record(group.fallback)
            for group in query.groups
        ],
        "answered_by": "exact search",
        "ranked_by": answer.ranked_by if isinstance(answer, ArtistAnswer) else "cosine",
        "notes": list(answer.notes),
        "neighbours": rows(answer),
    }


def rows(answer: MixedAnswer) -> list[dict[str, object]]:
    """Return the artists or playlists of an answer as records."""
    return list(map(_fields, answer.neighbours))


def _fields(near: ArtistNeighbour | PlaylistNeighbour) -> dict[str, object]:
    """Return an artist or a playlist as a record."""
    if isinstance(near, PlaylistNeighbour):
        return {
            "rank": near.rank,
            "similarity": round(near.similarity, 6),
            "owner": near.owner,
            "playlist": near.name,
            "shared": near.shared,
            "tracks": near.tracks,
            "number": near.playlist,
        }
    return {
        "rank": near.rank,
        "similarity": round(near.similarity, 6),
        "artist": near.artist,
        "shared": near.shared,
        "tracks": near.tracks,
        "count": near.count,
        "score": None if near.score is None else round(near.score, 6),
    }


def _name(near: ArtistNeighbour | PlaylistNeighbour) -> str:
    """Return the name of an artist, or "owner - name" for a playlist."""
    if isinstance(near, ArtistNeighbour):
        return near.artist
    return " - ".join(filter(None, (near.owner, near.name)))


def _print_artists(answer: ArtistAnswer) -> bool:
    """Print a table of artists, and return whether names were shortened."""
    support = any(near.shared is not None for near in answer.neighbours)
    scored = any(near.score is not None for near in answer.neighbours)
    columns = [("rank", "number"), *([("score", "number")] if scored else []), ("similarity", "number")]
    columns += [("artist", "text"), *([("shared", "number")] if support else [])]
    rows = [
        [
            str(near.rank),
            *([decimals(near.score or 0)] if scored else []),
            decimals(near.similarity),
            near.artist,
            *([f"{near.shared or 0:,}"] if support else []),
            f"{near.tracks:,}",
            f"{near.count:,}",
        ]
        for near in answer.neighbours
    ]
    relation = answers.relation(answer.ranked_by, len(answer.neighbours))
    title = _title(answer, "artist", relation)
    return render.listing(title, [*columns, ("tracks", "number"), ("count", "number")], rows)


def _print_playlists(answer: PlaylistAnswer) -> bool:
    """Print a table of playlists, and return whether names were shortened."""
    columns = [("rank", "number"), ("similarity", "number"), ("owner", "text"), ("playlist", "text")]
    columns += [("shared", "number"), ("tracks", "number")]
    rows = [
        [str(near.rank), decimals(near.similarity), near.owner, near.name, f"{near.shared:,}", f"{near.tracks:,}"]
        for near in answer.neighbours
    ]
    title = _title(answer, "playlist", "most similar to")
    return render.listing(title, columns, rows)


def _title(answer: MixedAnswer, noun: str, relation: str) -> str:
    """Return the title of a table, such as "top 10 artists most similar to 'A'" or "artists from rank 11 …"."""
    about = _about(answer.query.parts)
    if not answer.neighbours:
        return f"no results for {about}"
    first = answer.neighbours[0].rank
    ranks = f"top {plural(len(answer.neighbours), noun)}" if first == 1 else f"{noun}s from rank {first}"
    return f"{ranks} {relation} {about}"


def _about(parts: tuple[Part, ...]) -> str:
    """Return the names of the tracks, artists and albums a query moves towards, then of those it moves away from."""
    unliked = [replace(part, weight=-part.weight) for part in parts if part.weight < 0]
    return with_unliked(_names([part for part in parts if part.weight >= 0]), _names(unliked))


def _names(parts: Sequence[Part]) -> str:
    """Return the names of tracks and groups (artists or albums); if there are many, say only how many there are."""
    if len(parts) <= MOST_NAMED:
        return ", ".join(map(_part_name, parts))
    groups = len([part for part in parts if not isinstance(part, Seed)])
    counted = [plural(len(parts) - groups, "track"), *([plural(groups, "group")] if groups else [])]
    return " and ".join(counted)


def _part_name(part: Part) -> str:
    """Return the name of a track or a group, preceded by its weight if the weight is not 1."""
    name = part.track.name if isinstance(part, Seed) else part.name
    return with_weight(f"'{name}'", part.weight) + in_place_of(part.fallback)
