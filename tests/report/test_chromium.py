"""The page in a browser: its parts are shown, nothing is asked of the network, the console is quiet."""

from __future__ import annotations

import re
import shutil
import socketserver
import subprocess
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import pytest

CHROMIUM = shutil.which("chromium") or ""
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="Debian's package chromium is not installed"),
]
# The hosts that the browser itself asks, which the switches below do not stop in every release.
_MAKERS = re.compile(r"(https?://)?(update|accounts|clients\d|android|www|safebrowsing\w*|optimizationguide-pa|"
                     r"content-autofill|redirector)\.(google|googleapis|gvt1)\.com[:/]")  # fmt: skip
_QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--no-service-autorun",
)
_CONSOLE = re.compile(r":CONSOLE[^\]]*\] (.*)")


class Shown(NamedTuple):
    """What the browser made of a page: its document, the addresses that it asked for, and its console."""

    document: str
    asked: list[str]
    console: list[str]


@pytest.fixture
def browse(tmp_path: Path) -> Iterator[Callable[[str], Shown]]:
    """Open a page; every request goes to a proxy that only writes the address down."""
    asked: list[str] = []

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not _MAKERS.match(self.path):
                asked.append(self.path)
            self.send_error(404)

        do_CONNECT = do_POST = do_GET  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Proxy) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()

        def opened(text: str) -> Shown:
            path = tmp_path / "page.html"
            path.write_text(text)
            proxy = f"--proxy-server=http://127.0.0.1:{server.server_address[1]}"
            done = subprocess.run(
                [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", *_QUIET, proxy,
                 "--proxy-bypass-list=<-loopback>", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom",
                 path.as_uri()],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            return Shown(done.stdout, asked, _CONSOLE.findall(done.stderr))

        yield opened
        server.shutdown()


def test_the_page_is_shown_asks_for_nothing_and_has_a_quiet_console(browse: Callable[[str], Shown], page: str) -> None:
    shown = browse(page)
    assert re.findall(r'<section id="([a-z]+)"', shown.document) == [
        *("overview", "resources", "workflow", "access", "alarms", "interface", "changes", "cost")
    ]
    assert shown.document.count("<svg") == 3
    assert shown.asked == []
    assert shown.console == []


def test_a_page_that_asks_and_complains_is_noticed(browse: Callable[[str], Shown]) -> None:
    shown = browse('<img src="http://pictures.example/a.png"><script>console.error("wrong")</script>')
    assert shown.asked == ["http://pictures.example/a.png"]
    assert any("wrong" in each for each in shown.console)


def test_the_pages_policy_stops_an_element_that_loads(browse: Callable[[str], Shown], page: str) -> None:
    shown = browse(page.replace("</main>", '<img src="http://pictures.example/a.png"></main>'))
    assert shown.asked == []
    assert any("Content Security Policy" in each for each in shown.console)
