"""Which version of the territory a gateway works by, beside the file that lies here."""

from __future__ import annotations

import logging
from importlib.resources import files
from pathlib import Path

from contract.instant import SECOND, parse_instant
from contract.line.territory import TOLD, TerritoryInForce
from contract.testing.fixed_clock import FixedClock
from gateway.doctor.territory import check_territory, in_force

EXAMPLE = files("ecoviv").joinpath("example/territory.toml").read_text(encoding="utf-8")
NOON = parse_instant("2026-05-01T12:00:00Z")


def test_it_says_which_version_works_and_what_to_do_about_another(tmp_path: Path) -> None:
    path, clock = tmp_path / "territory.toml", FixedClock(NOON)
    assert list(check_territory(tmp_path, path)) == []
    path.write_text(EXAMPLE)
    kept = TerritoryInForce(path, clock, logging.getLogger("ecoviv.gateway"), tmp_path / TOLD)
    (good,) = check_territory(tmp_path, path)
    assert (good.level, good.next) == ("ok", "")
    assert f"version {kept.version} of {path}, read 2026-05-01T12:00:00Z" in good.text
    path.write_text(EXAMPLE + "\n# a word\n")
    (other,) = check_territory(tmp_path, path)
    assert other.level == "warn"
    assert "SIGHUP" in other.next
    path.write_text(EXAMPLE + "\n[broken")
    clock.advance(5 * SECOND)
    kept.look()
    (broken,) = check_territory(tmp_path, path)
    assert broken.level == "fail"
    assert "is not TOML" in broken.text
    assert "ecoviv territory check" in broken.next


def test_what_is_no_word_of_a_gateway_says_nothing(tmp_path: Path) -> None:
    for content in ("", "[]", "{}", "\x00", '{"version": 1}'):
        (tmp_path / TOLD).write_text(content)
        assert in_force(tmp_path) == {}
