"""`sgp explain`: why two tracks are near each other, or not."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from skipgramophone.cli import answers, completion, options, render
from skipgramophone.settings import ExplainSettings

if TYPE_CHECKING:
    from skipgramophone.lookup.explain import Explanation, Related, SecondTraining

COLUMNS = (
    ("to A", "number"),
    ("to B", "number"),
    ("artist", "text"),
    ("title", "text"),
    ("with A", "number"),
    ("with B", "number"),
)


def explain(
    experiment: options.Experiment,
    a: Annotated[
        str,
        typer.Argument(
            metavar="A", help="'artist - title', a title, a uri or a part of a name.", autocompletion=completion.tracks
        ),
    ],
    b: Annotated[str, typer.Argument(metavar="B", help="Another.", autocompletion=completion.tracks)],
    number: options.Number = options.EXPLAIN.number,
    json: options.Json = False,
    quiet: options.Quiet = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Show what is known of tracks A and B together in EXPERIMENT.

    How similar they are, which playlists hold both, which tracks lie between them, and what is nearest to each. Beside
    each track stand its cosine to both and the playlists that it shares with both.

    \b
    sgp explain demo "free fallin'" "learning to fly"
    """
    from skipgramophone.lookup import lookup

    with lookup.open_lookup(experiment, experiments_dir) as opened:
        found = opened.explain(a, b, ExplainSettings(number=number))
    for line in found.notes:
        render.note(line, quiet)
    if json:
        render.print_json(_record(found))
    else:
        _show(found)


def _record(found: Explanation) -> dict[str, object]:
    """An explanation as JSON."""
    return {
        "tracks": list(map(answers.track_record, found.tracks)),
        "similarity": round(found.similarity, 6),
        "ranks": found.ranks,
        "learnt": found.learnt,
        "playlists": found.playlists,
        "all_playlists": found.all_playlists,
        "shared": found.shared,
        "expected": round(found.expected, 3),
        "shared_playlists": list(map(asdict, found.shared_playlists)),
        "between": list(map(_related, found.between)),
        "neighbours": [list(map(_related, near)) for near in found.neighbours],
        "second_training": _second(found.second),
        "notes": list(found.notes),
    }


def _second(there: SecondTraining | None) -> dict[str, object] | None:
    """What another training says as JSON."""
    return asdict(there) | {"similarity": round(there.similarity, 6)} if there else None


def _related(near: Related) -> dict[str, object]:
    """A track beside the two as JSON."""
    similarities = [round(similarity, 6) for similarity in near.similarities]
    return answers.track_record(near.track) | {"similarities": similarities, "shared": near.shared}


def _show(found: Explanation) -> None:
    """Print an explanation."""
    first, second = (track.name for track in found.tracks)
    rows = [
        ("A", first),
        ("B", second),
        ("similarity", f"{found.similarity:.3f}"),
        ("nearest", f"B is number {found.ranks[0]:,} to A, A number {found.ranks[1]:,} to B, of {found.learnt:,}"),
    ]
    if found.all_playlists:
        each, other = found.playlists
        rows.append(("playlists", f"{each:,} hold A and {other:,} hold B, of {found.all_playlists:,}"))
        rows.append(("shared", f"{found.shared:,} hold both; by chance it would be {found.expected:,.1f}"))
    if found.second:
        there, (of_first, of_second) = found.second, found.second.agreed
        agreed = f"{of_first} of the {there.neighbours} nearest of A and {of_second} of those of B"
        places = f"B is number {there.ranks[0]:,} to A, A number {there.ranks[1]:,} to B"
        rows.append(("another seed", f"{there.similarity:.3f}, {places}; it names {agreed} too"))
    render.facts(f"{first} and {second}", rows)
    if found.shared_playlists:
        shown, what = len(found.shared_playlists), "shared playlists"
        named = ((held.name, held.owner, f"{held.tracks:,}") for held in found.shared_playlists)
        title = what if shown == found.shared else f"the shortest {shown} of {found.shared:,} {what}"
        render.listing(title, (("playlist", "text"), ("owner", "text"), ("tracks", "number")), named)
    for title, related in (
        ("between them", found.between),
        ("nearest to A", found.neighbours[0]),
        ("nearest to B", found.neighbours[1]),
    ):
        if related:
            render.listing(title, COLUMNS, map(_line, related))


def _line(near: Related) -> list[str]:
    """A track beside the two as cells."""
    to_first, to_second = (f"{similarity:.3f}" for similarity in near.similarities)
    with_first, with_second = (f"{shared:,}" for shared in near.shared)
    return [to_first, to_second, near.track.artist, near.track.title, with_first, with_second]
