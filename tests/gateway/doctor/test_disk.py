"""The folder of sound is for the gateway's user only, the ring besides for the edge worker."""

from __future__ import annotations

from pathlib import Path

from gateway.doctor.disk import check_privacy


def test_a_folder_of_sound_that_others_may_enter_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (diagnosis,) = check_privacy(tmp_path)
    assert diagnosis.next == f"chmod 700 {tmp_path}"
    tmp_path.chmod(0o700)
    assert list(check_privacy(tmp_path)) == []


def test_a_ring_that_anybody_may_look_into_fails(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    ring = tmp_path / "clips"
    ring.mkdir(mode=0o750)
    assert list(check_privacy(tmp_path)) == []
    ring.chmod(0o755)
    (diagnosis,) = check_privacy(tmp_path)
    assert (diagnosis.level, diagnosis.next) == ("fail", f"chmod o-rwx {ring}")
