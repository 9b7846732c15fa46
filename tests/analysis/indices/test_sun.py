"""The sun against published almanacs and laws."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.indices import sun
from contract.instant import parse_instant

MIDNIGHTS = {d: parse_instant(f"{d}T00:00:00Z") for d in ("2024-03-20", "2024-06-20", "2024-12-21")}


@pytest.mark.parametrize(
    ("date", "latitude", "longitude", "rise", "fall"),
    [
        # independent library astral 3.2, rounded to the minute UTC
        ("2024-03-20", 48.85, 2.35, 353, 1084),
        ("2024-03-20", 46.0, -71.3, 647, 1378),
        ("2024-03-20", -33.9, 18.4, 290, 1017),
        ("2024-03-20", 64.1, -21.9, 447, 1184),
        ("2024-06-20", 48.85, 2.35, 227, 1197),
        ("2024-06-20", 46.0, -71.3, 535, 1479),
        ("2024-06-20", -33.9, 18.4, 351, 945),
        ("2024-12-21", 48.85, 2.35, 462, 956),
        ("2024-12-21", 46.0, -71.3, 745, 1263),
        ("2024-12-21", -33.9, 18.4, 212, 1077),
        ("2024-12-21", 64.1, -21.9, 682, 929),
    ],
)
def test_sunrise_and_sunset_are_the_almanacs(
    date: str, latitude: float, longitude: float, rise: float, fall: float
) -> None:
    up, down = sun.sunrise_and_sunset(MIDNIGHTS[date], latitude, longitude)
    assert float(up) == pytest.approx(rise, abs=1.5)
    assert float(down) == pytest.approx(fall, abs=1.5)


def test_polar_day_has_no_sunrise() -> None:
    up, down = sun.sunrise_and_sunset(MIDNIGHTS["2024-06-20"], 75.0, 20.0)
    assert np.isnan(up)
    assert np.isnan(down)
