"""Columns named like titles that do not name the items of a table."""

from __future__ import annotations

import pytest

from skipgramophone.playlists.columns.guess import ColumnGuess, guess_columns, rows_of


def guess(text: str) -> ColumnGuess:
    """Return the guessed columns."""
    found = guess_columns(rows_of(text.splitlines()))
    assert isinstance(found, ColumnGuess), found
    return found


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("order_id,name,product_id\n1,Ann Miller,P1\n1,Ann Miller,P2\n2,Bob Ray,P1\n", "uri=product_id,id=order_id"),
        # No product occurs twice, but the products of an order have the same name.
        (
            "order_id,name,product_id\n1,Ann Miller,P1\n1,Ann Miller,P2\n2,Bob Ray,P3\n2,Bob Ray,P4\n",
            "uri=product_id,id=order_id",
        ),
        (
            "rating,title,text,asin,user_id\n5,Five Stars,Good,P1,u1\n1,Bad,Broke,P1,u2\n5,Five Stars,Ok,P2,u1\n",
            "owner=user_id,uri=asin",
        ),
        # No product occurs twice, but the table has reviews.
        ("rating,title,text,asin,user_id\n5,Five Stars,Good,P1,u1\n1,Bad,Broke,P2,u1\n", "owner=user_id,uri=asin"),
    ],
)
def test_names_of_customers_and_headlines_of_reviews_are_no_titles(text: str, columns: str) -> None:
    found = guess(text)
    assert found.text == columns
    assert {"name", "title"} & set(found.unused)


def test_another_column_of_titles_is_used_instead() -> None:
    text = "title,product_title,asin,user_id\nFive Stars,Lamp,P1,u1\nBad,Lamp,P1,u2\nFive Stars,Chair,P2,u1\n"
    found = guess(text)
    assert (found.text, found.unused) == ("title=product_title,owner=user_id,uri=asin", ["title"])


@pytest.mark.parametrize(
    "text",
    [
        "1,Lamp,P1\n1,Chair,P2\n2,Lamp,P1\n2,lamp ,P1\n",  # spelled differently
        "1,Lamp,P1\n1,Chair,P2\n2,Lamp,P1\n2,Chair,P2\n2,Red chair,P2\n",  # one of two items has several titles
        "1,Shirt,P1\n1,Shirt,P2\n2,Chair,P3\n2,Lamp,P4\n",  # an order of two items with one name
        "1,Lamp,P1\n2,Chair,P2\n",
    ],
)
def test_titles_of_items_may_vary_a_little(text: str) -> None:
    assert guess(f"order_id,name,product_id\n{text}").text == "title=name,uri=product_id,id=order_id"
