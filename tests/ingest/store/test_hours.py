"""Hours of sealed days: when the manifest answers, and when the points must be asked again."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.errors import StoreError
from contract.instant import DAY, HOUR, Window, to_datetime
from contract.reading import Flag, Reading
from ingest.store.sqlite.care import HOT, SEALED
from ingest.store.sqlite.elsewhere import day_hours
from ingest.store.sqlite.store import SqliteStore
from ingest.store.testing.acts import TEMPERATURE, put
from ingest.store.testing.hours import at, by_hand, rows
from ingest.store.testing.messages import NOON, arrival, readings
from ingest.values import Series

pytest.importorskip("duckdb", reason="sealed days need the extra [ingest]")
pytest.importorskip("pyarrow", reason="sealed days need the extra [ingest]")
EVER = 2**62
FIRST = NOON // DAY


def sealed_store(folder: Path, hours: range, value: float = 5.0) -> SqliteStore:
    """One value at each of these hours after the midnight before noon, sealed."""
    store = SqliteStore(folder / HOT, sealed=folder / SEALED)
    for hour in hours:
        moment = FIRST * DAY + hour * HOUR
        put(store, [arrival(hour, readings(hour, readings=at(moment, value), time=to_datetime(moment)))])
    store.seal(EVER)
    return store


def known(store: SqliteStore) -> list[int]:
    """Days, from the first, of which the manifest has hours."""
    found = store.connection.execute("SELECT day FROM sealed_series WHERE hours IS NOT NULL ORDER BY day")
    return [day - FIRST for (day,) in found]


def test_hours_of_sealed_days_are_read_without_their_files(tmp_path: Path) -> None:
    store = sealed_store(tmp_path, range(1, 60, 3))
    expected = rows(store.hours(TEMPERATURE))
    for path in (tmp_path / SEALED).iterdir():
        path.unlink()
    assert rows(store.hours(TEMPERATURE)) == expected
    part_of_a_day = Window(FIRST * DAY + HOUR, FIRST * DAY + 9 * HOUR)
    with pytest.raises(StoreError, match="cannot be read"):
        store.hours(TEMPERATURE, part_of_a_day)
    store.close()


def test_a_late_point_on_the_day_before_changes_the_hours_after_midnight(tmp_path: Path) -> None:
    """Five equal values over 16 hours are stuck; another value between them says they are not."""
    store = sealed_store(tmp_path, range(14, 31, 4))
    assert [bad for *_, bad in rows(store.hours(TEMPERATURE))] == [0, 0, 0, 0, 1]
    moment = FIRST * DAY + 19 * HOUR
    put(store, [arrival(99, readings(99, readings=at(moment, 6.0), time=to_datetime(moment)))])
    for _ in ("hot", "sealed"):
        assert sum(bad for *_, bad in rows(store.hours(TEMPERATURE))) == 0
        assert rows(store.hours(TEMPERATURE)) == by_hand(store.points(TEMPERATURE))
        store.seal(EVER)
    assert known(store) == [0, 1]
    store.close()


def test_hours_judged_by_other_rules_are_not_used_and_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = sealed_store(tmp_path, range(1, 20, 3))
    store._writing.connection.execute("UPDATE sealed_series SET hours=x''")
    monkeypatch.setattr(day_hours, "_FINGERPRINT", "other rules")
    expected = by_hand(store.points(TEMPERATURE))
    assert rows(store.hours(TEMPERATURE)) == expected, "point by point"
    store.seal(EVER)
    assert known(store) == [0]
    assert rows(store.hours(TEMPERATURE)) == expected
    store.close()


def test_verify_notices_a_manifest_that_names_other_rows(tmp_path: Path) -> None:
    store = sealed_store(tmp_path, range(1, 20, 3))
    store._writing.connection.execute("UPDATE sealed_series SET first=1, rows=rows-1")
    (fault,) = store.verify()
    assert "not sorted as named" in fault
    store.close()


def test_a_day_is_judged_by_as_many_days_before_as_it_needs(tmp_path: Path) -> None:
    """Soil at 5.0 for three days, then again: each later day alone is as stuck as in the whole."""
    store = SqliteStore(tmp_path / HOT, sealed=tmp_path / SEALED)
    series = Series("s1", "d1", "soil_temperature", "")
    for day, value in enumerate((4.0, 5.0, 5.0, 5.0, 6.0, 5.0)):
        moment = (FIRST + day) * DAY
        values = [value if hour < 23 or day != 4 else 7.0 for hour in range(24)]
        sent = tuple(
            Reading(quantity="soil_temperature", value=one, time=to_datetime(moment + hour * HOUR))
            for hour, one in enumerate(values)
        )
        put(store, [arrival(day + 1, readings(day + 1, readings=sent, time=to_datetime(moment)))])
    store.seal(EVER)
    whole = store.points(series)
    assert sum(1 for flags in whole.flags if flags & Flag.STUCK) == 23, (
        "beyond 48 h: the third day, less an hour"
    )
    for day in range(6):
        window = Window((FIRST + day) * DAY, (FIRST + day + 1) * DAY)
        assert store.points(series, window).flags == whole.flags[24 * day : 24 * (day + 1)]
    store.close()
