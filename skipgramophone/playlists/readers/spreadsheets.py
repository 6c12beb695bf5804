"""Recognize spreadsheets, which are zip archives: they must be saved as CSV before `sgp` can read them."""

from __future__ import annotations

import zipfile

OPEN_DOCUMENT = b"application/vnd.oasis.opendocument.spreadsheet"
SAVE_AS_CSV = "save the sheet as CSV (UTF-8) and read that"


def spreadsheet_reason(archive: zipfile.ZipFile) -> str:
    """Return the reason to skip an archive that is a spreadsheet; "" for other archives."""
    members = archive.NameToInfo
    if "[Content_Types].xml" in members and any(name.startswith("xl/workbook.") for name in members):
        return f"an Excel workbook: {SAVE_AS_CSV}"
    kind = members.get("mimetype")
    if kind and kind.file_size < 2 * len(OPEN_DOCUMENT) and archive.read(kind).startswith(OPEN_DOCUMENT):
        return f"a LibreOffice spreadsheet: {SAVE_AS_CSV}"
    return f"a Numbers spreadsheet: {SAVE_AS_CSV}" if "Index/Document.iwa" in members else ""
