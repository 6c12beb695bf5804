"""Tests of a cluster of processes on this machine: it learns the same as one process and leaves no processes behind."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import skipgramophone as package
from skipgramophone.errors import SettingError
from skipgramophone.experiment.embeddings import CENTRE, CONTEXT, Matrix
from skipgramophone.training.cluster import engine as cluster
from skipgramophone.training.cluster.config import Role, role_in
from skipgramophone.training.cluster.loopback import block_other_machines
from skipgramophone.training.cluster.shards import Shards
from skipgramophone.training.tensorflow_runtime import load_tensorflow
from tests.conftest import Sgp, members, two_genres

WriteDump = Callable[..., Path]
SETTINGS = package.TrainSettings(window_size="bag", embedding_dim=8, epochs=3, random_seed=3)
pytestmark = pytest.mark.usefixtures("network")  # members communicate through sockets
linux = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and the socket filters of Linux")


@pytest.fixture
def genres(sgp: Sgp, write_dump: WriteDump, experiments: Path) -> Path:
    """Extract the corpus of experiment "genres"."""
    assert sgp("extract", "genres", write_dump(two_genres(400)), "-q").code == 0
    return experiments / "genres"


def vectors(experiment: Path) -> list[Matrix]:
    """Return the centre and the context vectors of a model."""
    return [np.load(experiment / "model" / file) for file in (CENTRE, CONTEXT)]


def history_of(experiment: Path) -> list[dict[str, object]]:
    """Return the records of the epochs."""
    return [json.loads(line) for line in (experiment / "model" / "history.jsonl").read_text().splitlines()]


@linux
@pytest.mark.slow
def test_one_worker_and_one_server_train_the_same_as_one_process_except_for_rounding(
    genres: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "WIRE", "float32")
    run = package.RunSettings(local_cluster="1x1", checkpoint_seconds=0)
    package.train("genres", SETTINGS, run=run)
    assert members(genres.parent) == []
    made, history = vectors(genres), history_of(genres)
    facts = json.loads((genres / "model" / "manifest.json").read_text())["facts"]
    assert (facts["workers"], facts["servers"]) == (1, 1)
    package.train("genres", SETTINGS, force=True)
    # One process trains some macro-batches on the tables themselves, so it adds the same numbers in another order.
    for in_cluster, alone in zip(made, vectors(genres), strict=True):
        np.testing.assert_allclose(in_cluster, alone, rtol=0, atol=1e-4)
    counts = {"tracks_by_worker": [4800], "done_again": 0, "partly_twice": 0}
    for record, expected in zip(history, history_of(genres), strict=True):
        assert record == expected | counts | {"loss": pytest.approx(expected["loss"], rel=1e-5)}


@linux
@pytest.mark.slow
def test_numbers_that_are_rounded_for_transfer_train_the_same_neighbours(genres: Path) -> None:
    package.train("genres", SETTINGS, run=package.RunSettings(local_cluster="1x2"), no_index=True)
    made = [float(str(record["loss"])) for record in history_of(genres)]
    package.train("genres", SETTINGS, force=True, no_index=True)
    # A transferred number has 8 bits of precision, and is rounded up or down.
    assert made == pytest.approx([float(str(record["loss"])) for record in history_of(genres)], rel=0.02)
    with package.open("genres") as found:
        tracks = found.catalogue.tracks(range(len(found.catalogue)))
        for track in tracks[:10]:
            assert all(near.track.artist[:4] == track.artist[:4] for near in found.similar(track.name).neighbours)


@pytest.mark.parametrize("servers", [1, 3])
def test_rows_on_servers_are_read_and_written_like_an_array(servers: int, tmp_path: Path) -> None:
    tf = load_tensorflow(tmp_path / "log")
    rng = np.random.default_rng(1)
    whole = rng.standard_normal((11, 5)).astype(np.float32)
    variables = [tf.Variable(whole[shard::servers]) for shard in range(servers)]
    rows_of, numbers = Shards(tf, variables, slice(0, 4)), Shards(tf, variables, slice(4, 5), is_flat=True)
    assert (rows_of.shape, numbers.shape) == ((11, 4), (11,))
    for rows in (slice(0, 11), slice(4, 5), slice(3, 10), slice(5, 7)):
        for shards, part in ((rows_of, whole[:, :4]), (numbers, whole[:, 4])):
            assert shards[rows].tolist() == part[rows].tolist()
            part[rows] = rng.standard_normal(part[rows].shape)  # a view: the other part must not change
            shards[rows] = part[rows]
    assert [variable.numpy().tolist() for variable in variables] == [
        whole[at::servers].tolist() for at in range(servers)
    ]


@linux
def test_a_filtered_socket_accepts_connections_from_one_device_only(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert block_other_machines()
        with socket.create_connection(server.getsockname(), timeout=5):
            pass
        # With the number of another device, connections over the loopback device count as external.
        monkeypatch.setattr(socket, "if_nametoindex", lambda _name: 1 << 20)
        assert block_other_machines()
        with pytest.raises(TimeoutError):
            socket.create_connection(server.getsockname(), timeout=0.2)


CLUSTER = {"chief": ["10.0.0.1:2222"], "worker": ["10.0.0.2:2222"], "ps": ["10.0.0.3:2222"]}


def config(cluster: object = None, task: object = None) -> str:
    """Return a value of TF_CONFIG."""
    return json.dumps({"cluster": cluster or CLUSTER, "task": task or {"type": "worker", "index": 0}})


def test_roles_are_read_from_tf_config() -> None:
    assert role_in({}) is None
    assert role_in({"TF_CONFIG": ""}) is None
    assert role_in({"TF_CONFIG": '{"task": {"type": "worker", "index": 0}}'}) is None
    assert role_in({"TF_CONFIG": config()}) == Role(CLUSTER, "worker", 0)
    older = {"master": CLUSTER["chief"], "worker": CLUSTER["worker"], "ps": CLUSTER["ps"], "evaluator": ["e:1"]}
    assert role_in({"TF_CONFIG": config(older, {"type": "master", "index": 0})}) == Role(CLUSTER, "chief", 0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "TF_CONFIG is not valid JSON"),
        ('{"cluster": {"chief": ["a:1"]}}', "must have an object 'cluster' and an object 'task'"),
        (config(CLUSTER | {"ps": []}), "must list addresses for 'chief', 'worker' and 'ps': 'ps' is missing"),
        (config(CLUSTER | {"chief": ["a:1", "b:1"]}), "lists 2 chiefs, but a cluster has one"),
        (config(CLUSTER | {"worker": ["a"]}), "has the address 'a': write host:port"),
        (config(task={"type": "evaluator"}), "the task type 'evaluator': use one of chief, worker, ps"),
        (config(task={"type": "worker", "index": 1}), "the task worker 1, but indices of 'worker' go from 0 to 0"),
    ],
)
def test_an_invalid_tf_config_is_an_error(text: str, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        role_in({"TF_CONFIG": text})


def test_addresses_of_other_machines_need_the_option_private_network(
    sgp: Sgp, genres: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_CONFIG", config())
    refused = sgp("train", "genres")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == (
        "error: TF_CONFIG contains the address 10.0.0.1:2222, but TensorFlow's gRPC has no authentication: anyone "
        "who reaches a port can run code here. Add --private-network only if nobody else is on that network\n"
    )
    monkeypatch.setenv("TF_CONFIG", config({job: ["127.0.0.1:2222"] for job in CLUSTER}, {"type": "chief"}))
    both = sgp("train", "genres", "--local-cluster", "1x1")
    assert both.err == "error: TF_CONFIG already describes a cluster: leave out --local-cluster, or unset TF_CONFIG\n"
    monkeypatch.delenv("TF_CONFIG")
    assert sgp("train", "genres", "--local-cluster", "2").err == (
        "error: --local-cluster must be WORKERSxSERVERS, such as 2x1, not 2\n"
    )
