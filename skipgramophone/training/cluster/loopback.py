"""Loopback: what keeps other machines out of ports that TensorFlow opens.

TensorFlow's server listens on all of a machine's addresses, whatever address it is given, and its gRPC asks nobody who
they are. Linux lets a process filter what reaches its own sockets: what did not come over the loopback device is
dropped before it is a connection.
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import sys
from pathlib import Path

SO_ATTACH_FILTER = 26  # Linux; Python's socket module does not name it
# Classic BPF: load the number of the device that a packet came over; is it the loopback's; keep all of it; drop it.
LOAD_WORD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
DEVICE_NUMBER = 0xFFFFF000 + 8  # SKF_AD_OFF + SKF_AD_IFINDEX
INSTRUCTION = "HBBI"


def close_to_others() -> bool:
    """Have every listening socket of this process drop what comes from other machines; False where that cannot be."""
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
    described = struct.pack("HP", len(program), ctypes.addressof(code))
    for one in listening():
        with one:
            one.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, described)
    return True


def listening() -> list[socket.socket]:
    """Every TCP socket of this process that listens, as a handle of its own."""
    found = []
    for handle in Path("/proc/self/fd").iterdir():
        try:
            if not str(handle.readlink()).startswith("socket:"):
                continue
            one = socket.socket(fileno=os.dup(int(handle.name)))
        except OSError:
            continue  # closed in the meantime, or of a kind that Python does not know
        if one.family in (socket.AF_INET, socket.AF_INET6) and one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            found.append(one)
        else:
            one.close()
    return found
