"""A folder of kept embeddings through a linear head: ``ecoviv rescore``.

1. Each clip is named again and keeps its effort, also where the head names nothing.
2. Detections go to stdout or, with ``--out``, whole or not at all to a file as ``ecoviv detect``
   writes them.
3. A file that cannot be read stops everything: a table with holes would look like silence.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from analysis.sound.detect.detector import read_validations
from analysis.sound.detect.embeddings import read_embeddings
from analysis.sound.detect.folder import record_of, shown
from analysis.sound.detect.head import read_head, rescored
from analysis.sound.measure.result import line_of
from contract.errors import UsageError
from contract.terminal import say, show


def rescore_folder(
    folder: Path, head_file: Path, *, least: float, thresholds: Path | None, out: Path | None, as_json: bool
) -> int:
    """Name every clip of ``folder`` by the head; how many clips."""
    files = sorted(folder.glob("*.npz"))
    if not files:
        raise UsageError(
            f"{folder} holds no embeddings", help="Keep them with ecoviv detect --embeddings FOLDER"
        )
    if out is not None and (out.suffix != ".jsonl" or out.exists()):
        raise UsageError(
            f"{out} {'exists' if out.exists() else 'is not .jsonl'}", help="Name a new file x.jsonl"
        )
    head = read_head(head_file)
    table = "none" if thresholds is None else hashlib.sha256(thresholds.read_bytes()).hexdigest()[:16]
    validations = read_validations(thresholds) if thresholds else {}
    instrument = f"{head.model.id}@{head.model.version}#{head.model.hash} of={head.of}"
    settings = f"head={instrument} least={least:g} thresholds={table}"
    say(f"{head.model.id} {head.model.version}: {head.model.classes} classes; licence: {head.model.licence}")
    lines: list[str] = []
    for file in files:
        clip = read_embeddings(file)
        found = rescored(head, clip, least=least, validations=validations)
        model = head.described_over(clip.model)
        about = {"detections": len(found), "settings": settings}
        about |= {"model": model.to_dict() | {"classes": model.classes}}
        lines += [line_of({**clip.effort, **about}), *(line_of(record_of(clip.effort, one)) for one in found)]
        if as_json or out is None:
            for one in found:
                show(shown(clip.effort, one, as_json=as_json))
    if out is not None:
        _write(out, lines)
    return len(files)


def _write(out: Path, lines: list[str]) -> None:
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        with draft.open("w", encoding="utf-8") as stream:
            stream.write("".join(line + "\n" for line in lines))
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(out)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
