"""Guessed columns of tables with owners: playlists and sessions of different people are neither merged nor split."""

from __future__ import annotations

import pytest

from skipgramophone.settings import ExtractSettings
from tests.playlists.guesses import guess

LISTS = "Chill,1,u1,Home,Ada\nChill,2,u1,Salt,Nell\nGym,1,u1,Rain,Quay\nGym,2,u1,Tide,Café Tacuba\n"


def test_a_column_with_the_playlists_of_an_owner_is_asked_about() -> None:
    assert guess(f"name,position,owner_id,title,artist\n{LISTS}") == (
        "a table of 5 columns in which 'name' may name the playlist: assign the columns, for example "
        "--columns artist=artist,title=title,playlist=name,owner=owner_id,position=position"
    )
    without_owner = LISTS.replace(",u1", "")
    assert guess(f"name,position,title,artist\n{without_owner}").endswith(
        "--columns title=title,artist=artist,playlist=name,position=position"
    )


def test_an_example_has_a_time_or_a_position_but_not_both() -> None:
    rows = "Live,2024-02-01T10:00:00,2,Ada,Home\nLive,2024-02-01T10:00:00,1,Nell,Salt\n"
    asked = guess(f"programTitle,episodeTimestamp,sequence,artist,title\n{rows}")
    assert asked.endswith("--columns time=episodeTimestamp,artist=artist,title=title,playlist=programTitle")
    assert ExtractSettings(columns=asked.split("--columns ")[1]).roles["time"] == "episodeTimestamp"


@pytest.mark.parametrize("name", ["owner_name", "town", "mood", "event"])
def test_properties_of_an_owner_or_a_track_do_not_name_playlists(name: str) -> None:
    one_each = "Ana,1,u1,Home,Ada\nAna,2,u1,Salt,Nell\nBo,1,u2,Rain,Quay\nBo,2,u2,Tide,Café Tacuba\n"
    assert guess(f"{name},at,owner_id,title,artist\n{one_each}") == "artist=artist,title=title,owner=owner_id"
    differ = "A,1,u1,Home,Ada\nB,2,u1,Salt,Nell\nC,1,u2,Rain,Quay\nD,2,u2,Tide,Café Tacuba\n"
    assert guess(f"{name},at,owner_id,title,artist\n{differ}") == "artist=artist,title=title,owner=owner_id"


@pytest.mark.parametrize("name", ["creator", "curator", "created_by", "Nutzer", "hörer", "DJ", "Erstellt von"])
def test_playlists_with_one_name_belong_to_different_people(name: str) -> None:
    assert guess(f"playlist,{name},artist,title\nChill,ana,Ada,Home\nChill,bo,Quay,Rain\n") == (
        f"artist=artist,title=title,playlist=playlist,owner={name}"
    )


def test_a_creator_without_playlists_or_artists_may_be_the_artist() -> None:
    assert "'creator' may name the artist" in guess("playlist,creator,title\nChill,Ada,Home\nChill,Quay,Rain\n")
    assert "owner=" not in guess("creator,title\nAda,Home\nQuay,Rain\n")
    assert guess("dj,artist,title\nbo,Ada,Home\nbo,Quay,Rain\n") == "artist=artist,title=title"
    with_id = guess("playlist_id,playlist,created_by,artist,title\n1,Chill,ana,Ada,Home\n1,Chill,bo,Quay,Rain\n")
    assert with_id == "artist=artist,title=title,playlist=playlist,id=playlist_id"


def test_people_with_an_unknown_name_who_share_a_playlist_are_asked_about() -> None:
    rows = "Chill,ana,Ada,Home\nChill,bo,Quay,Rain\n"
    assert guess(f"playlist,made for,artist,title\n{rows}") == (
        "a table of 4 columns in which 'made for' may distinguish playlists with the same name: assign the columns, "
        "for example --columns 'artist=artist,title=title,playlist=playlist,owner=made for'"
    )
    one_each = rows.replace("Chill,bo", "Gym,bo")
    assert guess(f"playlist,made for,artist,title\n{one_each}") == "artist=artist,title=title,playlist=playlist"


VISITS = "x1,1,a\nx1,1,b\nx2,1,c\nx2,1,d\nx1,2,a\n"


@pytest.mark.parametrize("name", ["client_id", "Kundennr", "buyer", "patient_id", "Household", "cookie_id", "Reader"])
def test_customers_are_owners(name: str) -> None:
    assert guess(f"{name},visit,product_id\n{VISITS}") == f"owner={name},uri=product_id,id=visit"


@pytest.mark.parametrize("name", ["email", "device_id", "uid", "ip", "subject_id", "E-Mail", "tablet_no", "Shop"])
def test_ids_that_are_unique_only_within_another_column_are_asked_about(name: str) -> None:
    assert guess(f"{name},visit,product_id\n{VISITS}") == (
        f"a table of 3 columns in which 'visit' may be unique only within each {name!r}: assign "
        f"the columns, for example --columns owner={name},uri=product_id,id=visit"
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("email", "x1,1,a\nx1,1,b\nx2,2,c\nx2,2,d\nx1,3,a\n"),  # each id belongs to one customer
        ("bundle_no", "1,1,a\n2,1,b\n1,2,c\n2,2,d\n"),  # a number of lines
        ("maker_id", "m,1,a\nn,1,b\nm,2,a\nn,2,b\nm,3,a\nm,3,c\n"),  # each item has one maker
        ("seller_id", VISITS),
        ("parcel_no", "p1,1,a\np1,1,b\np2,1,c\np2,1,d\np3,2,a\n"),  # each parcel belongs to one order
    ],
)
def test_properties_of_items_and_lines_do_not_distinguish_ids(name: str, text: str) -> None:
    assert guess(f"{name},visit,product_id\n{text}") == "uri=product_id,id=visit"


ORDERS = "10,x1,a\n10,x1,b\n11,x1,c\n11,x1,a\n12,x2,a\n12,x2,d\n"


@pytest.mark.parametrize(
    "name",
    [
        *("idVisit", "increment_id", "BillNo", "bill_id", "sale_id", "checkout_id", "ticket_id", "ga_session_id"),
        *("Rechnungsnr.", "Belegnummer", "Bon-Nr", "Auftragsnummer", "N° facture", "Nº pedido"),
    ],
)
def test_ids_of_orders_are_known(name: str) -> None:
    assert guess(f"{name},customer_id,product_id\n{ORDERS}").replace("'", "") == (
        f"owner=customer_id,uri=product_id,id={name}"
    )


def test_sales_of_one_item_each_identify_rows() -> None:
    assert guess("sale_id,customer_id,product_id\n10,x1,a\n11,x1,b\n12,x2,a\n") == "owner=customer_id,uri=product_id"


@pytest.mark.parametrize("name", ["Order", "slip", "Vorgang"])
def test_orders_with_an_unknown_name_are_asked_about(name: str) -> None:
    assert guess(f"{name},customer_id,product_id\n{ORDERS}") == (
        f"a table of 3 columns in which {name!r} may be the orders or sessions: assign the columns, for example "
        f"--columns owner=customer_id,uri=product_id,id={name}"
    )


@pytest.mark.parametrize(
    "text",
    [
        "de,x1,a\nde,x1,b\nfr,x2,a\nfr,x2,b\n",  # one value for each customer
        "1,x1,a\n2,x1,b\n1,x2,a\n2,x2,b\n",  # values that customers share
        "5,x1,a\n5,x1,a\n6,x1,b\n7,x2,c\n7,x2,c\n8,x2,d\n",  # properties of items
        "5,x1,a\n6,x1,b\n7,x2,c\n8,x2,d\n",  # one value for each row
        "5,x1,a\n5,x1,b\n6,x1,c\n6,x1,d\n",  # one customer
        f"{ORDERS},x1,d\n,x1,e\n,x1,f\n,x2,g\n,x2,h\n,x2,i\n,x2,j\n",  # mostly empty cells
    ],
)
def test_properties_of_customers_and_items_are_no_orders(text: str) -> None:
    assert guess(f"slip,customer_id,product_id\n{text}") == "owner=customer_id,uri=product_id"


LIKES = [("Rain", "Ada Fenn", "s/1"), ("Salt", "Nell", "s/2"), ("Tide", "Quay Official", "s/3"), ("Eve", "Oz", "s/4")]


def likes(rows: list[tuple[str, str, str]], header: str = "title,user,permalink_url") -> str:
    """Return liked tracks with their uploaders as a table."""
    return "\n".join([header, *(f"{title},{user},https://soundcloud.test/{link}" for title, user, link in rows)])


def test_uploaders_are_not_owners_without_a_question() -> None:
    assert guess(likes(LIKES)) == (
        "a table of 3 columns in which 'user' differs from row to row, so 'user' may name the artist: assign the "
        "columns, for example --columns artist=user,title=title,uri=permalink_url"
    )
    with_ids = "title,user_id,username\n" + "\n".join(
        f"{title},7{at},{user}" for at, (title, user, _) in enumerate(LIKES)
    )
    assert guess(with_ids.replace("username", "user.username")).endswith("--columns artist=user.username,title=title")


def test_owners_with_several_titles_or_titles_with_several_owners_are_no_uploaders() -> None:
    owned = "title=title,owner=user,uri=permalink_url"
    assert guess(likes([(title, "Ada", link) for title, _, link in LIKES])) == owned
    assert guess(likes([("Rain", user, "s/1") for _, user, _ in LIKES])) == owned
    assert guess(likes(LIKES[:2])) == owned
    ids = "title,user_id\n" + "\n".join(f"{title},7{at}" for at, (title, _, _) in enumerate(LIKES))
    assert guess(ids) == "title=title,owner=user_id"


@pytest.mark.parametrize("missing", ["", "NA", "null", "\\N"])
def test_sessions_with_and_without_an_owner_are_asked_about(missing: str) -> None:
    header = "session_id,user_id,item_id\n"
    assert guess(f"{header}s1,{missing},a\ns1,u7,b\n") == (
        "a table of 3 columns in which some rows of one 'session_id' have no 'user_id', so its rows would become two "
        "playlists: leave 'user_id' out: assign the columns, for example --columns uri=item_id,id=session_id"
    )
    whole = "owner=user_id,uri=item_id,id=session_id"
    assert guess(f"{header}s1,{missing},a\ns1,{missing},b\ns2,u7,b\n") == whole
    assert guess(f"{header}1,u1,a\n1,u2,b\n1,{missing},b\n2,u1,c\n") == whole  # the ids are unique only within an owner
    assert guess(f"{header}{missing},u1,a\n{missing},{missing},b\n2,u2,a\n2,u2,b\n") == whole  # rows without an id
