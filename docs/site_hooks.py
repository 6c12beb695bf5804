"""Hooks of the documentation site (see mkdocs.yml): pages from outside docs/, links to them, tables of settings.

The pages are written for the repository, where links such as ../experiments/README.md work. The hooks add the files
outside docs/ to the site and point the links to them. A link to a file that is not part of the site stops the build.
"""

from __future__ import annotations

import posixpath
import re
import sys
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File

HERE = Path(__file__).parent.parent
# Files outside docs/ -> their place in the site.
OUTSIDE = {
    "README.md": "tour.md",
    "CHANGELOG.md": "changelog.md",
    "CITATION.cff": "CITATION.cff",
    "CODE_OF_CONDUCT.md": "code-of-conduct.md",
    "CONTRIBUTING.md": "contributing.md",
    "LICENSE": "LICENSE.txt",
    "SECURITY.md": "security.md",
    "benchmarks/README.md": "benchmarks.md",
    "examples/inference.ipynb": "examples/inference.ipynb",
    "examples/invented_exports.py": "examples/invented_exports.py",
    "examples/playlists_to_parquet.py": "examples/playlists_to_parquet.py",
    "experiments/README.md": "experiment-directory.md",
}
PLACES = {place: path for path, place in OUTSIDE.items()}
LINK = re.compile(r"(```.*?```|`[^`\n]*`)|\]\(([^)#:\s]+)(#[^)\s]*)?\)", re.DOTALL)  # code, or a link to a file
EXTERNAL = re.compile(
    r"<(?:script|img|iframe)[^>]*\ssrc=\"?https?:|<link[^>]*rel=\"?(?:stylesheet|icon|preload)[^>]*https?:"
)
SETTINGS = "<!-- settings -->"


def on_config(config: Any) -> Any:
    """Show the version in the name of the site."""
    sys.path.insert(0, str(HERE))
    from skipgramophone import __version__

    config.site_name = f"skipgramophone {__version__}"
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add the files outside docs/."""
    for place, path in PLACES.items():
        content = (HERE / path).read_bytes()
        files.append(File.generated(config, place, content=content.decode() if place.endswith(".md") else content))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Point links to files of the repository to their places in the site, and write the tables of settings."""
    place = page.file.src_uri
    base = posixpath.dirname(PLACES.get(place, f"docs/{place}"))

    def moved(found: re.Match[str]) -> str:
        code, target, anchor = found[1], found[2], found[3] or ""
        if code is not None:
            return code
        path = posixpath.normpath(posixpath.join(base, target))
        inside = path.removeprefix("docs/") if path.startswith("docs/") else OUTSIDE.get(path)
        if inside is None:
            raise PluginError(f"{place}: the link to {target} leads to {path}, which is not part of the site")
        return f"]({posixpath.relpath(inside, posixpath.dirname(place) or '.')}{anchor})"

    markdown = LINK.sub(moved, markdown)
    return markdown.replace(SETTINGS, settings_tables()) if SETTINGS in markdown else markdown


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """Refuse a page that loads something from elsewhere."""
    if found := EXTERNAL.search(output):
        raise PluginError(f"{page.file.src_uri} loads something from elsewhere: {found[0]}")
    return output


def settings_tables() -> str:
    """Return a table of fields for each public settings class."""
    import skipgramophone as sgp
    from skipgramophone.settings.setting import setting_of

    parts = []
    for name in sorted(name for name in sgp.__all__ if name.endswith("Settings")):
        kind = getattr(sgp, name)
        rows = ["| field | type | default | meaning |", "|---|---|---|---|"]
        for declared in fields(kind):
            described = setting_of(declared)
            default = "required" if declared.default is MISSING else f"`{declared.default!r}`"
            kind_of = f"`{getattr(declared.type, '__name__', declared.type)}`".replace("typing.", "")
            cells = (f"`{declared.name}`", kind_of, default, described.help if described else "")
            rows.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
        parts.append(f"### `{name}` {{ #{name} }}\n\n" + "\n".join(rows))
    return "\n\n".join(parts)
