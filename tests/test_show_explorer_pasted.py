# SPDX-License-Identifier: MIT
"""A log that is decoded in the browser: the same bytes for the page as from Python here, and nothing leaves it."""

from __future__ import annotations

import base64
import gzip
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import pytest
from explorer_axe import violations
from explorer_pages import READY, row
from playwright.sync_api import Browser, Page, expect

from cardlib.show.explorer.chunk import unpacked
from cardlib.show.explorer.pasted import LONGEST_NAME, Pasted

pytestmark = pytest.mark.xdist_group("explorer")

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "traces/contactless_tap.card.jsonl"  # that of the README
LINES = b"> 00A4040007A000000003101000\n< 6A82\n"
EVIL = '<img src=x onerror="window.ran=1">.txt'
PATIENCE = 300_000  # milliseconds until Python runs in a browser on a busy machine
# Keeps the worker of the page, so that a test can ask it what the page asks it.
SPY = """window.Worker = class extends window.Worker {
  constructor(...given) { super(...given); window.python = this; }
};"""
ASK = """(name) => new Promise((resolve) => {
  const id = `test-${name}`;
  window.python.addEventListener("message", function hear({ data }) {
    if (data.id !== id) return;
    window.python.removeEventListener("message", hear);
    resolve(data.answer && btoa(String.fromCharCode(...data.answer)));
  });
  window.python.postMessage({ kind: "read", id, name });
})"""


DROP_TWO = """() => {
  const dataTransfer = new DataTransfer();
  for (const name of ["a.txt", "b.txt"]) dataTransfer.items.add(new File(["> 00"], name));
  const drop = new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true });
  document.getElementById("beginning").dispatchEvent(drop);
}"""


@pytest.mark.parametrize("name", ["head", "rows-0", "../head"])
def test_before_there_is_a_log_there_is_no_chunk(name: str) -> None:
    assert Pasted().chunk(name) is None


@pytest.mark.parametrize("content", [b"", b"\x00\xff" * 40, b"nothing of a card\n"])
def test_what_is_no_log_is_refused_and_leaves_the_one_before(content: bytes) -> None:
    pasted = Pasted()
    assert pasted.open("a.txt", LINES) == ""
    fault = pasted.open("b.txt", content)
    assert fault.startswith("b.txt: ") and gettempdir() not in fault
    assert "\n" not in fault and "\\x" not in fault and "--" not in fault
    assert unpacked(pasted.chunk("about") or b"")["file"] == "a.txt"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", "pasted.txt"),
        ("..", "pasted.txt"),
        ("/", "pasted.txt"),
        ("../../etc/my.log", "my.log"),
        ("C:\\logs\\my.log", "my.log"),
        ("a\x00b\n.log", "ab.log"),
        ("\ud800.log", ".log"),
        ("卡" * 500, "卡" * LONGEST_NAME),
    ],
)
def test_a_name_leads_nowhere_else(name: str, expected: str) -> None:
    pasted = Pasted()
    assert pasted.open(name, LINES) == ""
    assert unpacked(pasted.chunk("about") or b"")["file"] == expected


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *given: Any) -> None:
        """Say nothing of each request."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a server of these files, on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    thread.join()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `make page` writes."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        import page as builder
    finally:
        sys.path.pop(0)
    folder = tmp_path_factory.mktemp("page")
    try:
        builder.build(folder)
    except SystemExit as fault:
        pytest.skip(f"no Pyodide ({fault})")
    return folder


@contextmanager
def started(browser: Browser, address: str) -> Iterator[Page]:
    """The page with its Python running; at the end, it asked for nothing but itself and its own parts."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(PATIENCE)
    requests: list[str] = []
    faults: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.add_init_script(SPY)
    page.goto(address)
    expect(page.locator("#beginning[data-ready=true]")).to_be_visible(timeout=PATIENCE)
    yield page
    page.close()
    assert faults == []
    assert {url for url in requests if not url.startswith("blob:")} == {address}


@pytest.fixture(scope="module")
def page(browser: Browser, folder: Path) -> Iterator[Page]:
    """The page as it is opened from a folder, or from a USB stick: without a server."""
    with started(browser, (folder / "index.html").as_uri()) as page:
        yield page


@pytest.mark.long
def test_a_server_of_files_serves_it_too(browser: Browser, folder: Path) -> None:
    with served(folder) as address, started(browser, address) as page:
        page.get_by_label("a log").fill(LINES.decode())
        page.get_by_role("button", name="Decode").click()
        expect(row(page, 0)).to_contain_text("6A82")


@pytest.mark.long
def test_a_log_is_decoded_as_by_python_here_byte_for_byte(page: Page) -> None:
    page.get_by_label("a log").fill(EXAMPLE.read_text("utf-8"))
    page.get_by_role("button", name="Decode").click()
    expect(page.locator(READY)).to_be_visible(timeout=PATIENCE)
    here = Pasted()
    assert here.open("pasted.txt", EXAMPLE.read_bytes()) == ""
    names = ["head", "about", "rows-0", "words-0", "details-0", "acts", "findings", "files"]
    for name in names:
        there = base64.b64decode(page.evaluate(ASK, name))
        # Compressed by another zlib, the same bytes may look different.
        assert gzip.decompress(there) == gzip.decompress(here.chunk(name) or b""), name
    assert page.evaluate(ASK, "details-1") is None


@pytest.mark.long
def test_what_stands_on_the_page_can_be_used(page: Page) -> None:
    row(page, 7).click()
    expect(page.locator(".ce-exchange-title h2")).to_have_text("7 GENERATE AC")
    assert violations(page) == []


@pytest.mark.long
def test_a_file_with_an_evil_name_and_one_that_is_no_log(page: Page) -> None:
    page.get_by_role("button", name="Another log").click()
    chooser = page.get_by_label("a file")
    chooser.set_input_files({"name": "x.txt", "mimeType": "text/plain", "buffer": b"nothing\n"})
    expect(page.locator("#beginning [role=status]")).to_contain_text("x.txt")
    page.evaluate(DROP_TWO)
    expect(page.locator("#beginning [role=status]")).to_contain_text("One file at a time")
    chooser.set_input_files({"name": EVIL, "mimeType": "text/plain", "buffer": LINES})
    expect(page.locator("h1").last).to_contain_text("<img")
    expect(page.locator(READY)).to_be_visible(timeout=PATIENCE)
    assert page.evaluate("window.ran") is None
    assert page.locator("img").count() == 0


@pytest.mark.long
def test_what_breaks_python_is_said_and_the_next_question_is_answered(page: Page) -> None:
    assert page.evaluate(ASK.replace('kind: "read"', 'kind: "open"'), "x.txt") is None
    expect(page.locator("h1").last).to_contain_text("<img")
    assert page.evaluate(ASK, "rows-0") is not None


@pytest.mark.long
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_first_sight_breaks_no_rule_of_access(
    browser: Browser, folder: Path, theme: Any
) -> None:
    page = browser.new_page(color_scheme=theme)
    page.goto((folder / "index.html").as_uri())
    page.get_by_role("button", name="Decode").wait_for()
    assert violations(page) == []
    page.close()
