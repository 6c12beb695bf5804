"""The man pages in docs/man/ have the help of every command, and groff and mandoc accept them.

python -m tests.test_man_pages      writes docs/man/
"""

from __future__ import annotations

import re
import shutil
import subprocess
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import typer

from skipgramophone import __version__
from skipgramophone.cli.app import app
from tests.test_docs import CHANGELOG, HERE, NAMES

MAN = HERE / "docs" / "man"
ENVIRONMENT = HERE / "docs" / "environment.md"
ROW = re.compile(r"^\| `?([^`|]+?)`? \| (.+?) \|$", re.MULTILINE)
LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")
EXAMPLES = "\b\n"  # begins a paragraph of the help whose lines are printed as they are
# Characters with a meaning in roff, or that it would print differently.
SPECIAL = {"\\": "\\e", "-": "\\-", "'": "\\(aq", "`": "\\(ga", '"': "\\(dq", "^": "\\(ha", "~": "\\(ti"}

pytestmark = pytest.mark.skipif(not ENVIRONMENT.exists(), reason="the documents are not part of an installed package")


def escape(text: str) -> str:
    """Return text as roff that prints exactly this text."""
    return "".join(SPECIAL.get(sign) or (sign if sign.isascii() else f"\\[u{ord(sign):04X}]") for sign in text)


def page_name(name: str) -> str:
    """Return the name of the man page of a command, such as "sgp-experiments-rm"."""
    return "-".join(["sgp", *name.split()])


def find(name: str) -> tuple[Any, Any]:
    """Return a command and its context."""
    command: Any = typer.main.get_command(app)
    context = command.context_class(command, info_name="sgp", **command.context_settings)
    for part in name.split():
        command = command.commands[part]
        context = command.context_class(command, info_name=part, parent=context)
    return command, context


def filled(text: str) -> list[str]:
    """Return lines of roff for a paragraph. None of them is read as a request."""
    lines = textwrap.wrap(escape(" ".join(text.split())), 78, break_long_words=False, break_on_hyphens=False)
    return [f"\\&{line}" if line.startswith(".") else line for line in lines]


def terms(records: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield the lines of a list of terms with explanations."""
    for term, explanation in records:
        names = re.split(r"(--?[a-z][\w-]*)" if term.startswith("-") else "(.+)", term)
        yield ".TP"
        yield "".join(f"\\fB{escape(part)}\\fR" if at % 2 else escape(part) for at, part in enumerate(names))
        yield from filled(explanation)


def rows(heading: str) -> list[tuple[str, str]]:
    """Return the rows of the table below a heading of docs/environment.md, as plain text."""
    section = ENVIRONMENT.read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    plain = LINK.sub(r"\1", section)
    return [(term, meaning.replace("`", "")) for term, meaning in ROW.findall(plain)[1:] if not term.startswith("-")]


def man_page(name: str) -> str:
    """Return the man page of a command in the macros of man(7), from the same objects as its help."""
    command, context = find(name)
    day = re.search(rf"^## \[{re.escape(__version__)}\] - (\S+)$", CHANGELOG.read_text(encoding="utf-8"), re.MULTILINE)
    assert day
    title = escape(page_name(name))
    summary, *paragraphs = command.help.split("\n\n")
    records = [(each.param_type_name, each.get_help_record(context)) for each in command.get_params(context)]
    options = [record for kind, record in records if kind == "option" and record]
    arguments = [record for kind, record in records if kind == "argument" and record]
    below = {child: one.help.partition("\n\n")[0] for child, one in visible_commands(command)}
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [
        '.\\" Written by make man from the help of the command.',
        f'.TH {title.upper()} 1 {day[1]} "skipgramophone {__version__}" "User Commands"',
        ".SH NAME",
        *filled(f"{page_name(name)} - {summary.rstrip('.')}"),
        ".SH SYNOPSIS",
        f"\\fB{' '.join(['sgp', *name.split()])}\\fR {escape(usage)}",
    ]
    text = [part for part in paragraphs if not part.startswith(EXAMPLES)]
    if text:
        lines += [".SH DESCRIPTION", *[line for part in text for line in (".PP", *filled(part))][1:]]
    shown = [part.removeprefix(EXAMPLES) for part in paragraphs if part.startswith(EXAMPLES)]
    if shown:
        lines += [".SH EXAMPLES", ".nf", *map(escape, "\n\n".join(shown).splitlines()), ".fi"]
    if arguments:
        lines += [".SH ARGUMENTS", *terms(arguments)]
    if below:
        lines += [".SH COMMANDS", *terms((f"{child}", " ".join(text.split())) for child, text in below.items())]
    lines += [".SH OPTIONS", *terms(options)]
    lines += [".SH EXIT STATUS", *terms(rows("Exit codes"))]
    lines += [".SH ENVIRONMENT", *terms(rows("Environment variables"))]
    related = [" ".join(name.split()[:-1])] * bool(name) + [f"{name} {child}" for child in below]
    lines += [".SH SEE ALSO"]
    lines += textwrap.wrap(", ".join(f"\\fB{escape(page_name(each))}\\fR(1)" for each in related), 78)
    return "\n".join(lines) + "\n"


def visible_commands(command: Any) -> list[tuple[str, Any]]:
    """Return the commands below a command that the help lists."""
    return [(child, below) for child, below in getattr(command, "commands", {}).items() if not below.hidden]


def test_every_command_has_a_man_page_with_its_help() -> None:
    pages = {page_name(name): man_page(name) for name in NAMES}
    assert {path.stem for path in MAN.iterdir()} == set(pages)
    for name, text in pages.items():
        assert not re.search("<(str|int|float|path)>", text), f"{name} has an option without a metavar"
        assert (MAN / f"{name}.1").read_text(encoding="utf-8") == text


@pytest.mark.parametrize("name", NAMES)
def test_groff_prints_the_help_without_a_warning(name: str) -> None:
    if not shutil.which("groff"):
        pytest.skip("groff is not installed")
    command = ["groff", "-man", "-Tutf8", "-ww", "-P-c", str(MAN / f"{page_name(name)}.1")]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ran.stderr == ""
    printed = re.sub(r".\x08", "", ran.stdout)  # bold is overstruck
    words = printed.split()
    described, context = find(name)
    for option in described.get_params(context):
        if record := option.get_help_record(context):
            assert "".join(record[0].split()) in "".join(words)
            assert "".join(record[1].split()) in re.sub("‐", "", "".join(words)), record  # hyphenated at line ends
    for example in re.findall(r"^sgp .*", described.help, re.MULTILINE):
        assert example in printed
    assert "sgp check found damage" in " ".join(words)


def test_mandoc_finds_nothing_to_correct() -> None:
    if not shutil.which("mandoc"):
        pytest.skip("mandoc is not installed")
    pages = sorted(map(str, MAN.iterdir()))
    ran = subprocess.run(["mandoc", "-Tlint", "-Wstyle", *pages], capture_output=True, text=True, check=False)
    assert [line for line in ran.stdout.splitlines() if "STYLE: referenced manual not found" not in line] == []


def test_text_is_not_read_as_roff() -> None:
    assert filled(".so /etc/passwd") == ["\\&.so /etc/passwd"]
    assert escape("a\\b '--x' \"q\" ^~` ×") == "a\\eb \\(aq\\-\\-x\\(aq \\(dqq\\(dq \\(ha\\(ti\\(ga \\[u00D7]"


def rewrite() -> None:
    """Write docs/man/."""
    shutil.rmtree(MAN, ignore_errors=True)
    MAN.mkdir()
    for name in NAMES:
        (MAN / f"{page_name(name)}.1").write_text(man_page(name), encoding="utf-8")


if __name__ == "__main__":
    rewrite()
