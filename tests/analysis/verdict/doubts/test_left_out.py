"""Sites left out are named together with the answer that they would give."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from analysis.plan.file import written
from analysis.plan.ledger import Chain
from analysis.plan.panel import Panel
from analysis.plan.plan import Plan
from analysis.verdict.doubts.left_out import kept_in, with_left_out
from analysis.verdict.outside import BELIEVED, Outside, outside
from analysis.verdict.result import Verdict
from analysis.verdict.rule import judge
from contract.places import Territory
from tests.analysis.plan.test_ground import all_uses, territory
from tests.analysis.verdict.conftest import content, panels_of
from tests.analysis.verdict.test_commands import NAMES, rows_from, run, save


def said(plan: Plan, place: Territory, panels: Sequence[Panel]) -> Verdict:
    """Judged as the command does, with panels that hold the sites of every plan."""

    def of(wanted: Plan) -> list[Panel]:
        names = [site.id for site in wanted.sites]
        rows = [panels[0].sites.index(name) for name in names]
        told = [replace(one.provenance, **cells(one, rows)) for one in panels]
        return [
            replace(one, sites=tuple(names), values=one.values[rows], effort=one.effort[rows], provenance=p)
            for one, p in zip(panels, told, strict=True)
        ]

    def again(wanted: Plan, rows: Sequence[Panel], known: Outside) -> Verdict:
        return judge(wanted, rows, known=known, with_power=False)

    codes = outside(plan, Chain((), "", ""), place).codes
    known = replace(BELIEVED, codes={"SITES_LEFT_OUT": codes["SITES_LEFT_OUT"]})
    return judge(plan, of(plan), known=with_left_out(known, plan, place, of, again))


def cells(one: Panel, rows: list[int]) -> dict[str, np.ndarray]:
    names = ("definition", "device", "firmware", "threshold", "noise_floor", "dawn_offset", "depth", "height")
    later = ("schedule", "weather", "calls", "calibration", "coverage")
    told = {name: getattr(one.provenance, name) for name in (*names, *later)}
    return {name: array[rows] for name, array in told.items() if array is not None}


def test_controls_left_out_because_they_rose_are_named_with_what_they_change() -> None:
    """Eight controls that rose as much as the restored sites were never named in the plan."""
    whole = all_uses(restored=12, control=20)
    rose = [site.id for site in whole.sites if site.arm == "control"][12:]
    told = whole.canonical()
    told["sites"] = [site for site in told["sites"] if site["id"] not in rose]
    plan = Plan.from_content(told, "plan.toml").freeze("2009-01-01T00:00:00Z")
    panels = panels_of(whole, 0.25, noise=0.15)
    after = np.array([season.period == "after" for season in whole.seasons])
    here = np.array([site.id in rose for site in whole.sites])
    panels = [replace(one, values=one.values + 0.8 * np.outer(here, after)) for one in panels]
    found = said(plan, territory(whole), panels)
    about = found.details["SITES_LEFT_OUT"]
    assert about["sites"] == rose
    assert found.territory.startswith("recovering")
    assert about["kept_in"]["class"] == "inconclusive"
    kept = about["kept_in"]["indicators"]["detection-rate"]
    assert found.indicators[0].tested is not None
    # 8 of 20 controls rose by .8 more: the contrast falls by .8 x 8 / 20 = .32
    assert abs(found.indicators[0].tested.estimate - kept["estimate"] - 0.32) < 0.12
    assert (kept["n_restored"], kept["n_control"]) == (12, 20)
    assert "kept in: inconclusive" in about["what"]
    assert found.territory != "inconclusive"  # the note stops nothing by itself


def test_a_site_that_the_plan_excludes_is_kept_in_again() -> None:
    told = all_uses().canonical() | {"exclusions": {"s03": "fire", "s04/y1": "cable cut"}}
    plan = Plan.from_content(told, "plan.toml").freeze("2009-01-01T00:00:00Z")
    place = territory(plan, more=1)
    wider = kept_in(plan, place, ["s03", "more-0"])
    assert wider.exclusions == {"s04/y1": "cable cut"}
    assert [site.id for site in wider.sites][-1] == "more-0"
    assert (wider.sites[-1].arm, wider.sites[-1].land_use) == ("control", "all")
    assert wider.changes() == ()


def test_the_command_shows_class_and_contrast_of_the_excluded(tmp_path: Path) -> None:
    base = content(restored=9, control=9, primaries=NAMES, first_year=2100)
    for site in base["sites"]:
        site["land_use"] = "all"
    base["exclusions"] = {"s00": "moved"}
    plan = Plan.from_content(base, "plan")
    path = tmp_path / "plan.toml"
    path.write_text(written(plan), encoding="utf-8")
    assert run("plan", "freeze", path).exit_code == 0
    table = save(rows_from(panels_of(plan, 0.7)), tmp_path / "table.csv")
    lines = [f'[territory]\nid = "{plan.territory}"']
    for arm, day in (("restored", "restored_on = 2102-11-01"), ("control", "")):
        lines.append(f'[[zones]]\nid = "{arm}"\narm = "{arm}"\nland_use = "forestry"\n{day}')
    lines += [
        f'[[sites]]\nid = "{site.id}"\nzone = "{site.arm}"\n'
        f"latitude = {site.latitude}\nlongitude = {site.longitude}"
        for site in plan.sites
    ]
    place = tmp_path / "territory.toml"
    place.write_text("\n".join(lines) + "\n")
    words = ("verdict", "--plan", path, "--panels", table, "--territory", place)
    shown = run(*words)
    assert shown.exit_code == 0, shown
    assert "SITES_LEFT_OUT" in shown.stdout
    assert "kept in: recovering" in shown.stdout
    about = json.loads(run(*words, "--json").stdout)["details"]["SITES_LEFT_OUT"]
    assert about["sites"] == ["s00"]
    assert about["kept_in"]["indicators"]["hill-q1"]["n_restored"] == 9
