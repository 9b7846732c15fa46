"""What every place where points live must do: the promises of ``PointsElsewhere``, by themselves.

A subclass gives the fixture ``elsewhere``, an empty place, and ``again``, which opens the same
place once more.  The whole store, with a journal before it, is then for ``suite.StoreContract``.
"""

from __future__ import annotations

from collections.abc import Sequence

from contract.instant import MINUTE
from ingest.store.elsewhere import ElsewherePoint, PointsElsewhere
from ingest.store.testing.messages import NOON
from ingest.values import Series

AIR = Series("s1", "d1", "air_temperature", "")
SOIL = Series("s1", "d1", "soil_temperature", "depth_m=0.1;period_s=600;method=mean")
EVER = (-(2**63), 2**63 - 1)


def point(minute: int, value: float = 12.5, seq: int = 1) -> ElsewherePoint:
    """At ``minute`` after noon, with a flag and the way back to a message."""
    return ElsewherePoint(NOON + minute * MINUTE, value, 16, "b1", seq, "0123456789abcdef")


class ElsewhereContract:
    """The promises of ``ingest.store.elsewhere.PointsElsewhere``."""

    def again(self, elsewhere: PointsElsewhere) -> PointsElsewhere:
        """The place of ``elsewhere``, opened once more."""
        raise NotImplementedError

    def test_an_empty_place_has_no_points(self, elsewhere: PointsElsewhere) -> None:
        assert elsewhere.count() == 0
        assert list(elsewhere.rows(AIR, *EVER)) == []
        assert list(elsewhere.rows(AIR, NOON, NOON + MINUTE, 3)) == []
        assert not elsewhere.write([])

    def test_what_is_written_comes_back_sorted_and_whole(self, elsewhere: PointsElsewhere) -> None:
        assert not elsewhere.write([(AIR, point(3)), (SOIL, point(2, -1.5)), (AIR, point(1, 1e-300, 2**40))])
        assert list(elsewhere.rows(AIR, *EVER)) == [point(1, 1e-300, 2**40), point(3)]
        assert list(elsewhere.rows(SOIL, *EVER)) == [point(2, -1.5)]
        assert elsewhere.count() == 3

    def test_writing_again_changes_nothing(self, elsewhere: PointsElsewhere) -> None:
        for _ in range(2):
            elsewhere.write([(AIR, point(1)), (AIR, point(2))])
        assert list(elsewhere.rows(AIR, *EVER)) == [point(1), point(2)]
        assert elsewhere.count() == 2

    def test_a_key_takes_its_latest_value(self, elsewhere: PointsElsewhere) -> None:
        elsewhere.write([(AIR, point(1, 1.0)), (AIR, point(2, 2.0))])
        elsewhere.write([(AIR, point(1, 9.0, seq=7))])
        assert list(elsewhere.rows(AIR, *EVER)) == [point(1, 9.0, seq=7), point(2, 2.0)]
        assert elsewhere.count() == 2

    def test_a_span_is_half_open(self, elsewhere: PointsElsewhere) -> None:
        elsewhere.write([(AIR, point(minute)) for minute in range(6)])
        assert minutes(elsewhere.rows(AIR, NOON + 2 * MINUTE, NOON + 4 * MINUTE)) == [2, 3]

    def test_the_latest_before_a_span_are_those_just_before(self, elsewhere: PointsElsewhere) -> None:
        elsewhere.write([(AIR, point(minute)) for minute in range(6)])
        start, end = NOON + 4 * MINUTE, NOON + 5 * MINUTE
        assert minutes(elsewhere.rows(AIR, start, end, 2)) == [2, 3, 4]
        assert minutes(elsewhere.rows(AIR, start, end, 99)) == [0, 1, 2, 3, 4]
        assert minutes(elsewhere.rows(AIR, start, start, 1)) == [3], "an empty span has a past, too"

    def test_another_opening_finds_what_was_written(self, elsewhere: PointsElsewhere) -> None:
        elsewhere.write([(AIR, point(1))])
        other = self.again(elsewhere)
        other.write([(AIR, point(2))])
        assert minutes(elsewhere.rows(AIR, *EVER)) == [1, 2]
        other.close()
        other.close()
        assert elsewhere.count() == 2


def minutes(points: Sequence[ElsewherePoint]) -> list[int]:
    """Of each point, after noon."""
    return [(one.time - NOON) // MINUTE for one in points]
