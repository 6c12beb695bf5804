"""Compiled programs that are kept between runs: damaged or foreign ones are never run."""

from __future__ import annotations

import hashlib
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from skipgramophone.training import program_cache
from skipgramophone.training.program_cache import FLAGS, WRITING, kept_programs
from tests.conftest import dump_text, run_sgp, two_genres


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home for the caches of a user; TensorFlow seems not to be loaded, and there seems to be no GPU."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv(FLAGS, raising=False)
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    monkeypatch.setattr(program_cache, "NVIDIA", tmp_path / "no driver")
    return tmp_path


def used(home: Path) -> Path | None:
    """Run a training that compiles nothing; return the directory that TensorFlow would use."""
    with kept_programs():
        option = os.environ.get(FLAGS, "").rpartition("=")[2]
    os.environ.pop(FLAGS, None)
    assert not option or Path(option).is_relative_to(home / "cache" / "skipgramophone" / "programs")
    return Path(option) if option else None


def kept(directory: Path) -> list[str]:
    """Names of the programs in a directory."""
    return sorted(path.name for path in directory.iterdir())


def test_only_programs_with_a_known_checksum_stay(home: Path) -> None:
    directory = used(home)
    assert directory is not None
    assert directory.stat().st_mode & 0o777 == 0o700
    with kept_programs():
        for name in ("a.pb", "b.pb", "c.pb"):
            (directory / name).write_bytes(name.encode())
    os.environ.pop(FLAGS)
    assert kept(directory) == ["a.pb", "b.pb", "c.pb"]
    (directory / "a.pb").write_bytes(b"A.pb")  # damaged
    (directory / "b.pb").rename(directory / "e.pb")  # another program than its name says
    (directory / "link.pb").symlink_to(directory / "c.pb")
    (directory / "new.pb").write_bytes(b"from elsewhere")
    for name in ("old.pb.tmp", "written-now.pb.tmp"):
        (directory / name).write_bytes(b"half a program")
    os.utime(directory / "old.pb.tmp", (time.time() - 2 * WRITING,) * 2)
    assert used(home) == directory
    assert kept(directory) == ["c.pb", "written-now.pb.tmp"]
    (directory / "written-now.pb.tmp").unlink()
    for _ in range(2):
        assert used(home) == directory
        assert kept(directory) == ["c.pb"]
    lines = (home / "state" / "skipgramophone" / "programs").read_text().splitlines()
    expected = hashlib.sha256(os.fsencode(directory / "c.pb") + b"\0c.pb").hexdigest()
    assert lines.count(expected) == 1


def test_the_oldest_of_many_programs_go(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = used(home)
    assert directory is not None
    with kept_programs():
        for number in range(5):
            (directory / f"{number}.pb").write_bytes(b"program")
            os.utime(directory / f"{number}.pb", (1000, 1000 + number))
    os.environ.pop(FLAGS)
    monkeypatch.setattr(program_cache, "MOST_PROGRAMS", 2)
    used(home)
    assert kept(directory) == ["3.pb", "4.pb"]


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """Make longer files fail, as on a full disk."""
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


def test_nothing_is_kept_where_it_is_not_safe(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = used(home)
    assert directory is not None
    with files_up_to(1 << 20):
        assert used(home) is None  # there is no space
    directory.chmod(0o777)
    assert used(home) is None  # others could write programs
    directory.chmod(0o700)
    monkeypatch.setenv(FLAGS, "--tf_xla_persistent_cache_directory=/mine")
    with kept_programs():
        assert os.environ[FLAGS] == "--tf_xla_persistent_cache_directory=/mine"
    monkeypatch.delenv(FLAGS)
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "with space"))
    assert used(home) is None
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.setitem(sys.modules, "tensorflow", sys)
    assert used(home) is None  # it was loaded before
    monkeypatch.delitem(sys.modules, "tensorflow")
    monkeypatch.setattr(program_cache, "NVIDIA", home)
    assert used(home) is None


def test_each_processor_has_its_own_programs(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory, info = used(home), home / "cpuinfo"
    monkeypatch.setattr(program_cache, "CPU_INFO", info)
    assert used(home) is None  # unknown processor
    places = {directory}
    for flags in ("sse avx", "sse avx avx2"):
        info.write_text(f"processor : 0\nmodel name : X\ncpu MHz : 1\nflags : {flags}\n" * 2)
        places.add(used(home))
    assert len(places) == 3
    info.write_text(info.read_text().replace("cpu MHz : 1", "cpu MHz : 2"))
    assert used(home) in places


TRAIN = """
import sys
from pathlib import Path
from skipgramophone.training.tensorflow_runtime import load_tensorflow
from tests.conftest import run_sgp
options = ["-e", "2", "-emb", "8", "--no-index", "--force", "-q", "--experiments-dir", sys.argv[1]]
ran = run_sgp("train", "genres", *options)
assert (ran.code, ran.err) == (0, ""), ran.err
assert "keras" not in sys.modules
tf = load_tensorflow(Path(sys.argv[1]) / "log")
assert not any("Keras" in type(finder).__name__ for finder in sys.meta_path)
if len(sys.argv) > 2:
    assert tf.keras.layers.Embedding(2, 3).output_dim == 3
"""


@pytest.mark.slow
def test_kept_programs_give_the_same_bytes(home: Path) -> None:
    (home / "dump.csv").write_text(dump_text(two_genres()))
    assert run_sgp("extract", "genres", str(home / "dump.csv"), "-q", "--experiments-dir", home).code == 0

    def train(*arguments: str) -> bytes:
        subprocess.run([sys.executable, "-c", TRAIN, str(home), *arguments], check=True)
        return (home / "genres" / "model" / "centre.npy").read_bytes()

    first = train()
    (directory,) = (home / "cache" / "skipgramophone" / "programs").iterdir()
    programs = {path.name: path.read_bytes() for path in directory.iterdir()}
    assert programs
    assert train() == first
    assert programs == {path.name: path.read_bytes() for path in directory.iterdir()}  # nothing was compiled again
    damaged = {}
    for path in directory.iterdir():
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
        damaged[path.name] = bytes(content)
    assert train("keras") == first
    assert all((directory / name).read_bytes() != damaged[name] for name in programs)
