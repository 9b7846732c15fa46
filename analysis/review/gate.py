"""The voice gate at the desk: the one of the edge, asked about a stretch of a recording.

Each file is heard once, as a whole: what is said beside a stretch counts for it.  What the gate cannot hear
is withheld.  Without the model there is no gate.
"""

from __future__ import annotations

from analysis.review.cut import Gate
from analysis.sound.privacy.gate import Speech, listen, withheld
from analysis.sound.privacy.silero import open_model
from analysis.sound.reader import Audio
from contract.errors import EcoVivError

_DEAF = (EcoVivError, OSError, ValueError, ArithmeticError, LookupError, RuntimeError)


def voice_gate() -> tuple[Gate | None, str]:
    """The gate, or None and why there is none."""
    model, why = open_model()
    if model is None:
        return None, why
    heard: dict[str, Speech | None] = {}

    def gate(audio: Audio, start_s: float, end_s: float) -> bool:
        if audio.sha256 not in heard:
            try:
                heard[audio.sha256] = listen(audio, model)
            except _DEAF:
                heard[audio.sha256] = None
        return bool(withheld(heard[audio.sha256], start_s, end_s))

    return gate, ""
