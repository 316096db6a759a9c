# SPDX-License-Identifier: MIT
"""A day of a shop: the same captures whenever they are made, of cards with numbers of test ranges."""

from __future__ import annotations

from pathlib import Path

import pytest

import cardlib
from traces.makers import shop


def test_a_card_number_has_its_check_digit() -> None:
    assert shop.card_number("476173900101", 1) == "4761739001010010"
    assert shop.card_number("541333900000", 0) == "5413339000000002"


@pytest.mark.parametrize("number", [0, 3])
def test_a_tap_is_the_same_whenever_it_is_made(number: int) -> None:
    assert shop.tap(number) == shop.tap(number)
    (payment,) = cardlib.transactions(cardlib.read_text(shop.tap(number)))
    assert payment.outcome == "the card asks for an online decision"


def test_what_is_odd_about_the_odd_ones() -> None:
    relayed = cardlib.read_text(shop.tap(shop.RELAYED)).exchanges
    usual = cardlib.read_text(shop.tap(shop.RELAYED + 1)).exchanges
    slowest = [max(one.duration_ns or 0 for one in tap) for tap in (relayed, usual)]
    assert slowest[0] > shop.RELAY_MS * 1_000_000 > slowest[1]
    twins = [
        cardlib.find(cardlib.read_text(shop.tap(number)), shop.NUMBER) for number in shop.TWINS
    ]
    assert all(len(hits) > 0 for hits in twins)


def test_one_capture_of_a_hundred_breaks_off(tmp_path: Path) -> None:
    shop.write(tmp_path, shop.DAMAGED_EACH)
    last = tmp_path / f"tap-{shop.DAMAGED_EACH - 1:05}.card.jsonl"
    assert len(list(tmp_path.iterdir())) == shop.DAMAGED_EACH
    assert not last.read_text("utf-8").endswith("\n")
    assert cardlib.read(last).problems
