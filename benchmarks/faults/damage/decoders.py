"""What stations and decoders send, one sample or more a format and map, before it is damaged.

Shapes after what the makers publish (sources in docs/devices.md); the values are made up.
"""

from __future__ import annotations

from typing import Any

from contract.places import Territory

DECODED: dict[str, dict[str, Any]] = {
    "dragino-lse01": {
        "Bat": 3.6,
        "TempC_DS18B20": "24.1",
        "conduct_SOIL": 120,
        "temp_SOIL": "12.5",
        "water_SOIL": "20.8",
    },
    "dragino": {"BatV": 3.06, "Bat_status": 3, "Hum_SHT": 88.6, "TempC_SHT": 18.25, "TempC_DS": 17.5},
    "dragino-lsph01": {"Bat": 3.36, "PH1_SOIL": "5.96", "TEMP_SOIL": "14.90", "Interrupt_flag": 0},
    "dragino-wsc1-l": {
        "wind_speed": 1.25,
        "wind_direction_angle": 230.0,
        "TEM": 12.5,
        "HUM": 81,
        "pressure": 1001.5,
        "PAR": 800,
    },
    "milesight-em500-smtc": {
        "battery": 92,
        "ec": 12,
        "humidity": 30.5,
        "temperature": 12.5,
        "history": [{"timestamp": 1777608000, "temperature": 12.25, "humidity": 30.0}],
    },
    "milesight": {
        "battery": 100,
        "temperature": 27.5,
        "humidity": 56.5,
        "pressure": 1015.5,
        "wind_speed": 1.5,
        "rainfall_total": 50.5,
    },
    "sensecap": {
        "err": 0,
        "payload": "0101",
        "valid": True,
        "messages": [
            [
                {"measurementId": "4097", "measurementValue": 21.5, "type": "Air Temperature"},
                {"measurementId": "4098", "measurementValue": 31, "type": "Air Humidity"},
            ]
        ],
    },
    "decentlab": {
        "battery_voltage": {"displayName": "Battery voltage", "unit": "V", "value": 3.168},
        "soil_temperature": {"displayName": "Soil temperature", "unit": "°C", "value": 12.5},
        "volumetric_water_content": {
            "displayName": "Volumetric water content",
            "unit": "m³⋅m⁻³",
            "value": 0.25,
        },
        "device_id": 571,
        "protocol_version": 2,
    },
    "elsys": {"temperature": 22.5, "humidity": 41, "light": 39, "vdd": 3600},
    "watteco": {
        "batch": {},
        "samples": [{"variable": "pressure", "value": 997, "date": "2026-05-01T03:50:00.000Z"}],
    },
    "netvox": {"Volt": "3.1(low battery)", "SoilVWC": 10, "SoilTemperature": -2.0, "Device": "RA0715"},
    "cayenne-lpp": {"temperature_1": 21.5, "relative_humidity_2": 44.5, "barometric_pressure_3": 1013.25},
}
NORMALIZED = [{"soil": {"moisture": 25, "depth": 10, "temperature": 12.5, "ec": 0.12}, "battery": 3.6}]
STATIONS: dict[str, list[tuple[str, Any]]] = {
    "tasmota": [
        (
            "tele/meadow/SENSOR",
            {
                "Time": "2026-05-01T06:00:00",
                "BME280": {"Temperature": 12.5, "Humidity": 81.0, "Pressure": 1001.5},
                "PressureUnit": "hPa",
                "TempUnit": "C",
            },
        )
    ],
    "zigbee2mqtt": [
        ("zigbee2mqtt/meadow", {"temperature": 13.25, "soil_moisture": 24, "battery": 90, "linkquality": 60})
    ],
    "esphome": [("meadow/sensor/soil_moisture/state", 24.5)],
    "weewx": [
        (
            "weather/loop",
            {
                "dateTime": "1777608000.0",
                "usUnits": "16.0",
                "outTemp_C": "12.5",
                "outHumidity": "81.0",
                "pressure_mbar": "1001.5",
                "windSpeed_kph": "5.4",
                "rain_cm": "0.02",
            },
        )
    ],
    "meshtastic": [
        (
            "msh/EU_868/2/json/LongFast/!0a1b2c3d",
            {
                "from": 169552957,
                "id": 77,
                "timestamp": 1777608000,
                "type": "telemetry",
                "rssi": -90,
                "snr": 6.5,
                "payload": {"temperature": 12.5, "relative_humidity": 81.0, "barometric_pressure": 1001.5},
            },
        )
    ],
}
OWN: list[tuple[str, Any]] = [
    (
        "farm/own/json",
        {
            "ts": 1777608000,
            "n": 12,
            "fw": "1.2",
            "bat": 350,
            "air": {"t": 54.5},
            "rain": 12.5,
            "readings": [{"value": 25.5}],
            "list": [{"measurementId": 4102, "value": 12.5}],
            "log": [{"ts": 1777607000, "air": {"t": 53.5}}],
        },
    )
]
_MAP: dict[str, Any] = {
    "id": "own",
    "topics": ["farm/+/json"],
    "time_at": "ts",
    "identity_at": "n",
    "known": ["fw"],
    "fields": [
        {"path": "readings/0/value", "quantity": "soil_moisture", "unit": "%", "depth_m": 0.1},
        {
            "path": "list/measurementId=4102/value",
            "quantity": "soil_temperature",
            "unit": "°C",
            "depth_m": 0.1,
        },
        {"path": "air/t", "quantity": "air_temperature", "unit": "°F", "height_m": 2},
        {
            "path": "rain",
            "quantity": "precipitation_amount",
            "unit": "mm",
            "method": "total",
            "modulus": 655.36,
        },
        {"path": "bat", "quantity": "battery_voltage", "unit": "mV", "scale": 10},
    ],
    "history": [{"path": "log", "time_at": "ts"}],
}
FORM = (
    "PASSKEY=0123456789ABCDEF&stationtype=GW2000A&dateutc=2026-05-01+04:00:00&tempf=54.5&humidity=81"
    "&baromabsin=29.5&windspeedmph=3.4&winddir=230&hourlyrainin=0.0&solarradiation=112.5&soilmoisture1=24"
)


def land() -> Territory:
    """A device for each decoder, station and map; with it, what the messages say can be attributed."""
    both = ["soil", "weather"]
    named = [{"id": one, "site": "s1", "sensors": both, "map": one, "address": eui(one)} for one in DECODED]
    addresses = {"weewx": "weather/loop", "meshtastic": "!0a1b2c3d", "esphome": "probe"}
    stations = [
        {
            "id": f"station-{one}",
            "site": "s1",
            "sensors": both,
            "map": one,
            "timezone": "UTC",
            "address": addresses.get(one, f"meadow-{one}" if one == "tasmota" else "meadow"),
        }
        for one in STATIONS
    ]
    others = [
        {"id": "own", "site": "s1", "sensors": both, "address": "own"},
        {"id": "push", "site": "s1", "sensors": both, "address": "0123456789ABCDEF"},
        {
            "id": "mic",
            "site": "s1",
            "sensors": ["acoustic"],
            "address": "mic_north",
            "timezone": "Europe/Paris",
        },
    ]
    return Territory.model_validate(
        {
            "id": "t",
            "zones": [{"id": "z", "arm": "control", "land_use": "livestock"}],
            "sites": [{"id": "s1", "zone": "z", "latitude": 46, "longitude": 1}],
            "devices": [*named, *stations, *others],
            "maps": [_MAP],
        }
    )


def eui(name: str) -> str:
    """The address of the device with the decoder ``name``."""
    return f"{list(DECODED).index(name) + 1:016x}"
