"""`sgp explain`: show how two tracks are related."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from skipgramophone.cli import answers, completion, options, render
from skipgramophone.cli.choice import chooser
from skipgramophone.cli.known_names import hint_at_known_names
from skipgramophone.cli.options import with_settings
from skipgramophone.cli.track_columns import TrackColumns, track_columns
from skipgramophone.settings import ExplainSettings
from skipgramophone.wording import decimals, plural

if TYPE_CHECKING:
    from skipgramophone.lookup.explain import Explanation, Related, SecondTraining
    from skipgramophone.lookup.hybrid_rank import HybridRank

PLAYLIST_COLUMNS = (("playlist", "text"), ("owner", "text"), ("tracks", "number"))
BEFORE_NAMES, AFTER_NAMES = (  # headings and kinds of the columns on both sides of the columns with names
    (("to A", "number"), ("to B", "number")),
    (("with A", "number"), ("with B", "number")),
)


@with_settings
def explain(
    experiment: options.Experiment,
    a: Annotated[
        str,
        typer.Argument(
            metavar="A", help="'artist - title', a title, a uri or part of a name.", autocompletion=completion.tracks
        ),
    ],
    b: Annotated[str, typer.Argument(metavar="B", help="The other track.", autocompletion=completion.tracks)],
    *,
    settings: ExplainSettings,
    strict_names: options.StrictNames = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Show how tracks A and B are related in EXPERIMENT.

    Shows the similarity of A and B, the ranks of each for the other, the playlists that contain both, the tracks near
    both and the nearest neighbours of each. For each track, the tables show its cosine similarity to A and to B, and
    how many playlists it shares with A and with B.

    \b
    sgp explain demo "every pencil knows" "every library knows"
    """
    from skipgramophone.lookup import lookup

    with (
        hint_at_known_names(experiment, experiments_dir),
        lookup.open_lookup(experiment, experiments_dir, strict_names) as opened,
    ):
        found = opened.explain(a, b, settings, chooser(strict_names))
    for line in found.notes:
        render.note(line, quiet)
    if json:
        render.print_json(_record(found))
    elif _show(found) and not quiet:
        render.hint_at_full_names()


def _record(found: Explanation) -> dict[str, object]:
    """Return an explanation as a JSON object."""
    return {
        "tracks": list(map(answers.track_record, found.tracks)),
        "similarity": round(found.similarity, 6),
        "ranks": found.ranks,
        "hybrid": list(map(_hybrid, found.hybrid)) if found.hybrid else None,
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
    """Return how similar the tracks are in a model with another seed, as a JSON object.

    Return None if no such model is stored, or if one of the tracks has no vector in it.
    """
    return asdict(there) | {"similarity": round(there.similarity, 6)} if there else None


def _hybrid(place: HybridRank) -> dict[str, object]:
    """Return the place of a track in the default ranking as a JSON object."""
    terms = {name: round(value, 6) for name, value in asdict(place.terms).items()}
    return {"rank": place.rank, "score": round(place.score, 6), "terms": terms}


def _related(near: Related) -> dict[str, object]:
    """Return a related track as a JSON object."""
    similarities = [round(similarity, 6) for similarity in near.similarities]
    return answers.track_record(near.track) | {"similarities": similarities, "shared": near.shared}


def _show(found: Explanation) -> bool:
    """Print an explanation, and return whether names were shortened."""
    near = [track.track for tracks in (found.between, *found.neighbours) for track in tracks]
    names = track_columns([*found.tracks, *near])
    first, second = map(names.name_of, found.tracks)
    rows = [
        ("A", first),
        ("B", second),
        ("similarity", decimals(found.similarity)),
        ("rank by similarity", f"of {plural(found.learnt, 'track')}, {_ranks(found.ranks)}"),
    ]
    if found.hybrid:
        place_of_b, place_of_a = found.hybrid
        places = f"number {place_of_b.rank:,}, and a look-up of B lists A as number {place_of_a.rank:,}"
        rows.append(("rank by hybrid", f"a look-up of A lists B as {places} (hybrid is the default ranking)"))
        rows += [("score of B", _terms(place_of_b)), ("score of A", _terms(place_of_a))]
    if found.all_playlists:
        each, other = found.playlists
        of_all = plural(found.all_playlists, "playlist")
        by_chance = f"{found.expected:,.1f} would be expected by chance"
        rows.append(("playlists", f"A is in {each:,}, and B is in {other:,} of {of_all}"))
        rows.append(("shared", f"A and B are together in {found.shared:,}; {by_chance}"))
    if found.second:
        there, (of_first, of_second) = found.second, found.second.agreed
        of = there.neighbours
        agreed = f"neighbours found with both seeds: {of_first} of {of} for A, {of_second} of {of} for B"
        places = _ranks(there.ranks)
        rows.append(("another seed", f"similarity {decimals(there.similarity)}; {places}; {agreed}"))
    render.facts(f"{first} and {second}", rows, fold_words=True)  # a word of a name may be longer than a line
    is_shortened = []
    if found.shared_playlists:
        shown, what = len(found.shared_playlists), "shared playlists"
        named = ((held.name, held.owner, f"{held.tracks:,}") for held in found.shared_playlists)
        title = what if shown == found.shared else f"{what} (the shortest {shown} of {found.shared:,})"
        is_shortened.append(render.listing(title, PLAYLIST_COLUMNS, named))
    columns = [*BEFORE_NAMES, *names.headings, *AFTER_NAMES]
    for title, related in (
        ("near both", found.between),
        ("nearest to A", found.neighbours[0]),
        ("nearest to B", found.neighbours[1]),
    ):
        if related:
            is_shortened.append(render.listing(title, columns, (_line(each, names) for each in related)))
    return any(is_shortened)


def _ranks(ranks: tuple[int, int]) -> str:
    """Return text that gives the rank of each track among the neighbours of the other."""
    return f"B is number {ranks[0]:,} among the neighbours of A, and A is number {ranks[1]:,} among those of B"


def _terms(place: HybridRank) -> str:
    """Return a score as the sum of its terms; terms that are 0 are left out."""
    terms = [(name, decimals(value)) for name, value in asdict(place.terms).items()]
    listed = ", ".join(f"{name} {shown}" for name, shown in terms if float(shown))
    return f"{decimals(place.score)} ({listed})"


def _line(near: Related, names: TrackColumns) -> list[str]:
    """Return a related track as table cells."""
    to_first, to_second = map(decimals, near.similarities)
    with_first, with_second = (f"{shared:,}" for shared in near.shared)
    return [to_first, to_second, *names.cells(near.track), with_first, with_second]
