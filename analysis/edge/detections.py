"""What a detector hears in a clip, as ``detections`` messages of the device, a minute each.

1. ``Ears`` are a detector, the places of the devices, and the lowest score reported.
2. ``hear`` gives one message a minute and channel, also where nothing was heard: silence
   that was listened to is effort.
3. Stretches that the quality gate closes are no effort.

Switched on by ``ecoviv edge run --detector``; nothing here decides what a species is worth.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from analysis.sound.detect.detector import Detector, Hit, Place
from analysis.sound.detect.listen import Unheard, listen, week_of
from analysis.sound.reader import Audio, open_audio
from contract.batch import ClipNotice
from contract.instant import SECOND, day_of, parse_instant, to_datetime
from contract.places import Site
from contract.reading import MAX_DETECTIONS, Detection, Detections, Excerpt, Model

MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Ears:
    """A detector for the clips of a gateway.

    ``places``: device -> its site, which narrows the species to those of place and week; a
    device that is not in it is heard without that filter.
    """

    detector: Detector
    least: float
    places: Mapping[str, Site]

    @property
    def identity(self) -> str:
        """Model, weights, threshold and filter: another one is another boot."""
        model = self.detector.model
        places = ",".join(f"{d}:{s.latitude:g}:{s.longitude:g}" for d, s in sorted(self.places.items()))
        return f"{model.id}@{model.version}#{model.hash};least={self.least:g};{places}"

    @property
    def model(self) -> Model:
        """As it stands in messages; the weights' hash is part of the version."""
        model = self.detector.model
        return Model(id=model.id, version=f"{model.version}#{model.hash[:8]}", threshold=self.least)

    def place(self, notice: ClipNotice) -> Place | None:
        """Where and in which week the clip was recorded, if its device's site is known."""
        site = self.places.get(notice.device)
        if site is None:
            return None
        return Place(site.latitude, site.longitude, week_of(day_of(parse_instant(notice.start))))


def hear(path: Path, notice: ClipNotice, boot: str, ears: Ears) -> Iterator[Detections]:
    """One message a minute and channel, sequence 1, 2, 3 …; ``AudioError`` where it is no sound."""
    audio = open_audio(path)
    heard: dict[tuple[int, int], list[Hit]] = {}
    closed: dict[tuple[int, int], float] = {}
    for one in listen(audio, ears.detector, place=ears.place(notice), least=ears.least, validations={}):
        key = (int(one.start_s // MINUTE_S), one.channel)
        if isinstance(one, Unheard):
            closed[key] = closed.get(key, 0.0) + one.length_s
        else:
            heard.setdefault(key, []).append(one)
    for seq, key in enumerate(_minutes(audio), 1):
        length = min(MINUTE_S, audio.frames / audio.sample_rate - key[0] * MINUTE_S)
        start = to_datetime(parse_instant(notice.start) + round(key[0] * MINUTE_S * SECOND))
        excerpt = Excerpt(
            start=start,
            duration_s=length,
            valid_s=max(0.0, length - closed.get(key, 0.0)),
            channel=key[1],
            sample_rate_hz=audio.sample_rate,
        )
        yield Detections(
            site=notice.site,
            device=notice.device,
            boot=boot,
            seq=seq,
            time=start,
            firmware=audio.header.firmware[:40],
            excerpt=excerpt,
            model=ears.model,
            detections=tuple(_said(one, key[0]) for one in heard.get(key, [])[:MAX_DETECTIONS]),
        )


def _minutes(audio: Audio) -> list[tuple[int, int]]:
    """(minute, channel) in order; a rest of less than a sample is none."""
    total = audio.frames / audio.sample_rate
    count = max(1, -(-int(total * 1000) // int(MINUTE_S * 1000)))
    return [(minute, channel) for minute in range(count) for channel in range(audio.channels)]


def _said(one: Hit, minute: int) -> Detection:
    return Detection(
        taxon=one.species,
        score=round(min(1.0, max(0.0, one.score)), 6),
        offset_s=one.start_s - minute * MINUTE_S,
        duration_s=one.end_s - one.start_s,
    )
