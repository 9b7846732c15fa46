"""Torn writes in ingest's store: images of the SQLite file, cut or changed as a failing disk would.

- *log* cut short or overwritten: what is kept must be a prefix of the commits;
- *main file* likewise: the store is refused with a reason, or ``ecoviv ingest verify`` names
  the fault, or nothing of what it holds is changed.

*silent* counts what is neither: it must be 0.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.faults.torn.spool import damaged
from benchmarks.loads.batches import batches, territory
from contract.batch import decode_batch
from contract.errors import EcoVivError
from contract.places import Territory
from ingest.rules.check import examine
from ingest.store import open_store
from ingest.store.protocol import Store

DEVICES, COMMITS = 2, 20
_MESSAGES = COMMITS * 1_000


def _fill(path: Path) -> Store:
    places = Territory.model_validate(territory(DEVICES))
    store = open_store(f"sqlite:{path}")
    for payload in batches(_MESSAGES, DEVICES):
        batch = decode_batch(payload)
        store.commit("gw", "readings", batch.header, [examine(one, places) for one in batch.records])
    return store


def _content(store: Store) -> dict[str, object]:
    points = {str(series): store.points(series) for series in store.series()}
    return {name: (list(found.time), list(found.value)) for name, found in points.items()}


def _judge(path: Path, in_log: bool, whole: dict[str, object]) -> str:
    try:
        store = open_store(f"sqlite:{path}")
    except EcoVivError:
        return "refused with a reason"
    try:
        faults = store.verify()
        if faults:
            return "named by verify"
        (state, *_) = [*store.streams()] or [None]
        kept = state.received[0][1] if state is not None and state.received else 0
        if in_log:
            counts = store.counts()
            sound = kept % 1_000 == 0 and (counts.messages, counts.points) == (kept, kept * 4)
            return "prefix kept" if sound else "silent: half a commit"
        return "nothing hit" if _content(store) == whole else "silent: changed"
    except EcoVivError:
        return "refused with a reason"
    finally:
        store.close()


def torn_store(images: int, seed: int) -> Counter[str]:
    """What became of ``images`` images of log and main file each."""
    chance = random.Random(seed)
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as scratch:
        base = Path(scratch)
        for kind in ("log", "main"):
            store = _fill(base / kind / "store.db")
            if kind == "main":
                store.close()
                store = open_store(f"sqlite:{base / kind / 'store.db'}")
            image = {
                path.name: path.read_bytes() for path in (base / kind).iterdir() if "shm" not in path.name
            }
            whole = _content(store)
            store.close()
            target = "store.db-wal" if kind == "log" else "store.db"
            for _ in range(images):
                folder = base / "image"
                folder.mkdir()
                for name, content in image.items():
                    (folder / name).write_bytes(damaged(content, chance) if name == target else content)
                found[f"{kind}: {_judge(folder / 'store.db', kind == 'log', whole)}"] += 1
                shutil.rmtree(folder)
    return found
