# SPDX-License-Identifier: MIT
"""The report: whatever the capture, there is one; nothing in it runs, asks for anything, or shows what is masked."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import test_show_text
from dialogue import PAN, captured, lines, payment
from playwright.sync_api import sync_playwright
from test_show_text import FORBIDDEN, HOSTILE, Checked, with_text

import cardlib
from cardlib import Capture, CaptureError
from cardlib.core.model import Coverage, Problem, Session
from cardlib.show.page import Report, report

OURS = {
    "h1": set(),
    "h2": set(),
    "p": set(),
    "b": {"style"},
    "small": set(),
    "code": set(),
    "article": {"style"},
}
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def _more_elements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(test_show_text, "ALLOWED", test_show_text.ALLOWED | OURS)


@pytest.mark.parametrize(
    ("capture", "said"),
    [
        (captured([*lines()[:1], "", *lines()[2:3]]), "a command without an answer"),
        (captured(["", "6F00", "", "9000"]), "an answer without its command"),
        (captured(["00A4000002", "6A82"]), "card without a selected application"),
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
    assert "approved by the issuer" in body
    assert re.search(r"E33 PIN in clear on the wire</b>.*<mark>\*+</mark>", body)
    assert (
        "VERIFY with P2 = 80 carries the PIN in clear" in body and "Do: redact this capture" in body
    )


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
    assert "<h2>What happened: one.txt</h2>" in body and "<h2>Time" not in body
    assert "the same transaction counter twice" in body
    assert body.count("<tr>") == 3 and "2 critical: E80, E83" in body


def test_several_captures_draw_nothing_and_tell_of_those_that_fail() -> None:
    timed = cardlib.read(ROOT / "traces" / "contact_purchase.card.jsonl")
    quiet = captured(["00A4040007F0000000031010", "6A82"], "quiet.txt")
    body = report([timed, quiet]).body
    assert "<img" not in body and "1 capture in which no rule of these severities fails" in body
    assert "<h2>What happened: contact_purchase.card.jsonl</h2>" in body
    assert "quiet.txt</h2>" not in body and ">quiet.txt</td>" in body


def test_the_pictures_of_several_captures_are_drawn_on_demand() -> None:
    timed = cardlib.read(ROOT / "traces" / "contact_purchase.card.jsonl")
    quiet = captured(["00A4040007F0000000031010", "6A82"], "quiet.txt")
    body = report([timed, quiet], draw=True).body
    assert body.count("<h2>Time: ") == 1 and "<h2>Time: contact_purchase.card.jsonl</h2>" in body
    assert "<img" in body


def test_a_rule_is_told_once_with_each_of_its_cases() -> None:
    body = report([captured(["00A4000002", "", "00A4000003", ""] * 3)]).body
    assert (
        body.count("X0 trace integrity") == 1
        and body.count("<mark>00A4") == 4
        and "2 more cases" in body
    )


def test_the_payment_is_explained_and_the_summary_stands_there_once() -> None:
    body = report([payment()]).body
    assert "<details><summary>Visa credit or debit, 42.50 EUR: approved by the issuer" in body
    assert " 6 cardholder verification<" in body and body.count("clock: none") == 1


def test_commands_without_a_row_are_not_called_understood() -> None:
    """Another protocol (DESFire in its own commands): four bytes of data, none of which has a meaning here."""
    body = report(
        [captured(["905A000003F4011000", "9100", "90F5000001010000"[:14], "019100"])]
    ).body
    assert "bytes without a row" in body and "no row says what 5 of them mean" in body


def test_one_session_without_times_costs_no_picture() -> None:
    timed = cardlib.read(ROOT / "traces" / "contact_purchase.card.jsonl")
    both = Capture("x", "card.jsonl", (Session(0), replace(timed.sessions[0], index=1)))
    body = report([both]).body
    assert body.count("<img") == 2 and "No picture" not in body
    assert (
        "no exchange has a duration" in report([Capture("x", "x", (Session(0, clock="rf"),))]).body
    )


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
    """Of all shared captures the one with the most exchanges and the one with the most bytes, without a window."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no browser (apt install chromium)")
    captures = [
        capture
        for file in real_captures.rglob("*")
        if file.is_file()
        for capture in _readable(file)
    ]
    sizes = (lambda one: len(one.exchanges), lambda one: Path(one.path).stat().st_size)
    largest = {one.path: one for one in (max(captures, key=size) for size in sizes)}
    assert max(len(one.exchanges) for one in largest.values()) > 500
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for number, capture in enumerate(largest.values()):
            page_file, asked = tmp_path / f"{number}.html", list[str]()
            cardlib.report(capture).save(page_file)
            page = browser.new_page()
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.goto(page_file.as_uri(), timeout=10_000)
            assert [url for url in asked if not url.startswith("data:")] == [page_file.as_uri()]
            assert page.locator("script").count() == 0 and page.locator("article").count() > 0
            names = "[...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames())"
            handlers = f"{names}.filter(n => /^on/.test(n))"
            assert page.evaluate(handlers) == []
            assert all(
                page.locator("img").nth(i).get_attribute("alt")
                for i in range(page.locator("img").count())
            )
            first = page.evaluate("document.querySelector('article').getBoundingClientRect().top")
            assert first < page.viewport_size["height"], (
                "the first finding is not on the first screen"
            )
            assert page.get_by_text("more exchanges").count() > 0, "what is left out is not said"
        browser.close()


def _readable(file: Path) -> list[Capture]:
    try:
        return [cardlib.read(file)]
    except CaptureError:
        return []
