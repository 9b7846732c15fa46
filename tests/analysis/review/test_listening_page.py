"""The page in a real browser: answered by keys, taken up again, blind, saved, and read back as labels."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import count, product
from pathlib import Path

import pytest

from analysis.plan.review.drawn import DrawnList
from analysis.plan.review.labels import read_labels
from analysis.review.cut import cut, gather
from analysis.review.folder import Wanted, write_folder
from analysis.review.pieces import pieces
from analysis.words import Tongue, keys
from tests.analysis.review.recorded import AT, ROBIN, WREN, drawn, listed, no_voice, recording
from tests.browser import Browser, browser

REVIEW = Path(__file__).resolve().parents[3] / "analysis" / "review"
HOSTILE = "<img src=x onerror=\"document.title='obeyed'\">{taxon}</script>"
_SEEDS = count(100)
"""Each test has a list of its own: the browser remembers."""
Made = Callable[..., tuple[Path, DrawnList]]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as one:
        yield one


@pytest.fixture
def made(tmp_path: Path) -> Made:
    def make(tongue: Tongue = "en", taxa: tuple[str, ...] = (ROBIN, WREN, ROBIN)) -> tuple[Path, DrawnList]:
        cards = tmp_path / "cards"
        cards.mkdir()
        clip = recording(cards / "A.WAV", next(_SEEDS), seconds=4.0)
        found = listed(drawn(clip, 0.5 * n, taxon, duration_s=1.0) for n, taxon in enumerate(taxa))
        work = gather(found, cards)
        write_folder(
            tmp_path / "out", work, cut(work, no_voice, AT), Wanted(50, tongue, "nobody", AT), lambda: None
        )
        return tmp_path / "out" / "listen.html", found

    return make


def begin(page: Browser, name: str) -> None:
    """As a listener who comes to the page first types a name."""
    page.run("document.getElementById('listener').focus()")
    page.type(name)
    page.press("Enter")
    page.wait(
        "!document.getElementById('desk').hidden && document.getElementById('picture').naturalWidth > 0"
    )


def text(page: Browser, name: str) -> str:
    return str(page.run(f"document.getElementById({name!r}).textContent"))


def test_answers_by_key_are_labels_that_are_read_back(chromium: Browser, made: Made, tmp_path: Path) -> None:
    file, found = made()
    chromium.saves_to(tmp_path)
    chromium.open(file)
    begin(chromium, "A. Bérger")
    assert text(chromium, "question") == f"Do you hear {pieces(found)[0].taxon} between the two lines?"
    chromium.press(" ")
    chromium.wait(
        "!document.getElementById('sound').paused && document.getElementById('sound').currentTime > 0"
    )
    chromium.press("y")
    chromium.reload()  # takes up where it was, without the name
    chromium.wait("!document.getElementById('desk').hidden")
    assert text(chromium, "where") == "Piece 2 of 3"
    chromium.press("n", "u", "ArrowLeft", "y", "u", "s")  # the second is thought over, and said again
    assert text(chromium, "finished") == "Every piece is answered. Save your answers now."
    saved = tmp_path / f"labels-A-Berger-{found.sha256()[:8]}-1.jsonl"
    chromium.wait("document.getElementById('saved').textContent.includes('labels-A-Berger')")
    for _ in range(200):  # a download has another name until it is whole
        if saved.exists():
            break
        chromium.run("new Promise((done) => setTimeout(done, 20))")
    labels, unheard = read_labels([saved])
    assert unheard == []
    assert {one.key: (one.answer, one.listener) for one in labels} == {
        piece.key: (answer, "A. Bérger")
        for piece, answer in zip(pieces(found), ("yes", "yes", "unsure"), strict=True)
    }
    assert saved.read_text() == chromium.run("document.getElementById('lines').value")
    assert chromium.errors == []


def test_the_second_listener_does_not_see_what_the_first_said(chromium: Browser, made: Made) -> None:
    chromium.open(made()[0])
    begin(chromium, "first")
    chromium.press("y", "y", "y")
    chromium.run("document.getElementById('change').click()")
    begin(chromium, "second")
    assert text(chromium, "count") == "second · 0 of 3 answered"
    assert chromium.run("document.querySelectorAll('[aria-pressed=true]').length") == 0
    assert chromium.run("document.getElementById('lines').value") == ""
    chromium.run("document.getElementById('change').click()")
    begin(chromium, "first")
    assert text(chromium, "count") == "first · 3 of 3 answered"


def test_in_french_the_keys_are_french_and_a_finger_does_as_well(chromium: Browser, made: Made) -> None:
    chromium.open(made("fr")[0])
    begin(chromium, "Zoé")
    chromium.press("o")
    chromium.run("document.querySelector('[data-answer=no]').click()")
    chromium.press("i")
    assert re.findall(r'"answer":"(\w+)"', str(chromium.run("document.getElementById('lines').value"))) == [
        "yes", "no", "unsure",
    ]  # fmt: skip
    assert text(chromium, "finished").startswith("Chaque extrait a sa réponse")


def test_a_taxon_from_outside_is_letters_and_no_markup(chromium: Browser, made: Made) -> None:
    chromium.open(made(taxa=(HOSTILE,))[0])
    begin(chromium, "n")
    assert HOSTILE in text(chromium, "question")
    assert chromium.run("document.title") == "Listening – EcoViv"
    assert chromium.errors == []


def test_nothing_is_cut_off_at_any_width_and_fingers_find_what_they_press(
    chromium: Browser, made: Made
) -> None:
    file, _ = made()
    for width, dark in product((390, 768, 1280), (False, True)):
        chromium.looks(width, 844, dark=dark)
        chromium.open(file)
        if chromium.run("!document.getElementById('begin').hidden"):
            begin(chromium, "n")
        assert chromium.run("document.documentElement.scrollWidth") <= width
        heights = (
            "[...document.querySelectorAll('.answers button, .tools button')].map((b) => b.offsetHeight)"
        )
        assert min(chromium.run(heights)) >= 44


def test_who_walks_by_tab_sees_where_they_are(chromium: Browser, made: Made) -> None:
    chromium.open(made()[0])
    begin(chromium, "n")
    chromium.run("document.getElementById('play').focus()")
    chromium.press("Tab")
    outline = "getComputedStyle(document.activeElement).outlineStyle + document.activeElement.id"
    assert chromium.run(outline) == "solidnext"


def themes() -> list[dict[str, str]]:
    style = (REVIEW / "page.css").read_text()
    light, dark = (
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", part)) for part in style.split("@media", 2)[:2]
    )
    return [light, {**light, **dark}]


def brightness(colour: str) -> float:
    """Relative luminance; source: WCAG 2.2."""
    digits = colour.lstrip("#")
    digits = "".join(2 * one for one in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", themes(), ids=["light", "dark"])
def test_every_text_has_the_contrast_that_aa_asks(theme: dict[str, str]) -> None:
    written = [
        ("ink", "paper"), ("ink", "card"), ("soft", "paper"), ("soft", "card"), ("on-green", "green"),
        ("yes", "card"), ("no", "card"), ("unsure", "card"),
    ]  # fmt: skip
    shown = [(*pair, 4.5) for pair in written] + [("focus", "card", 3.0), ("focus", "paper", 3.0)]
    for front, behind, least in shown:
        one, other = sorted((brightness(theme[front]), brightness(theme[behind])), reverse=True)
        assert (one + 0.05) / (other + 0.05) >= least, (front, behind)


def test_every_word_of_the_page_is_said() -> None:
    page = "".join((REVIEW / name).read_text() for name in ("page.html.jinja", "page.js"))
    code = (REVIEW / "page.py").read_text()
    silent = [
        key
        for key in keys("listening")
        if not re.search(rf"\bsay\.{key}\b", page)
        and not (key.startswith("key_") and 'say["key_" + answer]' in page)
        and f'"{key}"' not in code
    ]
    assert silent == []


def test_the_page_asks_for_nothing_from_elsewhere(made: Made) -> None:
    file, _ = made()
    page = re.sub(r'<script type="text/plain".*?</script>', "", file.read_text(), flags=re.DOTALL)
    assert re.findall(r"https?:|//[a-z]|@import|url\(", page) == []
    assert "default-src 'none'" in page
