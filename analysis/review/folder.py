"""The folder that listeners get: pages, sounds, tables for other programs, and why the rest cannot be heard.

    listen-1.html …           the page (listen.html where there is one)
    sounds/TAXON/CLIP_MS.flac each piece
    sounds/TAXON/raven.txt    a selection table of them; sounds.csv in the columns of BirdNET-Analyzer
    audacity/TAXON-RATE.flac  them in a row, with labels beside it
    unheard.jsonl             gone, altered, withheld: goes with the labels into `review result`
    cut.json                  the list's hash, each sound with its own, and who answers for voices

It is written beside its place and moved there when it is whole; the list is not in it: it holds sites.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from analysis.plan.review.labels import NotHeard, written
from analysis.review.cut import Audible, Work
from analysis.review.exchange import LabelTrack, Lying, birdnet_table, raven_table
from analysis.review.page import Item, Leaf, item, page
from analysis.review.pieces import folder_of
from analysis.sound.snippet import Strip
from analysis.words import Tongue
from contract.errors import ConfigurationError

SCHEMA = "ecoviv-review-cut-1"
_HEAVIEST = 40_000_000
"""Letters of sound in a page, which phones still open."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How the folder is to be: pieces a page, the page's language, and who answers for voices."""

    per_page: int
    tongue: Tongue
    voices: str
    """the gate, or the person who says that there are none"""
    at: str
    """ISO 8601 with a zone"""


@dataclass(slots=True)
class _Bench:
    """What grows while pieces come."""

    place: Path
    wanted: Wanted
    list_sha256: str
    lying: list[Lying] = field(default_factory=list)
    unheard: list[NotHeard] = field(default_factory=list)
    sounds: list[dict[str, Any]] = field(default_factory=list)
    strips: dict[tuple[str, int], tuple[Strip, LabelTrack]] = field(default_factory=dict)
    waiting: list[Item] = field(default_factory=list)
    weight: int = 0
    """letters of sound that wait"""
    pages: list[Path] = field(default_factory=list)


def check_free(out: Path) -> None:
    """Refuse an ``out`` where something is already."""
    if out.is_symlink() or (out.exists() and not (out.is_dir() and not any(out.iterdir()))):
        raise ConfigurationError(
            f"{out} is there already", help="Give --out a folder that does not exist yet"
        )


def write_folder(
    out: Path, work: Work, heard: Iterable[Audible | NotHeard], wanted: Wanted, told: Callable[[], None]
) -> dict[str, int]:
    """The counts cut, gone, altered, withheld; ``told`` after each piece.  All of the folder or nothing."""
    check_free(out)
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        part.mkdir(mode=0o700)  # people are heard on: their owner's alone, as the folder of kept sound
        counts = _written(part, work, heard, wanted, told)
        part.replace(out)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise ConfigurationError(
            f"The folder {out} cannot be written: {error.strerror or error}",
            help="Make room, or choose another --out; nothing was left there",
        ) from error
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return counts


def _written(
    part: Path, work: Work, heard: Iterable[Audible | NotHeard], wanted: Wanted, told: Callable[[], None]
) -> dict[str, int]:
    bench = _Bench(part, wanted, work.list_sha256)
    with ExitStack() as open_strips:
        for one in heard:
            if isinstance(one, NotHeard):
                bench.unheard.append(one)
            else:
                _lay(bench, one, open_strips)
            told()
    _tables(bench)
    _pages(bench)
    why = Counter(one.unheard for one in bench.unheard)
    counts = {
        "cut": len(bench.lying),
        "gone": why["gone"],
        "altered": why["altered"],
        "withheld": why["withheld"],
    }
    (part / "unheard.jsonl").write_text(written(bench.unheard), encoding="utf-8")
    manifest = {
        "format": SCHEMA,
        "list": bench.list_sha256,
        "at": wanted.at,
        "voices": wanted.voices,
        "counts": counts,
        "sounds": sorted(bench.sounds, key=lambda one: str(one["file"])),
    }
    text = json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    (part / "cut.json").write_text(text, encoding="utf-8")
    return counts


def _lay(bench: _Bench, heard: Audible, open_strips: ExitStack) -> None:
    """One piece: its sound, its place in the long sound, and on the page."""
    piece, snippet = heard.piece, heard.snippet
    content = snippet.flac()
    target = bench.place / "sounds" / piece.name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    lying = Lying(
        piece,
        round(heard.within_s, 3),
        round(min(snippet.length_s, heard.within_s + piece.duration_s), 3),
        snippet.length_s,
        snippet.sample_rate / 2,
    )
    bench.lying.append(lying)
    bench.sounds.append(
        {
            "file": f"sounds/{piece.name}",
            "sha256": hashlib.sha256(content).hexdigest(),
            "clip": piece.clip,
            "start_s": round(heard.start_s, 6),
            "offset_s": piece.offset_s,
            "taxon": piece.taxon,
            "mark": piece.mark,
        }
    )
    strip, labels = _strip(bench, folder_of(piece.taxon), snippet.sample_rate, open_strips)
    labels.add(lying, strip.add(snippet))
    bench.waiting.append(item(heard))
    bench.weight += len(bench.waiting[-1].sound)
    if len(bench.waiting) == bench.wanted.per_page or bench.weight > _HEAVIEST:
        _set_aside(bench)


def _strip(bench: _Bench, folder: str, rate: int, open_strips: ExitStack) -> tuple[Strip, LabelTrack]:
    if (folder, rate) not in bench.strips:
        place = bench.place / "audacity"
        place.mkdir(exist_ok=True)
        strip = open_strips.enter_context(Strip(place / f"{folder}-{rate}.flac", rate))
        bench.strips[folder, rate] = strip, LabelTrack()
    return bench.strips[folder, rate]


def _tables(bench: _Bench) -> None:
    for (folder, rate), (_, labels) in bench.strips.items():
        (bench.place / "audacity" / f"{folder}-{rate}.txt").write_text(labels.text(), encoding="utf-8")
    by_folder: dict[str, list[Lying]] = {}
    for one in bench.lying:
        by_folder.setdefault(folder_of(one.piece.taxon), []).append(one)
    for folder, here in by_folder.items():
        (bench.place / "sounds" / folder / "raven.txt").write_text(raven_table(here), encoding="utf-8")
    if bench.lying:
        (bench.place / "sounds.csv").write_text(birdnet_table(bench.lying, "sounds"), encoding="utf-8")


def _set_aside(bench: _Bench) -> None:
    """A full page's pieces to disk: how many pages there are is known at the end."""
    place = bench.place / f"page-{len(bench.pages) + 1}.json"
    place.write_text(json.dumps([asdict(one) for one in bench.waiting]), encoding="utf-8")
    bench.pages.append(place)
    bench.waiting, bench.weight = [], 0


def _pages(bench: _Bench) -> None:
    if bench.waiting:
        _set_aside(bench)
    one = len(bench.pages) == 1
    names = ["listen.html" if one else f"listen-{n + 1}.html" for n in range(len(bench.pages))]
    for number, (place, name) in enumerate(zip(bench.pages, names, strict=True), start=1):
        items = [Item(**kept) for kept in json.loads(place.read_text(encoding="utf-8"))]
        sheet = Leaf(bench.list_sha256, number, names, bench.wanted.tongue)
        (bench.place / name).write_text(page(items, sheet), encoding="utf-8")
        place.unlink()
