# SPDX-License-Identifier: MIT
"""The explorer's page for everybody: no rule of axe-core is broken, in any tab, at any width, in both themes."""

from __future__ import annotations

from pathlib import Path

import pytest
from explorer_axe import violations
from explorer_pages import Open
from playwright.sync_api import expect

import cardlib

pytestmark = pytest.mark.xdist_group("explorer")

ROOT = Path(__file__).resolve().parent.parent
PURCHASE = ROOT / "traces/contact_purchase.card.jsonl"
WRONG_PIN = ROOT / "traces/contact_wrong_pin.card.jsonl"
LINK = "#e=12&b=command:30..34"
THEMES = ("light", "dark")
TABS = ("Wire", "Findings", "Story", "Files", "Notes", "Bytes")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pages")
    cardlib.explore(PURCHASE, notes={12: "why online?"}).save(path / "one.html")
    cardlib.explore([PURCHASE, WRONG_PIN]).save(path / "two.html")
    return path


def test_what_breaks_a_rule_is_found(open_page: Open, folder: Path) -> None:
    page = open_page(folder / "one.html")
    for name in ("aria-label", "placeholder"):
        page.locator(".ce-filter input").evaluate(
            "(input, name) => input.removeAttribute(name)", name
        )
    assert "label" in [line.split(":")[0] for line in violations(page)]


@pytest.mark.parametrize("theme", THEMES)
def test_the_first_sight_of_an_exchange(open_page: Open, folder: Path, theme: str) -> None:
    page = open_page(folder / "one.html", LINK, color_scheme=theme)
    expect(page.locator(".ce-lit").first).to_be_visible()
    assert violations(page) == []


@pytest.mark.long
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [360, 1280])
def test_all_of_one_capture(open_page: Open, folder: Path, width: int, theme: str) -> None:
    size = {"width": width, "height": 800}
    page = open_page(folder / "one.html", LINK, viewport=size, color_scheme=theme)
    for tab in TABS:
        page.get_by_role("tab", name=tab).click()
        assert violations(page) == [], tab
    page.get_by_label("filter", exact=True).fill("swx == 1")
    page.get_by_role("button", name="help on filters").click()
    page.get_by_role("button", name="Note", exact=True).click()
    assert violations(page) == []
    page.get_by_role("button", name="Keys").click()
    assert violations(page) == []


@pytest.mark.parametrize("theme", THEMES)
def test_two_captures(open_page: Open, folder: Path, theme: str) -> None:
    page = open_page(folder / "two.html", color_scheme=theme)
    assert violations(page) == []
    page.locator(".ce-pairs .ce-exchange", has_text="VERIFY").first.click()
    expect(page.locator(".ce-changed[data-byte]").first).to_be_visible()
    assert violations(page) == []
