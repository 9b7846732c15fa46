"""Who reaches a broker, asked in a network namespace where 0.0.0.0 reaches nobody."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ecoviv.station.broker import mosquitto_path

ROOT = Path(__file__).resolve().parents[3]
PROBE = """
import json, os, pathlib, subprocess, sys, threading, time
from ecoviv.station.broker import mosquitto_path
from contract.config import broker_address
from contract.instant import SystemClock
from gateway.doctor.broker import check_broker
address = broker_address("mqtt://127.0.0.1:18830")
found = {}
for name, text in json.loads(sys.argv[1]).items():
    conf = pathlib.Path(sys.argv[2]) / name
    conf.write_text(text + ("user root\\n" if os.geteuid() == 0 else ""))
    broker = subprocess.Popen([mosquitto_path(), "-c", str(conf)], stderr=subprocess.DEVNULL)
    threading.Event().wait(1)
    found[name] = {f.name: f.level for f in check_broker(address, "north", SystemClock())}
    broker.terminate()
    broker.wait()
print(json.dumps(found))
"""


def test_a_broker_that_anybody_reaches_without_a_name_fails(tmp_path: Path) -> None:
    """In a network namespace of its own, where 0.0.0.0 reaches nobody."""
    if mosquitto_path() is None or not shutil.which("unshare") or not shutil.which("ip"):
        pytest.skip("needs mosquitto, unshare and ip")
    cases = {
        "everywhere": "listener 18830 0.0.0.0\nallow_anonymous true\n",
        "here": "listener 18830 127.0.0.1\nallow_anonymous true\n",
    }
    done = subprocess.run(
        ["unshare", "-n", "sh", "-c", 'ip link set lo up && exec "$@"', "sh",
         sys.executable, "-c", PROBE, json.dumps(cases), str(tmp_path)],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60,
    )  # fmt: skip
    if "Operation not permitted" in done.stderr:
        pytest.skip("network namespaces are not allowed here")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "everywhere": {"broker": "ok", "broker encryption": "warn", "broker access": "fail"},
        "here": {"broker": "ok"},
    }
