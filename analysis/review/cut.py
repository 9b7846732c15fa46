"""From a list and a folder of sound to what can be heard, piece by piece, and why the rest cannot.

1. ``cut`` takes each piece of a list out of its recording, or of a fragment that holds it, with a second of
   context either side, clipped to what is there.
2. A stretch passes the voice gate before it is read; what the gate withholds is not handed out.  Without a
   gate nothing is cut.
3. What cannot be heard is an ``NotHeard``: gone, altered or withheld.

Nothing is written here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from analysis.plan.review.drawn import DrawnList
from analysis.plan.review.labels import NotHeard, Why
from analysis.review.pieces import CONTEXT_S, Piece, pieces
from analysis.review.sources import Fragment, Sources, find_sound
from analysis.sound.reader import Audio
from analysis.sound.snippet import Snippet, snippet_of
from contract.errors import ConfigurationError, Refused

Gate = Callable[[Audio, float, float], bool]
"""Whether the stretch from .. to [s] of a file must be withheld, because of a voice or of doubt."""
_LEAST_S = 0.05


def _no_progress(looked: int, found: int) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Audible:
    """A piece with its sound; the detection begins at ``within_s`` [s] of it, ``start_s`` [s] of the
    recording is where the sound begins."""

    piece: Piece
    snippet: Snippet
    start_s: float

    @property
    def within_s(self) -> float:
        """[s]"""
        return self.piece.offset_s - self.start_s


@dataclass(frozen=True, slots=True)
class Work:
    """A list and where its sound lies."""

    list_sha256: str
    pieces: tuple[Piece, ...]
    sources: Sources


def gather(listed: DrawnList, folder: Path, looked: Callable[[int, int], None] = _no_progress) -> Work:
    """What is to be cut, and from where; refuses a list without detections and a folder without any of
    its sound."""
    wanted = pieces(listed)
    if not wanted:
        raise Refused(
            "The list holds no drawn detection: there is nothing to hear",
            help="Raise the rates under [review] of the next plan, or wait until more is stored",
        )
    clips = {one.clip for one in wanted}
    sources = find_sound(folder, clips, looked)
    if sources.empty:
        raise ConfigurationError(
            f"None of the {len(clips)} recordings of the list is among the {sources.looked_at} WAV and FLAC "
            f"files of {folder}",
            help="Name the folder of the recordings as recorders wrote them; converted ones have other bytes",
        )
    return Work(listed.sha256(), tuple(wanted), sources)


def cut(work: Work, gate: Gate | None, at: str) -> Iterator[Audible | NotHeard]:
    """Each piece of the list, in its order; ``at``: when, ISO 8601 with a zone.

    ``ConfigurationError`` without a gate: pass one that somebody answers for, or none is heard.
    """
    if gate is None:
        raise ConfigurationError(
            "Nothing is cut without a voice gate, and none is installed here",
            help="pip install 'ecoviv[edge]', or name who made sure that no voice is in these recordings "
            "by --voices-checked NAME",
        )
    for piece in work.pieces:
        found = _cut(piece, work.sources, gate)
        if isinstance(found, Audible):
            yield found
        else:
            yield NotHeard(clip=piece.clip, offset_s=piece.offset_s, taxon=piece.taxon, at=at, unheard=found)


def _cut(piece: Piece, sources: Sources, gate: Gate) -> Audible | Why:
    source = _source(piece, sources)
    if source is None:
        return "altered" if piece.clip in sources.altered else "gone"
    first = max(0.0, piece.offset_s - CONTEXT_S - source.start_s)
    last = min(source.end_s, piece.offset_s + piece.duration_s + CONTEXT_S) - source.start_s
    if gate(source.audio, first, last):
        return "withheld"
    snippet = snippet_of(source.audio, first, last)
    found = Audible(piece, snippet, source.start_s + snippet.begin_s)
    return found if snippet.length_s - found.within_s >= _LEAST_S else "gone"


def _source(piece: Piece, sources: Sources) -> Fragment | None:
    """The recording, else the fragment that holds the detection and most around it; None where the
    detection lies in neither."""
    audio = sources.recordings.get(piece.clip)
    here = [Fragment(audio, 0.0)] if audio is not None else sources.fragments.get(piece.clip, [])
    heard = piece.offset_s + _LEAST_S
    first, last = piece.offset_s - CONTEXT_S, piece.offset_s + piece.duration_s + CONTEXT_S
    holding = [one for one in here if one.start_s <= heard <= one.end_s]
    return max(holding, key=lambda one: min(one.end_s, last) - max(one.start_s, first), default=None)
