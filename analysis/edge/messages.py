"""From measured windows of a clip to ``features`` messages: the same clip, the same bytes.

1. ``boot_id`` names clip, start and set of definitions: another set is another boot.
2. ``features`` turns one measured window of one channel into one message.
3. ``unreadable`` is the message for a clip that is not sound: every definition is absent,
   with the reason, so that the clip is not announced for ever.

Nothing here depends on the machine, on its clock or on where the clip lies.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from analysis.sound.measure.profiles import profile
from analysis.sound.measure.result import WindowResult
from contract.batch import ClipNotice
from contract.instant import SECOND, parse_instant, to_datetime
from contract.reading import Excerpt, Features, Finding

_LONGEST_REASON = 500


def definition_ids(profiles: Sequence[str]) -> tuple[str, ...]:
    """The ids that a clip is measured by, sorted."""
    return tuple(
        sorted(one.id for name in profiles for one in profile(name).wanted(roi=False, names=None).values())
    )


def boot_id(notice: ClipNotice, ids: Sequence[str], window_s: float) -> str:
    """``edge-`` and 16 hex digits of SHA-256 over clip, start, definitions and window."""
    definitions = hashlib.sha256("\n".join((*ids, f"window_s={window_s:g}")).encode()).hexdigest()
    text = f"{notice.sha256}{definitions}{parse_instant(notice.start)}"
    return f"edge-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def features(notice: ClipNotice, boot: str, seq: int, result: WindowResult) -> Features:
    """One window of one channel; ``start`` is the clip's plus the window's offset."""
    start = to_datetime(parse_instant(notice.start) + round(result.offset_s * SECOND))
    excerpt = Excerpt(
        start=start,
        duration_s=result.window_s,
        valid_s=float(result.quality["valid_s"]),
        channel=result.channel,
        sample_rate_hz=result.sample_rate_hz,
    )
    return Features(
        site=notice.site,
        device=notice.device,
        boot=boot,
        seq=seq,
        time=start,
        firmware=str(result.header.get("firmware", ""))[:40],
        excerpt=excerpt,
        values=dict(sorted(result.values.items())),
        absent={name: reason[:_LONGEST_REASON] for name, reason in sorted(result.absent.items())},
        quality=findings(result.quality),
    )


def unreadable(notice: ClipNotice, boot: str, seq: int, ids: Sequence[str], reason: str) -> Features:
    """No value at all, and why."""
    start = to_datetime(parse_instant(notice.start))
    return Features(
        site=notice.site,
        device=notice.device,
        boot=boot,
        seq=seq,
        time=start,
        excerpt=Excerpt(start=start, duration_s=0.0, valid_s=0.0),
        absent=dict.fromkeys(ids, reason[:_LONGEST_REASON]),
    )


def of_clip(message: Features, notice: ClipNotice) -> Features:
    """``message`` with the clip named: the last one of a clip."""
    return message.model_copy(update={"excerpt": message.excerpt.model_copy(update={"clip": notice.sha256})})


def findings(quality: Mapping[str, Any]) -> dict[str, Finding]:
    """The gate and every figure that it looked at, with its threshold."""
    flags = set(quality["flags"])
    found = {
        name: Finding(
            value=float(figure["value"]), threshold=float(figure["threshold"]), flagged=name in flags
        )
        for name, figure in sorted(quality["figures"].items())
    }
    closed = quality["gate"] == "closed"
    return {"gate_closed": Finding(value=float(closed), threshold=0.5, flagged=closed)} | found
