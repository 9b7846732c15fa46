"""The page: self-contained, bilingual, honest where there is nothing to say."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from analysis.indicators.compute import panels
from analysis.plan.review.checked import Checked
from analysis.plan.tables import Validated
from analysis.report import write_report
from analysis.report.review_section import detector_table, review_table
from analysis.report.words import translated
from analysis.verdict.rule import judge
from analysis.words import typeset, words
from contract.errors import ConfigurationError
from contract.places import Territory
from firmware_sim.world.world import World
from tests.analysis.conftest import SCALES, Shelf, territory
from tests.analysis.indicators.test_compute import plan_of

Made = Callable[[str], tuple[World, str]]
VOID = {"meta", "input", "link", "br", "img", "hr"}


class Outline(HTMLParser):
    """What stands in the page, and whether every element is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.count: dict[str, int] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.count[tag] = self.count.get(tag, 0) + 1
        self.links += [
            value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "action")
        ]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def outline(page: str) -> Outline:
    parser = Outline()
    parser.feed(page)
    assert parser.open == []
    return parser


@pytest.fixture(scope="module")
def judged(small_world: Made, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a territory that recovers, in both languages."""
    world, url = small_world("recovery")
    plan, place = plan_of(world), world.territory()
    verdict = judge(plan, panels(plan, url, place))
    out = write_report(place, url, plan, verdict, tmp_path_factory.mktemp("report") / "r.html", "both")
    return out.read_text(encoding="utf-8")


def test_the_page_needs_nothing_from_elsewhere(judged: str) -> None:
    found = outline(judged)
    assert "script" not in found.count
    assert [link for link in found.links if not link.startswith(("#", "data:"))] == []
    assert not re.search(r"@import|url\((?!['\"]?#)", judged)


def test_no_two_elements_share_an_id(judged: str) -> None:
    found = re.findall(r'\bid="([^"]+)"', judged)
    assert len(found) == len(set(found))
    named = set(re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', judged))
    assert {a or b for a, b in named} <= set(found)


def test_each_figure_has_its_table_and_its_command(judged: str) -> None:
    figures = re.findall(r"<figure.*?</figure>", judged, re.DOTALL)
    assert len(figures) > 20
    assert sum("<svg" in figure for figure in figures) > 20
    for figure in figures:
        assert figure.count("<svg") <= 1
        assert re.search(r"<table>.*<td>", figure, re.DOTALL)
        assert re.search(r"<code>ecoviv [a-z]", figure)


def test_both_languages_say_the_same_numbers(judged: str) -> None:
    english, french = (re.search(rf'<main lang="{t}".*?</main>', judged, re.DOTALL) for t in ("en", "fr"))
    assert english is not None
    assert french is not None
    cells = [re.findall(r"<td>([-+0-9.e–]+)</td>", part[0]) for part in (english, french)]
    assert cells[0] == cells[1]
    assert "recovering" in english[0]
    assert "en rétablissement" in french[0]


def test_cards_tell_estimate_interval_detectable_change_effort_and_reasons(judged: str) -> None:
    card = re.search(r"<article.*?</article>", judged, re.DOTALL)
    assert card is not None
    for part in ("contrast", "95 % interval", "smallest change", "valid effort", "sites", "<code>"):
        assert part in card[0]


def test_the_page_names_what_was_heard_and_what_cannot_be_seen(judged: str) -> None:
    assert "Turdus merula" in judged
    assert "calls are not individuals" in judged
    assert re.search(r"<code>[0-9a-f]{64}</code>", judged)


def test_the_word_biodiversity_never_stands_alone(judged: str) -> None:
    assert "biodivers" not in judged.lower()


def test_the_same_store_gives_the_same_page(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put(*(shelf.heard(1, f"2021-05-{d + 1:02d}T05:00:00Z", "A", "B") for d in range(12)))
    place = territory(["control"])
    one, two = (
        write_report(place, shelf.url, None, None, tmp_path / name, "en").read_bytes() for name in "ab"
    )
    assert one == two
    assert b"A (not validated)" in one


def test_without_a_verdict_the_page_still_reports(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put(
        shelf.hours(1, "soil_moisture", "2021-05-01T00:00:00Z", [0.2, 0.3] * 120, depth_m=0.1),
        shelf.hours(2, "air_temperature", "2021-05-01T00:00:00Z", [10.0, 20.0] * 120),
        *(
            shelf.measured(3, f"2021-05-01T{hour:02d}:00:00Z", {"ACI@maad-1.5.2#1a2b3c4d": 300.0 + hour})
            for hour in range(24)
        ),
    )
    place = territory(["control"] * 3)
    page = write_report(place, shelf.url, None, None, tmp_path / "r.html", "en").read_text()
    assert "No verdict" in page
    assert 'id="en-heatmap"' in page
    assert 'id="en-water"' in page
    assert "10 valid days of listening" not in page or "0 valid days" in page
    outline(page)


def test_an_empty_store_says_so(shelf: Shelf, tmp_path: Path) -> None:
    page = write_report(territory(["control"]), shelf.url, None, None, tmp_path / "r.html", "fr").read_text()
    assert "ne contient encore aucune mesure" in page


def test_names_are_shown_and_never_run(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put(*(shelf.heard(1, f"2021-05-{d + 1:02d}T05:00:00Z", "<script>x</script>") for d in range(12)))
    place = Territory.model_validate(territory(["control"]).model_dump() | {"name": "<b>Ferme & forêt</b>"})
    page = write_report(place, shelf.url, None, None, tmp_path / "r.html", "both").read_text()
    assert "&lt;b&gt;Ferme &amp; forêt&lt;/b&gt;" in page
    assert "<script>" not in page
    outline(page)


def test_a_place_that_cannot_be_written_leaves_nothing_half_written(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "r.html").mkdir()
    with pytest.raises(ConfigurationError, match="cannot be written"):
        write_report(territory(["control"]), shelf.url, None, None, tmp_path / "r.html", "en")
    assert [path.name for path in tmp_path.iterdir() if "store.db" not in path.name] == ["r.html"]


def test_every_label_heard_stands_with_its_review(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put(*(shelf.heard(1, f"2021-05-{d + 1:02d}T05:00:00Z", "Turdus merula") for d in range(3)))
    place = territory(["control"])
    page = write_report(place, shelf.url, None, None, tmp_path / "r.html").read_text(encoding="utf-8")
    row = "Turdus merula</th><td>3</td><td>{}</td><td>–</td><td>–</td>"
    for tongue in ("en", "fr"):
        assert row.format(words("page", "unvalidated").in_(tongue)) in page


def test_the_review_says_what_counts_and_what_was_never_heard() -> None:
    checked = {"A": (250, 0.99), "B": (250, 0.80), "C": (100, 0.95)}
    plan = plan_of(World(1, "recovery", SCALES["recovery"])).model_copy(
        update={
            "validated": {
                name: Validated(clips=clips, precision=precision)
                for name, (clips, precision) in checked.items()
            }
        }
    )
    rows = review_table({"B": 7, "X": 3, "A": 2}, Checked.declared(plan), "en")
    assert [(row[0], row[1], row[2], row[5]) for row in rows] == [
        ("B", "7", "declared, not well enough", "no"),
        ("X", "3", "not validated", "no"),
        ("A", "2", "declared", "yes"),
        ("C", "0", "declared", "yes"),
    ]
    assert review_table({"X": 3}, None, "fr")[0][2:] == ("non validé", "–", "–", "oui")


def test_supporting_indicators_are_tables_without_pictures(judged: str) -> None:
    part = judged[judged.index('id="en-series-community-replacement"') :]
    figure = part[: part.index("</figure>")]
    assert "<table>" in figure
    assert "<svg" not in figure


def test_french_marks_keep_to_their_word() -> None:
    assert (
        typeset("une classe : « stable » à 95 %", "fr")
        == "une classe\u00a0: «\u00a0stable\u00a0» à 95\u00a0%"
    )
    assert typeset("a class : 5 %", "en") == "a class : 5 %"
    assert translated("land_uses", "livestock", "fr") == "élevage"
    assert translated("land_uses", "salt marsh", "fr") == "salt marsh"


def test_each_detector_says_who_may_use_it_and_an_unknown_one_that_nothing_is_known(judged: str) -> None:
    # licences as published with the weights; BirdNET-Go, replay and the edge spell versions differently
    methods = ("BirdNET@2.4+int8", "perch@2.0#0a1b2c3d", "batdetect2@1.3.1#ab", "birdnet@2.40", "birdnet@3.0")
    rows = {f"{name}@{version}": tuple(rest) for name, version, *rest in detector_table(methods, "en")}
    assert rows == {
        "BirdNET@2.4+int8": ("CC BY-NC-SA 4.0", "not allowed"),
        "perch@2.0#0a1b2c3d": ("Apache-2.0", "allowed"),
        "batdetect2@1.3.1#ab": ("CC BY-NC 4.0", "not allowed"),
        "birdnet@2.40": ("licence not known here", "ask its publisher"),
        "birdnet@3.0": ("licence not known here", "ask its publisher"),
    }
    assert detector_table(["x"], "fr") == (("x", "", "licence inconnue ici", "à demander à son éditeur"),)
    assert "Détecteurs qui ont écouté" in judged
