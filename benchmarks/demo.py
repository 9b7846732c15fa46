"""The demo's own figures: time, messages a second, peak memory of all processes together.

Runs ``ecoviv demo`` once and samples the proportional set size (PSS) of the whole process
tree every 0.2 s.  Prints what was measured beside the limit.  Linux only (smaps_rollup).

    python benchmarks/demo.py --scenario recovery --seed 1
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

LIMIT_SECONDS = 120
LIMIT_MB = 600


def pss_mb(process: psutil.Process) -> float:
    """Proportional set size of ``process`` [MB]; 0 if it is gone."""
    try:
        text = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0.0
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) / 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenario", default="recovery")
    parser.add_argument("--seed", default="1")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "ecoviv", "demo", "--json", "--out", f"{folder}/demo"]
        command += ["--scenario", options.scenario, "--seed", options.seed]
        started = time.perf_counter()
        with (Path(folder) / "out").open("w+") as out:
            demo = psutil.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
            peak, most = 0.0, 0
            while demo.poll() is None:
                family = [demo, *demo.children(recursive=True)]
                peak, most = max(peak, sum(map(pss_mb, family))), max(most, len(family))
                time.sleep(0.2)
            seconds = time.perf_counter() - started
            out.seek(0)
            result = json.loads(out.read())
    print("| figure | measured | limit |\n|---|---|---|")
    print(f"| whole command [s] | {seconds:.0f} | {LIMIT_SECONDS} |")
    print(f"| peak memory of {most} processes, sum of PSS [MB] | {peak:.0f} | {LIMIT_MB} |")
    print(f"| messages sent | {result['sent']} | 40000 at least |")
    print(f"| readings sent | {result['readings']} | 200000 at least |")
    print(f"| messages a second on the road | {result['sent'] / result['road_seconds']:.0f} | |")
    print(f"| lost, duplicated | {result['lost']}, {result['duplicated']} | 0, 0 |")
    held = seconds <= LIMIT_SECONDS and peak <= LIMIT_MB and not result["lost"] and not result["duplicated"]
    return 0 if held and demo.returncode == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
