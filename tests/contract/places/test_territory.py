"""The one rule that gateway and ingest share: a device speaks from its own site."""

from __future__ import annotations

import pytest

from contract.places import Territory

VALLEY = Territory.model_validate(
    {
        "id": "valley",
        "zones": [{"id": "meadow", "arm": "control", "land_use": "livestock"}],
        "sites": [{"id": name, "zone": "meadow", "latitude": 45, "longitude": 5} for name in ("s1", "s2")],
        "devices": [{"id": "soil-1", "site": "s1", "sensors": ["soil"]}],
    }
)


@pytest.mark.parametrize(
    ("site", "device", "reason"),
    [
        ("s1", "soil-1", ""),
        ("s2", "soil-1", "device 'soil-1' is at site 's1' in the territory, not 's2'"),
        ("s1", "soil-9", "device 'soil-9' is not in the territory"),
    ],
)
def test_a_device_speaks_from_its_own_site_only(site: str, device: str, reason: str) -> None:
    assert VALLEY.misplaced(site, device) == reason
