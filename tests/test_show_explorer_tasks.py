# SPDX-License-Identifier: MIT
"""Six questions that people open the explorer with: each is answered on the screen after at most five actions.

An action is a click, or a text that is typed. The answers were found by hand in the print of each trace.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from explorer_pages import Open, lit, numbers, row
from playwright.sync_api import Locator, Page, expect

import cardlib

pytestmark = pytest.mark.xdist_group("explorer")

TRACES = Path(__file__).resolve().parent.parent / "traces"
MOST = 5


class Hand:
    """Clicks and types, and counts."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.actions = 0

    def click(self, element: Locator) -> None:
        self.actions += 1
        element.click()

    def tab(self, name: str) -> None:
        self.click(self.page.get_by_role("tab", name=name))

    def ask(self, text: str) -> None:
        self.actions += 1
        self.page.get_by_label("filter", exact=True).fill(text)


@pytest.fixture
def opened(open_page: Open, tmp_path: Path) -> Callable[..., Hand]:
    """The page of one or two traces, in the hand of somebody who sees it for the first time."""
    return lambda *names: hand_on(open_page, tmp_path, names)


def hand_on(open_page: Open, folder: Path, names: tuple[str, ...]) -> Hand:
    path = folder / "page.html"
    cardlib.explore([TRACES / f"{name}.card.jsonl" for name in names]).save(path)
    return Hand(open_page(path))


def test_why_was_it_declined(opened: Callable[..., Hand]) -> None:
    hand = opened("contact_offline_declined")
    first_sight = hand.page.locator(".ce-exchange-body .ce-facts")
    expect(first_sight).to_contain_text("service not allowed for this card")
    headline = hand.page.locator(".ce-heading .ce-headline").last
    expect(headline).to_contain_text("declined by the terminal in exchange 12")
    hand.tab("Story")
    step = hand.page.locator(".ce-steps > li", has_text="terminal action analysis")
    expect(step).to_contain_text("IAC denial 0010000000: met by: service not allowed for this card")
    hand.click(step.get_by_role("button", name="12 command 19..24").first)
    expect(hand.page.locator(".ce-lit").first).to_be_visible()
    assert lit(hand.page, "command") == "0010008000"
    assert hand.actions <= MOST


def test_which_exchanges_failed(opened: Callable[..., Hand]) -> None:
    hand = opened("contact_wrong_pin")
    hand.click(hand.page.get_by_role("button", name="failed"))
    assert numbers(hand.page) == [0, 11, 12]
    expect(row(hand.page, 11)).to_contain_text("63C2")
    assert hand.actions <= MOST


def test_what_is_byte_37_of_this_answer(opened: Callable[..., Hand]) -> None:
    hand = opened("contact_purchase")
    hand.click(row(hand.page, 1))
    hand.click(hand.page.locator("[aria-label='bytes of the response'] [data-byte='37']"))
    chosen = hand.page.locator(".ce-node.ce-chosen")
    expect(chosen).to_contain_text("Terminal capabilities")  # of which the PDOL asks for 3 bytes
    assert lit(hand.page, "response") == "9F3303"
    assert hand.actions <= MOST


def test_where_is_the_cryptogram_and_was_it_right(opened: Callable[..., Hand]) -> None:
    hand = opened("contact_purchase")
    hand.ask("tag == 9F26")
    assert numbers(hand.page) == [12, 14]
    hand.tab("Story")
    proof = hand.page.locator(".ce-statements li", has_text="cryptogram ARQC")
    expect(proof).to_contain_text("verified")
    hand.click(proof.get_by_role("button").first)
    expect(hand.page.locator(".ce-lit").first).to_be_visible()
    assert lit(hand.page, "response") == "2FA9C4AD8F8B4D41"
    assert hand.actions <= MOST


def test_what_differs_between_these_two_taps(opened: Callable[..., Hand]) -> None:
    hand = opened("attack_ctq", "tap_visa_high")
    differing = hand.page.locator(".ce-pairs .ce-exchange")
    expect(differing).to_have_count(1)
    hand.click(differing.first)
    table = hand.page.locator(".ce-table tbody tr")
    expect(table.first).to_contain_text("9F6C")
    expect(table.first).to_contain_text("0080 at 39..41consumer device CVM performed")
    expect(table.first).to_contain_text("8000 at 39..41online PIN required")
    assert hand.actions <= MOST


def test_which_exchange_was_slow_and_why(opened: Callable[..., Hand]) -> None:
    hand = opened("attack_relay")
    hand.tab("Findings")
    finding = hand.page.locator(".ce-card", has_text="E65")
    expect(finding).to_contain_text("took 23.6 ms, at most 7.0 ms with grace")
    hand.click(finding.get_by_role("button", name="exchange 4 command").first)
    expect(hand.page.locator(".ce-exchange-title h2")).to_contain_text("4 EXCHANGE RELAY")
    hand.tab("Wire")
    waits = hand.page.locator(".ce-wire-panel tbody tr td:nth-child(4)")
    expect(waits).to_have_text(["", "27.2 ms"])  # with what the bytes took on the air
    assert hand.actions <= MOST


def test_which_exchange_took_longest(opened: Callable[..., Hand]) -> None:
    hand = opened("contact_purchase")
    hand.click(hand.page.get_by_role("button", name="slow"))
    assert numbers(hand.page) == [7, 9]  # of 15, the slowest tenth
    times = hand.page.locator(".ce-exchange .ce-took").all_inner_texts()
    slowest = times.index("370.9 ms")
    assert slowest == max(range(len(times)), key=lambda place: float(times[place].split()[0]))
    hand.click(hand.page.locator(".ce-list .ce-exchange").nth(slowest))
    expect(hand.page.locator(".ce-exchange-title h2")).to_have_text("9 INTERNAL AUTHENTICATE")
    hand.tab("Story")
    reason = hand.page.locator(
        ".ce-statements li", has_text="INTERNAL AUTHENTICATE: the card signed"
    )
    expect(reason).to_be_visible()
    assert hand.actions <= MOST


def test_where_did_nobody_speak(opened: Callable[..., Hand]) -> None:
    hand = opened("contact_purchase")
    line = row(hand.page, 11)
    expect(line.locator(".ce-time")).to_have_text("5.688")
    expect(line.locator(".ce-gap")).to_have_text(
        "3.96 s"
    )  # the one before began at 1.698 and took 33.5 ms
    hand.ask("gap > 1s")
    assert numbers(hand.page) == [11, 13]
    assert hand.actions <= MOST


def test_no_answer_is_told_from_an_answer_without_a_status_word(
    open_page: Open, tmp_path: Path
) -> None:
    path = tmp_path / "page.html"
    cardlib.explore(TRACES / "felica_rides.nfclab.json").save(path)
    page = open_page(path)
    expect(page.locator(".ce-exchange .ce-sw")).to_have_text([""] * 4)
    assert page.get_by_role("button", name="slow").is_visible()
    cardlib.explore(TRACES / "damaged.log").save(path)
    page = open_page(path)
    expect(page.locator(".ce-exchange .ce-missing")).to_have_text(["––––"] * 2)
    assert page.get_by_role("button", name="slow").is_hidden(), "there are no times"
