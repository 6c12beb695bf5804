"""A small catalogue, shared by the tests of the catalogue and of name search."""

from __future__ import annotations

from pathlib import Path

import pytest

from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.catalogue_writer import SPELLINGS, write_catalogue
from skipgramophone.experiment.catalogue_writer import TRACKS as TYPES
from tests.conftest import table_of

TRACKS = [  # artist, title, uri, count, first place
    ("Tom Petty", "Free Fallin'", "x:petty", 90, 5),
    ("John Mayer", "Free Fallin' - Live at the Nokia Theatre", "x:mayer", 40, 1),
    ("Säkert!", "Fredrik", None, 30, 9),
    ("Sakert!", "Fredrik", None, 29, 10),
    ("U2", "One", None, 28, 11),
    ("Metallica", "One", None, 27, 12),
    ("M.A.N.D.Y.", "22", None, 26, 13),
    ("", "07 - echoes", None, 25, 14),
    ("[live]", ":heart: \x1b[31m", None, 24, 15),
    ("ЛЮБЭ", "Конь", None, 23, 16),
    ("椎名林檎", "丸の内サディスティック", None, 22, 17),
    ("Twin", "Song", "x:a", 21, 18),
    ("Twin", "Song", "x:b", 20, 19),
    ('The "Quotes"', "100% * (free) OR NOT", None, 19, 20),
    ("Straße", "GROẞ", None, 18, 21),
]


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    """A small catalogue."""
    spellings = [(0, "TOM PETTY", "Free Fallin'", 3), (0, "Tom Petty", "Free Falling", 1)]
    write_catalogue(tmp_path, table_of(TYPES, TRACKS), table_of(SPELLINGS, spellings))
    return Catalogue(tmp_path)
