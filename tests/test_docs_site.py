# SPDX-License-Identifier: MIT
"""The site of documents and notebooks (`make docs`): it builds, its links lead somewhere, it loads nothing else."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
# Furo's line at the foot of each page: a link for a reader, nothing that is loaded.
THEME = "https://github.com/pradyunsg/furo"

pytestmark = pytest.mark.long


class Page(HTMLParser):
    """What a page can be linked to by, and what it links to and loads."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.anchors.add(str(given["id"]))
        target = given.get("href") or given.get("src")
        if target and tag == "a":
            self.links.append(target)
        elif target:
            self.loaded.append(target)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built without a warning: a page that no list names would be one."""
    pytest.importorskip("sphinx", reason="no sphinx (make docs)")
    folder = tmp_path_factory.mktemp("site")
    options = ["--quiet", "--fail-on-warning", "--keep-going", "-c", "docs"]
    command = [sys.executable, "-m", "sphinx", *options, ".", str(folder)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path) for path in site.rglob("*.html")}


def test_a_link_that_leads_nowhere_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text('<a href="gone.html">x</a> <a href="#gone">x</a> <a href="page.html">x</a>')
    assert broken({file: Page(file)}) == [f"{file}: gone.html", f"{file}: #gone"]


def test_every_page_and_notebook_is_there(site: Path) -> None:
    documents = [*ROOT.glob("docs/*.md"), *ROOT.glob("notebooks/*.ipynb")]
    assert len(documents) > 40
    for document in documents:
        path = site / document.relative_to(ROOT).with_suffix(".html")
        assert path.is_file(), document.name


def test_every_link_leads_somewhere(pages: dict[Path, Page]) -> None:
    assert sum(len(page.links) for page in pages.values()) > 1000
    assert broken(pages) == []


def broken(pages: dict[Path, Page]) -> list[str]:
    """The links whose page, file or anchor does not exist."""
    return [
        f"{page.path}: {link}"
        for page in pages.values()
        for link in [*page.links, *page.loaded]
        if not _leads_somewhere(pages, page, link)
    ]


def _leads_somewhere(pages: dict[Path, Page], page: Page, link: str) -> bool:
    if link == THEME or link.startswith("data:"):
        return True
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return False
    target = page.path
    if parts.path:
        target = (page.path.parent / unquote(parts.path)).resolve()
    if not target.is_file():
        return False
    return not parts.fragment or unquote(parts.fragment) in pages[target].anchors


def test_every_notebook_shows_its_outputs(site: Path) -> None:
    books = sorted(ROOT.glob("notebooks/*.ipynb"))
    for book in books:
        cells = json.loads(book.read_text("utf-8"))["cells"]
        with_outputs = sum(bool(cell.get("outputs")) for cell in cells)
        text = (site / "notebooks" / f"{book.stem}.html").read_text("utf-8")
        shown = len(re.findall(r'class="[^"]*\bcell_output\b', text))
        assert shown == with_outputs > 0, book.name


def test_no_page_asks_for_anything_from_elsewhere(site: Path, browser: Browser) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    paths = sorted(site.rglob("*.html"))
    for path in paths:
        page.goto(path.as_uri(), wait_until="load")
    page.close()
    assert len(asked) > len(paths)
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
