"""Everything that can go wrong, as one tree.

    EcoVivError                 exit 1   something failed
    ├── UsageError              exit 2   the command was called wrongly
    ├── ConfigurationError      exit 3   a file, key or value must be corrected
    │   ├── TimeWithoutZone              a local time whose zone nobody stated
    │   └── UnknownName                  no such site, device, quantity, indicator ...
    ├── UnreachableError        exit 4   a broker, store or server does not answer
    ├── Refused                 exit 5   the question cannot be answered from these data
    ├── UnreadableMessage       exit 1   bytes that are not a message of wire version 1
    ├── StoreError              exit 1   the store is locked, full, damaged or too new
    └── AudioError              exit 1   a file that is not readable as sound

Each error says what happened and why (``message``) and the next thing to do
(``help``).  Raise low, catch once: in a service's loop or in ``ecoviv/cli.py``.
"""

from __future__ import annotations


class EcoVivError(Exception):
    """The root.  ``message``: what and why.  ``help``: the next thing to do."""

    exit_code = 1
    """Of the program that ends with it."""

    def __init__(self, message: str, *, help: str) -> None:  # noqa: A002 - the word people read
        super().__init__(message)
        self.message = message
        self.help = help

    def __str__(self) -> str:
        return f"{self.message}. {self.help}"


class UsageError(EcoVivError):
    """The command was called wrongly."""

    exit_code = 2


class ConfigurationError(EcoVivError):
    """A file, key or value must be corrected before anything can run."""

    exit_code = 3


class TimeWithoutZone(ConfigurationError):
    """A local time whose zone nobody stated: refused, never guessed."""


class UnknownName(ConfigurationError):
    """A site, device, quantity or indicator that is not defined."""


class UnreachableError(EcoVivError):
    """A broker, store or server does not answer."""

    exit_code = 4


class Refused(EcoVivError):
    """The question is understood but these data cannot answer it; ``codes`` say why."""

    exit_code = 5

    def __init__(self, message: str, *, help: str, codes: tuple[str, ...] = ()) -> None:  # noqa: A002
        super().__init__(message, help=help)
        self.codes = codes


class UnreadableMessage(EcoVivError):
    """Bytes that are not a message of wire version 1.  They are kept, with this reason."""


class StoreError(EcoVivError):
    """The store is locked, unwritable, damaged or from a newer version."""


class AudioError(EcoVivError):
    """A file that is not readable as sound."""
