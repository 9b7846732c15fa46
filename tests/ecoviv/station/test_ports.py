"""Ports for local servers: never those that the system hands out to clients."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from ecoviv.station.broker import free_port

RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


@pytest.mark.skipif(not RANGE.exists(), reason="only Linux says which ports it hands out")
def test_no_client_is_given_the_port_of_a_broker_that_died() -> None:
    first = int(RANGE.read_text().split()[0])
    assert max(free_port() for _ in range(500)) < first


def test_it_can_be_listened_to() -> None:
    with socket.create_server(("127.0.0.1", free_port())) as server:
        assert server.getsockname()[1] >= 1024
