# SPDX-License-Identifier: MIT
"""The explorer in a real JupyterLab: what is chosen reaches Python, and no key of it touches a cell."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from explorer_axe import violations
from explorer_pages import chromium
from playwright.sync_api import Page, expect

import cardlib
from cardlib.show.explorer.widget import STATIC, bundle

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("explorer")]

ROOT = Path(__file__).resolve().parent.parent
PURCHASE = ROOT / "traces/contact_purchase.card.jsonl"
PATIENCE = 240  # seconds until a server is there, and until a page shows something
FIRST = f"import cardlib\nexplorer = cardlib.explore({str(PURCHASE)!r}, filter='n > 2')\nexplorer"
BUSY = "import time\nend = time.monotonic() + 40\nwhile time.monotonic() < end:\n    pass"
SECOND = (
    "print(explorer.selected.index, explorer.filter, len(explorer.shown), dict(explorer.notes))"
)


def notebook(folder: Path) -> None:
    book = nbformat.v4.new_notebook()
    # Without a kernel of its own, a notebook asks for one.
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    book.cells = [nbformat.v4.new_code_cell(source) for source in (FIRST, SECOND, BUSY)]
    nbformat.write(book, folder / "book.ipynb")
    # Of somebody else: nobody here has run it, so it is not trusted.
    data, _ = bundle(cardlib.explore(PURCHASE))
    output = nbformat.v4.new_output("execute_result", data, execution_count=1)
    book.cells = [nbformat.v4.new_code_cell("explorer", execution_count=1, outputs=[output])]
    nbformat.write(book, folder / "stored.ipynb")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a notebook in a JupyterLab of its own."""
    pytest.importorskip("anywidget", reason="no anywidget (pip install anywidget)")
    folder = tmp_path_factory.mktemp("lab")
    notebook(folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}"]
    command += ["--IdentityProvider.token=", f"--ServerApp.root_dir={folder}"]
    shares = [Path(one) / "share/jupyter" for one in sys.path]
    paths = [str(share) for share in shares if share.is_dir()]
    paths += filter(None, [os.environ.get("JUPYTER_PATH")])
    environment = {**os.environ, "JUPYTER_PATH": os.pathsep.join(paths), "HOME": str(folder)}
    server = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}/lab/tree/book.ipynb?reset"
    finally:
        server.terminate()
        try:
            server.wait(PATIENCE)  # a kernel of it may be busy
        except subprocess.TimeoutExpired:
            server.kill()


def _wait_for(port: int) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
            return
        except OSError:
            time.sleep(0.5)
    pytest.fail("no JupyterLab")


@pytest.fixture(scope="module")
def page(address: str) -> Iterator[Page]:
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.set_default_timeout(PATIENCE * 1000)
        page.goto(address)
        # Until then, an empty cell stands there, and a key that is pressed in it is lost.
        page.locator("#jp-main-statusbar").get_by_text("| Idle").wait_for()
        cell = page.locator(".jp-CodeCell .cm-content").first
        cell.click()
        page.keyboard.press("Shift+Enter")
        page.locator(".cardlib-explorer .ce-exchange").first.wait_for()
        page.locator(".cardlib-explorer .ce-capture[data-ready=true]").wait_for()
        yield page


def cells(page: Page) -> int:
    return page.locator(".jp-Notebook .jp-CodeCell").count()


def test_no_key_reaches_the_cells_of_the_notebook(page: Page) -> None:
    page.locator(".cardlib-explorer .ce-exchange").nth(3).click()
    page.locator(".cardlib-explorer .ce-hex").first.wait_for()
    before = cells(page)
    focusable = "button, input, textarea, summary, a[href], [tabindex]"
    elements = page.locator(f".cardlib-explorer :is({focusable})")
    pressed = 0
    for place in range(elements.count()):
        element = elements.nth(place)
        if not element.is_visible() or element.is_disabled():
            continue
        assert element.get_attribute("data-lm-suppress-shortcuts") == "true"
        if element.get_attribute("aria-label") == "filter":
            continue
        element.focus()
        for key in ("x", "d", "d"):
            page.keyboard.press(key)
        assert cells(page) == before, element.inner_text()
        pressed += 1
    assert pressed > 10


def test_what_is_chosen_filtered_and_noted_reaches_python(page: Page) -> None:
    page.locator(".cardlib-explorer input[aria-label=filter]").fill("sw == 9000")
    page.locator(".cardlib-explorer .ce-exchange .ce-number", has_text="12").click()
    page.locator(".cardlib-explorer .ce-hex").first.wait_for()
    page.keyboard.press("n")
    page.locator(".cardlib-explorer textarea").fill("why online?")
    page.keyboard.press("Control+Enter")
    page.locator(".cardlib-explorer .ce-note").wait_for()
    page.locator(".jp-CodeCell .cm-content").nth(1).click()
    page.keyboard.press("Shift+Enter")
    output = page.locator(".jp-CodeCell").nth(1).locator(".jp-OutputArea-output")
    output.wait_for()
    text = output.inner_text()
    assert text.startswith("12 sw == 9000 14 {12: Note(text='why online?'"), text


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_breaks_no_rule_of_access(page: Page, theme: str) -> None:
    explorer = page.locator(".cardlib-explorer")
    while explorer.get_attribute("data-theme") != theme:
        page.locator(".cardlib-explorer button[aria-label^=theme]").click()
    assert explorer.get_attribute("data-colours") == theme
    assert violations(page) == []


def test_a_busy_kernel_does_not_stop_the_filter(page: Page) -> None:
    page.locator(".jp-CodeCell .cm-content").nth(2).click()
    page.keyboard.press("Shift+Enter")
    prompt = page.locator(".jp-CodeCell").nth(2).locator(".jp-InputPrompt")
    prompt.get_by_text("[*]").wait_for()
    page.locator(".cardlib-explorer input[aria-label=filter]").fill("sw != 9000")
    expect(page.locator(".cardlib-explorer .ce-exchange .ce-number")).to_have_text(["0"])
    assert "[*]" in prompt.inner_text(), "the kernel has not been idle meanwhile"


def test_a_notebook_of_somebody_else_shows_the_first_lines(page: Page, address: str) -> None:
    browser = page.context.browser
    assert browser
    other = browser.new_page()
    other.goto(address.replace("book.ipynb", "stored.ipynb"))
    output = other.locator(".jp-OutputArea-output").first
    expect(output).to_contain_text(STATIC, timeout=PATIENCE * 1000)
    expect(output).to_contain_text("GENERATE AC")
    assert other.locator(".cardlib-explorer").count() == 0
