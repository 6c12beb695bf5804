"""Read XML documents element by element, so that memory does not grow with the file.

A document is refused if it declares entities, or uses entities that XML does not predefine, because entities can expand
without limit or refer to other files. A document type without entities, such as Apple's, is accepted, but is not
downloaded.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple
from xml.parsers import expat

from skipgramophone.errors import FormatError
from skipgramophone.playlists.readers.source_files import OpenFile

READ_AT_ONCE = 1 << 18  # number of bytes per call of the parser
LONGEST_TOKEN = 1 << 20  # maximum length of a tag in bytes; the parser keeps a whole tag in memory
LONGEST_TEXT = 1 << 20  # maximum number of characters in one element
DEEPEST = 100  # maximum nesting of elements
MOST_NAMES = 1000  # for each path, the names of at most this many child elements are cached
ENTITIES = "it declares or uses XML entities, which sgp refuses because they can expand without limit"


class Element(NamedTuple):
    """The start or the end of an element."""

    ends: bool
    path: tuple[str, ...]  # names from the root to the element, without namespaces
    attributes: dict[str, str]
    text: str  # at the end of an element: its own text without surrounding spaces; at the start: ""
    line: int


class XmlError(ValueError):
    """A document is not well-formed or not safe; the message gives the reason."""


def read_elements(
    stream: OpenFile, what: str, starts: Callable[[tuple[str, ...]], bool] = lambda _path: True
) -> Iterator[Element]:
    """Yield an `Element` for the start and one for the end of each element.

    Args:
        stream: the file.
        what: description of the expected content, for error messages.
        starts: returns whether to yield the starts of the elements with a given path. Reading is faster if fewer starts
            are yielded.

    Raises:
        SourceError: the file is not well-formed XML, uses entities, or is nested too deeply.
    """
    # If the stream was converted to UTF-8, the encoding that the file declares must be ignored.
    encoding = None if stream.encoding == "UTF-8" else "utf-8"
    return elements_in(iter(lambda: stream.read(READ_AT_ONCE), b""), stream, what, starts, encoding=encoding)


def require_root(element: Element, roots: Collection[str], stream: OpenFile, what: str) -> None:
    """Verify that the root of the document to which an element belongs has one of the given names.

    Raises:
        FormatError: the root has none of these names.
    """
    if element.path[0] not in roots:
        raise FormatError(f"{stream.file.display_name} is not {what}: its root is {element.path[0]!r}")


def elements_in(
    pieces: Iterable[bytes],
    stream: OpenFile,
    what: str,
    starts: Callable[[tuple[str, ...]], bool] = lambda _path: True,
    *,
    encoding: str | None = "utf-8",
) -> Iterator[Element]:
    """Yield the elements of a document whose bytes are in `pieces`, like `read_elements`.

    Args:
        pieces: the bytes of the document.
        stream: the file, for error messages.
        what: description of the expected content, for error messages.
        starts: returns whether to yield the start of each element with a given path.
        encoding: the encoding of the bytes, or None if the document declares it.

    Raises:
        SourceError: the document is not well-formed XML, uses entities, or is nested too deeply.
    """
    parser = _ElementParser(encoding, starts)
    try:
        for data in pieces:
            yield from parser.feed(data)
        yield from parser.feed(b"", final=True)
    except XmlError as fault:
        raise FormatError(f"{stream.file.display_name} is not {what}: {fault}") from fault


def root_of(head: bytes) -> str | None:
    """Return the name of the root element of a document that begins with `head`; None if it is not XML.

    Raises:
        XmlError: the document declares entities.
    """
    if not head.lstrip().startswith(b"<"):
        return None
    # First try the encoding that the file declares, then UTF-8, in case the stream was converted to UTF-8.
    for encoding in (None, "utf-8"):
        try:
            return next((element.path[0] for element in _ElementParser(encoding).feed(head)), None)
        except XmlError as fault:
            if str(fault) == ENTITIES:
                raise
    return None


class _Place:
    """A position in the tree: all elements with the same path."""

    __slots__ = ("below", "path", "reports_starts")

    def __init__(self, path: tuple[str, ...], reports_starts: bool) -> None:
        self.path = path
        self.reports_starts = reports_starts
        self.below: dict[str, _Place] = {}


class _ElementParser:
    """Parses bytes incrementally, and yields the elements that start or end in them."""

    def __init__(self, encoding: str | None, starts: Callable[[tuple[str, ...]], bool] = lambda _path: True) -> None:
        self._parser = parser = expat.ParserCreate(encoding)
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._add_text
        parser.EntityDeclHandler = parser.SkippedEntityHandler = _refuse_entity
        self._starts = starts
        self._found: list[Element] = []
        self._place = _Place((), reports_starts=False)
        # Place, attributes and text so far of each parent whose end has not been read yet.
        self._open: list[tuple[_Place, dict[str, str], str]] = []
        self._attributes: dict[str, str] = {}
        self._text = ""
        self._fed = 0

    def feed(self, data: bytes, *, final: bool = False) -> Iterator[Element]:
        """Parse more bytes, and yield the elements that start or end in them.

        Raises:
            XmlError: the document is not well-formed, uses entities, or is nested too deeply.
        """
        fault: Exception | None = None
        try:
            self._parser.Parse(data, final)
        except XmlError as error:
            fault = error
        except (expat.ExpatError, ValueError, LookupError) as error:  # ValueError, LookupError: an unknown encoding
            fault = XmlError(f"not well-formed XML ({error})")
        found, self._found = self._found, []
        yield from found
        if fault:
            raise fault
        self._fed += len(data)
        if self._fed - self._parser.CurrentByteIndex > LONGEST_TOKEN:
            raise XmlError(f"a tag is longer than {LONGEST_TOKEN >> 20} MiB")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        """Handle the start of an element."""
        parent = self._place
        if len(parent.path) == DEEPEST:
            raise XmlError(f"elements are nested more than {DEEPEST} deep")
        self._open.append((parent, self._attributes, self._text))
        place = parent.below.get(name)
        if place is None:
            place = self._new_place(parent, name)
        self._place, self._attributes, self._text = place, attributes, ""
        if place.reports_starts:
            self._found.append(Element(False, place.path, attributes, "", line=self._parser.CurrentLineNumber))

    def _new_place(self, parent: _Place, name: str) -> _Place:
        """Create the place of an element whose path has not occurred yet."""
        path = (*parent.path, name.rpartition(":")[2])
        place = _Place(path, reports_starts=self._starts(path))
        if len(parent.below) < MOST_NAMES:
            parent.below[name] = place
        return place

    def _end(self, _name: str) -> None:
        """Handle the end of an element."""
        line = self._parser.CurrentLineNumber
        self._found.append(Element(True, self._place.path, self._attributes, self._text.strip(), line=line))
        self._place, self._attributes, self._text = self._open.pop()

    def _add_text(self, text: str) -> None:
        """Add a piece of text to the current element."""
        self._text += text
        if len(self._text) > LONGEST_TEXT:
            raise XmlError(f"the text of an element is longer than {LONGEST_TEXT >> 20} Mi characters")


def _refuse_entity(*_entity: object) -> None:
    """Refuse a document that declares an entity or refers to an unknown one."""
    raise XmlError(ENTITIES)
