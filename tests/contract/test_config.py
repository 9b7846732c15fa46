"""Configuration errors name file, key and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.config import broker_address, load_territory
from contract.errors import ConfigurationError

TERRITORY = """
[territory]
id = "meadow"

[[zones]]
id = "north"
arm = "restored"
land_use = "livestock"
restored_on = 2024-03-01

[[sites]]
id = "n1"
zone = "north"
latitude = 46.5
longitude = 1.5

[[devices]]
id = "n1-soil"
site = "n1"
sensors = ["soil"]
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "territory.toml"
    path.write_text(text)
    return path


def test_a_territory_is_read_whole(tmp_path: Path) -> None:
    territory = load_territory(write(tmp_path, TERRITORY))
    assert territory.zone_of("n1").land_use == "livestock"
    assert territory.device_by_id["n1-soil"].sensors == ("soil",)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('id = "n1-soil"', 'id = "n1-soil"\ncolour = "red"', r"devices\.0\.colour: this key is not known"),
        ('id = "meadow"', "", r"id: this key is missing.*Add 'id'"),
        ('zone = "north"', 'zone = "south"', r"sites\.n1\.zone: 'south' is not defined; use one of north"),
        ("restored_on = 2024-03-01", "", "restored_on is required in a restored zone"),
        ('arm = "restored"', 'arm = "better"', r"zones\.0\.arm: Input should be 'restored'"),
        ("latitude = 46.5", "latitude = 146.5", r"sites\.0\.latitude"),
        ('sensors = ["soil"]', 'sensors = ["soil"]\ntimezone = "Mars/Base"', "not a time zone"),
        ("[territory]", "[territory", "is not TOML"),
        ("[territory]", "[land]", r"\[territory\] is missing"),
        (
            'sensors = ["soil"]',
            'sensors = ["soil"]\n[[devices]]\nid = "n1-soil"\nsite = "n1"\nsensors = ["soil"]',
            "'n1-soil' appears twice",
        ),
    ],
)
def test_an_error_names_file_key_and_remedy(tmp_path: Path, before: str, after: str, said: str) -> None:
    path = write(tmp_path, TERRITORY.replace(before, after, 1))
    with pytest.raises(ConfigurationError, match=said) as caught:
        load_territory(path)
    assert str(path) in caught.value.message
    assert caught.value.help


@pytest.mark.parametrize("number", ["1" * 1_000_000, "-" + "9" * 4_301, "0x" + "f" * 1_000_000, "1" * 400])
def test_a_number_without_end_is_a_sentence_about_the_file(tmp_path: Path, number: str) -> None:
    path = write(tmp_path, TERRITORY.replace("46.5", number))
    with pytest.raises(ConfigurationError, match=r"digits|latitude") as caught:
        load_territory(path)
    assert str(path) in caught.value.message
    assert len(caught.value.message) < 300


def test_brackets_without_end_are_a_sentence_about_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "x = " + "[" * 20_000)
    with pytest.raises(ConfigurationError, match="brackets") as caught:
        load_territory(path)
    assert str(path) in caught.value.message


def test_a_byte_order_mark_before_the_first_table_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "territory.toml"
    path.write_text(TERRITORY, encoding="utf-8-sig")
    assert load_territory(path).id == "meadow"


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="does not exist"):
        load_territory(tmp_path / "nowhere.toml")


def test_secrets_come_from_the_environment_and_stay_hidden(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = tmp_path / "password"
    secret.write_text("s3cret\n")
    monkeypatch.setenv("ECOVIV_BROKER_USERNAME", "gateway")
    monkeypatch.setenv("ECOVIV_BROKER_PASSWORD_FILE", str(secret))
    address = broker_address("mqtts://broker.example:9999")
    assert (address.host, address.port, address.tls) == ("broker.example", 9999, True)
    assert address.secret() == "s3cret"
    assert "s3cret" not in repr(address)
    with pytest.raises(ConfigurationError, match="ECOVIV_BROKER_PASSWORD"):
        broker_address("mqtt://user:open@broker.example")


@pytest.mark.parametrize(
    "url",
    [
        "http://broker",
        "mqtt://",
        "mqtt://h:notaport",
        "mqtt://[::1",
        "mqtt://h:0",
        "mqtt://h:-1",
        "mqtt://h:70000",
    ],
)
def test_what_is_not_a_broker_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"mqtt://127\.0\.0\.1:1883"):
        broker_address(url)
