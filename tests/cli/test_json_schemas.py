"""The JSON output of look-ups matches the JSON Schema files in docs/schemas/, without any field that they lack."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from skipgramophone.cli.answers import record
from skipgramophone.experiment.catalogue import Track
from skipgramophone.lookup.results import Answer, Arrangement, Neighbour, Seed
from skipgramophone.lookup.stability_report import Agreement
from skipgramophone.settings import SCORES
from tests.conftest import run_sgp
from tests.json_schemas import SCHEMAS, read_schema, require_valid

jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
pytestmark = pytest.mark.skipif(not SCHEMAS.exists(), reason="the documents are not part of an installed package")


@pytest.mark.parametrize("name", sorted(path.name.partition(".")[0] for path in SCHEMAS.glob("*.json")))
def test_schemas_are_valid_and_describe_the_same_objects_alike(name: str) -> None:
    schema, answer = read_schema(name), read_schema("answer")
    for each, described in schema.get("$defs", {}).items():
        assert described == answer["$defs"].get(each, described)
    if name == "line":
        found, _ = schema["oneOf"]
        assert {key: value for key, value in found["properties"].items() if key != "query"} == answer["properties"]
    assert answer["properties"]["ranked_by"]["enum"] == list(SCORES)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["similar", "genres", "folk 2"], "answer"),
        (["similar", "genres", "folk 2", "--by", "hybrid", "--exact", "--fold-versions"], "answer"),
        (["continue", "genres", "folk 2", "folk 4", "-n", "3"], "answer"),
        (["continue", "genres", "folk 2", "folk 4", "-n", "3", "--arrange"], "answer"),
        (["similar", "genres", "folk 2", "--of", "artists"], "mixed_answer"),
        (["similar", "genres", "--artist", "folk artist 2", "--of", "artists", "--by", "hybrid"], "mixed_answer"),
        (["similar", "genres", "folk 2", "--of", "playlists"], "mixed_answer"),
        (["explain", "genres", "folk 2", "folk 4"], "explanation"),
    ],
)
def test_real_output_is_valid(trained: Path, arguments: list[str], name: str) -> None:
    ran = run_sgp(*arguments, "--json", "--experiments-dir", trained)
    assert ran.code == 0
    require_valid(json.loads(ran.out), name)


def test_output_with_uris_and_versions_is_valid(sample_root: Path) -> None:
    ran = run_sgp("continue", "demo", "every pencil knows", "--json", "--experiments-dir", sample_root)
    found = json.loads(ran.out)
    assert found["versions_of_seeds"]
    assert any(near["versions"] for near in found["neighbours"])
    require_valid(found, "answer")


def test_answers_and_errors_of_many_queries_are_valid(trained: Path) -> None:
    lines = "folk 2\nno such track at all\nfolk\n\n"
    ran = run_sgp("similar", "genres", "--stdin", "--experiments-dir", trained, stdin=lines)
    replies = list(map(json.loads, ran.out.splitlines()))
    lists = '["folk 2"]\nnot a list\n{"a": 1}\n'
    ran = run_sgp("continue", "genres", "--stdin", "--experiments-dir", trained, stdin=lists)
    replies += map(json.loads, ran.out.splitlines())
    assert {reply.get("exit_code") for reply in replies} >= {None, 2, 3}
    for reply in replies:
        require_valid(reply, "line")


def an_answer() -> dict[str, Any]:
    """An answer that has all optional values."""
    track = Track(row=0, artist="", title="a", uri=None, count=3, first_place=1)
    near = Neighbour(1, -0.5, track, score=1.25, shared=None, versions=(track,), step=0.5)
    stable = Agreement(10, "tail", 0.5, 0.25, 0.75)
    seeds, order = (Seed(track, -0.5),), Arrangement(0.5, None, 42)
    return record(Answer(seeds, (near,), "exact search", "model", notes=("note",), agreement=stable, arrangement=order))


def test_an_answer_with_rare_fields_is_valid() -> None:
    require_valid(an_answer(), "answer")


@pytest.mark.parametrize(
    "broken",
    [
        {"seeds": []},
        {"ranked_by": "hybird"},
        {"answered_by": None},
        {"agreement": {"mean": 1}},
        {"neighbours": [{}]},
        {"notes": "note"},
        {"new": 1},
    ],
)
def test_the_schema_refuses_other_output(broken: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        require_valid(an_answer() | broken, "answer")
