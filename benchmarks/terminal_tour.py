"""Scripted session in a terminal: runs the commands of a user's first hour in tmux and saves each screen as text.

python -m benchmarks.terminal_tour FOLDER      (needs tmux; writes FOLDER/80x24/*.txt and FOLDER/120x40/*.txt)

The experiments directory, in SGP_EXPERIMENTS, must contain the trained sample as `demo` (`sgp run demo --sample`). It
may also contain another model of the same corpus as `window`, and a model of the spotify-playlist-archive as `archive`.
Check the screens for cut columns, wrapped lines and colours.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

SIZES = ((80, 24), (120, 40))
SECONDS = 120  # for one command, at most
SGP = f"{shlex.quote(sys.executable)} -m skipgramophone"
SOCKET = "sgp-tour"

# Name of the screen, and what is typed. If there are several texts, each is typed when the screen is quiet.
ON_THE_SAMPLE: dict[str, Sequence[str]] = {
    "help": ("sgp --help",),
    "similar": ('sgp similar demo "every pencil knows"',),
    "ambiguous-asked": ('sgp similar demo "repeat" -n 5', "", ""),
    "unknown": ('sgp similar demo "every pencl knos"',),
    "artist": ('sgp similar demo --artist "Bram Hexaquist" -n 5', ""),
    "unknown-experiment": ("sgp similar dmeo x",),
    "explain": ('sgp explain demo "every pencil knows" "every library knows"',),
    "continue": ('sgp continue demo "every pencil knows" -n 5',),
    "prompt": ("sgp similar demo", "help", "every pencil knows", "+", "quit"),
    "link": ("sgp similar demo sample:track:0042 -n 3",),
    "of-artists": ('sgp similar demo "the unpaid otters" --of artists -n 8',),
    "of-playlists": ('sgp similar demo "every pencil knows" --of playlists -n 5',),
    "arranged": ('sgp continue demo "every pencil knows" "faded raincoat" --arrange -n 10',),
    "prompt-errors": ("sgp similar demo", "every pencl knos", "every pencil knows", "+", "- ", "exit"),
    "experiments": ("sgp experiments",),
    "experiment": ("sgp experiments demo",),
    "changed": ("sgp experiments --changed",),
    "inspect": ("sgp inspect demo",),
    "no-colour": ('NO_COLOR=1 sgp similar demo "every pencil knows" -n 3',),
    "pipe": ('sgp similar demo "every pencil knows" -n 3 | cat -v',),
    "map-pca": ("sgp map demo -o $(mktemp -d)/map.html --projection pca",),
}
ON_TWO: dict[str, Sequence[str]] = {
    "compare": ("sgp evaluate demo --compare window",),
    "compare-answers": ('sgp similar demo "every pencil knows" --compare window -n 5',),
    "evaluate": ("sgp evaluate demo",),
}
ON_THE_ARCHIVE: dict[str, Sequence[str]] = {
    "dominant": ('sgp similar archive "blinding lights" -n 5',),
    "artist-words": ('sgp similar archive "toto africa" -n 5',),
    "rare": ('sgp similar archive "wonderwall" -n 5', "", ""),
    "artist-of-archive": ("sgp similar archive --artist queen -n 8", ""),
    "link": ('sgp similar archive "https://open.spotify.com/track/0VjIjW4GlUZAMYd2vXMi3b?si=x" -n 3',),
    "prompt-of-archive": ("sgp similar archive", "blinding lights", "+", "exit"),
}


def tmux(*arguments: str) -> str:
    """Run tmux on a server of its own, and return its output."""
    ran = subprocess.run(
        ["tmux", "-L", SOCKET, "-f", "/dev/null", *arguments], capture_output=True, text=True, check=False
    )
    return ran.stdout


def screen() -> str:
    """Return the text of the screen and of what has scrolled off it."""
    return tmux("capture-pane", "-p", "-S", "-200", "-t", "tour").rstrip("\n") + "\n"


def wait_until_quiet(done: str | None) -> None:
    """Wait until a text is shown or, without one, until the screen is the same for two seconds."""
    end, before, since = time.monotonic() + SECONDS, "", time.monotonic()
    while time.monotonic() < end:
        now = screen()
        if done and done in now:
            return
        if now != before:
            before, since = now, time.monotonic()
        elif not done and time.monotonic() - since > 2 and now.strip():
            return
        time.sleep(0.2)


def play(name: str, typed: Sequence[str], folder: Path, width: int, height: int) -> None:
    """Type one command into a new terminal, and save what it shows."""
    tmux("kill-server")
    environment = ["-eTERM=screen-256color", "-ePS1=$ ", f"-eSGP_EXPERIMENTS={os.environ['SGP_EXPERIMENTS']}"]
    size = ("-x", str(width), "-y", str(height))
    tmux("new-session", "-d", "-s", "tour", *size, *environment, "bash --norc --noprofile")
    tmux("send-keys", "-t", "tour", f'sgp() {{ {SGP} "$@"; }}; clear', "Enter")
    time.sleep(0.5)
    tmux("clear-history", "-t", "tour")
    for at, text in enumerate(typed):
        last = at == len(typed) - 1
        tmux("send-keys", "-t", "tour", "-l", f'{text}; echo "exit code $?"' if at == 0 else text)
        tmux("send-keys", "-t", "tour", "Enter")
        time.sleep(3 if len(typed) > 1 else 0.2)
        wait_until_quiet("\nexit code" if last else None)
    (folder / f"{name}.txt").write_text(screen(), encoding="utf-8")


def main() -> None:
    """Run all commands at both sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--size", type=int, choices=[width for width, _ in SIZES])
    asked = parser.parse_args()
    tour = dict(ON_THE_SAMPLE)
    for name, screens in (("window", ON_TWO), ("archive", ON_THE_ARCHIVE)):
        if Path(os.environ["SGP_EXPERIMENTS"], name, "model").is_dir():
            tour |= screens
    for width, height in SIZES:
        if asked.size in (None, width):
            folder = asked.folder / f"{width}x{height}"
            folder.mkdir(parents=True, exist_ok=True)
            for name, typed in tour.items():
                if asked.only in name:
                    play(name, typed, folder, width, height)
                    print(folder / f"{name}.txt", flush=True)
    tmux("kill-server")


if __name__ == "__main__":
    main()
