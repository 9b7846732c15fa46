"""The values that a rehearsal would send, kept on disk until they are shown.

A recording of years has millions of them: they lie in a file without a name, so that a rehearsal
needs no more memory than a replay; whoever reads the list gets it whole.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from typing import Self, TextIO, cast

from contract.errors import UnreadableMessage
from contract.values import Row, values_of
from contract.wire import decode
from firmware_sim.line.outgoing import Outgoing


class RowFile:
    """Rows of ``contract.values``, in the order in which they were taken."""

    def __init__(self) -> None:
        self._file = cast(TextIO, tempfile.TemporaryFile("w+", encoding="utf-8"))  # noqa: SIM115  closed by __exit__

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def take(self, message: Outgoing) -> None:
        """The values of one message; none of a piece of sound, nor of bytes that say nothing in our words."""
        if message.kind == "audio" or not message.readable:
            return
        try:
            said = decode(message.payload)
        except UnreadableMessage:  # of a recording: sent as it is, and counted as unreadable by the gateway
            return
        for row in values_of(said, message.instant):
            self._file.write(json.dumps(row, ensure_ascii=False) + "\n")

    def __iter__(self) -> Iterator[Row]:
        self._file.seek(0)
        for line in self._file:
            yield json.loads(line)
