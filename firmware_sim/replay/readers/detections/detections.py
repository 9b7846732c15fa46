"""The reader of detections made elsewhere: what a recorder's sound said to another program.

1. ``detections_reader`` knows such a file by its first bytes.
2. The file's rows are put to the recordings that it speaks of, and these to their devices.
3. Each recording becomes messages of its recorder, with start, effort, model and threshold; where
   one of them cannot be known the recording, or the file, is refused by name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from contract.errors import TimeWithoutZone
from contract.reading import Model
from firmware_sim.line.outgoing import Outgoing
from firmware_sim.replay.readers.detections import batdetect, labels, pi, table
from firmware_sim.replay.readers.detections.instrument import Unstated, instrument, parameters_beside
from firmware_sim.replay.readers.detections.listing import HeardRow, Listing, decoded, recording_of_table
from firmware_sim.replay.readers.detections.messages import MOST, Stretch, outgoing
from firmware_sim.replay.readers.detections.recordings import Recording, recordings_of
from firmware_sim.replay.readers.reader import Findings, Question, boot_of, owner, zone_for

_HEAD = 65_536
_LARGEST = 2**29
_NO_EFFORT = "detections without a known effort, sent with effort 0: they enter no rate"
_NO_SCORE = "detections without a score, sent with score 1"
ModelOf = Callable[[HeardRow | None], Model]


@dataclass(frozen=True, slots=True)
class DetectionsReader:
    """Reads one kind of file of detections; ``name`` says which."""

    name: str

    def read(self, path: Path, question: Question, findings: Findings) -> Iterator[Outgoing]:
        """Messages by time; see ``Reader``.

        Raises ``UnknownOwner`` where nobody knows whose recording it is, ``TimeWithoutZone`` where a
        station's times have no zone.
        """
        if path.stat().st_size > _LARGEST:
            findings.problem(f"{path}: it is larger than 512 MB; split it")
            return
        content = path.read_bytes()
        if self.name in {"birdnet-pi", "birdnet-pi-database"}:
            stretches = self._of_station(path, content, question, findings)
        else:
            stretches = self._of_recordings(path, content, question, findings)
        told, known = question.told, [(one.start, one.length_s, one.channel) for one in stretches]
        numbers: dict[str, int] = defaultdict(int)
        for stretch in sorted(stretches, key=lambda one: (one.start, one.device.id, one.channel)):
            boot = boot_of(
                content, stretch.device, question, self.name, told.model, told.threshold, known,
                sorted(told.names.items()),
            )  # fmt: skip
            for message in outgoing(stretch, boot, numbers[boot] + 1, told, question.shift):
                numbers[boot] += 1
                yield message

    def _of_recordings(
        self, path: Path, content: bytes, question: Question, findings: Findings
    ) -> list[Stretch]:
        listing = self._listing(path, content)
        for problem in listing.problems:
            findings.problem(f"{path}: {problem}")
        for note in listing.notes:
            findings.note(note)
        found = recordings_of(path, listing, question)
        model_of = _models(path, listing, question)
        by_recording: dict[str, list[HeardRow]] = {written: [] for written in found}
        for row in listing.rows:
            by_recording[row.recording].append(row)
        stretches: list[Stretch] = []
        for written, rows in by_recording.items():
            try:
                stretches += _stretches(path, found[written], rows, model_of, question, findings)
            except Unstated as error:
                findings.problem(f"{path}: {error}")
                return []
        return stretches

    def _listing(self, path: Path, content: bytes) -> Listing:
        recording, text = recording_of_table(path.name), decoded(content)
        match self.name:
            case "audacity-labels":
                return labels.read_labels(text, recording)
            case "batdetect2":
                return batdetect.read_batdetect(text, recording)
        return table.read_table(text, recording)

    def _of_station(
        self, path: Path, content: bytes, question: Question, findings: Findings
    ) -> list[Stretch]:
        if self.name == "birdnet-pi":
            rows, problems = pi.read_station_text(decoded(content))
        else:
            rows, problems = pi.read_station_database(path)
        for problem in problems:
            findings.problem(f"{path}: {problem}")
        if not rows:
            findings.note("no detection that can be read stands in it, nothing sent")
            return []
        device = owner(path, [], "acoustic", question)
        zone, beside = zone_for(path, device, question), parameters_beside(path)
        fold = None if question.fold is None else question.fold.number
        grouped: dict[tuple[int, Model], list[HeardRow]] = defaultdict(list)
        for place, one in enumerate(rows, 1):
            try:
                model = instrument("", one.row.threshold, beside, question.told)
                grouped[one.stamp.instant(zone, fold), model].append(one.row)
            except TimeWithoutZone as error:
                findings.problem(f"{path}, detection {place}: {error}")
            except Unstated as error:
                findings.problem(f"{path}: {error}")
                return []
            findings.note(_NO_EFFORT)
        return [
            Stretch(device, start, None, 0, model, tuple(same)) for (start, model), same in grouped.items()
        ]


def _models(path: Path, listing: Listing, question: Question) -> ModelOf:
    """Whose find a row is; of None, whose ears a recording without any: those of the first row."""
    beside = parameters_beside(path)
    first = listing.rows[0] if listing.rows else None

    @cache
    def stated(model: str, threshold: float | None) -> Model:
        return instrument(model, threshold, beside, question.told)

    def model_of(row: HeardRow | None) -> Model:
        row = row or first
        return stated(row.model, row.threshold) if row else stated("", None)

    return model_of


def _stretches(
    path: Path, recording: Recording, rows: list[HeardRow], model_of: ModelOf, question: Question,
    findings: Findings,
) -> Iterator[Stretch]:  # fmt: skip
    """Of one recording, one a channel and instrument; nothing heard is one, too."""
    header, length, name = recording.header, recording.length_s, recording.written or "its recording"
    if not rows and length is None:
        findings.note("recordings without a detection whose length nobody knows, not sent")
        return
    for problem in recording.problems:
        findings.problem(f"{path}: {problem}")
    grouped = {(row.channel, model_of(row)): list[HeardRow]() for row in rows} or {(0, model_of(None)): []}
    device = owner(path, header.serials, "acoustic", question)
    if header.start is None:
        findings.problem(f"{path}: {name}: {header.reason}; --start says it")
        return
    for row in sorted(dict.fromkeys(rows), key=lambda one: (one.offset_s, one.scientific, one.common)):
        heard = grouped[row.channel, model_of(row)]
        if length is not None and row.offset_s >= length:
            findings.problem(f"{path}: {name} ends at {length:g} s, a detection is at {row.offset_s:g} s")
        elif len(heard) >= MOST and heard[-MOST].offset_s == row.offset_s:
            findings.problem(f"{path}: {name}: more than {MOST} detections at {row.offset_s:g} s")
        else:
            heard.append(row)
            _note(row, length, findings)
    for (channel, model), heard in grouped.items():
        yield Stretch(device, header.start, length, channel, model, tuple(heard))


def _note(row: HeardRow, length: float | None, findings: Findings) -> None:
    if row.score is None:
        findings.note(_NO_SCORE)
    if length is None:
        findings.note(_NO_EFFORT)


def detections_reader(path: Path) -> DetectionsReader | None:
    """The reader of a file of detections, by what it holds; None for any other file.

    Raises ``OSError`` where it cannot be read.
    """
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    if pi.is_station_database(path, head):
        return DetectionsReader("birdnet-pi-database")
    if b"\x00" in head and head[:2] not in {b"\xff\xfe", b"\xfe\xff"}:
        return None
    if path.suffix.lower() == ".json":
        return DetectionsReader("batdetect2") if batdetect.is_batdetect(head) else None
    text = decoded(head)
    if pi.is_station_text(text):
        return DetectionsReader("birdnet-pi")
    if table.is_table(text):
        return DetectionsReader("detections")
    return DetectionsReader("audacity-labels") if labels.is_labels(text) else None
