"""`--exclude-file` and `--only-file`: products to leave out, and the only products to list."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import skipgramophone as sgp
from skipgramophone.errors import SettingError
from tests.conftest import Ran, orders, run_sgp

QUERY, BASKET = "14101", ("14101", "Product 2", "Product 5")
KETTLES = {sku for _, sku, name in orders() if name == "Copper Kettle"}
UNSOLD = "14188"  # a SKU that no order contains


def shown(ran: Ran) -> list[str]:
    """The uris of the tracks that an answer in JSON lists."""
    assert ran.code == 0, ran.err
    return [near["uri"] for near in json.loads(ran.out)["neighbours"]]


def look_up(root: Path, command: str, *options: str | Path) -> Ran:
    """Look up similar products of one product, or of a basket, and return the answer in JSON."""
    query = [QUERY] if command == "similar" else BASKET
    return run_sgp(command, "shop", *query, *options, "--json", "--experiments-dir", root)


def listed(tmp_path: Path, *lines: str, name: str = "stock.txt") -> Path:
    """Write a file with these lines."""
    path = tmp_path / name
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


@pytest.mark.parametrize("ranking", [(), ("--by", "cosine"), ("--by", "model"), ("--exact",), ("--diversity", "0.3")])
@pytest.mark.parametrize("command", ["similar", "continue"])
def test_a_list_is_filled_with_the_next_products(
    shop: Path, tmp_path: Path, command: str, ranking: tuple[str, ...]
) -> None:
    every = shown(look_up(shop, command, "-n", "40", "--exact", *ranking))
    assert len(every) == len({sku for _, sku, _ in orders()}) - (1 if command == "similar" else len(BASKET))
    if "--diversity" not in ranking:  # where each product depends on those above it
        out = listed(tmp_path, every[0], every[2], "copper  KETTLE", "")
        left = [uri for uri in every if uri not in {every[0], every[2], *KETTLES}]
        assert shown(look_up(shop, command, "-n", "9", "--exclude-file", out, *ranking)) == left[:9]
    only = listed(tmp_path, every[-1], every[4], "Copper Kettle", name="only.txt")
    found = shown(look_up(shop, command, "-n", "9", "--only-file", only, *ranking))
    assert set(found) == {every[-1], every[4], *KETTLES}
    if "--diversity" not in ranking:
        assert found == [uri for uri in every if uri in set(found)]


def test_unknown_lines_are_counted_and_reported(shop: Path, tmp_path: Path) -> None:
    out = listed(tmp_path, UNSOLD, "14102", "Kettle", "Copper Ketle", "no such", "14102")
    ran = look_up(shop, "similar", "--exclude-file", out)
    note = f"{out}: 4 of 5 lines match no track, such as '{UNSOLD}', 'Kettle', 'Copper Ketle'"
    assert note in ran.err.splitlines()
    assert note in json.loads(ran.out)["notes"]
    assert "14102" not in shown(ran)
    only = listed(tmp_path, UNSOLD, "14102")
    ran = look_up(shop, "similar", "--only-file", only)
    assert f"{only}: 1 of 2 lines matches no track, such as '{UNSOLD}'" in ran.err.splitlines()
    assert "only 1 of 10 results: no more tracks pass the filters" in ran.err.splitlines()
    empty = listed(tmp_path)
    assert f"{empty} lists no tracks" in look_up(shop, "similar", "--exclude-file", empty).err.splitlines()


@pytest.mark.parametrize(
    ("lines", "code", "problem"),
    [
        ((), 2, "{} is empty: each line must be a whole name, a uri or an id, such as "),
        ((UNSOLD, "x"), 2, "no line of {} matches a track (for example '14188'): each line must be a whole name, a "),
        (("\0",), 1, "{} is not a text file: give a file with one name, uri or id per line"),
    ],
)
@pytest.mark.parametrize("command", ["similar", "continue"])
def test_a_file_that_allows_no_product_is_an_error(
    shop: Path, tmp_path: Path, command: str, lines: tuple[str, ...], code: int, problem: str
) -> None:
    only = listed(tmp_path, *lines)
    ran = look_up(shop, command, "--only-file", only)
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith(f"error: {problem.format(only)}")
    ran = run_sgp(command, "shop", "--stdin", "--only-file", only, "--experiments-dir", shop, stdin="[]\n")
    assert (ran.code, ran.out) == (code, "")


def test_wrong_files_and_combinations_are_errors_of_one_line(shop: Path, tmp_path: Path) -> None:
    missing = tmp_path / "missing.txt"
    assert look_up(shop, "similar", "--exclude-file", missing).err == (
        f"error: cannot read {missing}: No such file or directory\n"
    )
    ran = look_up(shop, "similar", "--exclude-file", "-")
    assert (ran.code, ran.err) == (2, "error: a list of tracks cannot be read from standard input: give a file\n")
    ran = look_up(shop, "similar", "--of", "artists", "--exclude-file", listed(tmp_path, "x"))
    assert ran.err == "error: --exclude-file is for lists of tracks: leave it out, or leave out --of artists\n"


def test_batches_paths_and_blends_use_the_lists(shop: Path, tmp_path: Path) -> None:
    out = listed(tmp_path, *sorted(KETTLES))
    where = ("--exclude-file", out, "-n", "40", "--experiments-dir", shop)
    ran = run_sgp("similar", "shop", "--stdin", *where, stdin="14101\nProduct 2\n")
    lines = [ran.out.splitlines(), run_sgp("continue", "shop", "--stdin", *where, stdin='["14101"]\n').out.splitlines()]
    answers = [json.loads(line) for each in lines for line in each]
    assert len(answers) == 3
    basket = listed(tmp_path, *BASKET, name="basket.txt")
    routes: list[tuple[str | Path, ...]] = [
        ("--from", "14101", "--to", "14102", "--arrange"),
        ("--blend", basket, basket),
    ]
    answers += [json.loads(run_sgp("continue", "shop", *route, "--json", *where).out) for route in routes]
    for answer in answers:
        uris = {near["uri"] for near in answer["neighbours"]}
        assert len(uris) > 20
        assert not uris & KETTLES


def test_python_takes_names_or_a_path_and_reads_a_changed_file_again(shop: Path, tmp_path: Path) -> None:
    out = listed(tmp_path, "14102")
    with sgp.open("shop", shop) as opened:

        def found(exclude: object) -> list[str | None]:
            settings = sgp.SimilarSettings(number=40, exclude=exclude)  # type: ignore[arg-type]
            return [near.track.uri for near in opened.similar(QUERY, settings).neighbours]

        every = found(None)
        without = [uri for uri in every if uri != "14102"]
        assert len(without) == len(every) - 1
        for given in (["14102"], {"14102"}, "14102", out, pd.Series(["14102"]), ("14102", "14102 ")):
            assert found(given) == without, given
        assert found([]) == every
        assert found([f"unknown {at}" for at in range(1200)] + ["14102"]) == without
        out.write_text("14103\n14104\n")
        assert found(out) == [uri for uri in every if uri not in ("14103", "14104")]
        both = sgp.SimilarSettings(number=40, only=["14102", "14103"], exclude=["14103"])
        assert [near.track.uri for near in opened.similar(QUERY, both).neighbours] == ["14102"]
        many = opened.similar_many([QUERY, "14105"], sgp.SimilarSettings(only=["14102"]))
        assert all(not isinstance(each, Exception) and len(each.neighbours) == 1 for each in many)
        problem = r"^no name of only matches a track \(for example 'x'\): each name must be a whole name"
        with pytest.raises(SettingError, match=problem):
            opened.similar(QUERY, sgp.SimilarSettings(only=["x"]))


@pytest.mark.parametrize(("given", "shown"), [([14102], "a list with 14102"), (5, "5"), ({"a": 1}, r"\{'a': 1\}")])
def test_other_values_in_python_are_refused(given: object, shown: str) -> None:
    with pytest.raises(SettingError, match=rf"^only must be a list of names, uris or ids as text, or .*, not {shown}$"):
        sgp.SimilarSettings(only=given)  # type: ignore[arg-type]
