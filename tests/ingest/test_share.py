"""The name of a share is a secret that every worker reads from one file."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from contract.errors import ConfigurationError
from ingest.share import share_group


def test_every_worker_reads_the_same_name_and_no_two_files_hold_one(tmp_path: Path) -> None:
    first, second = (share_group(tmp_path / name) for name in ("a", "b"))
    assert share_group(tmp_path / "a") == first != second
    assert len(first) >= 22, "128 bits in letters of 6"
    assert not set(first) & set("/+#"), "a level of a topic"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600


def test_workers_that_start_at_once_agree(tmp_path: Path) -> None:
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(share_group(tmp_path / "share"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_file_that_others_read_or_that_holds_no_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "share"
    share_group(path)
    path.chmod(0o644)
    with pytest.raises(ConfigurationError, match="others"):
        share_group(path)
    path.chmod(0o600)
    for text in ("", "ingest\n", "a/b" * 20, "\xff"):
        path.write_text(text, encoding="latin-1")
        with pytest.raises(ConfigurationError, match="no secret name"):
            share_group(path)
    with pytest.raises(ConfigurationError, match="cannot be"):
        share_group(tmp_path / "no" / "folder" / "share")
