"""Roles of the processes of a cluster, read from the environment variable TF_CONFIG.

    {"cluster": {"chief": ["a:2222"], "worker": ["b:2222", "c:2222"], "ps": ["d:2222"]},
     "task": {"type": "worker", "index": 0}}

The chief assigns tasks, workers carry them out, and parameter servers ("ps") store the rows. This is TensorFlow's own
convention: Kubernetes operators, Slurm launchers and cloud training services set the variable.
"""

from __future__ import annotations

import ipaddress
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from skipgramophone.errors import SettingError

VARIABLE = "TF_CONFIG"
CHIEF, WORKER, SERVER = "chief", "worker", "ps"
OLD_CHIEF = "master"  # the chief's name in older launchers


@dataclass(frozen=True, slots=True)
class Role:
    """The role of this process in a cluster.

    Attributes:
        cluster: addresses ("host:port") by job: one chief, workers, servers.
        job: job of this process.
        index: index of this process among the processes of its job, from 0.
    """

    cluster: Mapping[str, list[str]]
    job: str
    index: int

    @property
    def address(self) -> str:
        """Address of this process."""
        return self.cluster[self.job][self.index]

    @property
    def is_chief(self) -> bool:
        """Whether this process is the chief."""
        return self.job == CHIEF

    def external(self) -> list[str]:
        """Return the addresses of the cluster that other machines can reach (those that are not loopback)."""
        return [address for addresses in self.cluster.values() for address in addresses if not is_loopback(address)]

    def to_json(self) -> str:
        """Return the value of TF_CONFIG for this role."""
        return json.dumps({"cluster": dict(self.cluster), "task": {"type": self.job, "index": self.index}})


def role_in(environment: Mapping[str, str]) -> Role | None:
    """Return the role of this process according to TF_CONFIG, or None if TF_CONFIG is not set or has no cluster.

    Raises:
        SettingError: the task or the cluster is invalid. A cluster must have exactly one chief, at least one worker and
            at least one parameter server.
    """
    text = environment.get(VARIABLE, "").strip()
    if not text:
        return None
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SettingError(f"{VARIABLE} is not valid JSON: {error}") from error
    if not isinstance(content, dict) or not content.get("cluster"):
        return None  # launchers set TF_CONFIG without a cluster if there is only one machine
    return _check_role(content)


def _check_role(content: dict[str, Any]) -> Role:
    """Check the content of TF_CONFIG, and return the role of this process."""
    cluster, task = content["cluster"], content.get("task")
    if not isinstance(cluster, dict) or not isinstance(task, dict):
        raise SettingError(f"{VARIABLE} must have an object 'cluster' and an object 'task'")
    named = {CHIEF if job == OLD_CHIEF else job: addresses for job, addresses in cluster.items()}
    for job in (CHIEF, WORKER, SERVER):
        addresses = named.get(job)
        if not isinstance(addresses, list) or not addresses or not all(isinstance(one, str) for one in addresses):
            raise SettingError(
                f"{VARIABLE} must list addresses for '{CHIEF}', '{WORKER}' and '{SERVER}': '{job}' is missing"
            )
        for address in addresses:
            host_and_port(address)
    if len(named[CHIEF]) != 1:
        raise SettingError(f"{VARIABLE} lists {len(named[CHIEF])} chiefs, but a cluster has one")
    own, index = task.get("type"), task.get("index", 0)
    own = CHIEF if own == OLD_CHIEF else own
    if own not in (CHIEF, WORKER, SERVER):
        raise SettingError(f"{VARIABLE} has the task type {own!r}: use one of {CHIEF}, {WORKER}, {SERVER}")
    if type(index) is not int or not 0 <= index < len(named[own]):
        raise SettingError(
            f"{VARIABLE} has the task {own} {index!r}, but indices of '{own}' go from 0 to {len(named[own]) - 1}"
        )
    return Role({job: list(named[job]) for job in (CHIEF, WORKER, SERVER)}, own, index)


def host_and_port(address: str) -> tuple[str, int]:
    """Split an address into host and port.

    Raises:
        SettingError: the address has no host or no port.

    >>> host_and_port("[::1]:2222")
    ('::1', 2222)
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 1 << 16:
        raise SettingError(f"{VARIABLE} has the address {address!r}: write host:port")
    return host.strip("[]"), int(port)


def is_loopback(address: str) -> bool:
    """Whether an address can be reached only from this machine: a loopback IP address, or localhost.

    >>> is_loopback("127.0.0.1:80"), is_loopback("10.0.0.7:80"), is_loopback("localhost:80")
    (True, False, True)
    """
    host, _ = host_and_port(address)
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def local_role(workers: int, servers: int) -> Role:
    """Return the chief's role in a cluster on free ports of this machine's loopback address."""
    sockets = [socket.socket() for _ in range(1 + workers + servers)]
    try:
        for one in sockets:  # all sockets are open at the same time, so that all ports differ
            one.bind(("127.0.0.1", 0))
        addresses = [f"127.0.0.1:{one.getsockname()[1]}" for one in sockets]
    finally:
        for one in sockets:
            one.close()
    chief, *rest = addresses
    return Role({CHIEF: [chief], WORKER: rest[:workers], SERVER: rest[workers:]}, CHIEF, 0)
