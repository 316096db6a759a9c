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
from cardlib.road.growing import Growing
from cardlib.show.explorer.front import script, style
from cardlib.show.explorer.growing import GrowingStore
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
      if (name === this.broken) return this.tell({kind: "chunk", id, fault: "KeyError"}, []);
      const text = await window.chunk(name);
      const bytes = Uint8Array.from(atob(text ?? ""), (letter) => letter.charCodeAt(0));
      this.tell({kind: "chunk", id}, text === null ? [] : [new DataView(bytes.buffer)]);
    },
    tell(message, buffers) {
      for (const action of listeners["msg:custom"]) action(message, buffers);
    },
  };
})()"""
SELECT = "> 00A4040007A000000003101000\n< 6A82\n"
SECOND = "ATR: 3B 80 80 01 01\n" + SELECT
RENDER = "module_widget_host.render({model: window.model, el: document.getElementById('output')})"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """The widget of a purchase, as it stands in the output of a cell."""
    page = output(browser, Store(cardlib.read(PURCHASE)))
    page.evaluate(RENDER)
    expect(page.locator(READY)).to_be_visible(timeout=PATIENCE)
    yield page
    page.close()


def output(browser: Browser, store: Store | GrowingStore) -> Page:
    """A page like a notebook's, with the widget of a capture in it, before it is drawn."""

    def chunk(name: str) -> str | None:
        data = store.chunk(name.removeprefix("0-"))
        return None if data is None else base64.b64encode(data).decode("ascii")

    page = browser.new_page(viewport={"width": 1000, "height": 800})
    page.expose_function("chunk", chunk)
    page.set_content(PAGE)
    page.evaluate(MODEL)
    page.add_script_tag(content=script("widget_host"))
    return page


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


def test_two_views_of_one_widget_do_not_take_the_answers_of_each_other(page: Page) -> None:
    page.evaluate("document.getElementById('output').id = 'before'")
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('main'), {id: 'output'}))"
    )
    page.evaluate(RENDER)
    expect(page.locator(READY)).to_have_count(2, timeout=PATIENCE)
    for view, number in (("before", 11), ("output", 1)):
        page.locator(f"#{view} .ce-list .ce-exchange").nth(number).click()
    page.locator("#before").get_by_role("tab", name="Files").click()
    expect(page.locator("#before .ce-files")).to_be_visible()
    answer = page.locator("#output [aria-label='bytes of the response'] [data-byte]")
    expect(answer).to_have_count(68)


def test_a_part_that_breaks_python_is_said_and_the_rest_is_shown(browser: Browser) -> None:
    page = output(browser, Store(cardlib.read(PURCHASE)))
    page.evaluate("window.model.broken = '0-acts'")
    page.evaluate(RENDER)
    expect(page.locator(".ce-message")).to_contain_text("could not be shown: KeyError")
    expect(page.locator(READY)).to_be_visible(timeout=PATIENCE)
    assert len(numbers(page)) == 15
    page.evaluate("window.model.broken = '0-details-0'")
    row(page, 12).click()
    expect(page.locator(".ce-exchange-body")).to_contain_text("could not be fetched")
    page.close()


def test_rows_come_while_the_file_is_read_and_bytes_when_it_is(
    browser: Browser, tmp_path: Path
) -> None:
    log = tmp_path / "log.txt"
    log.write_text("ATR: 3B 65 00 00 20 63 CB 6A 00\n" + SELECT * 1400 + SECOND + SELECT, "utf-8")
    store = GrowingStore(Growing(log, 1), False, lambda capture: Store(capture))
    page = output(browser, store)
    page.evaluate("window.model.broken = '0-grow-1000'")
    page.evaluate(RENDER)
    expect(page.locator(".ce-about")).to_contain_text(
        "1,000 exchanges so far, being read · 1 session"
    )
    assert not store.growing.is_read
    expect(row(page, 3)).to_contain_text("file or application not found")
    row(page, 3).click()
    expect(page.locator(".ce-exchange-body")).to_contain_text("when the file is read to its end")
    expect(page.locator(".ce-nothing")).to_contain_text("could not be read to its end: KeyError")
    page.close()
    page = output(browser, store)
    page.evaluate(RENDER)
    row(page, 3).click()
    expect(page.locator(".ce-about")).to_contain_text("1,402 exchanges · 2 sessions")
    expect(page.locator(".ce-hex").first).to_be_visible()
    expect(page.locator(READY)).to_be_visible(timeout=PATIENCE)
    page.get_by_label("filter", exact=True).fill("session == 1")
    assert numbers(page) == [1400, 1401]
    page.close()


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
