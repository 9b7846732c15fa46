"""What was heard and listened to, and messages that come back whole."""

from __future__ import annotations

from contract.instant import MINUTE
from ingest.store.protocol import Store
from ingest.store.testing.acts import put
from ingest.store.testing.messages import ACI, NOON, arrival, clip, detections, features, health
from ingest.values import Series, StoredDetection


class ListeningContract:
    """Part of the suite; the fixture ``store`` comes from the whole."""

    def test_indices_become_points_and_effort(self, store: Store) -> None:
        put(store, [arrival(1, features(1, {ACI: 140.5}))], "findings")
        series = Series("s1", "d2", ACI, "channel=0")
        assert store.series() == [series]
        assert list(store.points(series).value) == [140.5]
        (effort,) = store.efforts()
        assert (effort.method, effort.start, effort.duration_s, effort.valid_s, effort.firmware) == (
            "features", NOON + MINUTE, 60.0, 58.0, "1.2",
        )  # fmt: skip

    def test_hearing_nothing_is_effort_too(self, store: Store) -> None:
        put(
            store,
            [arrival(1, detections(1)), arrival(2, detections(2, ("Parus major", 0.9, 6.0)))],
            "findings",
        )
        assert [(e.method, e.threshold) for e in store.efforts()] == [("birdnet@2.4", 0.1)] * 2
        assert list(store.detections()) == [
            StoredDetection(
                "s1", "d2", NOON + 2 * MINUTE + 6_000_000_000, "Parus major", 0.9, "birdnet@2.4", 0.1, 0
            )
        ]
        assert list(store.detections(site="elsewhere")) == []

    def test_another_version_of_a_model_is_another_instrument(self, store: Store) -> None:
        heard = ("Parus major", 0.9, 6.0)
        put(
            store,
            [arrival(1, detections(1, heard)), arrival(2, detections(2, heard, version="3.0"))],
            "findings",
        )
        put(store, [arrival(3, detections(3, heard, version="3.0"))], "findings")
        assert {found.model for found in store.detections()} == {"birdnet@2.4", "birdnet@3.0"}

    def test_whole_messages_come_back(self, store: Store) -> None:
        put(store, [arrival(1, health(1)), arrival(2, clip(1))], "health")
        (well,) = store.messages("health")
        assert (well.message, well.time) == (health(1), NOON + MINUTE)
        assert [sent.message for sent in store.messages("clip", device="d2")] == [clip(1)]
        assert list(store.messages("clip", device="d1")) == []
