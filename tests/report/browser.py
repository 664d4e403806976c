"""A page in headless Chromium, driven through its debugging protocol.

Commands and events are those of https://chromedevtools.github.io/devtools-protocol/.
"""

import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import attrs
import pytest
import trio
from trio_websocket import WebSocketConnection, open_websocket_url

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
_PATIENCE_S: Final = 60


def chromium() -> str:
    """Give the browser's path, or skip."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip(f"no browser is installed, looked for {', '.join(_NAMES)}")
    return found


@attrs.define
class Page:
    """One tab."""

    socket: WebSocketConnection
    session: str | None = None
    events: list[dict[str, Any]] = attrs.field(factory=list)
    _sent: int = 0

    async def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for what it gives; events meanwhile are kept."""
        self._sent += 1
        message = {"id": self._sent, "method": method, "params": parameters}
        if self.session is not None:
            message["sessionId"] = self.session
        await self.socket.send_message(json.dumps(message))
        while True:
            answer: dict[str, Any] = json.loads(await self.socket.get_message())
            if answer.get("id") == self._sent:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    async def evaluate(self, expression: str) -> Any:
        """Give the value of a JavaScript expression, awaited if it is a promise."""
        found = await self.command(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    async def until(self, expression: str) -> None:
        """Wait until a JavaScript expression holds."""
        with trio.fail_after(_PATIENCE_S):
            while not await self.evaluate(expression):  # noqa: ASYNC110 - it cannot wake us
                await trio.sleep(0.05)

    async def point_at(self, x: float, y: float) -> None:
        """Move the mouse there [px of the window]."""
        await self.command("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    async def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Press at one place, and let go at another."""
        at = {"button": "left", "clickCount": 1}
        await self.point_at(*start)
        await self.command(
            "Input.dispatchMouseEvent", type="mousePressed", x=start[0], y=start[1], **at
        )
        for share in (0.3, 0.7, 1.0):
            x, y = (a + (b - a) * share for a, b in zip(start, end, strict=True))
            await self.command("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y, buttons=1)
        await self.command(
            "Input.dispatchMouseEvent", type="mouseReleased", x=end[0], y=end[1], **at
        )

    async def double_click(self, x: float, y: float) -> None:
        """Click twice there."""
        for count in (1, 2):
            for kind in ("mousePressed", "mouseReleased"):
                await self.command(
                    "Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=count
                )

    def requests(self) -> list[str]:
        """What the page asked for, other than from itself."""
        sent = (e for e in self.events if e["method"] == "Network.requestWillBeSent")
        urls = [str(event["params"]["request"]["url"]) for event in sent]
        return [url for url in urls if not url.startswith(("data:", "blob:"))]

    def complaints(self) -> list[dict[str, Any]]:
        """Errors and warnings that the page gave rise to."""
        return [
            event
            for event in self.events
            if event["method"] == "Runtime.exceptionThrown"
            or (event["method"] == "Log.entryAdded")
            or (
                event["method"] == "Runtime.consoleAPICalled"
                and event["params"]["type"] in ("error", "warning", "assert")
            )
        ]


@asynccontextmanager
async def opened(
    path: Path | str,
    profile: Path,
    *,
    dark: bool = False,
    width: int = 1280,
    ready: str = "document.body?.dataset.drawn === 'yes'",
) -> AsyncIterator[Page]:
    """Open a file, or an address, and wait until its charts are drawn, or ``ready`` holds.

    ``profile`` is a folder of its own.
    """
    command = [
        chromium(), "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
        "--disable-dev-shm-usage", f"--user-data-dir={profile}", "--remote-debugging-port=0",
        f"--window-size={width},1400", "about:blank",
    ]  # fmt: skip
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": False}
    async with trio.open_nursery() as nursery:
        await nursery.start(partial(trio.run_process, command, **quiet))
        async with open_websocket_url(await _address(profile)) as socket:
            browser = Page(socket)
            target = await browser.command("Target.createTarget", url="about:blank")
            attached = await browser.command(
                "Target.attachToTarget", targetId=target["targetId"], flatten=True
            )
            page = Page(socket, attached["sessionId"])
            for domain in ("Runtime", "Log", "Network", "Page"):
                await page.command(f"{domain}.enable")
            scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
            await page.command("Emulation.setEmulatedMedia", features=[scheme])
            url = path if isinstance(path, str) else path.as_uri()
            await page.command("Page.navigate", url=url)
            await page.until(ready)
            yield page
        nursery.cancel_scope.cancel()  # which ends the browser


async def _address(profile: Path) -> str:
    """Where the browser listens: it writes it down once it does."""
    said = profile / "DevToolsActivePort"
    with trio.fail_after(_PATIENCE_S):
        while not said.exists() or len(said.read_text().split()) < 2:  # noqa: ASYNC110
            await trio.sleep(0.05)
    port, path = said.read_text().split()
    return f"ws://127.0.0.1:{port}{path}"
