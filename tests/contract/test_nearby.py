"""Territory and store are found where `init`, `up` and `demo` put them, and it is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.errors import ConfigurationError
from contract.nearby import find_both, find_store, find_territory


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def made(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


@pytest.mark.parametrize(
    ("files", "territory", "store"),
    [
        (("territory.toml", "store.db"), "territory.toml", "store.db"),
        (("territory.toml", "ecoviv.db"), "territory.toml", "ecoviv.db"),
        (("territory.toml", "ecoviv-state/store.db"), "territory.toml", "ecoviv-state/store.db"),
        (("mine/territory.toml", "ecoviv-state/store.db"), "mine/territory.toml", "ecoviv-state/store.db"),
        (("mine/territory.toml", "mine/store.db"), "mine/territory.toml", "mine/store.db"),
        (
            ("mine/territory.toml", "mine/ecoviv-state/store.db"),
            "mine/territory.toml",
            "mine/ecoviv-state/store.db",
        ),
        (
            ("ecoviv-demo/recovery-1/territory.toml", "ecoviv-demo/recovery-1/store.db"),
            "ecoviv-demo/recovery-1/territory.toml",
            "ecoviv-demo/recovery-1/store.db",
        ),
        (  # the nearest
            ("territory.toml", "store.db", "ecoviv-demo/a-1/territory.toml", "ecoviv-demo/a-1/store.db"),
            "territory.toml",
            "store.db",
        ),
    ],
)
def test_what_init_up_and_demo_made_is_found_and_said(
    here: Path, capsys: pytest.CaptureFixture[str], files: tuple[str, ...], territory: str, store: str
) -> None:
    made(here, *files)
    assert find_both(None, None) == (Path(territory), f"sqlite:{store}")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        f"Using the territory {territory}; --territory or ECOVIV_TERRITORY names another",
        f"Using the store {store}; --store or ECOVIV_STORE names another",
    ]
    assert find_territory(None) == Path(territory)
    assert find_store(None) == f"sqlite:{store}"


def test_what_is_named_is_taken_and_nothing_is_said(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made(here, "territory.toml", "store.db")
    assert find_both(Path("x.toml"), "influxdb:http://y/z") == (Path("x.toml"), "influxdb:http://y/z")
    assert find_territory(Path("x.toml")) == Path("x.toml")
    assert find_store("local:z") == "local:z"
    assert capsys.readouterr() == ("", "")


def test_the_other_is_looked_for_beside_what_is_named(here: Path) -> None:
    made(here, "territory.toml", "store.db", "other/territory.toml", "other/ecoviv-state/store.db")
    beside = f"sqlite:{Path('other/ecoviv-state/store.db')}"
    assert find_both(Path("other/territory.toml"), None) == (Path("other/territory.toml"), beside)
    assert find_both(None, beside) == (Path("other/territory.toml"), beside)
    assert find_both(None, "local:other/sealed") == (Path("other/territory.toml"), "local:other/sealed")
    assert find_both(None, "influxdb:http://y/z")[0] == Path("territory.toml")


def test_a_store_of_another_territory_is_never_taken(here: Path) -> None:
    made(here, "mine/territory.toml", "ecoviv-demo/a-1/territory.toml", "ecoviv-demo/a-1/store.db")
    with pytest.raises(ConfigurationError, match=r"looked for store\.db, ecoviv\.db, .* in"):
        find_both(None, None)


def test_two_as_near_are_a_question(here: Path) -> None:
    made(here, "a/territory.toml", "b/territory.toml", "a/store.db", "b/store.db")
    with pytest.raises(ConfigurationError, match=r"one is near: a/territory\.toml, b/territory\.toml"):
        find_territory(None)
    with pytest.raises(ConfigurationError, match=r"more than one is near: a/store\.db, b/store\.db"):
        find_store(None)


def test_where_nothing_is_it_is_said_what_was_looked_for_where_and_what_next(here: Path) -> None:
    with pytest.raises(ConfigurationError) as raised:
        find_both(None, None)
    assert f"looked for territory.toml in {here}, the folders in it" in raised.value.message
    assert "--territory or ECOVIV_TERRITORY" in raised.value.help
    assert "`ecoviv init`" in raised.value.help
