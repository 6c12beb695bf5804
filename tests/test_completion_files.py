"""The completion files in docs/completion/, which are installed where bash, zsh and fish look for them, work.

python -m tests.test_completion_files      writes docs/completion/
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer._completion_shared import get_completion_script

from tests.test_docs import HERE

FILES = HERE / "docs" / "completion"
PLACES = {  # file in docs/completion/ -> directory in which the shell looks for it
    "bash/sgp": "share/bash-completion/completions",
    "zsh/_sgp": "share/zsh/site-functions",
    "fish/sgp.fish": "share/fish/vendor_completions.d",
}
EXPECTED = ["experiments", "explain", "export"]  # commands that begin with "exp"
HEAD = (
    "# Written by make docs from the completion of the program. sgp --install-completion does the same for one user.\n"
)

pytestmark = pytest.mark.skipif(not FILES.exists(), reason="the documents are not part of an installed package")


def script(shell: str) -> str:
    """Return the completion script of Typer for a shell, as a file that the shell loads when it is needed."""
    text = get_completion_script(prog_name="sgp", complete_var="_SGP_COMPLETE", shell=shell)
    if shell == "zsh":  # loads the file as the body of a function, and calls it at once
        (call,) = re.findall(r"^  (eval .*)$", text, re.MULTILINE)
        return f"#compdef sgp\n{HEAD}{call}\n"
    return HEAD + text.strip() + "\n"


@pytest.mark.parametrize("place", PLACES)
def test_a_completion_file_is_that_of_the_program_and_is_installed(place: str) -> None:
    assert (FILES / place).read_text(encoding="utf-8") == script(place.partition("/")[0])
    settings = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))
    shared = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    assert shared[f"docs/completion/{place.partition('/')[0]}"] == PLACES[place]


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH on which sgp is this checkout."""
    program = tmp_path / "bin" / "sgp"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\nfrom skipgramophone.cli.app import main\nmain()\n")
    program.chmod(0o755)
    return f"{program.parent}:{os.environ['PATH']}"


def complete(program: str, *arguments: str, **environment: str) -> list[str]:
    """Run a shell and return the lines that it prints."""
    found = os.environ | {"PYTHONPATH": str(HERE)} | environment
    ran = subprocess.run([program, *arguments], env=found, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout.splitlines()


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
def test_bash_completes_a_command(path: str) -> None:
    lines = (
        f"source '{FILES / 'bash' / 'sgp'}'",
        "complete -p sgp",
        "COMP_WORDS=(sgp exp) COMP_CWORD=1",
        "_sgp_completion sgp",
        'printf "%s\\n" "${COMPREPLY[@]}"',
    )
    registered, *offered = complete("bash", "--norc", "-c", "\n".join(lines), PATH=path)
    assert registered == "complete -o default -F _sgp_completion sgp"
    assert sorted(offered) == EXPECTED


@pytest.mark.skipif(not shutil.which("fish"), reason="fish is not installed")
def test_fish_completes_a_command(path: str, tmp_path: Path) -> None:
    lines = f"source '{FILES / 'fish' / 'sgp.fish'}'; complete -C 'sgp exp'"
    offered = complete("fish", "--no-config", "-c", lines, PATH=path, HOME=str(tmp_path))
    assert sorted(line.partition("\t")[0] for line in offered) == EXPECTED


@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed")
def test_zsh_finds_the_function_and_completes_a_command(path: str, tmp_path: Path) -> None:
    lines = (
        f"fpath=('{FILES / 'zsh'}' $fpath)",
        f"autoload -U compinit && compinit -D -u -d '{tmp_path / 'dump'}'",
        "print -- $_comps[sgp]",
        "_arguments() { print -r -- $@ }",
        "words=(sgp exp) CURRENT=2",
        "autoload -U _sgp && _sgp",
    )
    function, *offered = complete("zsh", "-f", "-c", "\n".join(lines), PATH=path, HOME=str(tmp_path))
    assert function == "_sgp"
    assert sorted(re.findall(r'"(\w+)":', "\n".join(offered))) == EXPECTED


def rewrite() -> None:
    """Write docs/completion/."""
    for place in PLACES:
        (FILES / place).parent.mkdir(parents=True, exist_ok=True)
        (FILES / place).write_text(script(place.partition("/")[0]), encoding="utf-8")


if __name__ == "__main__":
    rewrite()
