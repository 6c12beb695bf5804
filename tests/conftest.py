"""Shared fixtures: an experiments directory, a way to run `sgp`, dumps, and a trained sample."""

from __future__ import annotations

import ctypes
import fcntl
import gc
import gzip
import os
import random
import resource
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa
import pytest
import typer.testing
from hypothesis import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# The default run repeats the same examples, so that it fails or passes for everyone alike. To look for new ones:
# pytest --hypothesis-profile thorough
settings.register_profile("default", max_examples=100, deadline=None, derandomize=True)
settings.register_profile("thorough", max_examples=2000, deadline=None)
settings.load_profile("default")

vars(typer.testing)["_get_command"] = cache(
    typer.main.get_command
)  # otherwise each run makes all commands again, in 20 ms

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NETWORK = ("socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname")
MODEL_FILES = (  # that training writes, without those that state times
    "centre.npy",
    "context.npy",
    "context_bias.npy",
    "accumulators.npy",
    "centre_mean.npy",
    "artists.npy",
    "factors.npy",
    "factors.json",
    "ease.npy",
    "smoothed.npy",
    "ease.json",
)
HEADER = '"user_id", "artistname", "trackname", "playlistname"'
Row = tuple[str, str, str, str]


@dataclass(frozen=True)
class Ran:
    """Exit code and output of a command."""

    code: int
    out: str
    err: str
    both: str = ""  # as a terminal shows them


Sgp = Callable[..., Ran]
LONGEST = (  # tests with the most processor time, slow tests included
    "test_a_tutorial_shows_real_output[research]",
    "test_the_readme_shows_real_output_and_works_after_make_demo",
    "test_after_any_fault_each_stage_is_the_old_or_the_new_one",
    "test_training_on_an_appended_corpus_agrees_with_a_full_run_as_well_as_another_seed",
    "test_no_command_creates_a_socket",
    "test_a_run_that_is_killed_at_random_moments_ends_with_the_same_bytes[9]",
    "test_the_gpu_benchmark_measures_every_context",
    "test_a_tutorial_shows_real_output[gensim]",
    "test_one_worker_and_one_server_train_the_same_bytes_as_one_process",
    "test_the_page_of_the_python_interface_runs",
    "test_training_shows_a_bar_that_disappears_a_report_and_nothing_of_tensorflow",
    "test_changed_files_are_read_or_end_in_a_one_line_error",
)
network_is_allowed = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the longest tests, so that at the end no test process waits for another one."""
    items.sort(key=lambda item: LONGEST.index(item.name) if item.name in LONGEST else len(LONGEST))


def pytest_collection_finish() -> None:
    """Leave the objects of all tests out of later garbage collections, each of which would take a second."""
    gc.freeze()


def _forbid_network(event: str, _arguments: object) -> None:
    """Refuse network access of this process. An audit hook cannot be removed, so a variable switches it off."""
    if event in NETWORK and not network_is_allowed:
        raise RuntimeError(f"no test may use the network: {event}")


sys.addaudithook(_forbid_network)


@pytest.fixture(scope="session", autouse=True)
def _separate_user_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the user state of `sgp` in temporary directories; all test processes share compiled programs."""
    with pytest.MonkeyPatch.context() as patch:
        for variable, name in (("XDG_STATE_HOME", "state"), ("XDG_CACHE_HOME", "cache")):
            patch.setenv(variable, str(made_once(tmp_path_factory, name, lambda _: None)))
        yield


@pytest.fixture(scope="session", autouse=True)
def _full_width_of_tables() -> Iterator[None]:
    """Ignore the width that the environment sets, because tests read tables of their full width."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COLUMNS", raising=False)
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_progress_lines() -> Iterator[None]:
    """Suppress progress lines, which a slow machine would print and a fast one not."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("skipgramophone.cli.progress.SECONDS_BETWEEN_LINES", 3600.0)
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_flushing() -> Iterator[None]:
    """Do not flush files to disk in this process: no test survives a power failure, and a flush takes milliseconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", os.fstat)  # also fails if the file is not open
        yield


@pytest.fixture(scope="module")
def network() -> Iterator[None]:
    """Allow network access, for tools that talk to their own processes on this machine."""
    global network_is_allowed
    network_is_allowed = True
    yield
    network_is_allowed = False


@pytest.fixture(scope="module")
def browser(network: None) -> Iterator[Browser]:
    """Start a headless Chromium."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield opened
        opened.close()


class _Runner(typer.testing.CliRunner):
    """A runner whose output is in the order in which it is written, as on a terminal."""

    @contextmanager
    def isolation(self, *arguments: Any, **named: Any) -> Iterator[Any]:
        with super().isolation(*arguments, **named) as streams:
            for stream in (sys.stdout, sys.stderr):
                cast(TextIOWrapper, stream).reconfigure(line_buffering=True)
            yield streams


def run_sgp(*arguments: str | Path, stdin: str | None = None) -> Ran:
    """Run `sgp` in this process; an unexpected exception is raised again."""
    from skipgramophone.cli.app import app

    result = _Runner().invoke(app, [str(argument) for argument in arguments], input=stdin)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr, result.output)


@pytest.fixture
def experiments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory that `sgp` uses for its experiments."""
    root = tmp_path / "experiments"
    root.mkdir()
    monkeypatch.setenv("SGP_EXPERIMENTS", str(root))
    return root


@pytest.fixture
def sgp(experiments: Path) -> Sgp:
    """Run `sgp` over the empty directory."""
    return run_sgp


def table_of(kinds: dict[str, pa.DataType], rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    """Rows as a table with columns of the given types, as `write_catalogue` expects it."""
    return pa.table({name: pa.array([row[at] for row in rows], kinds[name]) for at, name in enumerate(kinds)})


def dump_text(rows: Iterable[Row], header: str = HEADER) -> str:
    """Rows of owner, artist, title, playlist in the dialect of the Zenodo dump, quotes not escaped."""
    return header + "\n" + "".join('"' + '","'.join(row) + '"\n' for row in rows)


@pytest.fixture
def write_dump(tmp_path: Path) -> Callable[..., Path]:
    """Write a dump of rows or of a text, plain or gzip by its name."""

    def write(content: Iterable[Row] | str | bytes, name: str = "dump.csv") -> Path:
        text = content if isinstance(content, str | bytes) else dump_text(content)
        data = text if isinstance(text, bytes) else text.encode()
        path = tmp_path / name
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return path

    return write


def two_genres(playlists: int = 60, length: int = 12, tracks: int = 40) -> list[Row]:
    """Playlists of two sets of tracks that never mix: even playlists contain folk, odd ones techno."""
    rows = []
    for playlist in range(playlists):
        genre = ("folk", "techno")[playlist % 2]
        for place in range(length):
            track = (playlist * 7 + place * (1 + playlist % 5)) % tracks
            rows.append(
                (f"owner {playlist % 9}", f"{genre} artist {track % 11}", f"{genre} {track}", f"list {playlist}")
            )
    return rows


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """Return a directory that the first test process of a run makes, and the others wait for."""
    base = factory.getbasetemp()
    root = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    with root.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.exists():
            draft = Path(tempfile.mkdtemp(dir=root.parent))
            make(draft)
            draft.rename(root)
    return root


@pytest.fixture(scope="session")
def sample_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the experiment "demo": the built-in sample, trained with the defaults. Do not change it."""
    import skipgramophone as package

    def make(root: Path) -> None:
        package.extract("demo", sample=True, experiments_dir=root)
        package.train("demo", experiments_dir=root)

    return made_once(tmp_path_factory, "sample", make)


def orders(number: int = 90, products: int = 30) -> list[tuple[str, str, str]]:
    """Orders of a shop: number of the order, SKU and name of a product. Three products are called "Copper Kettle"."""
    random_numbers = random.Random(17)
    names = {4: "Copper Kettle", 9: "Copper Kettle", 21: "Copper Kettle", 13: "Kettle XL"}
    rows = []
    for order in range(number):
        shelf = random_numbers.randrange(3)  # products of the same shelf are bought together
        picked = random_numbers.sample(range(products), 12)
        bought = sorted(picked, key=lambda product: product % 3 != shelf)[:6]
        rows += [(str(order), f"{14100 + product}", names.get(product, f"Product {product}")) for product in bought]
    return rows


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the experiment "shop": orders whose products have a SKU and a name. Do not change it."""

    def make(root: Path) -> None:
        lines = ["order_id,sku,name", *map(",".join, orders())]
        (root / "orders.csv").write_text("\n".join(lines))
        table = (str(root / "orders.csv"), "--columns", "id=order_id,uri=sku,title=name")
        for command in (["extract", "shop", *table], ["train", "shop", "-emb", "16", "-e", "10"]):
            ran = run_sgp(*command, "-q", "--experiments-dir", root)
            assert (ran.code, ran.out, ran.err) == (0, "", "")

    return made_once(tmp_path_factory, "shop", make)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the experiment "genres", trained in a few epochs. Tests that change it work on a copy."""

    def make(root: Path) -> None:
        rows = [*two_genres(), ("z", "Rare", "Once \x1b[2J [/b] :heart:", "list z")]
        (root / "dump.csv").write_text(dump_text(rows))
        for command in (["extract", "genres", str(root / "dump.csv")], ["train", "genres", "-emb", "16", "-e", "10"]):
            ran = run_sgp(*command, "-q", "--experiments-dir", root)
            assert (ran.code, ran.out, ran.err) == (0, "", "")

    return made_once(tmp_path_factory, "trained", make)


@pytest.fixture
def full_disk() -> Iterator[None]:
    """Limit the size of every file of this process to 50,000 bytes."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))  # Python ignores the signal
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@contextmanager
def file_permissions_apply() -> Iterator[None]:
    """Let file permissions apply to root too: drop the capabilities that override them, for this thread."""
    if os.geteuid():
        yield
        return
    system = ctypes.CDLL(None, use_errno=True)
    header, held = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()  # two times: effective, permitted, …
    assert system.capget(header, held) == 0
    effective = held[0]
    held[0] &= ~0b110  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH
    assert system.capset(header, held) == 0
    try:
        yield
    finally:
        held[0] = effective
        assert system.capset(header, held) == 0


def members(experiments: Path, job: str = "") -> list[int]:
    """Process ids of the cluster members that were started for a directory of experiments."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            arguments = (process / "cmdline").read_text(errors="replace").split("\0") if process.name.isdigit() else []
            environment = (
                (process / "environ").read_text(errors="replace")
                if "skipgramophone.training.cluster.member" in arguments
                else ""
            )
        except OSError:
            continue  # it has ended, or belongs to another user
        if str(experiments) in environment and (not job or job in arguments):
            found.append(int(process.name))
    return found
