"""The listening page: one HTML file that needs nothing else, in one language.

1. ``page`` puts sound, picture and question of some pieces into the template; nothing else of them.
2. The program in it (``page.js``) plays, asks, remembers in the browser and saves labels as JSON lines.
3. A content policy in the page forbids any connection: what is inside stays inside.

The listener sees taxon, picture and sound: no site, arm, season, time or score, and nobody else's answers.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from analysis.review.cut import Audible
from analysis.sound.picture import bare_picture
from analysis.words import Tongue, keys, typeset, words


@dataclass(frozen=True, slots=True)
class Leaf:
    """Which page of how many: ``names`` are the files of all of them."""

    list_sha256: str
    number: int
    names: Sequence[str]
    tongue: Tongue


@dataclass(frozen=True, slots=True)
class Item:
    """One piece as the page holds it: base64 of FLAC and PNG, and what the program needs to know."""

    sound: str
    picture: str
    told: dict[str, Any]


def item(heard: Audible) -> Item:
    """Sound, picture and question of a piece."""
    snippet, piece = heard.snippet, heard.piece
    picture = bare_picture(snippet.samples, snippet.sample_rate)
    told = {
        "clip": piece.clip,
        "offset_s": piece.offset_s,
        "taxon": piece.taxon,
        "from_s": round(heard.within_s, 3),
        "to_s": round(min(snippet.length_s, heard.within_s + piece.duration_s), 3),
        "length_s": round(snippet.length_s, 3),
        "gain": round(snippet.gain, 4),
        "slowed": snippet.slowed,
        "heights": [[f"{hz // 1000} kHz", height] for hz, height in picture.heights],
    }
    sound = base64.b64encode(snippet.flac(slowed=snippet.slowed)).decode()
    return Item(sound, base64.b64encode(picture.png).decode(), told)


def page(items: Sequence[Item], sheet: Leaf) -> str:
    """The file's text."""
    say = {key: typeset(words("listening", key).in_(sheet.tongue), sheet.tongue) for key in keys("listening")}
    content = {
        "list": sheet.list_sha256,
        "page": sheet.number,
        "say": say,
        "clips": [one.told for one in items],
    }
    return _template().render(
        tongue=sheet.tongue,
        say=say,
        sheet=say["sheet"].format(number=sheet.number, all=len(sheet.names)),
        number=sheet.number,
        of=len(sheet.names),
        names=sheet.names,
        count=len(items),
        items=items,
        data=_inert(content),
        style=Markup(_part("page.css")),
        program=Markup(_part("page.js")),
    )


def _inert(content: object) -> Markup:
    """JSON that cannot end the element it stands in, nor begin another."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_part("page.html.jinja"))


def _part(name: str) -> str:
    return files("analysis.review").joinpath(name).read_text(encoding="utf-8")
