# SPDX-License-Identifier: MIT
"""The report: whatever the capture, there is one; nothing in it runs, asks for anything, or shows what is masked."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
import test_show_text
from dialogue import PAN, captured, lines, payment
from explorer_pages import chromium
from test_show_text import FORBIDDEN, HOSTILE, Checked, with_text

import cardlib
from cardlib import Capture, CaptureError
from cardlib.core.model import Coverage, Problem, Session
from cardlib.show.links import rule_id
from cardlib.show.page import Report, report

OURS = {
    "h1": set(),
    "h2": {"id"},
    "p": set(),
    "b": {"style"},
    "small": set(),
    "code": set(),
    "article": {"id", "style"},
    "div": {"id", "style"},
    "a": {"href"},
    "nav": set(),
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
    headings = ["What happened", "Findings", "Exchanges", "Time", "Algorithms", "Not understood"]
    assert re.findall(r"<h2 [^>]*>(.*?)</h2>", body) == headings
    contents = body.partition("<h2 ")[0]
    assert re.findall(r'<a href="#[a-z]*">(.*?)</a>', contents) == headings
    assert "high: E33 PIN in clear on the wire</a>" in contents
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
    assert '<h2 id="capture-0">What happened: one.txt</h2>' in body and ">Time</h2>" not in body
    assert '<td><a href="#capture-0">one.txt</a></td>' in body
    assert "<div>one.txt, exchange 3, VERIFY, command, bytes 5 to 13: " in body
    assert "the same transaction counter twice" in body
    assert body.count("<tr>") == 3
    assert "2 critical: E80, E83" in re.sub("<[^>]*>", "", body)


def test_several_captures_draw_nothing_and_tell_of_those_that_fail() -> None:
    timed = cardlib.read(ROOT / "traces" / "contact_purchase.card.jsonl")
    quiet = captured(["00A4040007F0000000031010", "6A82"], "quiet.txt")
    body = report([timed, quiet]).body
    assert "<img" not in body and "1 capture in which no rule of these severities fails" in body
    assert ">What happened: contact_purchase.card.jsonl</h2>" in body
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
        body.count("X0 trace integrity</b>") == 1
        and body.count("<mark>00A4") == 4
        and "2 more cases" in body
    )


def test_the_payment_is_explained_and_the_summary_stands_there_once() -> None:
    body = report([payment()]).body
    assert "<details><summary>Visa credit or debit, 42.50 EUR: approved by the issuer" in body
    assert " 6 cardholder verification<" in body and body.count("clock: none") == 1


def test_commands_without_a_row_are_not_called_understood() -> None:
    """DESFire with a command that it has not: four bytes of data and an answer of one, none of which has a meaning."""
    body = report([captured(["905A000003F4011000", "9100", "90EE00000401020304", "019100"])]).body
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
    assert ">Findings</h2>" in cardlib.report(payment().exchanges).body
    cardlib.report([trace, payment()]).save(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text("utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("name", ["attack_no_pin", "contact_wrong_pin"])
def test_every_link_leads_to_a_place_on_the_page(name: str) -> None:
    body = cardlib.report(ROOT / "traces" / f"{name}.card.jsonl").body
    places = re.findall(r' id="([^"]*)"', body)
    links = re.findall(r'href="([^"]*)"', body)
    assert len(places) == len(set(places)) > 20
    assert len(links) > 40 and {link[0] for link in links} == {"#"}
    assert {link[1:] for link in links} <= set(places)


def test_findings_and_exchanges_lead_to_each_other() -> None:
    body = report([payment()]).body
    assert '<a href="#e3">exchange 3</a>, VERIFY, command, bytes 5 to 13' in body
    exchange = body.partition('<div id="e3"')[2].partition("</div>")[0]
    assert 'found here: <a href="#rule-E33-high">E33 PIN in clear on the wire</a>' in exchange
    assert '<article id="rule-E33-high"' in body
    steps = body.partition("</summary>")[2].partition("</details>")[0]
    assert re.search(r'\[<a href="#e4">exchange 4</a> command', steps)


def test_an_exchange_that_is_not_on_the_page_has_no_link() -> None:
    many = captured([*["00A4040007A000000003101000", "6110"] * 250, *lines()])
    body = report([many]).body
    assert '<div id="e199"' in body and '<div id="e200"' not in body
    assert "exchange 253, VERIFY" in body and "#e253" not in body


def test_the_name_of_a_rule_of_a_user_is_no_markup() -> None:
    assert rule_id('X"><script>', "high") == "rule-X---script--high"


def test_of_many_captures_a_table_and_few_details() -> None:
    captures = [captured(lines(), f"{number}.txt") for number in range(13)]
    made = report(captures)
    assert made.title == "Report: 13 captures"
    assert made.body.count(">What happened: ") == 10 and "3 more captures" in made.body
    assert made.body.count("<tr>") == 14 and made.body.count('href="#capture-') == 10


def test_keys_that_can_be_looked_at_only_once_are_used_as_those_of_a_list() -> None:
    trace = ROOT / "traces" / "attack_brand.card.jsonl"
    keys = ROOT / "traces" / "makers" / "keyring.toml"
    page = cardlib.report(trace, keys=[keys]).page
    assert cardlib.report(trace, keys=iter([keys])).page == page
    assert cardlib.report(trace).page != page


@pytest.mark.parametrize("width", [688, 710])  # of A4 and of Letter between margins, in pixels
def test_on_paper_nothing_is_folded_or_cut(tmp_path: Path, width: int) -> None:
    one, several = tmp_path / "one.html", tmp_path / "several.html"
    trace = ROOT / "traces" / "attack_no_pin.card.jsonl"
    cardlib.report(trace).save(one)
    cardlib.report([trace, captured(lines(), f"{'long' * 40}.txt")]).save(several)
    with chromium() as browser:
        page = browser.new_page(viewport={"width": width, "height": 1000})
        for file in (one, several):
            page.goto(file.as_uri())
            folded = page.locator("details:not([open]) > div").first
            assert not folded.is_visible()
            page.emulate_media(media="print")
            assert folded.is_visible()
            wide = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
            needed, there = page.evaluate(wide)
            assert needed <= there, file.name
            style = "e => [getComputedStyle(e).printColorAdjust, getComputedStyle(e).textDecorationLine]"
            marked = page.locator("code mark").first.evaluate(style)
            assert marked == ["exact", "underline"]
            page.emulate_media(media="screen")


def test_a_browser_shows_it_and_asks_for_nothing(real_captures: Path, tmp_path: Path) -> None:
    """Of all shared captures the one with the most exchanges and the one with the most bytes, without a window."""
    captures = [
        capture
        for file in real_captures.rglob("*")
        if file.is_file()
        for capture in _readable(file)
    ]
    sizes = (lambda one: len(one.exchanges), lambda one: Path(one.path).stat().st_size)
    largest = {one.path: one for one in (max(captures, key=size) for size in sizes)}
    assert max(len(one.exchanges) for one in largest.values()) > 500
    with chromium() as browser:
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
            first = page.evaluate("document.querySelector('nav a').getBoundingClientRect().top")
            assert first < page.viewport_size["height"], "no finding is named on the first screen"
            assert page.get_by_text("more exchanges").count() > 0, "what is left out is not said"


def _readable(file: Path) -> list[Capture]:
    try:
        return [cardlib.read(file)]
    except CaptureError:
        return []
