"""What a gateway needs: the core's size on disk and its idle memory, beside their limits.

Makes a fresh environment, installs the core alone (no extra), and compares ``du -sm``
before and after; then starts a gateway on a local broker and reads its resident memory.

    python benchmarks/footprint.py
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from importlib.resources import files
from pathlib import Path

import psutil

from ecoviv.station.broker import start_broker

ROOT = Path(__file__).resolve().parents[1]
LIMIT_DISK_MB = 35
LIMIT_IDLE_MB = 50


def size_mb(folder: Path) -> int:
    """As ``du -sm`` counts."""
    done = subprocess.run(["du", "-sm", str(folder)], check=True, capture_output=True, text=True)
    return int(done.stdout.split()[0])


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([sys.executable, "-m", "venv", str(folder / "env")], check=True)
        python = folder / "env" / "bin" / "python"
        before = size_mb(folder / "env")
        subprocess.run([python, "-m", "pip", "install", "--quiet", str(ROOT)], check=True)
        disk = size_mb(folder / "env") - before
        territory = folder / "territory.toml"
        territory.write_text(files("ecoviv").joinpath("example/territory.toml").read_text(encoding="utf-8"))
        with start_broker(folder / "broker") as broker:
            command = [python, "-m", "ecoviv", "gateway", "run", "--broker", broker.address.url]
            command += ["--territory", territory, "--state", folder / "state"]
            gateway = psutil.Popen(
                [str(part) for part in command], cwd=folder, stderr=subprocess.PIPE, text=True
            )
            print(gateway.stderr.readline().strip(), file=sys.stderr)
            time.sleep(2)
            idle = gateway.memory_info().rss / 2**20
            gateway.terminate()
            gateway.wait(10)
    print("| figure | measured | limit |\n|---|---|---|")
    print(f"| core on disk [MB] | {disk} | {LIMIT_DISK_MB} |")
    print(f"| idle gateway, resident [MB] | {idle:.1f} | {LIMIT_IDLE_MB} |")
    return 0 if disk <= LIMIT_DISK_MB and idle <= LIMIT_IDLE_MB else 1


if __name__ == "__main__":
    sys.exit(main())
