# SPDX-License-Identifier: MIT
"""The rules about chips together, and what they all ask of an exchange: half an exchange first."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import test_rules_chips_access as access
import test_rules_chips_ciphers as ciphers
import test_rules_chips_classic_keys as classic_keys
import test_rules_chips_keys as keys
import test_rules_chips_transit as transit
import test_rules_chips_use as use
from chip_captures import CLASSIC_ATR, air, capture, desfire, through_reader

from cardlib import Capture
from cardlib.rules import Case, Given
from cardlib.rules.chips import RULES, dialogue

PARTS = (ciphers, classic_keys, keys, access, use, transit)
CASES = {rule: case for part in PARTS for rule, case in part.CASES.items()}
NEAR = {rule: near for part in PARTS for rule, near in part.NEAR.items()}
SPOILED = [
    capture("ultralight", ">30"),
    capture("ultralight", ">1B", "<"),
    capture("classic", ">60", "<82"),
    capture("iso15693", ">02", "<01", crc=False),
    capture("iso15693", ">022C0003", "<00"),
    capture("picopass", ">05", "<"),
    air("9C599B32", ")", "("),
    air("9C599B32", ">60", "<82A4166C", ")A1E458CE6EEA41E0", "(5CADF439"),
    desfire("5A010000", "00", "F5", "00", "45", "00", "6C", "00", "0C", "00", "BD", "00"),
    desfire("5A010000", "00", "0A", "AF", "AF", "00"),
    through_reader(CLASSIC_ATR, "FF820000", "9000", "FF860000", "9000", "FFB00003", "9000"),
    through_reader(CLASSIC_ATR, "FF00000002D440", "D5419000", "FF00000003D44001", "D541009000"),
]


@pytest.mark.parametrize("spoiled", SPOILED)
def test_half_an_exchange_breaks_no_rule(spoiled: Capture) -> None:
    case = Case(spoiled, Given())
    for rule in RULES:
        assert "broke" not in " ".join(outcomes(rule.id, spoiled)), rule.id
    for exchange in case.exchanges:
        dialogue.done(exchange)
        dialogue.data_of(exchange)
        assert dialogue.fields(exchange, "response") is not None


def outcomes(rule: str, spoiled: Capture) -> Iterator[str]:
    """What a rule says, in words."""
    for finding in keys.judged(rule, spoiled):
        yield finding.detail


def test_numbers_are_each_used_once() -> None:
    identifiers = [rule.id for rule in RULES]
    assert len(set(identifiers)) == len(identifiers) == len(CASES)


def test_the_card_that_was_selected_last() -> None:
    """The note of the SAK has its number; where no selection is seen, nobody knows it."""
    case = Case(air("9C599B32", ">6004", "<82A4166C"), Given())
    assert dialogue.numbers_of_cards(case) == {0: bytes.fromhex("9C599B32")}
    unseen = Case(capture("classic", ">6004", "<82A4166C"), Given())
    assert dialogue.numbers_of_cards(unseen) == {}


@pytest.mark.parametrize(
    ("halves", "is_done"),
    [(("FF860000050100046000", "9000"), True), (("FF860000050100046000", "6300"), False)],
)
def test_a_warning_of_a_reader_is_a_failure(halves: tuple[str, ...], is_done: bool) -> None:
    (exchange,) = through_reader(CLASSIC_ATR, *halves).exchanges
    assert dialogue.done(exchange) is is_done
