"""What the broker refuses this gateway, kept so that the doctor can name it.

A refusal for size is dealt with where batches are made smaller; what is left is a matter of rights,
and goes on until somebody corrects them.
"""

from __future__ import annotations

import json

from contract.line.bus import TOO_LARGE

NOTE = "refusals"
"""Under this name the spool keeps them."""
_KEPT = 5


def taken_out(refusals: list[str], now: int) -> str:
    """Those of ``refusals`` (``Bus.refusals``) that are not for size, as text; the list loses them.

    ``now`` [ns UTC].  Empty where there is none.
    """
    texts = [text for text in refusals if TOO_LARGE not in text]
    if not texts:
        return ""
    refusals[:] = [text for text in refusals if TOO_LARGE in text]
    latest = dict(text.partition(": ")[::2] for text in texts)
    return json.dumps([[topic, why, now] for topic, why in latest.items()][-_KEPT:])


def load_refusals(text: str) -> tuple[tuple[str, str, int], ...]:
    """(topic, reason, when [ns UTC]) of what ``taken_out`` gave; nothing where it is damaged."""
    try:
        return tuple((str(topic), str(why), int(at)) for topic, why, at in json.loads(text or "[]"))
    except (ValueError, TypeError):
        return ()
