"""Nobody reaches what waits for another, by no client id and by no share: real Mosquitto, written files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from contract import topics
from contract.config import BrokerAddress
from contract.errors import UnreachableError
from contract.instant import SystemClock
from contract.line.bus import MqttBus
from contract.places import Territory
from gateway.certificates import authority
from gateway.doctor.broker import check_broker
from gateway.enrol.acl import SERVICES
from gateway.enrol.credentials import enrol
from gateway.service import filters
from ingest.service import batches_filter
from ingest.share import share_group
from tests.gateway.ends import GATEWAY, reading
from tests.gateway.guard import connected, start_guard

NAMES = ("soil-1", "soil-2", *SERVICES, "gateway.south", "ingest.second", "edge.attic", "doctor.north")
WAITING = [reading(seq) for seq in range(1, 6)]


@pytest.fixture
def addresses(territory: Territory, tmp_path: Path) -> Iterator[dict[str, BrokerAddress]]:
    """By name; ``certificate`` is soil-2 by its certificate, ``tls`` soil-2 by TLS and password."""
    folder = tmp_path / "broker"
    authority.server_certificate(folder, ["127.0.0.1"])
    words = {name: enrol(name, territory, folder) for name in NAMES}
    crt, key = authority.client_certificate(folder, "soil-2")
    guard = start_guard(folder, tmp_path)
    plain = {name: guard.plain(name, word) for name, word in words.items()}
    yield plain | {"tls": guard.tls("soil-2", words["soil-2"]), "certificate": guard.by_certificate(crt, key)}
    guard.stop()


def away(addresses: dict[str, BrokerAddress]) -> None:
    """A gateway leaves; five messages wait for it."""
    connected(addresses["service.gateway"], "gateway-north", *filters(GATEWAY)).close()
    with closing(connected(addresses["soil-1"], "soil-1")) as device:
        for payload in WAITING:
            device.publish(topics.sensor("s1", "soil-1", "readings"), payload)
        assert device.flush(5)


def fetched(addresses: dict[str, BrokerAddress]) -> list[bytes]:
    """What waited for the gateway."""
    with closing(connected(addresses["service.gateway"], "gateway-north", *filters(GATEWAY))) as gateway:
        return [delivery.payload for _ in range(3) for delivery in gateway.poll(0.3)]


@pytest.mark.parametrize("way", ["soil-2", "tls", "certificate", *SERVICES[1:], *NAMES[-4:]])
@pytest.mark.parametrize("taken", ["gateway-north", "service.gateway"])
def test_who_comes_under_the_gateway_s_client_id_deletes_nothing(
    addresses: dict[str, BrokerAddress], way: str, taken: str
) -> None:
    """Each name that may log in at all, with a session that ends at once."""
    away(addresses)
    thief = MqttBus(addresses[way], taken, ("#",), session_s=0)
    with closing(thief):
        thief.connect(3)
        assert [d.payload for d in thief.poll(0.3) if d.payload in WAITING] == []
    assert fetched(addresses) == WAITING


def test_a_passer_by_under_a_service_s_own_name_leaves_its_session_alone(
    addresses: dict[str, BrokerAddress],
) -> None:
    """The doctor, or who sends again, with the gateway's credential: it is told, and nothing is lost."""
    away(addresses)
    passer = MqttBus(addresses["service.gateway"], "passer", ("#",), passing=True)
    with pytest.raises(UnreachableError, match="session of another"):
        passer.connect(3)
    passer.close()
    (found,) = check_broker(addresses["service.gateway"], GATEWAY, SystemClock())
    assert (found.name, found.level) == ("broker login", "fail")
    assert "service.doctor" in found.next
    assert fetched(addresses) == WAITING


def test_a_passer_by_under_a_name_of_its_own_leaves_nothing_behind(
    addresses: dict[str, BrokerAddress],
) -> None:
    for _ in range(2):
        (found,) = check_broker(addresses["service.doctor"], GATEWAY, SystemClock())
        assert (found.name, found.level) == ("broker", "ok")
        with closing(MqttBus(addresses["service.retry"], "retry", passing=True)) as retry:
            retry.connect(3)
            for topic in (
                topics.sensor("s1", "soil-1", "readings"),
                "application/7/device/0102030405060708/event/up",
            ):
                retry.publish(topic, b"again")
            retry.publish(topics.up(GATEWAY, "readings"), b"forged")
            assert retry.flush(3)
            assert [refusal.partition(":")[0] for refusal in retry.refusals] == [
                topics.up(GATEWAY, "readings")
            ]


def batches_left(addresses: dict[str, BrokerAddress], share: str, guessed: str) -> list[bytes]:
    """What two workers of ``share`` receive of ten batches while a sensor sits in the share ``guessed``."""
    workers = [
        MqttBus(addresses[name], name, (batches_filter(share),), session_s=0)
        for name in ("service.ingest", "ingest.second")
    ]
    thief = MqttBus(addresses["soil-2"], "x", (batches_filter(guessed),), session_s=0)
    for bus in (*workers, thief):
        bus.connect(3)
    with closing(connected(addresses["gateway.south"], "south")) as gateway:
        for number in range(10):
            gateway.publish(topics.up("south", "readings"), b"%d" % number)
        assert gateway.flush(5)
    heard = []
    for worker in workers * 3:
        deliveries = worker.poll(0.2)
        worker.acknowledge(deliveries)
        heard += [delivery.payload for delivery in deliveries]
    assert thief.poll(0.2) == []
    for bus in (*workers, thief):
        bus.close()
    return sorted(heard)


def test_a_share_that_is_kept_secret_loses_no_batch_to_a_sensor(
    addresses: dict[str, BrokerAddress], tmp_path: Path
) -> None:
    """Mosquitto lets anybody join a share and then throws away what the rights forbid to deliver."""
    assert len(batches_left(addresses, "ingest", "ingest")) < 10, "a guessed name swallows batches"
    group = share_group(tmp_path / "share")
    assert batches_left(addresses, group, "share") == [b"%d" % number for number in range(10)]
