"""Hooks of the documentation site (see mkdocs.yml): pages from outside docs/, links to them, formulas, settings.

The pages are written for the repository, where links such as ../experiments/README.md work. The hooks add the files
outside docs/ to the site and point the links to them. They log a warning for a link to a file that is not part of the
site, and for a page that loads something from another site. A strict build fails after it has printed all warnings.
"""

from __future__ import annotations

import logging
import os
import posixpath
import re
import sys
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, get_args

from latex2mathml.converter import convert
from mkdocs.structure.files import File

HERE = Path(__file__).parent.parent
LOG = logging.getLogger("mkdocs.plugins.site_hooks")  # MkDocs counts the warnings of its own loggers
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
CODE = re.compile(r"(^```.*?^```$|`[^`\n]+`)", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)#:\s]+)(#[^)\s]*)?\)")  # to a file
FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<![\w$])\$(?=\S)([^$\n]+?)(?<=\S)\$(?![\w$])", re.DOTALL)
FORMULAS: list[str] = []  # MathML of the formulas of all pages
NESTED = re.compile(r"^ {2,3}([-*] |\d+\. )", re.MULTILINE)  # GitHub nests lists by two spaces, Python-Markdown by four
EXTERNAL = re.compile(
    r"<(?:script|img|iframe)[^>]*\ssrc=\"?https?:|<link[^>]*rel=\"?(?:stylesheet|icon|preload)[^>]*https?:"
)
MODULE = re.compile(r"\b(?:typing|collections\.abc|pathlib)\.")
SETTINGS = "<!-- settings -->"
OTHERS = "SGPOTHERVERSIONS"  # place of the link to other versions; only .ci/site-versions makes a page for it


def on_config(config: Any) -> Any:
    """Show the version in the name of the site, and at the foot of each page."""
    sys.path.insert(0, str(HERE))
    from skipgramophone import __version__

    config.site_name = f"skipgramophone {__version__}"
    unreleased = (
        (HERE / "CHANGELOG.md").read_text(encoding="utf-8").partition("## [Unreleased]")[2].partition("\n## ")[0]
    )
    also = " and the unreleased changes after it" if unreleased.strip() else ""
    config.copyright = f"This page describes version {__version__}{also}.{OTHERS}"
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add the files outside docs/."""
    for place, path in PLACES.items():
        content = (HERE / path).read_bytes()
        files.append(File.generated(config, place, content=content.decode() if place.endswith(".md") else content))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Adapt a page of the repository to the site: links, formulas, lists and tables; write the tables of settings."""
    place = page.file.src_uri
    base = posixpath.dirname(PLACES.get(place, f"docs/{place}"))

    def moved(found: re.Match[str]) -> str:
        target, anchor = found[1], found[2] or ""
        path = posixpath.normpath(posixpath.join(base, target))
        inside = path.removeprefix("docs/") if path.startswith("docs/") else OUTSIDE.get(path)
        if inside is None:
            LOG.warning("%s: the link to %s leads to %s, which is not part of the site", place, target, path)
            return found[0]
        return f"]({posixpath.relpath(inside, posixpath.dirname(place) or '.')}{anchor})"

    def formula(found: re.Match[str]) -> str:
        made = convert(found[1] or found[2], display="block" if found[1] else "inline")
        FORMULAS.append(made.replace("<math ", '<math tabindex="0" ', 1) if found[1] else made)  # a wide one scrolls
        return f"SGPFORMULA{len(FORMULAS) - 1}END"

    markdown = markdown.replace(SETTINGS, settings_tables())
    parts = CODE.split(markdown)  # text and code in turn
    for at in range(0, len(parts), 2):
        parts[at] = FORMULA.sub(formula, LINK.sub(moved, NESTED.sub(r"    \1", parts[at])))
    return "".join(parts)


def on_page_content(html: str, **_: Any) -> str:
    """Insert the formulas as MathML, which browsers show without scripts; make empty header cells ordinary cells."""
    html = re.sub(r"<th([^>]*)></th>", r"<td\1></td>", html)
    return re.sub(r"SGPFORMULA(\d+)END", lambda found: FORMULAS[int(found[1])], html)


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """Add a link to other versions and a name for the search; warn if a page loads something from elsewhere."""
    if found := EXTERNAL.search(output):
        LOG.warning("%s loads something from elsewhere: %s", page.file.src_uri, found[0])
    up = "../" * (page.file.dest_uri.count("/") + 1)
    others = f' <a href="{up}index.html">Other versions</a>' if os.environ.get("SITE_VERSIONS") else ""
    output = output.replace(OTHERS, others)
    dialog = ' data-md-component="search" role="dialog"'
    return output.replace(dialog, f'{dialog} aria-label="Search"')


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
            plain = isinstance(declared.type, type) and not get_args(declared.type)
            kind_of = f"`{declared.type.__name__ if plain else MODULE.sub('', str(declared.type))}`"
            cells = (f"`{declared.name}`", kind_of, default, described.help if described else "")
            rows.append(f"| {' | '.join(cells)} |")
        parts.append(f"### `{name}` {{ #{name} }}\n\n" + "\n".join(rows))
    return "\n\n".join(parts)
