"""What a detector hears in a clip, as ``detections`` messages of the device, a minute each.

1. ``Ears`` are a detector, the places of the devices, and the lowest score reported.
2. ``hear`` listens to a clip; the messages are built by ``contract.recording.messages``.

Switched on by ``ecoviv edge run --detector``; nothing here decides what a species is worth.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from analysis.sound.detect.detector import Detector, Hit, Place
from analysis.sound.detect.listen import listen, week_of
from analysis.sound.reader import open_audio
from contract.instant import day_of
from contract.places import Site
from contract.reading import Detections, Model
from contract.recording.messages import HeardClip, Listened, detections, instrument, model_of


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
        known = self.places if self.detector.placed else {}
        places = {device: (site.latitude, site.longitude) for device, site in known.items()}
        return instrument(f"{model.id}@{model.version}#{model.hash}", self.least, places)

    @property
    def model(self) -> Model:
        """As it stands in messages."""
        model = self.detector.model
        return model_of(model.id, model.version, model.hash, self.least)

    def place(self, clip: HeardClip) -> Place | None:
        """Where and in which week the clip was recorded, if its device's site is known."""
        site = self.places.get(clip.device)
        if site is None:
            return None
        return Place(site.latitude, site.longitude, week_of(day_of(clip.start)))


def hear(path: Path, clip: HeardClip, boot: str, ears: Ears) -> Iterator[Detections]:
    """One message a minute and channel, sequence 1, 2, 3 …; ``AudioError`` where it is no sound."""
    audio = open_audio(path)
    heard = list(listen(audio, ears.detector, place=ears.place(clip), least=ears.least, validations={}))
    said = Listened(
        duration_s=audio.frames / audio.sample_rate,
        channels=audio.channels,
        sample_rate_hz=audio.sample_rate,
        firmware=audio.header.firmware,
        hits=[one.to_dict() for one in heard if isinstance(one, Hit)],
        closed=[one.to_dict() for one in heard if not isinstance(one, Hit)],
    )
    yield from detections(clip, boot, ears.model, said)
