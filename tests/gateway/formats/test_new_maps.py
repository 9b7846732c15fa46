"""A map that is written into the territory counts while the gateway works, with the topics that it names."""

from __future__ import annotations

from pathlib import Path

from contract.line.bus import MqttBus
from ecoviv.station.broker import start_broker
from gateway.assembly import assembled

MAP = """
[[maps]]
id = "farm"
topics = ["farm/+/json"]
device = "soil-1"
fields = [{ path = "moisture", quantity = "soil_moisture", unit = "%" }]
"""


def test_a_new_map_with_a_topic_of_its_own_needs_no_restart(territory_file: Path, tmp_path: Path) -> None:
    own = tmp_path / "territory.toml"
    own.write_text(territory_file.read_text())
    with (
        start_broker(tmp_path / "broker") as broker,
        assembled(
            "north", own, tmp_path / "state", broker.address.url, spool_mb=16, clips_mb=16,
            daily_mb=0, wait_s=10,
        ) as (gateway, _, in_force),
    ):  # fmt: skip
        sensor = MqttBus(broker.address, "sensor")
        sensor.connect()

        def said() -> int:
            sensor.publish("farm/1/json", b'{"moisture": 31.5}')
            sensor.flush(5)
            for _ in range(5):
                gateway.step(0.05)
            return gateway.spool.highest["readings"]

        assert said() == 0
        own.write_text(own.read_text() + MAP)
        in_force.ask()
        changed = in_force.look()
        assert changed is not None
        gateway.adopt(changed)
        assert said() == 1
        assert gateway.bus.connections == 1
        sensor.close()
