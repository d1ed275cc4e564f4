"""A headless Chromium, driven through its debugging pipe with the standard library alone."""

import base64
import contextlib
import json
import os
import select
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

KEYS = {
    "ArrowRight": 39, "ArrowDown": 40, "PageDown": 34, "ArrowLeft": 37, "ArrowUp": 38,
    "PageUp": 33, "Home": 36, "End": 35, "Backspace": 8, " ": 32,
}  # fmt: skip
PATIENCE = 60.0


class Page:
    """One tab. What it logs, asks for and throws is kept."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._out, self._in, self._rest = to_browser, from_browser, b""
        self._last, self._session = 0, ""
        self.console: list[str] = []
        self.requests: list[str] = []
        """Addresses that went out: none that the page's own rules held back."""
        self._asked: dict[str, str] = {}
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command of the DevTools protocol and return its result."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        answer = self._until(lambda found: found.get("id") == self._last)
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def _until(self, wanted: Any) -> dict[str, Any]:
        end = time.monotonic() + PATIENCE
        while True:
            while b"\0" in self._rest:
                line, self._rest = self._rest.split(b"\0", 1)
                found: dict[str, Any] = json.loads(line)
                self._note(found)
                if wanted(found):
                    return found
            ready, _, _ = select.select([self._in], [], [], max(end - time.monotonic(), 0))
            assert ready, "the browser does not answer"
            self._rest += os.read(self._in, 1 << 20)

    def _note(self, message: dict[str, Any]) -> None:
        method, params = message.get("method"), message.get("params", {})
        if method == "Network.requestWillBeSent":
            self._asked[params["requestId"]] = params["request"]["url"]
            self.requests.append(params["request"]["url"])
        if method == "Network.loadingFailed" and params.get("blockedReason") == "csp":
            self.requests.remove(self._asked[params["requestId"]])
        if method == "Log.entryAdded":
            self.console.append(params["entry"]["text"])
        if method in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown"):
            self.console.append(json.dumps(params))

    def open(self, address: str, *, scripts: bool = True) -> None:
        """Go to an address, with or without scripts, and wait until it is loaded."""
        self.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        # From one address to the same one with another end nothing would be loaded.
        for place in ("about:blank", address):
            self.call("Page.navigate", url=place)
            self._until(lambda found: found.get("method") == "Page.loadEventFired")

    def ask(self, expression: str) -> Any:
        """Return what an expression is in the page."""
        done = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    def press(self, key: str, *, shift: bool = False) -> None:
        """Press and release a key, as a hand would."""
        code = KEYS.get(key) or ord(key.upper())
        text = {"text": key} if len(key) == 1 else {}
        common = {"key": key, "windowsVirtualKeyCode": code, "modifiers": 8 if shift else 0}
        self.call("Input.dispatchKeyEvent", type="keyDown", **common, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def click(self, x: float, y: float) -> None:
        """Click at a place of the window."""
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def pdf(self) -> bytes:
        """Print the page, on paper of the size that it asks for."""
        done = self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=False)
        return base64.b64decode(done["data"])

    def picture(self) -> bytes:
        """Return the window as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot")["data"])


@contextlib.contextmanager
def browser(chromium: str, folder: Path) -> Iterator[Page]:
    """Start a browser with a fresh profile, and end it."""
    commands, answers = os.pipe(), os.pipe()

    # The protocol's pipe is read from 3 and written to 4.
    ends = f'exec "$0" "$@" 3<&{commands[0]} 4>&{answers[1]}'
    process = subprocess.Popen(
        ["bash", "-c", ends, chromium, "--headless=new", "--no-sandbox", "--disable-gpu",
         "--disable-extensions", "--remote-debugging-pipe",
         f"--user-data-dir={folder / 'profile'}", "--window-size=1280,720"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        pass_fds=(commands[0], answers[1]),
    )  # fmt: skip
    try:
        yield Page(commands[1], answers[0])
    finally:
        process.terminate()
        process.wait(PATIENCE)
        for end in (*commands, *answers):
            os.close(end)
