"""Mosquitto's own configuration, as far as the doctor asks about it.

1. ``find_config`` looks for the file of the broker that listens at a port: the one named,
   those of running ``mosquitto`` processes, Debian's.
2. ``read_config`` follows ``include_dir`` and sorts lines to their listeners.

Defaults are those of Mosquitto 2.0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

DEFAULT_FILE = Path("/etc/mosquitto/mosquitto.conf")
_DEFAULT_PORT = 1883
_OF_LISTENERS = ("allow_anonymous", "password_file", "acl_file")
"""Stand for all listeners unless ``per_listener_settings`` is true."""


@dataclass(slots=True)
class Listener:
    """One ``listener`` line and what follows it."""

    port: int
    address: str
    """Empty: every interface."""
    options: dict[str, str] = field(default_factory=dict)

    @property
    def local(self) -> bool:
        """Whether only this machine reaches it."""
        return self.address == "localhost" or self.address.startswith(("127.", "::1", "/"))

    @property
    def tls(self) -> bool:
        """Whether what passes is encrypted."""
        return "certfile" in self.options or "psk_hint" in self.options


@dataclass(slots=True)
class BrokerConfig:
    """A whole configuration."""

    path: Path
    options: dict[str, str] = field(default_factory=dict)
    log_files: list[Path] = field(default_factory=list)
    log_types: set[str] = field(default_factory=set)
    listeners: list[Listener] = field(default_factory=list)

    def number(self, name: str, default: int) -> int:
        """The option ``name``; ``default`` where it is not given, or is no number."""
        text = self.options.get(name, "")
        return int(text) if text.isdecimal() and len(text) < 20 else default

    def anonymous(self, listener: Listener) -> bool:
        """Whether ``listener`` lets anybody in without a name."""
        return self._of(listener, "allow_anonymous", self._anonymous_default) == "true"

    def of_all(self, name: str) -> list[str]:
        """The values of ``name``, in general and of every listener, each once."""
        values = [
            self.options.get(name, ""),
            *(listener.options.get(name, "") for listener in self.listeners),
        ]
        return list(dict.fromkeys(value for value in values if value))

    @property
    def per_listener(self) -> bool:
        """Whether log-ins are settled listener by listener."""
        return self.options.get("per_listener_settings") == "true"

    @property
    def _anonymous_default(self) -> str:
        """Without any listener Mosquitto serves this machine only, and anybody on it."""
        return "true" if all(listener.options.get("implied") for listener in self.listeners) else "false"

    def _of(self, listener: Listener, name: str, default: str) -> str:
        if self.per_listener:
            return listener.options.get(name, default)
        return self.options.get(name, default)


def find_config(named: Path | None, port: int) -> BrokerConfig | None:
    """The configuration that names ``port``; ``OSError`` if the file ``named`` cannot be read."""
    if named is not None:
        return read_config(named)
    for path in (*_of_running_brokers(), DEFAULT_FILE):
        try:
            config = read_config(path)
        except OSError:
            continue
        if any(listener.port == port for listener in config.listeners):
            return config
    return None


def read_config(path: Path) -> BrokerConfig:
    """The configuration in ``path`` and what it includes; ``OSError`` if it cannot be read."""
    config = BrokerConfig(path)
    where = config.options
    for key, value in _lines(path, 0):
        if key in ("listener", "port"):
            number, _, address = value.partition(" ")
            config.listeners.append(
                Listener(int(number) if number.isdecimal() and len(number) < 20 else 0, address.strip())
            )
            where = config.listeners[-1].options
        elif key == "log_dest":
            kind, _, file = value.partition(" ")
            config.log_files += [Path(file.strip())] if kind == "file" else []
        elif key == "log_type":
            config.log_types.add(value)
        elif key in _EVERYWHERE or (key in _OF_LISTENERS and not config.per_listener):
            config.options[key] = value
        else:
            where[key] = value
    if not config.listeners:
        config.listeners.append(Listener(_DEFAULT_PORT, "127.0.0.1", {"implied": "true"}))
    return config


_EVERYWHERE = (
    "max_queued_messages", "max_queued_bytes", "memory_limit", "persistence", "per_listener_settings",
    "connection_messages",
)  # fmt: skip
"""Of the whole broker, also below a ``listener`` line."""


def _lines(path: Path, depth: int) -> Iterator[tuple[str, str]]:
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        key, _, value = line.strip().partition(" ")
        value = value.strip()
        if not key or key.startswith("#"):
            continue
        if key == "include_dir" and depth < 4:
            for more in sorted(Path(value).glob("*.conf")):
                yield from _lines(more, depth + 1)
        else:
            yield key, value


def _of_running_brokers() -> Iterator[Path]:
    """What ``mosquitto -c FILE`` names, of every running one (Linux)."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "comm").read_text().strip() != "mosquitto":
                continue
            words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
            named = [value for flag, value in pairwise(words) if flag in ("-c", "--config-file")]
            paths = [(process / "cwd" / value).resolve() for value in named]
        except OSError:
            continue  # it has ended, or is hidden from us
        yield from paths
