"""Listen addresses as Prometheus programs spell them, and the sockets for them.

Who accepts on a socket is not known here.
"""

import errno
import os
import socket
from typing import NamedTuple


class AddressError(ValueError):
    """The address cannot be listened on; the text says which, why and what would."""


class Address(NamedTuple):
    """``host`` is empty for all interfaces, ``port`` 0 for any free one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """``:10123``, ``127.0.0.1:10123``, ``localhost:10123`` or ``[::1]:10123``. Raises AddressError."""
    host, colon, port = text.strip().rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if not colon:
        raise AddressError(f"{text!r} has no port; write :PORT or HOST:PORT")
    if not (port.isascii() and port.isdigit() and int(port) < 65536):
        raise AddressError(f"{text!r} has no valid port; write HOST:PORT with a port from 0 to 65535")
    if ("[" in host or "]" in host or "/" in host or " " in host or ":" in host) and not bracketed:
        raise AddressError(
            f"{text!r} has no valid host; write :PORT, NAME:PORT, 127.0.0.1:PORT or [::1]:PORT"
        )
    return Address(host[1:-1] if bracketed else host, int(port))


def listen(address: Address) -> socket.socket:
    """A listening socket; for all interfaces one that takes IPv4 and IPv6 where the machine has both."""
    try:
        if address.host:
            family, place = _resolve(address)
            return socket.create_server(place, family=family, backlog=128)
        return _listen_everywhere(address.port)
    except OSError as error:
        raise AddressError(_explain(address, error)) from error


def _resolve(address: Address) -> tuple[socket.AddressFamily, tuple[str, int]]:
    found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    first = next((entry for entry in found if entry[0] == socket.AF_INET), found[0])
    return first[0], first[4]  # type: ignore[return-value]  # four-part addresses of IPv6 bind as well


def _listen_everywhere(port: int) -> socket.socket:
    if socket.has_dualstack_ipv6():
        try:
            return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=128)
        except OSError as error:
            if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):  # IPv6 built in and switched off
                raise
    return socket.create_server(("", port), backlog=128)


def _explain(address: Address, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"{address} is taken by another program; choose another port, or stop that one"
    if error.errno == errno.EACCES:
        return f"{address} needs a privilege; choose a port from 1024 up"
    if isinstance(error, socket.gaierror):
        return f"{address} has a host that does not resolve; write an address of this machine"
    reason = os.strerror(error.errno) if error.errno else str(error)
    return f"{address} cannot be listened on: {reason}; write an address of this machine"
