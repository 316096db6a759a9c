# SPDX-License-Identifier: MIT
"""The explorer's page: its size, how long it takes to write, to show its first rows, and to filter at a key.

What is shown is asserted first: every exchange is in the page, and a filter finds those that it should.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from pathlib import Path

import harness
import synthetic_emv
from playwright.sync_api import sync_playwright

import cardlib
from cardlib.road.growing import Growing
from cardlib.show.explorer.chunk import unpacked
from cardlib.show.explorer.growing import READ_AT_ONCE, GrowingStore
from cardlib.show.explorer.page import MAX_DETAILS
from cardlib.show.explorer.store import Store
from cardlib.show.explorer.widget import STATIC, fallback

FILTERS = ("sw != 9000", "took > 20ms", "tag == 9F26", "visa", "value ~ cryptogram or lr > 200")
ROWS = ".ce-list .ce-exchange"
READY = ".ce-capture[data-ready=true]"
# Milliseconds of a key: until the list is filtered, and until two frames later it is painted.
KEY = """async (text) => {
  const input = document.querySelector("input[aria-label=filter]");
  input.value = text;
  const began = performance.now();
  input.dispatchEvent(new Event("input"));
  const worked = performance.now() - began;
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return [worked, performance.now() - began];
}"""
SCREEN = ("head", "words-0", "about", "acts", "findings")  # what the widget asks for by itself


def written(log: Path, page: Path) -> list[str]:
    """Writes the page; what it cost, and what a notebook would store, as lines."""
    explorer = cardlib.explore(log, findings=())
    began, cpu = time.perf_counter(), time.process_time()
    explorer.save(page)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    size = page.stat().st_size / 1e6
    stored = len(fallback(explorer, STATIC)) / 1e3
    detailed = min(len(explorer), MAX_DETAILS)
    return [
        f"  {size:.1f} MB with every byte of {detailed:,} exchanges, "
        f"written in {seconds:.1f} s ({cpu:.1f} s of the processor)",
        f"  a notebook stores {stored:.0f} kB beside the widget",
    ]


def streamed(log: Path, count: int) -> list[str]:
    """What a widget is sent of a file, and when its first rows are there, as lines; all rows are asserted."""
    began, cpu = time.perf_counter(), time.process_time()
    store = GrowingStore(Growing(log, READ_AT_ONCE), False, Store)
    rows = unpacked(store.chunk("grow-0") or b"")
    assert unpacked(store.chunk("draft-0") or b"")["words"]
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    sent = rows_read = 0
    while rows_read < count:
        chunk = store.chunk(f"grow-{rows_read}") or b""
        sent += len(chunk)
        rows_read += len(unpacked(chunk)["i"])
    assert rows_read == count
    sent += sum(len(store.chunk(name) or b"") for name in SCREEN)
    return [
        f"  a widget of the file has its first {len(rows['i'])} rows, and words, after {seconds:.2f} s "
        f"({cpu:.2f} s of the processor)",
        f"  it is sent {sent / 1e6:.2f} MB before anything is chosen",
    ]


def measure(page_file: Path, count: int, rounds: int) -> None:
    """What a browser shows of the page, asserted, and how long it takes."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print(f"  {count:,} exchanges in the page; not measured: no browser (apt install chromium)")
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(600_000)
        began = time.perf_counter()
        page.goto(page_file.as_uri(), wait_until="commit")
        page.locator(ROWS).first.wait_for()
        first = time.perf_counter() - began
        page.locator(READY).wait_for()
        everything = time.perf_counter() - began
        assert page.locator(".ce-shown").inner_text() == f"{count:,}"
        page.evaluate(KEY, "n < 5")
        assert page.locator(ROWS).count() == 5
        print(f"  {count:,} exchanges in the page, and its filter finds 5 of them")
        keys = [page.evaluate(KEY, text) for _ in range(rounds) for text in FILTERS]
        if keys:
            print(f"  first rows after {first:.2f} s, everything after {everything:.2f} s")
            for what, times in zip(("filtered", "painted"), zip(*keys, strict=True), strict=True):
                middle = statistics.median(times)
                print(f"  a key until {what}: {middle:.0f} ms (median), {max(times):.0f} at worst")
        browser.close()


def main() -> None:
    given = harness.options(__doc__ or "", count=10_000, rounds=3)
    harness.begin(f"the explorer's page of {given.count:,} exchanges")
    with tempfile.TemporaryDirectory() as folder:
        log, page = Path(folder, "log.card.jsonl"), Path(folder, "page.html")
        synthetic_emv.write_log(log, given.count)
        lines = written(log, page)
        if given.rounds:
            print("\n".join([*lines, *streamed(log, given.count)]))
        measure(page, given.count, given.rounds)


if __name__ == "__main__":
    main()
