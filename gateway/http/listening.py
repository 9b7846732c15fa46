"""Where the door listens and whom it lets in, from the command line; errors say what to correct.

1. ``listen`` opens the port.  Off the machine itself it asks for a token.
2. ``read_token`` takes the token from its file: never from a command line, never shown.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from pathlib import Path

from contract.errors import ConfigurationError, UnreachableError, UsageError

_EXAMPLE = "Write --http 127.0.0.1:8090"
_TOKEN = re.compile(r"[A-Za-z0-9._~-]{16,200}")
_ADDRESS = re.compile(r"(?:https?://)?(?:\[([0-9A-Fa-f:.%]+)\]|([^:/\[\]\s]+)):([0-9]{1,5})/?")


def read_token(path: Path) -> str:
    """The token in the file at ``path``; ``ConfigurationError`` where there is none that can be one."""
    try:
        token = path.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"The token file {path} cannot be read: {error}", help="Check --http-token-file and its rights"
        ) from error
    if not _TOKEN.fullmatch(token):
        raise ConfigurationError(
            f"{path} holds no token: it is one line of 16 to 200 letters, digits, hyphens, dots",
            help="Write one, that nobody else can read: (umask 077; openssl rand -hex 16 > FILE)",
        )
    return token


def listen(address: str, token: str) -> socket.socket:
    """A listening socket on ``address`` (``HOST:PORT``, ``[IPV6]:PORT``).

    ``UsageError`` where it is no address, ``ConfigurationError`` where others could reach it without a
    token, ``UnreachableError`` where the port cannot be had.
    """
    match = _ADDRESS.fullmatch(address)
    if match is None or int(match[3]) > 65_535:
        raise UsageError(f"{address!r} is no address to listen on", help=_EXAMPLE)
    host, port = match[1] or match[2], int(match[3])
    try:
        family, kind, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise UnreachableError(f"{host} is no address: {error}", help=_EXAMPLE) from error
    if not token and not ipaddress.ip_address(str(place[0]).partition("%")[0]).is_loopback:
        raise ConfigurationError(
            f"Anybody who reaches {address} could write measurements",
            help="Name a file with a token: --http-token-file FILE; or listen on 127.0.0.1 only",
        )
    try:
        listener = socket.socket(family, kind)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise UnreachableError(
            f"The gateway cannot listen on {address}: {error.strerror or error}",
            help="Stop what uses that port, or choose another with --http",
        ) from error
    return listener


def shown(listener: socket.socket) -> str:
    """Where ``listener`` listens, as people write it in a browser."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
