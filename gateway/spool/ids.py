"""Row numbers of the spool: the stream in the top bits, the record's number below.

One integer key keeps each stream's records together and in order of age.
"""

from __future__ import annotations

from contract.batch import STREAMS

_BITS = 56
_FIRST = {stream: position << _BITS for position, stream in enumerate(STREAMS)}


def first_id(stream: str) -> int:
    """The row number before the first record of ``stream``."""
    return _FIRST[stream]


def stream_of(identity: int) -> str:
    """The stream of the row ``identity``."""
    return STREAMS[identity >> _BITS]


def number_of(identity: int) -> int:
    """The number within its stream of the row ``identity``."""
    return identity & ((1 << _BITS) - 1)
