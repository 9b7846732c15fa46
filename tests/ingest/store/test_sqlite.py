"""The SQLite store: the conformance suite, and what only files can do."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.store.testing.suite import StoreContract


class TestSqliteStore(StoreContract):
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"sqlite:{tmp_path / 'store.db'}"
