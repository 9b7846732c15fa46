"""One voice: what the loggers ``ecoviv.*`` say goes to stderr, ``who: sentence``, a line each.

What is said: that something does not go on and what to do, that it goes on again, and what
a person asked for; never each reading, never a secret, never a fatal error (that is raised).
"""

from __future__ import annotations

import logging

from contract.terminal import safe


class _Sentence(logging.Formatter):
    """``who: sentence``; control characters in names that came from outside are spelt out."""

    def __init__(self, who: str) -> None:
        super().__init__()
        self._who = who

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's own name
        return safe(f"{self._who}: {record.message}")


def speak(who: str) -> None:
    """Let this process be heard as ``who``; to be called once, by its command.

    Other libraries are heard from warnings on.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(_Sentence(who))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    logging.getLogger("ecoviv").setLevel(logging.INFO)
