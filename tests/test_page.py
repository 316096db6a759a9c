# SPDX-License-Identifier: MIT
"""The report: whatever the capture, there is one; nothing in it runs, asks for anything, or shows what is masked."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import test_display
from dialogue import PAN, captured, lines, payment
from playwright.sync_api import sync_playwright
from test_display import FORBIDDEN, HOSTILE, Checked, with_text

import cardlib
from cardlib import Capture, CaptureError
from cardlib.model import Coverage, Problem, Session
from cardlib.page import Report, report

OURS = {"h1": set(), "h2": set(), "p": set(), "b": {"style"}, "small": set(), "code": set(), "article": {"style"}}
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def _more_elements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(test_display, "ALLOWED", test_display.ALLOWED | OURS)


@pytest.mark.parametrize(
    ("capture", "said"),
    [
        (captured([*lines()[:1], "", *lines()[2:3]]), "a command without an answer"),
        (captured(["", "6F00", "", "9000"]), "an answer without its command"),
        (captured(["00A4000002", "6A82"]), "no payment in this capture"),
        (cardlib.read_text("> 00A4040000\n< 90 0\n> 00A4040000\n< 9000\n"), "may be hidden"),
        (Capture("x", "hex pairs", ()), "no exchange in this capture"),
        (payment(), "this capture cannot tell how long an answer took"),
    ],
)
def test_every_capture_gives_a_report(capture: Capture, said: str) -> None:
    body = report([capture]).body
    assert said in body and not Checked(body).strange


def test_what_it_says() -> None:
    body = report([payment()]).body
    for heading in ("Findings", "Time", "Exchanges", "Not understood"):
        assert f"<h2>{heading}</h2>" in body
    assert "approved after the online decision" in body
    assert re.search(r"E33 PIN in clear on the wire</b>.*<mark>\*+</mark>", body)
    assert "VERIFY with P2 = 80 carries the PIN in clear" in body and "Do: redact this capture" in body


def test_it_is_masked_unless_revealed() -> None:
    hidden, shown = report([payment()]).page, report([payment()], reveal=True).page
    assert PAN not in hidden and PAN[6:12] not in hidden.replace(" ", "")
    assert PAN in shown


@pytest.mark.parametrize("value", HOSTILE, ids=ascii)
def test_hostile_text(value: str) -> None:
    odd = Capture(value, value, (Session(0),), (Problem(value, value, 1, 0, 1),), Coverage())
    body = report([with_text(value), odd], reveal=True).body
    seen = Checked(body)
    assert not seen.strange and not FORBIDDEN.search(seen.text.replace("\n", ""))


def test_it_is_bounded() -> None:
    many = captured(["00A4040007A000000003101000", "6110"] * 500)
    assert len(report([many]).page) < 2_500_000


def test_several_captures() -> None:
    body = report([captured(lines(), "one.txt"), captured(lines(), "two.txt")]).body
    assert body.count("<h2>Exchanges</h2>") == 2 and "the same transaction counter twice" in body


def test_a_path_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="cannot be written"):
        Report("t", "b").save(tmp_path / "no" / "page.html")


def test_from_the_front(tmp_path: Path) -> None:
    trace = ROOT / "traces" / "contact_purchase.card.jsonl"
    made = cardlib.report(trace, cvm_limit=1000)
    assert made._repr_html_() == made.body and "img alt=" in made.body
    assert "<h2>Findings</h2>" in cardlib.report(payment().exchanges).body
    cardlib.report([trace, payment()]).save(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text("utf-8").startswith("<!DOCTYPE html>")


def test_a_browser_shows_it_and_asks_for_nothing(real_captures: Path, tmp_path: Path) -> None:
    """The largest shared capture, in Chromium without a window."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no browser (apt install chromium)")
    largest = max((real_captures / "emv-bertlv").glob("*.txt"), key=lambda file: file.stat().st_size)
    page_file = tmp_path / "page.html"
    cardlib.report(largest).save(page_file)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(page_file.as_uri())
        assert [url for url in asked if not url.startswith("data:")] == [page_file.as_uri()]
        assert page.locator("script").count() == 0 and page.locator("article").count() > 0
        assert all(page.locator("img").nth(i).get_attribute("alt") for i in range(page.locator("img").count()))
        browser.close()
