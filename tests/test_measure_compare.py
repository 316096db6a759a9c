# SPDX-License-Identifier: MIT
"""The comparison itself, without its texts: contrasts of exchanges, halves and elements, with the bytes that differ."""

from __future__ import annotations

import json

import pytest
from test_secrets import SELECTED, capture, read_record, tlv

import cardlib
from cardlib.core.model import Evidence, Exchange
from cardlib.measure.compare import compare
from cardlib.share.masking import Shown
from cardlib.show import compare as display_compare

RECORD = tlv("70", tlv("5F24", "251231") + tlv("9F07", "FF00"))
LATER = tlv("70", tlv("5F24", "251230") + tlv("9F07", "FF00"))


def test_a_changed_element_is_its_two_nodes_and_the_byte_that_differs() -> None:
    a = capture(*SELECTED, *read_record(1, RECORD))
    b = capture(*SELECTED, *read_record(1, LATER))
    compared = compare(a, b)
    assert compared.matched == 2 and compared.folded == ()
    (contrast,) = compared.contrasts
    assert (contrast.kind, contrast.exchange.index, contrast.is_fresh) == ("changed", 1, False)
    assert contrast.a and contrast.a.node and contrast.a.node.value.hex() == "251231"
    assert contrast.b and contrast.b.node and contrast.b.node.value.hex() == "251230"
    # 70 09 5F24 03 25 12 31: the last byte of the date is the eighth.
    assert contrast.a.evidence == Evidence(1, "response", 7, 8)
    assert contrast.b.evidence == Evidence(1, "response", 7, 8)


def test_a_missing_exchange_and_a_missing_half_have_no_evidence() -> None:
    a = capture(*SELECTED, *read_record(1, RECORD), *read_record(2, RECORD))
    b = capture(*SELECTED, *read_record(1, RECORD)[:1])
    half, exchange = compare(a, b).contrasts
    assert (half.kind, half.element, half.b) == ("missing", "response", None)
    assert half.a and half.a.side == "response" and half.a.evidence is None
    assert (exchange.kind, exchange.element, exchange.exchange) == ("missing", "", a.exchanges[2])
    assert exchange.a and exchange.a.side is None and exchange.a.evidence is None
    added = compare(b, a).contrasts
    assert [contrast.kind for contrast in added] == ["added", "added"]
    assert added[1].exchange == a.exchanges[2]  # that of the second, as the first has none


def test_a_length_in_another_form_is_no_element() -> None:
    shorter = capture(*SELECTED, *read_record(1, tlv("70", tlv("5F34", "01"))))
    longer = capture(*SELECTED, *read_record(1, "70" + "8104" + tlv("5F34", "01")))
    (contrast,) = compare(shorter, longer).contrasts
    assert (contrast.kind, contrast.element) == ("changed", "bytes that are no data element")
    assert contrast.a is None and contrast.b is None


def test_texts_are_made_only_of_what_differs_and_once_an_exchange(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shows: list[tuple[int, bool]] = []
    original = display_compare.shown

    def counted(exchange: Exchange, reveal: bool = False) -> list[Shown]:
        shows.append((exchange.index, exchange in a.exchanges))
        return original(exchange, reveal)

    monkeypatch.setattr(display_compare, "shown", counted)
    many = [tlv("DF01", f"{number:04X}") for number in range(40)]
    others = [tlv("DF01", f"{number:04X}") for number in range(40, 80)]
    a = capture(*SELECTED, *read_record(1, tlv("70", "".join(many))), *read_record(2, RECORD))
    b = capture(*SELECTED, *read_record(1, tlv("70", "".join(others))), *read_record(2, RECORD))
    assert len(cardlib.compare(a, b).differences) == 40
    assert sorted(shows) == [(1, False), (1, True)]


@pytest.mark.parametrize(("times", "kinds"), [(4, []), (5, ["slower"])])
def test_of_a_few_exchanges_none_is_called_slower(times: int, kinds: list[str]) -> None:
    """What is common cannot be said of fewer than five."""

    def timed(last_ms: int) -> cardlib.Capture:
        lines = [{"card_capture": 1}, {"session": 0, "clock": "rf", "interface": "contact"}]
        for place in range(times):
            start = place * 10**9
            delay = last_ms if place == times - 1 else 1
            asked, answered = (
                {"from": "reader", "data": "00B0000001"},
                {"from": "card", "data": "009000"},
            )
            lines += [
                {"t": start, "kind": "apdu", **asked},
                {"t": start + delay * 10**6, "kind": "apdu", **answered},
            ]
        return cardlib.read_text("\n".join(map(json.dumps, lines)))

    assert [contrast.kind for contrast in compare(timed(1), timed(500)).contrasts] == kinds
