"""Pushes of weather stations: who they are, what they say, and what nobody may read later."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.errors import UnreadableMessage
from contract.instant import format_instant, from_datetime, parse_instant
from contract.places import Territory
from contract.reading import Readings
from gateway.formats.stations.fields import understood
from gateway.formats.stations.push import StationPush, push_topic
from gateway.formats.stations.secrets import NOBODY, blanked, fields_of, key_of, name_of

MAC = "C8:C9:A3:14:D8:DB"
PASSKEY = hashlib.md5(MAC.encode()).hexdigest().upper()
ARRIVED = parse_instant("2026-05-01T12:00:00Z")
REAL = Path(__file__).resolve().parents[3].parent / "shared/data/payloads/ecowitt_gw_customized_upload.json"


def valley(**more: str) -> Territory:
    device = {"id": "air-1", "site": "s1", "sensors": ["weather"], "address": MAC} | more
    return Territory.model_validate(
        {
            "id": "valley",
            "zones": [{"id": "z", "arm": "control", "land_use": "livestock"}],
            "sites": [{"id": "s1", "zone": "z", "latitude": 45.0, "longitude": 5.0}],
            "devices": [device],
        }
    )


def read(form: str, territory: Territory | None = None) -> Readings:
    raw = form.encode()
    topic = push_topic(name_of(key_of(fields_of(raw))), "http-1", 7, ARRIVED)
    message = StationPush().read(topic, blanked(raw), territory or valley()).message
    assert isinstance(message, Readings)
    return message


def values(form: str) -> dict[str, float]:
    return {one.quantity: one.value for one in understood(fields_of(form.encode())).readings}


@pytest.mark.parametrize(
    ("form", "quantity", "value"),
    [
        ("tempf=212", "air_temperature", 100.0),  # water boils
        ("tempf=-40.0", "air_temperature", -40.0),  # where the two scales meet
        ("tempf= 32 ", "air_temperature", 0.0),
        ("humidity=99", "relative_humidity", 99.0),
        ("baromabsin=29.921", "air_pressure", 1013.24),  # the standard atmosphere, NIST SP 811
        ("absbaromin=29.921", "air_pressure", 1013.24),
        ("windspeedmph=100", "wind_speed", 44.704),  # a mile is 1609.344 m
        ("windgustmph=2.24", "wind_gust", 1.00137),
        ("winddir=360", "wind_from_direction", 360.0),
        ("solarradiation=205.52", "shortwave_radiation", 205.52),
        ("soilmoisture1=28", "soil_moisture", 0.28),
        ("soilmoisture=52", "soil_moisture", 0.52),
        ("soiltempf=50", "soil_temperature", 10.0),
        ("soiltemp2f=50", "soil_temperature", 10.0),
        ("soilad1=120", "soil_moisture_count", 120.0),
        ("leafwetness_ch1=14", "leaf_wetness", 0.14),
        ("soilbatt1=1.3", "battery_voltage", 1.3),
        ("wh90batt=2.90", "battery_voltage", 2.9),
        ("runtime=188738", "uptime", 188738.0),
    ],
)
def test_a_field_is_in_the_unit_that_its_protocol_states(form: str, quantity: str, value: float) -> None:
    assert values(form) == {quantity: pytest.approx(value, rel=1e-5)}


def test_pressure_is_the_absolute_one_and_never_the_one_reduced_to_sea_level() -> None:
    # a real station at 1 650 m: 29.926 inHg at sea level, 24.598 where it stands
    assert values("baromrelin=29.926&baromabsin=24.598") == {"air_pressure": pytest.approx(832.98, abs=0.01)}
    assert values("baromin=29.926&absbaromin=24.598") == {"air_pressure": pytest.approx(832.98, abs=0.01)}
    assert values("baromin=29.926") == {} == values("baromrelin=29.926")


def test_indoors_is_not_the_site() -> None:
    assert understood(fields_of(b"tempinf=79&humidityin=33&indoortempf=70&indoorhumidity=40")) == ((), ())


@pytest.mark.parametrize("absent", ["", "--", "-", "null", "-9999", "-9999.0", "-999.9", "N/A", "nan"])
def test_a_silent_sensor_is_no_value(absent: str) -> None:
    assert (
        understood(fields_of(f"tempf={absent}&humidity=40".encode())).readings[0].quantity
        == "relative_humidity"
    )
    assert len(understood(fields_of(f"tempf={absent}&humidity=40".encode())).readings) == 1


def test_channels_are_series_of_their_own_also_where_there_is_one() -> None:
    both = understood(fields_of(b"soilmoisture1=28&soilmoisture12=29&soilbatt1=1.5&wh90batt=2.9"))
    assert {(one.quantity, one.channel): one.value for one in both.readings} == {
        ("soil_moisture", "1"): 0.28,
        ("soil_moisture", "12"): 0.29,
        ("battery_voltage", "1"): 1.5,
        ("battery_voltage", ""): 2.9,
    }
    assert understood(fields_of(b"soilmoisture1=28")).readings == both.readings[:1]


def test_of_the_running_totals_of_rain_the_longest_is_kept_under_its_own_name() -> None:
    found = understood(fields_of(b"dailyrainin=0.100&yearlyrainin=8.280&rainratein=0.5&hourlyrainin=0.1"))
    (total,) = found.readings
    assert (total.quantity, total.method, total.channel) == ("precipitation_amount", "total", "yearlyrainin")
    assert total.value == pytest.approx(210.312)  # 8.280 x 25.4
    assert found.open == ()


def test_what_is_neither_read_nor_known_is_named() -> None:
    found = understood(fields_of(b"tempf=5o&newfield=1&temp1f=70&uv=3&wh65batt=0&freq=868M"))
    assert found.readings == ()
    assert set(found.open) == {"tempf", "newfield", "temp1f"}


@pytest.mark.skipif(not REAL.exists(), reason="the real pushes are not beside this checkout")
def test_every_field_of_real_gateways_is_read_known_or_named() -> None:
    for name, fields in json.loads(REAL.read_text()).items():
        message = read(urlencode(fields), valley(address="0" * 32))
        assert {"air_temperature", "relative_humidity", "air_pressure", "wind_speed"} <= {
            one.quantity for one in message.readings
        }, name
        still_open = understood(fields_of(urlencode(fields).encode())).open
        assert still_open == (), name


@pytest.mark.parametrize(
    "dateutc",
    [
        "2020-05-04+14:34:26",
        "2020-05-04%2014:34:26",
        "2020-05-04+14%3A34%3A26",
        "2020-05-04 14: 34: 26",
        "2020-05-+04+14:34:26",  # as a GW1000 wrote it
        "+2020-5-4+14:34:26+",
        "2020-05-04T14:34:26Z",
        "2020-05-04%2B14:34:26",
    ],
)
def test_the_time_is_utc_however_it_is_spaced(dateutc: str) -> None:
    message = read(f"PASSKEY={PASSKEY}&dateutc={dateutc}&tempf=50")
    assert message.time is not None
    assert format_instant(from_datetime(message.time)) == "2020-05-04T14:34:26Z"
    assert message.clock == "ntp"


@pytest.mark.parametrize("dateutc", ["dateutc=now&", "dateutc=+NOW+&", "dateutc=&", ""])
def test_without_a_time_it_is_that_of_its_arrival(dateutc: str) -> None:
    message = read(f"PASSKEY={PASSKEY}&{dateutc}tempf=50")
    assert message.instant == ARRIVED
    assert message.clock == "gateway"


@pytest.mark.parametrize(
    "dateutc", ["yesterday", "2020-13-01 00:00:00", "2020-02-30 00:00:00", "1700000000", "0-0-0 0:0"]
)
def test_a_time_that_is_none_is_refused_with_its_text(dateutc: str) -> None:
    with pytest.raises(UnreadableMessage, match="its dateutc"):
        read(f"PASSKEY={PASSKEY}&dateutc={quote(dateutc)}&tempf=50")


@pytest.mark.parametrize(
    "address",
    [MAC, MAC.lower(), MAC.replace(":", "-"), MAC.replace(":", ""), PASSKEY, PASSKEY.lower(), name_of(MAC)],
)
def test_a_station_is_found_by_any_spelling_of_its_address(address: str) -> None:
    assert read(f"PASSKEY={PASSKEY}&tempf=50", valley(address=address)).device == "air-1"
    assert read(f"PASSKEY={quote(MAC)}&tempf=50", valley(address=address)).device == "air-1"  # older Ambient
    assert (
        read(f"MAC={MAC}\n&stationtype=OBSERVERIP2_V2.2.6&tempf=50", valley(address=address)).device
        == "air-1"
    )


def test_a_station_of_weather_underground_is_found_by_its_id() -> None:
    assert read("ID=IPARIS12&PASSWORD=x&tempf=50", valley(address="iparis12")).device == "air-1"


def test_a_stranger_is_named_so_that_it_can_be_written_into_the_territory() -> None:
    with pytest.raises(UnreadableMessage, match=name_of("IPARIS12")) as caught:
        read("ID=IPARIS12&PASSWORD=x&tempf=50")
    assert "IPARIS12" not in str(caught.value)
    with pytest.raises(UnreadableMessage, match="does not say who it is"):
        read("tempf=50")
    assert name_of(" ") == NOBODY


def test_a_push_that_is_read_again_is_the_same_message() -> None:
    form = f"PASSKEY={PASSKEY}&stationtype=GW1000B_V1.5.5&dateutc=now&tempf=50"
    assert read(form) == read(form)
    assert (read(form).boot, read(form).seq, read(form).firmware) == ("http-1", 7, "GW1000B_V1.5.5")


SECRET = "hunter2-Tr0ub4dor"


@pytest.mark.parametrize(
    "push",
    [
        f"PASSKEY={SECRET}&tempf=1",
        f"tempf=1&passkey={SECRET}",
        f"?ID={SECRET}&PASSWORD={SECRET}&tempf=1",
        f"%50ASSKEY={SECRET}&x=1",
        f"PASSKEY+={SECRET}&x=1",
        f"PASSKEY={SECRET}&model=gw-{SECRET}",
        f"PASSKEY={SECRET}\nPASSWORD={SECRET}",
        f'{{"PASSKEY": "{SECRET}", "tempf": 1}}',
        f"{{'passkey':'{SECRET}'}}",
        f'--x\r\nContent-Disposition: form-data; name="PASSKEY"\r\n\r\n{SECRET}\r\n--x--',
        f"\x00\x01\x02PASSKEY={SECRET}\xff",
        f"MAC={SECRET};tempf=1",
        f"<passkey>x</passkey><a PASSKEY={SECRET}>",
    ],
)
def test_no_secret_is_kept_whatever_the_push_looks_like(push: str) -> None:
    assert SECRET.encode() not in blanked(push.encode("latin-1"))


@pytest.mark.parametrize("bare", [PASSKEY, MAC, quote(MAC, safe=""), MAC.lower().replace(":", "-")])
def test_what_looks_like_a_key_is_blanked_wherever_it_stands(bare: str) -> None:
    assert bare.encode() not in blanked(b"\x00garbage " + bare.encode() + b" more\xff")


@given(value=st.text(min_size=6, max_size=40), name=st.sampled_from(["PASSKEY", "ID", "PASSWORD", "mac"]))
def test_a_secret_of_any_letters_is_blanked_in_a_form_of_any_encoding(value: str, name: str) -> None:
    plain, encoded = value.encode("utf-8", "replace"), urlencode({name: value}, errors="replace").encode()
    kept = blanked(encoded + b"&tempf=50&humidity=40")
    assert kept == f"{name}=&tempf=50&humidity=40".encode() or plain in b"&tempf=50&humidity=40"


@given(
    st.lists(st.sampled_from(["tempf=50", "humidity=4", "x", "a=b=c", "%ff=%00", "=", "uv=3"]), max_size=8)
)
def test_a_push_without_secrets_keeps_every_byte(parts: list[str]) -> None:
    push = "&".join(parts).encode()
    assert blanked(push) == push


@given(st.binary(max_size=300))
def test_no_bytes_make_it_raise_anything_undeclared(push: bytes) -> None:
    topic = push_topic(name_of(key_of(fields_of(push))), "http-1", 1, ARRIVED)
    with pytest.raises(UnreadableMessage):
        StationPush().read(topic, blanked(push), valley())
