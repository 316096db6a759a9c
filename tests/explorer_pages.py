# SPDX-License-Identifier: MIT
"""Pages of the explorer in a browser, for the tests of them: a browser, pages that ask for nothing, what is on them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

READY = ".ce-capture[data-ready=true]"
PATIENCE = 60_000  # milliseconds until a page shows something
Open = Callable[..., Page]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's browser, without a window."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no browser (apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def opening(browser: Browser) -> Iterator[Open]:
    """Opens pages of files; at the end, none asked for anything but itself, and none broke."""
    contexts = []
    faults: list[str] = []
    allowed: set[str] = set()
    requests: list[str] = []

    def opened(path: Path, hash: str = "", **given: Any) -> Page:
        given.setdefault("viewport", {"width": 1280, "height": 800})
        context = browser.new_context(**given)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        page.on("request", lambda request: requests.append(request.url.split("#")[0]))
        allowed.add(path.as_uri())
        page.goto(path.as_uri() + hash)
        expect(page.locator(READY)).to_be_visible(timeout=PATIENCE)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []
    # A file that is saved has an address of its own ("blob:"), which no network sees.
    assert requests and {url for url in requests if not url.startswith("blob:")} == allowed


def row(page: Page, number: int) -> Locator:
    """The line of an exchange in the list."""
    return page.locator(f".ce-list .ce-exchange:has(.ce-number:text-is('{number}'))")


def lit(page: Page, side: str) -> str:
    """The bytes of a half that are lit."""
    texts = page.locator(f"[aria-label='bytes of the {side}'] .ce-lit").all_inner_texts()
    return "".join(texts)


def numbers(page: Page) -> list[int]:
    """The numbers of the exchanges that the list shows."""
    return [int(text) for text in page.locator(".ce-exchange .ce-number").all_inner_texts()]
