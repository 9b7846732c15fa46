"""The name under which workers divide the batches: a secret, kept in a file that they all read.

Whoever knows the name of a shared subscription may join it: some brokers ask for no right
then, and throw away what they must not deliver to the one who joined.  A name that nobody
can guess keeps sensors out.
"""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

from contract.errors import ConfigurationError

_NAME = re.compile(r"[A-Za-z0-9_-]{22,}")
_BYTES = 24


def share_group(path: Path) -> str:
    """The name in ``path``; where no file is, a new one is made, which only its owner reads.

    ``ConfigurationError`` if it cannot be read or written, if others may read it, or if it
    holds no name of at least 22 letters.
    """
    try:
        if not path.exists():
            _make(path)
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError as error:
        raise ConfigurationError(
            f"The share's file {path} cannot be read or made: {error}", help="Name another with --share"
        ) from error
    if mode & 0o077:
        raise ConfigurationError(
            f"The share's file {path} can be read by others", help=f"chmod 600 {path}, with a new name in it"
        )
    if not _NAME.fullmatch(text):
        raise ConfigurationError(
            f"{path} holds no secret name of a share", help="Name a file that is not there: it will be made"
        )
    return text


def _make(path: Path) -> None:
    """Whole or not at all; of several that make it at once, the first counts."""
    made = path.with_name(f"{path.name}.{secrets.token_hex(6)}")
    file = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(file, "w", encoding="ascii") as stream:
            stream.write(secrets.token_urlsafe(_BYTES) + "\n")
        with suppress(FileExistsError):
            os.link(made, path)
    finally:
        made.unlink()
