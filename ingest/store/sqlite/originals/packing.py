"""Originals of one device are nearly alike: each is compressed against an earlier one.

1. ``Packer.pack`` compresses a message against the model of its source, or makes it the model.
2. ``unpacked`` gives it back; the model's own bytes are needed for that.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from contract.errors import StoreError

_LIKE = 500
"""Messages compressed against one model, before a later one takes its place."""
_MODEL_BYTES = 64
"""A model has at least so many."""
_MODELS = 2_000
"""Sources whose models are in memory."""
_OPTIONS: dict[int, int] = {
    zstd.CompressionParameter.compression_level: 9,
    zstd.CompressionParameter.checksum_flag: 1,
}


@dataclass(slots=True)
class _Model:
    id: int
    bytes: bytes
    used: int = 0


@dataclass(slots=True)
class Packer:
    """The models of one writer; after a restart each source begins a new one."""

    _models: dict[tuple[str, str], _Model] = field(default_factory=dict)

    def forget(self) -> None:
        """After a rollback: the models may not be there."""
        self._models.clear()

    def pack(self, source: tuple[str, str], following: int, payload: bytes) -> tuple[int | None, bytes]:
        """(id of the model, None where it is one itself; compressed bytes) of the original ``following``."""
        model = self._models.get(source)
        if model is None or model.used >= _LIKE:
            if len(self._models) >= _MODELS:
                self._models.clear()
            if len(payload) >= _MODEL_BYTES:
                self._models[source] = _Model(following, payload)
            return None, zstd.compress(payload, options=_OPTIONS)
        model.used += 1
        like = zstd.ZstdDict(model.bytes, is_raw=True)
        return model.id, zstd.compress(payload, options=_OPTIONS, zstd_dict=like)


def unpacked(packed: bytes, model: bytes | None) -> bytes:
    """What was packed, against ``model`` if it was; ``StoreError`` where it is damaged."""
    try:
        like = None if model is None else zstd.ZstdDict(model, is_raw=True)
        return zstd.decompress(packed, zstd_dict=like)
    except (zstd.ZstdError, ValueError) as error:
        raise StoreError(
            f"An original is damaged: {error}", help="Restore a backup; what it gave is not touched by it"
        ) from error
