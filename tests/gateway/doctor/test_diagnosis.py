"""Spans of time as people say them."""

from __future__ import annotations

import pytest

from contract.instant import DAY, HOUR, SECOND
from gateway.doctor.diagnosis import span_text


@pytest.mark.parametrize(
    ("span", "text"), [(90 * SECOND, "90 s"), (HOUR, "60 min"), (5 * HOUR, "5 h"), (3 * DAY, "3 days")]
)
def test_spans_are_said_in_a_unit_that_people_use(span: int, text: str) -> None:
    assert span_text(span) == text
