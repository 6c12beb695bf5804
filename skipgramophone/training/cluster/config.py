"""Roles: which machine of a cluster does what, as the environment variable TF_CONFIG says.

    {"cluster": {"chief": ["a:2222"], "worker": ["b:2222", "c:2222"], "ps": ["d:2222"]},
     "task": {"type": "worker", "index": 0}}

The chief lays out the corpus and hands out tasks, workers carry them out, parameter servers ("ps") hold the rows. This
is TensorFlow's own convention; operators of Kubernetes, launchers for Slurm and cloud trainers set the variable.
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
CHIEF_TOO = "master"  # what older launchers call it


@dataclass(frozen=True, slots=True)
class Role:
    """The part of this process in a cluster.

    Attributes:
        cluster: addresses ("host:port") by job: one chief, workers, servers.
        job: this process's.
        index: which of the job's processes it is.
    """

    cluster: Mapping[str, list[str]]
    job: str
    index: int

    @property
    def address(self) -> str:
        """Where this process is reached."""
        return self.cluster[self.job][self.index]

    @property
    def is_chief(self) -> bool:
        """Whether this process lays out the corpus and hands out tasks."""
        return self.job == CHIEF

    def abroad(self) -> list[str]:
        """Addresses that other machines may reach."""
        return [address for addresses in self.cluster.values() for address in addresses if not is_loopback(address)]

    def others(self) -> list[str]:
        """Addresses of all but this process."""
        return [address for addresses in self.cluster.values() for address in addresses if address != self.address]

    def to_json(self) -> str:
        """The role as TF_CONFIG has it."""
        return json.dumps({"cluster": dict(self.cluster), "task": {"type": self.job, "index": self.index}})


def role_in(environment: Mapping[str, str]) -> Role | None:
    """The role that TF_CONFIG gives this process; None where it is not set, or names no cluster.

    Raises:
        SettingError: it is no cluster of one chief, workers and parameter servers, or has no such task.
    """
    text = environment.get(VARIABLE, "").strip()
    if not text:
        return None
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SettingError(f"{VARIABLE} is no JSON: {error}") from error
    if not isinstance(content, dict) or not content.get("cluster"):
        return None  # launchers set one without a cluster where there is but one machine
    return _checked(content)


def _checked(content: dict[str, Any]) -> Role:
    """A role out of what TF_CONFIG holds."""
    cluster, task = content["cluster"], content.get("task")
    if not isinstance(cluster, dict) or not isinstance(task, dict):
        raise SettingError(f"{VARIABLE} must hold an object 'cluster' and an object 'task'")
    named = {CHIEF if job == CHIEF_TOO else job: addresses for job, addresses in cluster.items()}
    for job in (CHIEF, WORKER, SERVER):
        addresses = named.get(job)
        if not isinstance(addresses, list) or not addresses or not all(isinstance(one, str) for one in addresses):
            raise SettingError(
                f"{VARIABLE} must name the addresses of a chief, of workers and of servers: '{job}' lacks"
            )
        for address in addresses:
            host_and_port(address)
    if len(named[CHIEF]) != 1:
        raise SettingError(f"{VARIABLE} names {len(named[CHIEF])} chiefs; a cluster has one")
    own, index = task.get("type"), task.get("index", 0)
    own = CHIEF if own == CHIEF_TOO else own
    if own not in (CHIEF, WORKER, SERVER):
        raise SettingError(f"{VARIABLE} gives the task {own!r}, which is none of {CHIEF}, {WORKER}, {SERVER}")
    if type(index) is not int or not 0 <= index < len(named[own]):
        raise SettingError(f"{VARIABLE} gives {own} {index!r}, and names {len(named[own])} of them")
    return Role({job: list(named[job]) for job in (CHIEF, WORKER, SERVER)}, own, index)


def host_and_port(address: str) -> tuple[str, int]:
    """The parts of an address.

    Raises:
        SettingError: it has no host or no port.

    >>> host_and_port("[::1]:2222")
    ('::1', 2222)
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 1 << 16:
        raise SettingError(f"{VARIABLE} names {address!r}, which is no host:port")
    return host.strip("[]"), int(port)


def is_loopback(address: str) -> bool:
    """Whether an address is of this machine alone, by its numbers or by the name localhost.

    >>> is_loopback("127.0.0.1:80"), is_loopback("10.0.0.7:80"), is_loopback("localhost:80")
    (True, False, True)
    """
    host, _ = host_and_port(address)
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def local_role(workers: int, servers: int) -> Role:
    """The chief's role in a cluster on free ports of this machine's loopback address."""
    held = [socket.socket() for _ in range(1 + workers + servers)]
    try:
        for one in held:  # all at once, so that no port is given twice
            one.bind(("127.0.0.1", 0))
        addresses = [f"127.0.0.1:{one.getsockname()[1]}" for one in held]
    finally:
        for one in held:
            one.close()
    chief, *rest = addresses
    return Role({CHIEF: [chief], WORKER: rest[:workers], SERVER: rest[workers:]}, CHIEF, 0)
