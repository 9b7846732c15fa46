"""The sheet for the register of processing, and the notice for the site: what this station really does.

1. ``StationFacts`` is what was asked of the station, its territory and its log.
2. ``register`` is for the data protection officer, ``notice`` for who walks by: a page each, in each
   language, which loads nothing and runs nothing.
3. What nobody stated (who answers for it, on which ground) stays an empty line to be filled in by hand.

Words: ``[privacy]`` in ``analysis.words``.  This is no legal advice, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from analysis.edge.asked import SwitchedOn
from analysis.words import Tongue, words

_BLANK = "……………………………………"
_STYLE = (
    "body{max-width:46rem;margin:2rem auto;padding:0 1rem;font:1.05rem/1.5 sans-serif;color:#1c1c1c}"
    "table{border-collapse:collapse;width:100%}th,td{border:1px solid #999;padding:.4rem .6rem;"
    "text-align:left;vertical-align:top}th{width:34%}.notice{font-size:1.4rem;line-height:1.6}"
)


@dataclass(frozen=True, slots=True)
class StationFacts:
    """``kept``, ``deleted``, ``listened`` count the log; ``on`` is the day of the sheet, 2026-05-01."""

    territory: str
    sites: tuple[str, ...]
    """Those with a device that hears."""
    workers: tuple[SwitchedOn, ...]
    on: str
    kept: int = 0
    deleted: int = 0
    listened: int = 0
    controller: str = ""
    contact: str = ""

    @property
    def gated(self) -> bool:
        """Every worker that is there has a model for voices."""
        return bool(self.workers) and all(one.voices for one in self.workers)

    @property
    def days(self) -> float:
        """The longest that any worker keeps sound; 0 for never."""
        return max((one.kept_days for one in self.workers if one.voices), default=0.0)

    @property
    def detectors(self) -> str:
        """What names species here."""
        return ", ".join(sorted({one.detector for one in self.workers if one.detector}))


def register(facts: StationFacts, tongue: Tongue) -> str:
    """The sheet, one row a question of article 30 of Regulation (EU) 2016/679."""
    rows = "".join(
        f"<tr><th>{escape(question)}</th><td>{'<br>'.join(escape(one) for one in answers)}</td></tr>"
        for question, answers in _rows(facts, tongue)
    )
    title, note = (_say(name, tongue) for name in ("register", "no_advice"))
    made = _say("made_on", tongue, on=facts.on)
    return _page(title, tongue, f"<table>{rows}</table><p>{escape(note)}</p><p>{escape(made)}</p>")


def notice(facts: StationFacts, tongue: Tongue) -> str:
    """What hangs at the site."""
    parts = ["notice_what", _gate_key(facts), *_sound(facts), "notice_rights"]
    said = [_say(name, tongue, days=f"{facts.days:g}") for name in parts]
    who = _say("notice_who", tongue, who=facts.controller or _BLANK, contact=facts.contact or _BLANK)
    body = "".join(f"<p>{escape(one)}</p>" for one in [*said, who])
    return _page(_say("notice", tongue), tongue, f'<div class="notice">{body}</div>')


def _rows(facts: StationFacts, tongue: Tongue) -> Iterator[tuple[str, list[str]]]:
    def say(name: str, **figures: object) -> str:
        return _say(name, tongue, **figures)

    sites = ", ".join(facts.sites) or say("none")
    yield say("ask_controller"), [facts.controller or _BLANK, facts.contact or _BLANK]
    yield say("ask_purpose"), [say("purpose", territory=facts.territory)]
    yield say("ask_ground"), [_BLANK]
    yield say("ask_where"), [sites]
    yield say("ask_who"), [say("who")]
    yield say("ask_data"), [say("data"), say("species", detector=facts.detectors or say("none"))]
    yield say("ask_gate"), [say(_gate_key(facts)), *_leaks(facts, tongue)]
    sound = [say(name, days=f"{facts.days:g}") for name in _sound(facts)]
    counts = say("counts", kept=facts.kept, deleted=facts.deleted, listened=facts.listened)
    yield say("ask_kept"), [*sound, say("quarantine"), counts]
    yield say("ask_recipients"), [say("recipients")]
    yield say("ask_transfers"), [say("transfers")]
    yield say("ask_security"), [say("security")]


def _gate_key(facts: StationFacts) -> str:
    """Whether voices are searched for."""
    if not facts.workers:
        return "no_worker"
    return "gate" if facts.gated else "no_gate"


def _leaks(facts: StationFacts, tongue: Tongue) -> list[str]:
    return [_say("leaks", tongue)] if facts.gated else []


def _sound(facts: StationFacts) -> tuple[str, ...]:
    """Whether sound is kept."""
    return ("sound_kept",) if facts.days else ("sound_not_kept",)


def _say(name: str, tongue: Tongue, **figures: object) -> str:
    text = words("privacy", name).in_(tongue)
    return text.format(**figures) if figures else text


def _page(title: str, tongue: Tongue, body: str) -> str:
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    shown = f"<h1>{escape(title)}</h1>{body}"
    return f'<!doctype html>\n<html lang="{tongue}"><head>{head}</head><body>{shown}</body></html>\n'
