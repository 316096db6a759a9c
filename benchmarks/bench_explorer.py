# SPDX-License-Identifier: MIT
"""The explorer's page: its size, how long it takes to write, to show its first rows, and to filter at a key.

What is shown is asserted first: every exchange is in the page, and a filter finds those that it should.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

import harness
import synthetic_emv
from playwright.sync_api import sync_playwright

import cardlib

FILTERS = ("sw != 9000", "took > 20ms", "tag == 9F26", "visa", "value ~ cryptogram or lr > 200")
ROWS = ".ce-list .ce-exchange"
READY = ".ce-capture[data-ready=true]"
# The time from a key to the list as it is painted: two frames after the filter was applied.
KEY = """async (text) => {
  const input = document.querySelector("input[aria-label=filter]");
  input.value = text;
  const began = performance.now();
  input.dispatchEvent(new Event("input"));
  const worked = performance.now() - began;
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return worked;
}"""


def written(log: Path, page: Path) -> tuple[int, float, float]:
    """Writes the page: its bytes, the seconds that passed, and those of the processor."""
    capture = cardlib.read(log)
    began, cpu = time.perf_counter(), time.process_time()
    cardlib.explore(capture, findings=()).save(page)
    return page.stat().st_size, time.perf_counter() - began, time.process_time() - cpu


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
        times = [page.evaluate(KEY, text) for _ in range(rounds) for text in FILTERS]
        if times:
            print(f"  first rows after {first:.2f} s, everything after {everything:.2f} s")
            print(
                f"  a key: {sum(times) / len(times):.0f} ms in the mean, {max(times):.0f} at worst"
            )
        browser.close()


def main() -> None:
    given = harness.options(__doc__ or "", count=10_000, rounds=3)
    harness.begin(f"the explorer's page of {given.count:,} exchanges")
    with tempfile.TemporaryDirectory() as folder:
        log, page = Path(folder, "log.card.jsonl"), Path(folder, "page.html")
        synthetic_emv.write_log(log, given.count)
        size, seconds, cpu = written(log, page)
        if given.rounds:
            print(
                f"  {size / 1e6:.1f} MB, written in {seconds:.1f} s ({cpu:.1f} s of the processor)"
            )
        measure(page, given.count, given.rounds)


if __name__ == "__main__":
    main()
