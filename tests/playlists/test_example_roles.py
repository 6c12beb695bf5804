"""The examples for `--columns` in questions have roles that suit the names and the values of the columns."""

from __future__ import annotations

import shlex

import pytest

from skipgramophone.playlists.example_roles import corrected_roles
from tests.playlists.guesses import asked


def example(text: str) -> str:
    """Return the value of `--columns` in the question about a table."""
    shown = asked(text, "without a header that sgp knows")
    return shlex.split(shown.partition(" --columns ")[2])[0] if " for example " in shown else ""


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("Order,Product\n1001,P1\n1001,P2\n1002,P1\n", "id=Order,uri=Product"),
        (
            "receipt_no,date,cashier,product,quantity\n1,2024-03-01,Al,tea,1\n1,2024-03-01,Al,jam,2\n2,2024-03-02,Bo,tea,1\n",
            "id=receipt_no,time=date,uri=product",
        ),
        (
            "Rechnungsnr.;Kundennr.;Artikelnr.;Menge\n1;7;a1;2\n1;7;a2;1\n2;8;a1;3\n",
            "id=Rechnungsnr.,owner=Kundennr.,uri=Artikelnr.",
        ),
        (
            "student_id,course_title,semester,grade\n1,Linear Algebra,WS2014,A\n1,Data Bases,SS2014,B\n"
            "2,Data Bases,WS2014,C\n",
            "owner=student_id,title=course_title",
        ),
        (
            "recipe_id,recipe_name,ingredient,amount,unit\n1,Pea Soup,green peas,200,g\n1,Pea Soup,salt,1,tsp\n"
            "2,Jam,sugar,500,g\n2,Jam,red berries,1,kg\n",
            "id=recipe_id,title=ingredient",
        ),
        (
            "Name,Email,Total,Lineitem name,Lineitem sku,Vendor\n#1001,a@b.example,9.50,Blue Mug,P1,Acme\n"
            "#1001,a@b.example,9.50,Red Mug,P2,Acme\n#1002,c@d.example,4.75,Blue Mug,P1,Acme\n",
            "id=Name,owner=Email,title=Lineitem name,uri=Lineitem sku",
        ),
        (
            "Gast;Musikwunsch;Interpret;Wann?\nTante Eva;Rain;Ada Fenn;later\nOnkel Bo;Salt;Nell;soon\n",
            "title=Musikwunsch,artist=Interpret",
        ),
        ("list,song\nEvening,Rain\nEvening,Salt\nMorning,Tide\n", "playlist=list,title=song"),
        (
            "Name,Track,Song,Performer\nEvening,1,Rain,Ada\nEvening,2,Salt,Nell\nMorning,1,Tide,Ada\n",
            "title=Song,artist=Performer",
        ),
        ("upc,units,household,basket\n768,1,12,1\n768,2,13,2\n769,1,12,3\n", "uri=upc,owner=household,id=basket"),
    ],
)
def test_words_in_the_names_of_columns_suggest_their_roles(text: str, columns: str) -> None:
    assert example(text) == columns


@pytest.mark.parametrize(
    ("role", "values"),
    [
        ("title", ["261", "268", "193"]),
        ("title", ["3:45", "1:02:03", "4:01"]),
        ("playlist", ["a/Rain.mp3", "a/Salt.mp3", "a/Rain.mp3"]),
        ("playlist", ["web"] * 5),
        ("title", ["web"] * 5),
        ("owner", ["true", "false", "true"]),
        ("uri", ["x"] * 5),
        ("artist", ["a@b.example", "c@d.example", "a@b.example"]),
        ("artist", ["tt01", "tt02", "tt03"]),
        ("time", ["1078778070", "1078778071", "1078778072"]),
        ("time", ["1980-02-01", "1971-05-12", "1990-03-03"]),
    ],
)
def test_columns_with_unsuitable_values_are_not_suggested(role: str, values: list[str]) -> None:
    rows = [["Something", "Other"], *([value, f"b {value}"] for value in values)]
    assert corrected_roles({role: "Something"}, rows) == {}


def test_uris_that_only_number_the_rows_are_not_suggested() -> None:
    songs = [["1", "Ada", "Rain"], ["2", "Nell", "Salt"], ["3", "Ada", "Rain"]]
    roles = {"uri": "uri", "artist": "artist", "title": "title"}
    assert corrected_roles(roles, [[*roles], *songs]) == {"artist": "artist", "title": "title"}
    assert corrected_roles(roles, [[*roles], *songs[:2]]) == roles
