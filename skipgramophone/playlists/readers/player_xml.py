"""Read the XML of old music players, which is often not well-formed.

The names of elements and attributes may be in any case, even in the two tags of one element; "&" may be written without
an escape, as in links; and a file that is not UTF-8 is decoded as Windows-1252. A file that declares entities is
refused (see `xml_documents`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from skipgramophone.playlists.readers.m3u import whole_playlist_text
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.xml_documents import Element, elements_in, require_root

TAG_NAME = re.compile(r"</?[A-Za-z][\w.-]*")
# The XML declaration, which may name an encoding that is not the encoding of the file.
DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>", re.IGNORECASE)
AMPERSAND = re.compile(r"&(?!(?:#\d+|#x[0-9A-Fa-f]+|\w+);)")


def read_player_elements(stream: OpenFile, what: str, root: str) -> Iterator[Element]:
    """Yield an `Element` for the start and one for the end of each element, with names in lower case.

    Args:
        stream: the file.
        what: description of the expected content, for error messages.
        root: name of the root element, in lower case.

    Raises:
        SourceError: the root element has another name, or the file is not XML, uses entities, or is larger than a
            playlist file may be.
    """
    text = DECLARATION.sub(lambda found: "\n" * found[0].count("\n"), whole_playlist_text(stream), count=1)
    text = TAG_NAME.sub(lambda found: found[0].lower(), AMPERSAND.sub("&amp;", text))
    for element in elements_in([text.encode("utf-8", "replace")], stream, what):
        require_root(element, (root,), stream, what)
        attributes = {name.lower(): value.strip() for name, value in element.attributes.items()}
        yield element._replace(attributes=attributes)
