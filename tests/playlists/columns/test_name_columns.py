"""The columns of tables with the names of tracks or products."""

from __future__ import annotations

import pytest

from skipgramophone.playlists.columns.guess import rows_of
from skipgramophone.playlists.columns.name_columns import guess_name_columns, names_columns_text
from skipgramophone.wording import COMMAND_LINE


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("sku,product_name,category\nA1,Green mug,Mugs\nA2,Red mug,Mugs\n", "id=sku,title=product_name"),
        ("StockCode;Description\n85123A;Light holder\n71053;Lantern\n", "id=StockCode,title=Description"),
        ("product_id,product_name,aisle_id\n1,Cookies,61\n2,Salt,104\n", "id=product_id,title=product_name"),
        # A column "id" contains the ids if no other column does.
        ("id,name,price\n1,Cookies,3.50\n2,Salt,0.99\n", "id=id,title=name"),
        ("track_id,artist,title,album\n7,Ada Fenn,Rain,Doors\n", "id=track_id,artist=artist,title=title,album=album"),
        # A column "description" contains the names if no other column does.
        ("sku,name,description\nA1,Green mug,Holds 0.3 litres\nA2,Red mug,Holds 0.4 litres\n", "id=sku,title=name"),
        # An id may have several names.
        ("sku,name\nA1,Green mug\nA1,Mug\nA2,Red mug\nA3,Plate\n", "id=sku,title=name"),
        # A column "product" with several words in most rows contains names.
        ("sku,product\nA1,Green mug\nA2,Red mug\n", "id=sku,title=product"),
    ],
)
def test_columns_of_ids_and_names_are_guessed(text: str, columns: str) -> None:
    found = guess_name_columns(rows_of(text.splitlines()))
    assert isinstance(found, dict), found(COMMAND_LINE)
    assert names_columns_text(found) == columns


@pytest.mark.parametrize(
    ("text", "question"),
    [
        (
            "Artikel-Nr.;Bezeichnung\nA100;Blaue Tasse\nA101;Roter Teller\n",
            "a table of 2 columns in which sgp does not recognize the column of the names: assign them, for example "
            "--names-columns id=Artikel-Nr.,title=Bezeichnung",
        ),
        (
            "A100;Blaue Tasse\nA101;Roter Teller\n",
            "a table of 2 columns in which sgp does not recognize the names of the columns: assign them, for example "
            "--names-columns id=1,title=2",
        ),
        (
            "sku,item_id,product_name\nA1,1,Green mug\nA2,2,Red mug\n",
            "a table of 3 columns in which 'sku' and 'item_id' could contain the ids: assign them, for example "
            "--names-columns id=sku,title=product_name",
        ),
        (
            "order_id,customer_id,sku\n1,7,A1\n1,7,A2\n",
            "a table of 3 columns in which sgp does not recognize the column of the names: assign them, for example "
            "--names-columns id=…,title=…",
        ),
        (
            "title,category\nGreen mug,Mugs\nRed mug,Mugs\n",
            "a table of 2 columns in which sgp does not recognize the column of the ids: assign them, for example "
            "--names-columns id=…,title=…",
        ),
    ],
)
def test_unclear_columns_are_a_question(text: str, question: str) -> None:
    found = guess_name_columns(rows_of(text.splitlines()))
    assert not isinstance(found, dict)
    assert found(COMMAND_LINE) == question
