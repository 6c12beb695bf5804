"""Blocks access from other machines to the ports that TensorFlow opens.

TensorFlow's server has no authentication, and it listens on all addresses of a machine, whichever address it is given.
On Linux, a process can filter the packets that reach its own sockets. The filter here drops all packets that did not
come over the loopback device, so that other machines cannot connect.
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import sys
from pathlib import Path

SO_ATTACH_FILTER = 26  # constant of Linux that Python's socket module lacks
# Classic BPF program: load the number of a packet's network device, compare it with the loopback device, keep or drop
# the packet.
LOAD_WORD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
DEVICE_NUMBER = 0xFFFFF000 + 8  # SKF_AD_OFF + SKF_AD_IFINDEX
INSTRUCTION = "HBBI"


def block_other_machines() -> bool:
    """Have all listening sockets of this process drop packets from other machines; return False if not on Linux."""
    if sys.platform != "linux":
        return False
    loopback = socket.if_nametoindex("lo")
    program = [
        (LOAD_WORD, 0, 0, DEVICE_NUMBER),
        (JUMP_IF_EQUAL, 0, 1, loopback),
        (RETURN, 0, 0, 0xFFFFFFFF),
        (RETURN, 0, 0, 0),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack(INSTRUCTION, *line) for line in program))
    filter_program = struct.pack("HP", len(program), ctypes.addressof(code))
    for one in listening_sockets():
        with one:
            one.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, filter_program)
    return True


def listening_sockets() -> list[socket.socket]:
    """Return all listening TCP sockets of this process, each with a duplicated file descriptor."""
    found = []
    for handle in Path("/proc/self/fd").iterdir():
        try:
            if not str(handle.readlink()).startswith("socket:"):
                continue
            one = socket.socket(fileno=os.dup(int(handle.name)))
        except OSError:
            continue  # the socket was closed in the meantime, or Python does not support its type
        if one.family in (socket.AF_INET, socket.AF_INET6) and one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            found.append(one)
        else:
            one.close()
    return found
