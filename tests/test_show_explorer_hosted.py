# SPDX-License-Identifier: MIT
"""The widget's front end beside a model that answers, or not; and what a notebook shows without a kernel."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from dialogue import PAN, payment
from explorer_axe import violations
from explorer_pages import PATIENCE, READY, numbers, row
from playwright.sync_api import Browser, Page, expect

import cardlib
from cardlib.show.explorer.front import script, style
from cardlib.show.explorer.store import Store
from cardlib.show.explorer.widget import STATIC, bundle

pytestmark = pytest.mark.xdist_group("explorer")

ROOT = Path(__file__).resolve().parent.parent
PURCHASE = ROOT / "traces/contact_purchase.card.jsonl"
PAGE = f"""<!DOCTYPE html><html lang="en"><head><title>a notebook</title><style>{style()}</style></head>
<body data-jp-theme-light="true"><main id="output"></main></body></html>"""
# A model as anywidget gives one. While the kernel is busy, nothing is answered.
MODEL = """(() => {
  const values = {captures: 1, filter: "", notes: {}, chosen: []};
  const listeners = {};
  window.model = {
    busy: false,
    get: (name) => values[name],
    set: (name, value) => { values[name] = value; },
    save_changes: () => {},
    on: (event, action) => { listeners[event] = [...(listeners[event] ?? []), action]; },
    off: () => {},
    async send({id, name}) {
      if (this.busy) return;
      const text = await window.chunk(name);
      const bytes = Uint8Array.from(atob(text ?? ""), (letter) => letter.charCodeAt(0));
      for (const action of listeners["msg:custom"]) {
        action({kind: "chunk", id}, text === null ? [] : [new DataView(bytes.buffer)]);
      }
    },
  };
})()"""
RENDER = "module_widget_host.render({model: window.model, el: document.getElementById('output')})"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """The widget of a purchase, as it stands in the output of a cell."""
    store = Store(cardlib.read(PURCHASE))

    def chunk(name: str) -> str | None:
        data = store.chunk(name.removeprefix("0-"))
        return None if data is None else base64.b64encode(data).decode("ascii")

    page = browser.new_page(viewport={"width": 1000, "height": 800})
    page.expose_function("chunk", chunk)
    page.set_content(PAGE)
    page.evaluate(MODEL)
    page.add_script_tag(content=f"{script('widget_host')}\n{RENDER}")
    expect(page.locator(READY)).to_be_visible(timeout=PATIENCE)
    yield page
    page.close()


def test_a_busy_kernel_does_not_stop_the_filter(page: Page) -> None:
    page.evaluate("window.model.busy = true")
    box = page.get_by_label("filter", exact=True)
    box.fill("sw != 9000")
    assert numbers(page) == [0]
    box.fill("finding == E33 or tag == 9F26")
    assert numbers(page) == [11, 12, 14]
    assert page.evaluate("window.model.get('filter')") == "finding == E33 or tag == 9F26"
    row(page, 12).click()
    expect(page.locator(".ce-exchange-title h2")).to_have_text("12 GENERATE AC")
    assert page.locator(".ce-hex").count() == 0, "its bytes come when the kernel has time"
    assert page.evaluate("window.model.get('chosen')") == [12, "response", 0, 0]


def test_what_an_idle_kernel_answers_is_shown(page: Page) -> None:
    row(page, 12).click()
    expect(page.locator(".ce-hex")).to_have_count(2)


@pytest.mark.parametrize("is_light", ["true", "false"])
def test_the_widget_breaks_no_rule_of_access(page: Page, is_light: str) -> None:
    page.evaluate("(light) => { document.body.dataset.jpThemeLight = light; }", is_light)
    theme = {"true": "light", "false": "dark"}[is_light]
    expect(page.locator(f".cardlib-explorer[data-colours={theme}]")).to_be_visible()
    row(page, 12).click()
    expect(page.locator(".ce-hex")).to_have_count(2)
    assert violations(page) == []


def stored(explorer: Any) -> Any:
    """A notebook with the explorer in the output of its one cell, as it is stored."""
    data, metadata = bundle(explorer)
    output = nbformat.v4.new_output("execute_result", data, metadata=metadata, execution_count=1)
    cell = nbformat.v4.new_code_cell("explorer", execution_count=1, outputs=[output])
    book = nbformat.v4.new_notebook(cells=[cell])
    nbformat.validate(book)
    return book


def test_a_notebook_without_a_kernel_shows_the_first_lines() -> None:
    pytest.importorskip("anywidget", reason="no anywidget (pip install anywidget)")
    book = stored(cardlib.explore(payment()))
    data = book.cells[0].outputs[0].data
    assert set(data) >= {"text/html", "text/plain", "application/vnd.jupyter.widget-view+json"}
    assert STATIC in data["text/html"] and "VERIFY" in data["text/html"]
    assert PAN not in nbformat.writes(book)
    assert "<script" not in data["text/html"] and "<style" not in data["text/html"]


def test_converted_to_html_it_shows_the_first_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("anywidget", reason="no anywidget (pip install anywidget)")
    import nbconvert

    # Its templates stand where it is installed, which need not be where this Python looks for them.
    monkeypatch.setenv("JUPYTER_PATH", str(Path(nbconvert.__file__).parents[4] / "share/jupyter"))
    book = stored(cardlib.explore(payment()))
    page, _ = nbconvert.HTMLExporter().from_notebook_node(book)
    assert STATIC in page and "VERIFY" in page and "GENERATE AC" in page
    assert PAN not in page
