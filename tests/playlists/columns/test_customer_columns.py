"""Tables of orders in several languages: the customers are owners and never artists."""

from __future__ import annotations

import pytest

from skipgramophone.playlists.columns.guess import ColumnGuess, guess_columns, rows_of
from tests.playlists.guesses import guess as guessed

ORDERS = [(7, ["Thé vert", "Pain bis"], "Dupont"), (8, ["Thé vert"], "Martin Petit"), (9, ["Lait", "Thé"], "Petit")]


def guess(header: str, orders: list[tuple[int, list[str], str]] = ORDERS) -> str:
    """Return the guessed columns, or the question, for a table of orders with dates, customers and products."""
    rows = [f"{order};2{order}/03/2024;{who};{what};1" for order, bought, who in orders for what in bought]
    return guessed("\n".join([header, *rows]))


@pytest.mark.parametrize(
    "header",
    [
        "N° commande;Date;Client;Produit;Quantité",
        "N° de commande;Date;Nom du client;Produit;Qté",
        "Commande;Date;Acheteur;Article;Qté",
        "Bestellnr;Datum;Kunde;Artikel;Menge",
        "Bestelnummer;Datum;Klant;Product;Aantal",
        "Nr zamówienia;Data;Klient;Produkt;Ilość",
        "Ordernummer;Datum;Kund;Produkt;Antal",
        "Order No.;Date;Customer Name;Product;Qty",
        "Order Number;Date;Buyer Username;Product;Qty",
        "Order ID;Date;Customer Email;Product Name;Qty",
        "Nº do pedido;Data;Cliente;Produto;Quantidade",
        "Nº pedido;Fecha;Cliente;Producto;Cantidad",
        "N. ordine;Data;Cliente;Prodotto;Quantità",
    ],
)
def test_orders_customers_and_products_are_found(header: str) -> None:
    order, date, customer, product, _ = header.split(";")
    assert guess(header) == f"title={product},owner={customer},time={date},id={order}"


def test_customers_are_not_asked_about_as_artists() -> None:
    found = guess("Vente;Date;Client;Produit;Qté")
    assert found.endswith("--columns id=Vente,time=Date,owner=Client,uri=Produit")


def test_in_a_table_of_sessions_a_client_may_be_a_program() -> None:
    assert guess("session_id;date;client;product;qty") == "title=product,time=date,id=session_id"


def test_a_number_and_a_name_of_a_product_are_its_id_and_title() -> None:
    rows = [
        f"{order};c{order};p{item};{name}" for order in (7, 8, 9) for item, name in ((1, "Pain bis"), (2, "Thé vert"))
    ]
    found = guess_columns(rows_of(["commande;client;item_id;produit", *rows]))
    assert isinstance(found, ColumnGuess)
    assert found.roles == {"title": "produit", "owner": "client", "uri": "item_id", "id": "commande"}
