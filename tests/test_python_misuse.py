"""Misuse of the Python interface: each mistake ends in an `SgpError` whose message shows the right form."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import skipgramophone as sgp
from skipgramophone.errors import ClosedLookupError, SettingError
from skipgramophone.playlists.playlist_file import NamedTrack

CLOSED = "this Lookup is closed: use it inside the with block, or open the experiment again"
# Valid values of the parameters that public functions and methods require.
GIVEN: dict[str, Any] = {
    "name": "demo",
    "other": "other",
    "what": "demo",
    "source": "vectors.npz",
    "destination": "file.npz",
    "query": "name",
    "queries": ["name"],
    "names": ["name"],
    "seeds": [],
    "a": "name",
    "b": "other",
    "settings": None,
    "playlists": [0],
    "track": NamedTrack("name"),
}
QUERIES = "(a query|queries|query tracks [(]seeds[)]) must be a (name|list)"  # start of messages about queries
FUNCTIONS = [name for name in sgp.__all__ if inspect.isfunction(getattr(sgp, name))]
METHODS = [name for name, _ in inspect.getmembers(sgp.Lookup, inspect.isfunction) if not name.startswith("_")]


@pytest.fixture(scope="module")
def demo(sample_root: Path) -> Iterator[sgp.Lookup]:
    """Open the trained sample."""
    with sgp.open("demo", sample_root) as opened:
        yield opened


@pytest.fixture(scope="module")
def names(demo: sgp.Lookup) -> list[str]:
    """Return names that each match a single track, because they are uris."""
    return [track.uri or "" for track in demo.catalogue.tracks([3, 40, 500])]


def required(function: Callable[..., Any]) -> dict[str, Any]:
    """Return a valid value for each parameter without a default."""
    parameters = inspect.signature(function).parameters.values()
    return {each.name: GIVEN[each.name] for each in parameters if each.default is each.empty and each.name != "self"}


def settings_of(function: Callable[..., Any]) -> dict[str, type[Any]]:
    """Return the settings class of each parameter that takes one."""
    written = {name: each.annotation for name, each in inspect.signature(function).parameters.items()}
    found = {name: kind.removesuffix(" | None") for name, kind in written.items() if "Settings" in str(kind)}
    return {name: getattr(sgp, kind) for name, kind in found.items()}


@pytest.mark.parametrize("method", METHODS)
def test_every_method_of_a_closed_lookup_raises_the_same_error(sample_root: Path, method: str) -> None:
    with sgp.open("demo", sample_root) as closed:
        pass
    with pytest.raises(ClosedLookupError) as error:
        getattr(closed, method)(**required(getattr(sgp.Lookup, method)))
    assert str(error.value) == CLOSED


def test_every_attribute_of_a_closed_lookup_raises_the_same_error(sample_root: Path) -> None:
    with sgp.open("demo", sample_root) as opened:
        attributes = [name for name in (*vars(opened), "corpus") if not name.startswith("_")]
        search, catalogue = opened.names, opened.catalogue
    assert {"experiment", "embeddings", "catalogue"} <= set(attributes)
    for name in attributes:
        with pytest.raises(ClosedLookupError, match=CLOSED):
            getattr(opened, name)
    for use in (opened.__len__, opened.__enter__, lambda: search.resolve("name"), lambda: catalogue.track(0)):
        with pytest.raises(ClosedLookupError, match=CLOSED):
            use()
    opened.__exit__()  # closing again has no effect
    with pytest.raises(AttributeError, match="'Lookup' object has no attribute 'simlar'"):
        _ = opened.simlar  # type: ignore[attr-defined]


def test_an_open_lookup_has_no_other_attributes(demo: sgp.Lookup) -> None:
    with pytest.raises(AttributeError, match="'Lookup' object has no attribute 'simlar'"):
        _ = demo.simlar  # type: ignore[attr-defined]


def test_names_need_no_weight(demo: sgp.Lookup, names: list[str]) -> None:
    one, two, three = names
    weighted = demo.similar([(one, 1.0), (two, 1), (three, 0.5)])
    assert [seed.weight for seed in weighted.seeds] == [1, 1, 0.5]
    assert demo.similar([one, two, (three, 0.5)]) == weighted
    array: Any = np.array([one, two])
    assert demo.similar(array) == demo.similar((one, two)) == demo.similar([(one, 1.0), (two, 1.0)])
    assert demo.asked(one) == demo.asked([one]) == demo.asked([(one, 1.0)])
    assert demo.similar_many([[one, (two, 2.0)]]) == [demo.similar([(one, 1.0), (two, 2.0)])]
    pairs = [(one, 1.0), (two, 1.0)]
    assert demo.similar_artists([one, two]).neighbours == demo.similar_artists(pairs).neighbours
    assert demo.similar_playlists([one, two]).neighbours == demo.similar_playlists(pairs).neighbours
    assert demo.mixed_query([one, two]).parts == demo.mixed_query(pairs).parts
    assert demo.neighbours([one, two]).equals(demo.neighbours(pairs))
    function = sgp.similar("demo", [one, two], experiments_dir=demo.experiment.path.parent)
    assert function == demo.similar([one, two])


def test_a_single_name_is_continued_as_a_list_of_one_name(demo: sgp.Lookup, names: list[str]) -> None:
    assert demo.continuation(names[0]) == demo.continuation([names[0]])
    doubled = demo.continuation([(names[0], 2.0), names[1]])
    assert doubled.seeds[0].weight / doubled.seeds[1].weight == pytest.approx(
        2 * demo.continuation(names[:2]).seeds[0].weight / demo.continuation(names[:2]).seeds[1].weight
    )


def test_a_playlist_file_may_be_given_as_text(demo: sgp.Lookup, names: list[str], tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("\n".join(names))
    found = demo.asked(file=tmp_path / "list.txt")
    assert [seed.track.uri for seed in found.seeds] == names
    assert demo.asked(file=str(tmp_path / "list.txt")) == found


@pytest.mark.parametrize(
    ("query", "end"),
    [
        (5, "not 5"),
        (None, "not None"),
        (b"name", "not b'name'"),
        ({"name": 2.0}, "not {'name': 2.0}"),  # its weights must not be ignored
        ({"name"}, "not {'name'}"),  # a set has no order
        (("name", 2.0), "not a list with 2.0"),
        ([("name", 2.0, 1)], "not a list with ('name', 2.0, 1)"),
        ([("name", "other")], "not a list with ('name', 'other')"),
        ([("name", True)], "not a list with ('name', True)"),
        ([np.zeros((2, 2))], "not a list with array([[0., 0... [0., 0.]])"),
    ],
)
def test_a_query_of_another_form_is_an_error(demo: sgp.Lookup, query: Any, end: str) -> None:
    form = "a query must be a name, or a list of names and (name, weight) pairs such as ['one name', ('another', 0.5)]"
    methods = (demo.similar, demo.asked, demo.continuation, demo.neighbours, demo.similar_artists)
    for method in (*methods, demo.similar_playlists, demo.mixed_query):
        with pytest.raises(SettingError) as error:
            method(query)
        assert str(error.value) == f"{form}, {end}"
    (outcome,) = demo.similar_many([query])
    assert isinstance(outcome, SettingError)


@pytest.mark.parametrize("weight", [float("nan"), float("inf"), -float("inf"), 10**400])
def test_a_weight_must_be_finite(demo: sgp.Lookup, names: list[str], weight: float) -> None:
    with pytest.raises(SettingError, match=f"the weight of '{names[0]}' must be a finite number, not"):
        demo.similar([(names[0], weight)])


def test_other_arguments_of_the_wrong_form_are_errors(demo: sgp.Lookup, names: list[str]) -> None:
    untyped: Any = demo
    wrong: list[tuple[Callable[[], object], str]] = [
        (lambda: untyped.vector(5), "query must be text, not 5"),
        (lambda: untyped.resolve(names), "query must be text, not ["),
        (lambda: untyped.explain(names[0], 5), "b must be text, not 5"),
        (lambda: untyped.similar_many(names[0]), "queries must be a list, such as ['one name', 'another name'], not '"),
        (lambda: untyped.asked(artist=5), "artist must be a name or a list of names, not 5"),
        (lambda: untyped.mixed_query(album=[5]), "album must be a name or a list of names, not a list with 5"),
        (lambda: untyped.asked(file=5), "file must be text or a Path, not 5"),
        (
            lambda: untyped.similar_to(names),
            "query tracks (seeds) must be a list of Seed objects, such as lookup.asked(names).seeds",
        ),
    ]
    for call, message in wrong:
        with pytest.raises(SettingError) as error:
            call()
        assert str(error.value).startswith(message)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_arguments_of_another_type_are_an_error_of_functions(function: str, tmp_path: Path, sample_root: Path) -> None:
    place = sample_root if function == "similar" else tmp_path
    require_type_errors(getattr(sgp, function), {"experiments_dir": place})


@pytest.mark.parametrize("method", METHODS)
def test_arguments_of_another_type_are_an_error_of_methods(demo: sgp.Lookup, method: str) -> None:
    require_type_errors(getattr(demo, method), {})


def test_a_lookup_is_made_from_an_experiment(demo: sgp.Lookup) -> None:
    untyped: Any = sgp.Lookup
    with pytest.raises(SettingError, match="experiment must be a value of the class Experiment, not 'demo'"):
        untyped("demo")
    assert len(sgp.Lookup(demo.experiment)) == len(demo)


def require_type_errors(called: Callable[..., Any], place: dict[str, Path]) -> None:
    """Verify that each parameter of a function refuses values of other types, with a message that names it."""
    for parameter in inspect.signature(called).parameters:
        for wrong in (object(), b"bytes", 2.5, {1: 2}):
            with pytest.raises(SettingError) as error:
                called(**{**required(called), **place, parameter: wrong})
            assert re.match(rf"{parameter} must be|{QUERIES}", str(error.value)), str(error.value)
            assert "\n" not in str(error.value)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_settings_of_another_class_are_an_error_of_functions(function: str, tmp_path: Path, sample_root: Path) -> None:
    called = getattr(sgp, function)
    place = {"experiments_dir": sample_root if function == "similar" else tmp_path}
    require_settings_errors(called, {**required(called), **(place if settings_of(called) else {})})


@pytest.mark.parametrize("method", METHODS)
def test_settings_of_another_class_are_an_error_of_methods(demo: sgp.Lookup, names: list[str], method: str) -> None:
    called = getattr(demo, method)
    require_settings_errors(called, required(called))


def require_settings_errors(called: Callable[..., Any], given: dict[str, Any]) -> None:
    """Verify that a function refuses arguments that are not objects of its settings classes."""
    for parameter, kind in settings_of(called).items():
        other = sgp.HistorySettings()
        for wrong, what in ((5, "int"), ({}, "dict"), (kind, f"the class {kind.__name__}"), (other, "HistorySettings")):
            with pytest.raises(SettingError) as error:
                called(**{**given, parameter: wrong})
            assert str(error.value).startswith(f"{parameter} must be {kind.__name__}, as in {kind.__name__}(")
            assert str(error.value).endswith(f"), not {what}")


def test_most_functions_have_settings() -> None:
    assert {name for name in FUNCTIONS if not settings_of(getattr(sgp, name))} == {"check", "open"}
    assert {"similar", "similar_many", "continuation", "explain", "neighbours", "similar_artists"} <= {
        name for name in METHODS if settings_of(getattr(sgp.Lookup, name))
    }


def test_the_message_shows_the_settings_that_the_user_gave(tmp_path: Path) -> None:
    with pytest.raises(SettingError) as error:
        sgp.train("x", {"epochs": 5}, experiments_dir=tmp_path)  # type: ignore[arg-type]
    assert str(error.value) == "settings must be TrainSettings, as in TrainSettings(epochs=5), not dict"
    with pytest.raises(SettingError) as error:
        sgp.extract("x", sample=True, settings={"nonsense": 5}, experiments_dir=tmp_path)  # type: ignore[arg-type]
    assert str(error.value) == "settings must be ExtractSettings, as in ExtractSettings(num_rows=-1), not dict"


def test_errors_name_arguments_instead_of_options(tmp_path: Path, sample_root: Path, demo: sgp.Lookup) -> None:
    (tmp_path / "vectors.npz").write_bytes(b"")
    (tmp_path / "list.csv").write_text("artist,title\n")
    (tmp_path / "words.csv").write_text("Lanyards\tHome\nNell Quay\tSalt\nThe Hatches\tTide\n")
    (tmp_path / "list.txt").write_bytes("Nell Quay - Sält\nAda Fenn - Rain\nAda Fenn - Tide\n".encode("latin-1"))
    calls: list[tuple[Callable[[], object], str]] = [
        (lambda: sgp.extract("x", experiments_dir=tmp_path), "give sources to read, or sample=True for the built-in"),
        (
            lambda: sgp.extract("x", tmp_path / "list.csv", sample=True, experiments_dir=tmp_path),
            "give either sources or sample=True, not both",
        ),
        (
            lambda: sgp.extract("demo", sample=True, experiments_dir=sample_root),
            "add to it with append=True, choose another name, or replace it with force=True",
        ),
        (
            lambda: sgp.export("demo", tmp_path / "vectors.npz", experiments_dir=sample_root),
            "vectors.npz already exists: choose another path, or replace it with force=True",
        ),
        (
            lambda: sgp.export("demo", tmp_path / "x.what", experiments_dir=sample_root),
            ".vec or .bin, or name the format with format",
        ),
        (lambda: sgp.compare_experiments("demo", "demo", experiments_dir=sample_root), "other needs the name of"),
        (
            lambda: sgp.extract(
                "x", tmp_path / "list.csv", sgp.ExtractSettings(format="spotify"), experiments_dir=tmp_path
            ),
            "you gave format='spotify': leave it out",
        ),
        (
            lambda: sgp.extract("x", tmp_path / "words.csv", experiments_dir=tmp_path),
            "for example columns='artist=1,title=2'",
        ),
        (
            lambda: sgp.extract("x", tmp_path / "list.txt", sgp.ExtractSettings(strict=True), experiments_dir=tmp_path),
            "not UTF-8: give the encoding, such as encoding='cp1252' for a file that Excel saved on Windows (leave out "
            "strict to skip such rows)",
        ),
        (
            lambda: sgp.extract("x", sample=True, settings=sgp.ExtractSettings(group="a"), experiments_dir=tmp_path),
            "group has an effect only on held-out playlists: add holdout",
        ),
        (
            lambda: sgp.extract(
                "x", sample=True, settings=sgp.ExtractSettings(holdout=0.1, group="("), experiments_dir=tmp_path
            ),
            "group='(' is not a valid regular expression",
        ),
        (
            lambda: sgp.export(
                "demo", tmp_path / "x.npz", settings=sgp.ExportSettings(min_count=10**6), experiments_dir=sample_root
            ),
            "use a smaller min_count",
        ),
        (lambda: sgp.map("demo", tmp_path / "x.png", experiments_dir=sample_root), "pictures={'png': FILE} also"),
        (lambda: sgp.open("demo", tmp_path / "none"), "to use another directory, give experiments_dir or set"),
        (lambda: demo.continuation(str(tmp_path / "list.csv")), "is a file: use file='"),
    ]
    for call, message in calls:
        with pytest.raises(sgp.SgpError) as error:
            call()
        assert message in str(error.value)
        assert message not in error.value.on_command_line
