"""A real headless Chromium, driven over its own DevTools protocol: one process, one tab, nothing installed beside it.

Here belongs what a person does with a browser, and what it tells of faults and requests. What a page should show belongs to
the tests.
"""

import asyncio
import base64
import json
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import aiohttp

from tests.real.process import Process
from tests.tools import browser as tool

Scheme = Literal["light", "dark"]

_START_TIMEOUT = 60.0
_STEP_TIMEOUT = 30.0  # seconds for one command or one page
_FLAGS = (
    "--headless=new",
    "--remote-debugging-port=0",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-sync",
    "--hide-scrollbars",
    "--no-default-browser-check",
    "--no-first-run",
    "--force-color-profile=srgb",
    "--lang=en-GB",
    # whatever else it wants to ask, it finds nobody
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)


class BrowserError(Exception):
    """The browser refused a command, or a page did not do what was asked of it."""


@dataclass(kw_only=True)
class Seen:
    """What a tab told since it was last asked: faults of its console, and the addresses that it asked for."""

    faults: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


class Tab:
    """One tab. Every method returns when the browser has done it."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.seen = Seen()
        self._socket = socket
        self._last = 0
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._loaded = asyncio.Event()
        self._listener = asyncio.create_task(self._listen())

    async def start(self) -> None:
        for domain in ("Page", "Runtime", "Log", "Network"):
            await self.command(f"{domain}.enable")

    async def close(self) -> None:
        self._listener.cancel()
        await asyncio.gather(self._listener, return_exceptions=True)
        await self._socket.close()

    async def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol. Raises BrowserError."""
        self._last += 1
        number = self._last
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        told = await asyncio.wait_for(answer, _STEP_TIMEOUT)
        if "error" in told:
            raise BrowserError(f"{method}: {told['error']}")
        result: dict[str, Any] = told.get("result", {})
        return result

    async def look(
        self, *, width: int, height: int = 900, scheme: Scheme = "light", media: Literal["", "print"] = ""
    ) -> None:
        """The window's size in CSS pixels, what the person prefers, and whether it is shown as on paper."""
        await self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        feature = {"name": "prefers-color-scheme", "value": scheme}
        await self.command("Emulation.setEmulatedMedia", media=media, features=[feature])

    async def open(self, url: str) -> None:
        self._loaded.clear()
        told = await self.command("Page.navigate", url=url)
        if told.get("errorText"):
            raise BrowserError(f"{url}: {told['errorText']}")
        await asyncio.wait_for(self._loaded.wait(), _STEP_TIMEOUT)

    async def click(self, selector: str) -> None:
        """Clicks the middle of the first element there, as a mouse does, and waits for the page that follows."""
        place = await self.run(
            f"(() => {{ const it = document.querySelector({json.dumps(selector)}); if (!it) return null;"
            " it.scrollIntoView({block: 'center'}); const box = it.getClientRects()[0];"
            " return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        if place is None:
            raise BrowserError(f"nothing to click at {selector}")
        self._loaded.clear()
        for kind in ("mousePressed", "mouseReleased"):
            await self.command(
                "Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1
            )
        await asyncio.wait_for(self._loaded.wait(), _STEP_TIMEOUT)

    async def press(self, key: str, code: int, text: str = "") -> None:
        """One key, down and up; ``code`` is its Windows virtual key code."""
        for kind in ("keyDown", "keyUp"):
            await self.command(
                "Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, text=text
            )

    async def type(self, selector: str, text: str) -> None:
        """Puts the caret into a field and types."""
        await self.run(f"document.querySelector({json.dumps(selector)}).focus()")
        await self.command("Input.insertText", text=text)

    async def press_enter(self) -> None:
        """Sends the form that has the caret, and waits for the page that follows."""
        self._loaded.clear()
        await self.press("Enter", 13, "\r")
        await asyncio.wait_for(self._loaded.wait(), _STEP_TIMEOUT)

    async def run(self, script: str) -> Any:
        """The value of a script, a promise awaited. Raises BrowserError."""
        told = await self.command(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in told:
            raise BrowserError(str(told["exceptionDetails"])[:2000])
        return told["result"].get("value")

    async def address(self) -> str:
        return str(await self.run("location.href"))

    async def text(self) -> str:
        """What a person can read of the page."""
        return str(await self.run("document.body.innerText"))

    async def picture(self, *, whole: bool = True) -> bytes:
        """A PNG of the whole page, or of what the window shows."""
        told = await self.command("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        return base64.b64decode(told["data"])

    async def printed(self) -> bytes:
        """The PDF that printing makes."""
        told = await self.command("Page.printToPDF", preferCSSPageSize=True)
        return base64.b64decode(told["data"])

    async def accessibility_faults(self) -> list[str]:
        """What axe-core finds serious or critical, each in a line with the first places."""
        if not await self.run("typeof axe !== 'undefined'"):
            script = await asyncio.to_thread(tool.axe().read_text)
            await self.run(script + "\n;0")
        found = await self.run(
            "axe.run(document, {preload: false, resultTypes: ['violations']}).then(told => told.violations"
            ".filter(one => ['serious', 'critical'].includes(one.impact)).map(one => one.id + ' (' + one.impact + '): '"
            " + one.help + ': ' + one.nodes.slice(0, 3).map(node => node.html.slice(0, 160) + ' ' + node.failureSummary"
            ").join(' | ')))"
        )
        return list(found)

    async def _listen(self) -> None:
        async for message in self._socket:
            told = json.loads(message.data)
            if "id" in told:
                answer = self._answers.pop(told["id"], None)
                if answer and not answer.done():
                    answer.set_result(told)
            else:
                self._note(told["method"], told["params"])

    def _note(self, event: str, told: dict[str, Any]) -> None:
        if event == "Page.loadEventFired":
            self._loaded.set()
        elif event == "Network.requestWillBeSent":
            self.seen.requests.append(told["request"]["url"])
        elif event == "Log.entryAdded" and told["entry"]["level"] in {"error", "warning"}:
            entry = told["entry"]
            self.seen.faults.append(f"{entry['source']}: {entry['text']} ({entry.get('url', '')})")
        elif event == "Runtime.exceptionThrown":
            self.seen.faults.append(f"exception: {told['exceptionDetails']['text']}")
        elif event == "Runtime.consoleAPICalled" and told["type"] in {"error", "warning", "assert"}:
            self.seen.faults.append(f"console: {told['args']}")


@asynccontextmanager
async def browsing() -> AsyncIterator[Tab]:
    """A browser with one tab, which ends with the block."""
    found = tool.chromium()
    with tempfile.TemporaryDirectory(prefix="holdfast-browser-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        flags = [*_FLAGS, f"--user-data-dir={place / 'profile'}"]
        if os.geteuid() == 0:
            flags.append("--no-sandbox")  # it refuses to run as root otherwise; it opens pages of ours alone
        command: list[str | Path] = ["nice", "-n", "10", found.program, *flags, "about:blank"]
        env = {**found.env, "HOME": folder}
        with Process("chromium", command, log=place / "log", env=env) as process:
            told = place / "profile" / "DevToolsActivePort"
            await asyncio.to_thread(process.wait_until_ready, told.exists, _START_TIMEOUT)
            port = told.read_text().splitlines()[0]
            async with aiohttp.ClientSession(trust_env=False) as client, _tab(client, port) as tab:
                yield tab


@asynccontextmanager
async def _tab(client: aiohttp.ClientSession, port: str) -> AsyncIterator[Tab]:
    async with client.get(f"http://127.0.0.1:{port}/json/list") as answer:
        tabs = await answer.json(content_type=None)
    address = next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page")
    socket = await client.ws_connect(address, max_msg_size=1 << 28)
    tab = Tab(socket)
    try:
        await tab.start()
        yield tab
    finally:
        await tab.close()
