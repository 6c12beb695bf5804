"""The examples for `--columns` in questions have roles that suit the names and the values of the columns."""

from __future__ import annotations

import shlex

import pytest

from skipgramophone.playlists.columns.example_roles import corrected_roles
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
            "Rezept;Zutat;Menge\nSuppe;Salz;1 TL\nSuppe;rote Linsen;2\nKuchen;Mehl;500 g\n",
            "playlist=1,title=2",
        ),
        (
            "Verkaufsbeleg;Position;Material;Auftraggeber\n7;10;M1;K1\n7;20;M2;K1\n8;10;M1;K2\n8;20;M3;K2\n9;10;M2;K1\n",
            "id=Verkaufsbeleg,uri=Material,owner=Auftraggeber",
        ),
        ("match_id,player_slot,hero_id\n1,1,a\n1,2,b\n2,1,a\n2,2,c\n3,1,b\n", "id=match_id,uri=hero_id"),
        # Each row has another order.
        ("order_id,user_id,problem_id\n1,u,a\n2,u,b\n3,v,a\n4,v,b\n5,v,c\n", "owner=user_id,uri=problem_id"),
        # Each row has another time in microseconds.
        (
            "title,url,client_id,time_usec\nA page,https://x/a,c,1710000000000000\nThe sea,https://x/b,c,1710000001000000\n",
            "title=title,uri=url,owner=client_id,time=time_usec",
        ),
        # There are more episodes than podcasts.
        (
            "podcast,episode,on\nhttps://p/1,https://e/1,2024-03-01\nhttps://p/1,https://e/2,2024-03-02\n",
            "uri=episode,time=on",
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


def test_a_column_of_ids_with_empty_cells_may_be_in_the_example() -> None:
    rows = [f"{order},{item}" for order in range(5) for item in ("tea", "jam")]
    merged = [row if at % 2 == 0 else row[1:] for at, row in enumerate(rows)]
    assert example("\n".join(["order_id,product", *merged])) == "id=order_id,uri=product"
