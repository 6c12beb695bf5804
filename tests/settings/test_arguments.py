"""Arguments of public functions are compared with the types in the signature."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from skipgramophone.errors import SettingError
from skipgramophone.settings import TrainSettings, check_arguments

if TYPE_CHECKING:
    from skipgramophone.training.trainer import Progress


@check_arguments(but=("free",))
def example(
    name: str,
    sources: Sequence[Path | str] | Path | str = (),
    settings: TrainSettings | None = None,
    *,
    force: bool = False,
    rows: Sequence[int] = (),
    places: Mapping[str, Path | str] | None = None,
    tell: Callable[[Progress], None] | None = None,
    tellers: Sequence[Callable[[Progress], None]] | None = None,
    free: str = "",
) -> dict[str, Any]:
    """Return the arguments."""
    return {"name": name, "sources": sources, "rows": rows, "force": force, "free": free}


class Somewhere:
    """A path that is not a `Path`, like those of other libraries."""

    def __fspath__(self) -> str:
        return "somewhere"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": 5}, "name must be text, not 5"),
        ({"name": None}, "name must be text, not None"),
        ({"name": b"demo"}, "name must be text, not b'demo'"),
        ({"sources": 7}, "sources must be text, a Path or a list of these, not 7"),
        ({"sources": b"a.csv"}, "sources must be text, a Path or a list of these, not b'a.csv'"),
        ({"sources": ["a.csv", 7]}, "sources must be text, a Path or a list of these, not a list with 7"),
        ({"sources": {"a.csv"}}, "sources must be text, a Path or a list of these, not {'a.csv'}"),  # without an order
        ({"settings": {"epochs": 3}}, "settings must be TrainSettings, as in TrainSettings(epochs=3), not dict"),
        ({"force": 1}, "force must be True or False, not 1"),
        ({"force": "no"}, "force must be True or False, not 'no'"),
        ({"rows": [1, True]}, "rows must be a list of whole numbers, not a list with True"),
        ({"rows": 1.5}, "rows must be a list of whole numbers, not 1.5"),
        ({"places": ["png"]}, "places must be a dict that maps text to text or a Path, not ['png']"),
        ({"places": {"png": 5}}, "places must be a dict that maps text to text or a Path, not {'png': 5}"),
        ({"tell": "print"}, "tell must be a function, not 'print'"),
        ({"tellers": print}, "tellers must be a list of functions, not <built-in function print>"),
        ({"tellers": [print, 5]}, "tellers must be a list of functions, not a list with 5"),
        ({"name": np.zeros((2, 2))}, "name must be text, not array([[0., 0... [0., 0.]])"),  # one line
    ],
)
def test_an_argument_of_another_type_is_named(given: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError) as refused:
        example(**{"name": "demo", **given})
    assert str(refused.value) == refused.value.on_command_line == message


def test_arguments_are_passed_on_unchanged() -> None:
    place, rows = Somewhere(), np.array([3, 4])
    passed = example("demo", [Path("a"), place], TrainSettings(), rows=rows, tell=print, tellers=[print], free=5)  # type: ignore[list-item, arg-type]
    assert passed["sources"] == [Path("a"), place]
    assert passed["rows"] is rows
    assert passed["free"] == 5  # the function itself checks this argument
    assert example("demo", "a.csv")["sources"] == "a.csv"
    assert example(name="demo", places={"png": Path("a"), "svg": "b"})["name"] == "demo"


def test_an_iterator_is_not_used_up() -> None:
    def paths() -> Iterator[str]:
        yield from ("a", "b")

    assert list(example("demo", paths())["sources"]) == ["a", "b"]  # type: ignore[arg-type]


def test_missing_and_unknown_arguments_are_reported_by_python() -> None:
    untyped: Any = example
    with pytest.raises(TypeError, match=r"^example\(\) missing 1 required positional argument: 'name'$"):
        untyped()
    with pytest.raises(TypeError, match=r"^example\(\) got an unexpected keyword argument 'epochs'"):
        untyped("demo", epochs=3)


def test_the_signature_and_the_docstring_stay_visible() -> None:
    assert list(inspect.signature(example).parameters)[:3] == ["name", "sources", "settings"]
    assert example.__doc__ == "Return the arguments."
