"""`extract --names`: a second table has the names of products, and ids without a name are counted."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import zipfile
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from skipgramophone.errors import SettingError, SourceError
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.inspection.report import Inspection
from skipgramophone.parallel import background_thread
from skipgramophone.pipeline.extract import extract
from skipgramophone.pipeline.inspect import inspect
from skipgramophone.pipeline.reports import ExtractReport
from skipgramophone.settings import ExtractSettings
from tests.conftest import run_sgp

ORDERS = "order_id,customer_id,sku\n1,7,A1\n1,7,A2\n2,8,A1\n2,8,A2\n2,8,A9\n"
# A1 has a name, A2 has two names, A3 is in no order, and A9 is not in this table. One row has no id, and one no name.
PRODUCTS = "sku,product_name,colour\nA1,Green mug,green\nA2,Plate,\nA3,Lamp,\nA2,Plate (old),\n,Spoon,\nA4,,\n"


@pytest.fixture
def shop(experiments: Path, tmp_path: Path) -> Path:
    """A directory with the tables of orders and products."""
    (tmp_path / "orders.csv").write_text(ORDERS)
    (tmp_path / "products.csv").write_text(PRODUCTS)
    return tmp_path


def read(
    shop: Path, names: str = "products.csv", of_names: str | None = None, columns: str | None = None, num_rows: int = -1
) -> ExtractReport:
    """Extract the orders with names; `of_names` assigns the columns of the table `names`."""
    settings = ExtractSettings(names=shop / names, names_columns=of_names, columns=columns, num_rows=num_rows)
    return extract("shop", shop / "orders.csv", settings, force=True)


def tracks(experiments: Path, name: str = "shop") -> set[tuple[str, str, str | None]]:
    """Return artist, title and uri of all tracks of an experiment."""
    with closing(Catalogue(experiments / name / "corpus")) as catalogue:
        return set(catalogue.names())


def test_tracks_have_names_and_keep_their_ids(shop: Path, experiments: Path) -> None:
    report = read(shop)
    assert tracks(experiments) == {("", "Green mug", "A1"), ("", "Plate", "A2"), ("", "A9", "A9")}
    assert (report.playlists, report.rows_used, report.rows_read) == (2, 5, 5)


def test_each_id_and_row_is_counted(shop: Path) -> None:
    (names,) = read(shop).names
    assert (names.columns, names.unused) == ("id=sku,title=product_name", ("colour",))
    assert (names.ids, names.named, names.unnamed, names.unnamed_examples) == (3, 2, 1, ("A9",))
    assert (names.several, names.several_examples) == (1, (("A2", "Plate", "Plate (old)"),))
    assert names.rejected == {"no id": 1, "an id, but neither artist nor title": 1}


def test_the_manifest_has_the_hash_of_the_table_but_not_its_directory(shop: Path, experiments: Path) -> None:
    read(shop)
    manifest = json.loads((experiments / "shop" / "corpus" / "manifest.json").read_text())
    (names,) = manifest["facts"]["names"]
    expected = {"file": "products.csv", "format": "columns", "bytes": len(PRODUCTS)}
    assert {key: names[key] for key in expected} == expected
    assert names["sha256"] == hashlib.sha256(PRODUCTS.encode()).hexdigest()
    assert manifest["settings"]["names"] == "products.csv"
    assert [source["file"] for source in manifest["facts"]["sources"]] == ["orders.csv"]


def test_the_manifest_of_a_corpus_without_names_does_not_change(shop: Path, experiments: Path) -> None:
    extract("shop", shop / "orders.csv")
    manifest = json.loads((experiments / "shop" / "corpus" / "manifest.json").read_text())
    assert not {"names", "names_columns"} & manifest["settings"].keys()


@pytest.mark.parametrize("columns", ["id=1,title=2", "1=id,2=title", "track=1,title=2", "uri=1,title=2"])
def test_columns_can_be_assigned(columns: str, shop: Path, experiments: Path) -> None:
    (shop / "list.csv").write_text("A1,Green mug\nA2,Plate\n")
    (names,) = read(shop, "list.csv", columns).names
    assert (names.columns, names.unused) == ("id=1,title=2", None)
    assert ("", "Plate", "A2") in tracks(experiments)


def test_artists_and_albums_come_from_the_table_too(shop: Path, experiments: Path) -> None:
    (shop / "songs.csv").write_text("sku,artist,title,album\nA1,Ada Fenn,Rain,Doors\n")
    report = read(shop, "songs.csv")
    assert ("Ada Fenn", "Rain", "A1") in tracks(experiments)
    assert report.albums == 1


def test_the_table_may_be_json_parquet_or_compressed(shop: Path, experiments: Path) -> None:
    rows = {"sku": ["A1", "A2"], "product_name": ["Green mug", "Plate"]}
    (shop / "p.json").write_text(
        json.dumps([dict(zip(rows, pair, strict=True)) for pair in zip(*rows.values(), strict=True)])
    )
    pq.write_table(pa.table(rows), shop / "p.parquet")
    (shop / "p.csv.gz").write_bytes(gzip.compress(PRODUCTS.encode()))
    for name in ("p.json", "p.parquet", "p.csv.gz"):
        assert read(shop, name).names[0].named == 2
        assert ("", "Green mug", "A1") in tracks(experiments)


def test_the_table_may_come_from_a_pipe_or_a_zip_archive(shop: Path, experiments: Path) -> None:
    with zipfile.ZipFile(shop / "p.zip", "w") as archive:
        archive.writestr("export/products.csv", PRODUCTS)
    assert read(shop, "p.zip").names[0].named == 2
    os.mkfifo(shop / "pipe")
    with background_thread() as thread:
        written = thread.submit((shop / "pipe").write_text, PRODUCTS)
        (names,) = read(shop, "pipe").names
        written.result()
    assert (names.named, names.sha256) == (2, hashlib.sha256(PRODUCTS.encode()).hexdigest())
    with zipfile.ZipFile(shop / "p.zip", "a") as archive:
        archive.writestr("more.csv", PRODUCTS)
    with pytest.raises(SourceError, match=r"names must be one table, but .*p\.zip has 2 files"):
        read(shop, "p.zip")


def test_the_table_is_utf_8_or_has_the_encoding_of_the_orders(shop: Path, experiments: Path) -> None:
    text = PRODUCTS.replace("Plate", "Pl\u00e4tte")
    (shop / "orders.csv").write_text(ORDERS.replace("A9", "\u00c49"), encoding="cp1252")
    for encoding in ("cp1252", "utf-8"):
        (shop / "products.csv").write_text(text, encoding=encoding)
        settings = ExtractSettings(names=shop / "products.csv", encoding="cp1252")
        extract("shop", shop / "orders.csv", settings, force=True)
        assert ("", "Pl\u00e4tte", "A2") in tracks(experiments)


def test_lines_above_the_header_are_no_rows_of_the_table(shop: Path) -> None:
    (shop / "report.csv").write_text("Product report\n\n" + PRODUCTS)
    assert read(shop, "report.csv").names[0].named == 2


def test_ids_of_sessions_get_names(shop: Path, experiments: Path) -> None:
    (shop / "clicks.txt").write_text("12 34 56\n34 12 78\n" * 5)
    (shop / "items.csv").write_text("item_id,name\n12,Green mug\n34,Plate\n")
    extract("clicks", shop / "clicks.txt", ExtractSettings(format="sessions", names=shop / "items.csv"))
    assert tracks(experiments, "clicks") == {
        ("", "Green mug", "12"), ("", "Plate", "34"), ("", "56", "56"), ("", "78", "78"),
    }  # fmt: skip


def test_num_rows_limits_the_orders_and_not_the_names(shop: Path, experiments: Path) -> None:
    report = read(shop, num_rows=2)
    assert tracks(experiments) == {("", "Green mug", "A1"), ("", "Plate", "A2")}
    assert (report.rows_read, report.names[0].ids) == (2, 3)


def test_appended_orders_get_names_from_their_own_table(shop: Path, experiments: Path) -> None:
    read(shop)
    (shop / "more.csv").write_text("order_id,customer_id,sku\n3,9,A2\n3,9,B1\n")
    (shop / "new.csv").write_text("sku,product_name\nB1,Fork\n")
    report = extract("shop", shop / "more.csv", ExtractSettings(names=shop / "new.csv"), append=True)
    assert tracks(experiments) == {
        ("", "Green mug", "A1"), ("", "Plate", "A2"), ("", "A9", "A9"), ("", "Fork", "B1"),
    }  # fmt: skip
    assert [names.file for names in report.names] == ["products.csv", "new.csv"]
    assert report.added
    assert report.added.names == 1


def test_an_inspection_of_sources_counts_the_same(shop: Path) -> None:
    found = inspect(shop / "orders.csv", ExtractSettings(names=shop / "products.csv"))
    assert isinstance(found, Inspection)
    assert list(found.names) == read(shop).names
    assert {track.name for track in found.most_frequent} == {"Green mug", "Plate", "A9"}


def test_tracks_with_a_name_of_their_own_keep_it(shop: Path, experiments: Path) -> None:
    (shop / "orders.csv").write_text("order_id,customer_id,sku,note\n1,7,A1,Cup\n1,7,A2,Dish\n2,8,A1,Cup\n2,8,A2,A2\n")
    columns = "id=order_id,owner=customer_id,uri=sku"
    read(shop, columns=columns)
    assert tracks(experiments) == {("", "Green mug", "A1"), ("", "Plate", "A2")}
    (shop / "orders.csv").write_text(
        "order_id,customer_id,sku,note\n1,7,A1,Cup\n1,7,A2,Dish\n2,8,A1,Cup\n2,8,A2,Dish\n"
    )
    with pytest.raises(SourceError, match="no row of the sources consists of an id alone"):
        read(shop, columns=f"{columns},title=note")


def test_a_table_with_other_ids_is_refused(shop: Path) -> None:
    (shop / "other.csv").write_text("sku,Product name\nX-1,Green mug\nX-2,Plate\n")
    columns = re.escape("(columns, and names_columns='id=sku,title=Product name')")
    with pytest.raises(
        SourceError, match=rf"'A1', is in .*, which has ids such as 'X-1': check the columns of ids {columns}$"
    ):
        read(shop, "other.csv")


def test_a_column_that_is_not_one_of_ids_is_refused(shop: Path) -> None:
    with pytest.raises(SourceError, match="most ids have several names, such as '1'"):
        read(shop, "orders.csv", "id=order_id,title=sku")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ("id=sku", "must assign one column of ids, and one of titles or names"),
        ("title=product_name", "must assign one column of ids, and one of titles or names"),
        ("id=sku,uri=sku,title=product_name", "must assign one column of ids"),
        ("id=sku,title=product_name,owner=colour", "can assign the roles .*, not owner"),
        ("sku,product_name", "names_columns must be role=column"),
    ],
)
def test_wrong_assignments_are_refused(columns: str, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        ExtractSettings(names="products.csv", names_columns=columns)


def test_columns_without_a_table_are_refused() -> None:
    with pytest.raises(SettingError, match="names_columns needs names"):
        ExtractSettings(names_columns="id=sku,title=product_name")


def test_reports_of_extract_and_inspect_show_the_names(shop: Path) -> None:
    for command in (["extract", "shop"], ["inspect"]):
        ran = run_sgp(*command, shop / "orders.csv", "--names", shop / "products.csv")
        assert ran.code == 0, ran.err
        for line in (
            "products.csv: names for 2 of 3 ids of the sources",
            "columns: id=sku,title=product_name; unused: colour",
            "1 id without a name, which stay as they are: 'A9'",
            "1 id of products.csv not in the sources",
            "1 id with several names, of which the first is used: 'A2': Plate / Plate (old)",
            "1 row of products.csv not used: no id",
        ):
            assert line in ran.out


def test_a_table_of_products_as_a_source_is_refused_with_the_option_for_names(shop: Path) -> None:
    ran = run_sgp("extract", "shop", shop / "orders.csv", shop / "products.csv")
    assert ran.code != 0
    assert "; or, if it contains the names of ids in another source, give it with --names" in ran.err
