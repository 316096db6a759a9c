# SPDX-License-Identifier: MIT
"""Looking for something: by tag, by bytes, by all that is on the screen; what is hidden or nowhere is not found."""

from __future__ import annotations

import pytest
from dialogue import PIN, payment
from test_road_pipeline import RECORD, SELECT
from test_secrets import NAME, PAN, SELECTED, TRACK2, capture, read_record, text, tlv

import cardlib
from cardlib.road.pipeline import read_text
from cardlib.show.hits import hit_line
from cardlib.show.search import find

SECRETS = capture(
    *SELECTED,
    *read_record(1, tlv("70", tlv("5A", PAN) + tlv("57", TRACK2) + tlv("5F20", text(NAME)))),
)


def test_find() -> None:
    capture = read_text(SELECT + RECORD)
    assert [(hit.exchange.index, hit.side) for hit in find(capture, "84")] == [(0, "response")]
    assert [hit.path for hit in find(capture.exchanges, "dedicated FILE")] == ["6F/84"]
    assert [
        (hit.exchange.index, hit.side, hit.start, hit.stop)
        for hit in find(capture, "A0 00 00 00 03")
    ] == [
        (0, "command", 5, 10),
        (0, "response", 4, 9),
    ]
    assert [(hit.start, hit.node) for hit in find(capture, "1234", True)] == [(4, None)]
    assert list(find(capture, "1234")) == []  # a part of a PAN
    assert list(find(capture, "x")) == list(find(capture, "")) == list(find(capture, "DF99")) == []


def test_words_are_found_in_names_of_commands_meanings_and_remarks() -> None:
    source = payment()
    commands = [hit for hit in find(source, "verify") if hit.words == "VERIFY"]
    assert [(hit.exchange.index, hit.words, hit.side) for hit in commands] == [
        (3, "VERIFY", "command")
    ]
    assert "normal processing" in hit_line(find(source, "normal processing")[0], True)
    meanings = [hit.path for hit in find(source, "floor limit exceeded") if not hit.words]
    assert meanings == ["70/9F0D", "70/9F0F", "95", "95"]
    cut = capture("00B2010C00", "7008" + "5A084761739000")
    assert [hit.path for hit in find(cut, "declared, 3 here")] == ["70/5A"]


def test_the_mark_of_what_is_from_memory_is_found() -> None:
    source = capture(
        *("00A4040007A000000333010100", "6F098407A0000003330101019000"),
        *("80CA9F7C00", "9F7C031122339000"),
    )
    assert [hit.path for hit in find(source, "from memory")] == ["9F7C"]
    assert [exchange.index for exchange in cardlib.select(source, '"from memory"')] == [1]


def test_words_are_found_in_what_rules_conclude() -> None:
    hits = [hit for hit in find(payment(), "pin in clear") if hit.words]
    assert [(hit.exchange.index, hit.side, hit.start, hit.stop) for hit in hits] == [
        (3, "command", 5, 13)
    ]
    assert "E33 high: PIN in clear" in hit_line(hits[0], True)


def test_a_value_that_stands_in_one_line_is_found_once() -> None:
    hits = find(payment(), "if unsuccessful next rule")
    assert len({(hit.exchange.index, hit.side, hit.start) for hit in hits}) == len(hits) > 0


def test_hex_that_is_nowhere_is_looked_for_as_words() -> None:
    assert find(payment(), "FACE") == []
    with_label = capture(
        SELECTED[0],
        tlv("6F", tlv("84", "A0000000031010") + tlv("A5", tlv("50", text("CAFE")))) + "9000",
    )
    hits = find(with_label, "cafe", True)
    assert [hit.node.tag for hit in hits if hit.node] == ["50"]


@pytest.mark.parametrize(
    "secret", [PAN, PAN[4:12], PAN[6:], TRACK2, TRACK2[16:24], text(NAME), NAME, NAME[:6], "quispe"]
)
def test_what_is_hidden_is_not_found(secret: str) -> None:
    assert find(SECRETS, secret, reveal=True) != []
    assert find(SECRETS, secret) == []


def test_what_a_print_shows_of_a_secret_is_found() -> None:
    assert {hit.start for hit in find(SECRETS, PAN[:6])} == {4}


def test_the_exchanges_to_look_at_can_be_chosen() -> None:
    source = payment(before=PIN)
    assert len(cardlib.find(source, "9F34")) == 2
    assert [hit.exchange.index for hit in cardlib.find(source, "9F34", where="p1 == 40")] == [6]
