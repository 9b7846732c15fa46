"""The fleet over a real broker: nothing lost when messages, or the broker, are."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from contract.config import BrokerAddress
from contract.errors import UnreachableError
from ecoviv.station.broker import RunningBroker, start_broker
from firmware_sim.line.fleet import SendingProgress, open_line, run_simulation
from firmware_sim.line.tally import Incomplete
from firmware_sim.world.scenario import Scale
from firmware_sim.world.world import World
from tests.firmware_sim.gateways import AnsweringGateway, RunningGateway

SCALE = Scale(restored=2, control=2, reference=0, days=5, before=1, after=1, clips=2)


def test_everything_that_is_sent_arrives_and_is_counted_once(
    broker: RunningBroker, gateway: RunningGateway
) -> None:
    seen: list[SendingProgress] = []
    sent = run_simulation(World(1, "recovery", SCALE), broker.address, progress=seen.append)
    assert set(sent.identities()) == set(gateway.gateway.payloads)
    assert sent.messages == len(gateway.gateway.payloads)
    assert gateway.gateway.conflicts == 0
    assert sent.clips == 2
    assert seen[-1].stored == sent.messages
    assert set(sent.unreadable) <= set(gateway.gateway.payloads)


def test_a_gateway_that_forgets_messages_is_told_again(broker: RunningBroker) -> None:
    forgetful = RunningGateway(broker.address, AnsweringGateway(loses=97))
    try:
        sent = run_simulation(World(2, "recovery", SCALE), broker.address, client_id="fleet-2")
    finally:
        forgetful.stop()
    assert set(sent.identities()) == set(forgetful.gateway.payloads)
    assert sent.resent > 0


def test_a_broker_killed_half_way_costs_nothing(tmp_path: Path) -> None:
    with start_broker(tmp_path / "broker") as broker:
        gateway = RunningGateway(broker.address, AnsweringGateway())
        struck = threading.Event()

        def strike(progress: SendingProgress) -> None:
            if progress.spooled > 300 and not struck.is_set():
                struck.set()
                broker.kill()
                broker.restart()

        try:
            sent = run_simulation(World(3, "recovery", SCALE), broker.address, progress=strike)
        finally:
            gateway.stop()
    assert struck.is_set()
    assert set(sent.identities()) == set(gateway.gateway.payloads)


def test_without_a_gateway_it_says_what_is_missing(tmp_path: Path) -> None:
    with start_broker(tmp_path / "broker") as broker, pytest.raises(Incomplete) as caught:
        run_simulation(World(1, "recovery", SCALE), broker.address, wait_s=1.0)
    assert caught.value.exit_code == 4
    assert "not confirmed as stored" in caught.value.message
    assert caught.value.missing


def test_without_a_broker_it_says_so() -> None:
    with pytest.raises(UnreachableError, match="No MQTT broker"):
        open_line(BrokerAddress(port=1), "nobody", wait_s=0.3)
