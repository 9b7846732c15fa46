"""A real browser for tests of pages: Chromium, driven through two pipes, without a library or a port.

Source of the commands: https://chromedevtools.github.io/devtools-protocol/.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
_WAIT_S = 60.0
_KEYS = {
    " ": ("Space", 32), "ArrowLeft": ("ArrowLeft", 37), "ArrowRight": ("ArrowRight", 39),
    "Enter": ("Enter", 13), "Tab": ("Tab", 9),
}  # fmt: skip


_WIRING = """
import os, sys, fcntl
near, far = (fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3])
os.dup2(near, 3)
os.dup2(far, 4)
os.execvp(sys.argv[3], sys.argv[3:])
"""
"""A browser hears commands on its descriptor 3 and answers on 4."""


class Browser:
    """One page of a browser; everything it is told is answered before the next is said."""

    def __init__(self, to: int, back: int) -> None:
        self._to, self._back, self._number, self._read = to, back, 0, b""
        self._session = ""
        self.errors: list[str] = []
        target = self.say("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.say("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.say(f"{domain}.enable")

    def say(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command; its result, ``LookupError`` where there is none."""
        self._number += 1
        told = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            told["sessionId"] = self._session
        os.write(self._to, json.dumps(told).encode() + b"\0")
        while True:
            heard = self._next()
            if heard.get("id") == self._number:
                if "error" in heard:
                    raise LookupError(heard["error"]["message"])
                result: dict[str, Any] = heard["result"]
                return result
            self._note(heard)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._read:
            ready, _, _ = select.select([self._back], [], [], _WAIT_S)
            assert ready, "the browser does not answer"
            piece = os.read(self._back, 1 << 20)
            assert piece, "the browser has ended"
            self._read += piece
        line, _, self._read = self._read.partition(b"\0")
        heard: dict[str, Any] = json.loads(line)
        return heard

    def _note(self, heard: dict[str, Any]) -> None:
        match heard.get("method"):
            case "Runtime.exceptionThrown":
                self.errors.append(str(heard["params"]["exceptionDetails"]))
            case "Log.entryAdded" if heard["params"]["entry"]["level"] == "error":
                self.errors.append(heard["params"]["entry"]["text"])
            case "Network.requestWillBeSent":
                url = heard["params"]["request"]["url"]
                if not url.startswith(("file:", "data:", "blob:", "about:")):
                    self.errors.append(f"asked for {url}")

    def open(self, path: Path) -> None:
        """Load a file and wait until it is there."""
        self.say("Page.navigate", url=path.as_uri())
        self.wait("document.readyState === 'complete' && location.protocol === 'file:'")

    def reload(self) -> None:
        """As a person does."""
        self.run("window.old = true")
        self.say("Page.reload")
        self.wait("document.readyState === 'complete' && !window.old")

    def run(self, program: str) -> Any:
        """The value of a piece of JavaScript."""
        done = self.say("Runtime.evaluate", expression=program, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def wait(self, condition: str) -> None:
        """Until a piece of JavaScript is true; a page on its way out says nothing."""
        end = time.monotonic() + _WAIT_S
        while time.monotonic() < end:
            try:
                if self.run(
                    f"(() => {{ try {{ return Boolean({condition}); }} catch {{ return false; }} }})()"
                ):
                    return
            except LookupError:
                continue
            time.sleep(0.02)
        raise AssertionError(condition)

    def press(self, *keys: str) -> None:
        """Keys of the keyboard, one after another."""
        for key in keys:
            code, number = _KEYS.get(key, (f"Key{key.upper()}", ord(key[0].upper())))
            text = {"Enter": "\r", "Tab": ""}.get(key, key if len(key) == 1 else "")
            how = {"key": key, "code": code, "windowsVirtualKeyCode": number}
            more = {"text": text} if text else {}
            self.say("Input.dispatchKeyEvent", type="keyDown", **how, **more)
            self.say("Input.dispatchKeyEvent", type="keyUp", **how)

    def type(self, text: str) -> None:
        """Text into what has the focus."""
        self.say("Input.insertText", text=text)

    def looks(self, width: int, height: int, *, dark: bool = False) -> None:
        """The window's size, and whether its person likes it dark."""
        self.say(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
            mobile=width < 600,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.say("Emulation.setEmulatedMedia", features=[scheme])

    def picture(self, path: Path, *, whole: bool = True) -> None:
        """A PNG of the page."""
        shot = self.say("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))

    def saves_to(self, folder: Path) -> None:
        """Where downloads go."""
        session, self._session = self._session, ""
        self.say("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
        self._session = session


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser with a short-named folder of its own, since it puts a socket there; skips where none is
    installed."""
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("no Chromium here (Debian package chromium)")
    folder = tempfile.mkdtemp(prefix="browser-", dir="/tmp")
    near, to = os.pipe()
    back, far = os.pipe()
    command = [
        program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--mute-audio", "--autoplay-policy=no-user-gesture-required", f"--user-data-dir={folder}",
        "--remote-debugging-pipe", "about:blank",
    ]  # fmt: skip
    wired = [sys.executable, "-c", _WIRING, str(near), str(far), *command]
    running = subprocess.Popen(
        wired,
        pass_fds=(near, far),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, "TMPDIR": folder},
    )
    os.close(near)
    os.close(far)
    try:
        yield Browser(to, back)
    finally:
        os.close(to)
        os.close(back)
        try:
            running.wait(timeout=5)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, 9)
            running.wait()
        shutil.rmtree(folder, ignore_errors=True)
