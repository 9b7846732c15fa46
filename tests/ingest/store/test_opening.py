"""Urls -> stores: an engine is loaded when a url names it, and never before."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from contract.errors import ConfigurationError
from ingest.store import OPENERS, make_store, open_store, restore_store

ENGINES = ("sqlite3", "pyarrow", "duckdb", "influxdb_client", "fsspec", "pytest")


def loaded_by(program: str) -> set[str]:
    """Which engines a fresh interpreter has loaded after ``program``."""
    ask = f"{program}\nimport sys\nprint(*[name for name in {ENGINES!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_room_loads_no_engine() -> None:
    assert loaded_by("import ingest.store, ingest.service, ingest.retry, ingest.ledger") == set()


def test_a_url_loads_its_own_engine_only(tmp_path: Path) -> None:
    program = f"from ingest.store import make_store; make_store('local:{tmp_path / 'store'}')"
    assert loaded_by(program) == {"sqlite3"}, "files and servers wait until they are asked"


def test_an_unknown_scheme_is_told_which_there_are() -> None:
    for act in (open_store, make_store, lambda url: restore_store(Path("backup"), url)):
        with pytest.raises(ConfigurationError) as caught:
            act("postgres:secret@host")
        assert "postgres" in caught.value.message
        assert all(f"{scheme}:" in caught.value.message for scheme in OPENERS)
        assert "secret" not in str(caught.value), "a url may hold a password"


def test_a_plain_path_is_a_sqlite_file(tmp_path: Path) -> None:
    open_store(str(tmp_path / "plain.db")).close()
    open_store(f"sqlite:{tmp_path / 'plain.db'}", read_only=True).close()


def test_a_backup_is_restored_to_files_only(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be restored to influxdb"):
        restore_store(tmp_path, "influxdb:http://127.0.0.1:8086/eco")
