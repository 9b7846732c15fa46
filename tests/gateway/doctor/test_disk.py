"""The folder of sound is for the gateway's user only."""

from __future__ import annotations

from pathlib import Path

from gateway.doctor.disk import check_privacy


def test_a_folder_of_sound_that_others_may_enter_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (diagnosis,) = check_privacy(tmp_path)
    assert diagnosis.next == f"chmod 700 {tmp_path}"
    tmp_path.chmod(0o700)
    assert list(check_privacy(tmp_path)) == []
