# SPDX-License-Identifier: MIT
"""What must differ between two payments is folded where it does, and told where it repeats, falls or is not there."""

from __future__ import annotations

import pytest
from test_secrets import PAN, SELECTED, capture, read_record, tlv
from test_show_compare import kinds

import cardlib
from cardlib import Capture
from cardlib.apps import facts_of
from cardlib.core.model import Context


def test_what_always_differs_is_folded() -> None:
    one, other = payment(FIRST), payment(SECOND)
    found = cardlib.compare(one, other)
    assert not found and sum(count for _, count in found.folded) == 7
    assert {what.split()[0] for what, _ in found.folded} >= set(SECOND)
    assert "7 elements folded, they always differ (--all, everything=True shows them)" in str(found)
    both = cardlib.compare(one, other, everything=True)
    assert len(both.differences) == 7 and not both.folded and "folded" not in str(both)


def test_rows_say_what_is_fresh() -> None:
    of_mastercard = facts_of(Context(application="emv", aid="A0000000041010"))
    for tag in ["9F37", "9F26", "9F4B", "9F4C", "9F6A", "9F60", "9F61", "91", "DF8301", "DF8302"]:
        assert of_mastercard.find(tag).fresh == "always", tag
    for tag in ["9F41", "9A", "9F21", "DF8303", "DF8304", "DF8305"]:
        assert of_mastercard.find(tag).fresh == "may repeat", tag
    assert of_mastercard.find("9F36").fresh == "rises"
    for tag in ["5A", "57", "82", "8E", "95", "9F10", "9F27", "9F34", "9F02"]:
        assert not of_mastercard.find(tag).fresh, tag
    of_union_pay = facts_of(Context(application="emv", aid="A000000333010101"))
    assert not of_union_pay.find("9F61").fresh  # there a document of the holder, no CVC3


FIRST = {"9F37": "11111111", "9F36": "0098", "9F26": "11" * 8, "9A": "251231"}
SECOND = {"9F37": "DEADBEEF", "9F36": "0099", "9F26": "22" * 8, "9A": "260101"}


def payment(values: dict[str, str], pan: str = PAN) -> Capture:
    return capture(*lines_of(values, pan))


def lines_of(values: dict[str, str], pan: str = PAN) -> tuple[str, ...]:
    """A cryptogram over these values, and a challenge of the card that is the unpredictable number."""
    gac = "".join(values.values())
    lists = tlv(
        "70", tlv("8C", "".join(f"{tag}{len(value) // 2:02X}" for tag, value in values.items()))
    )
    answer = tlv(
        "77",
        "".join(tlv(tag, values[tag]) for tag in ("9F36", "9F26") if tag in values)
        + tlv("9F27", "80"),
    )
    lines = (*SELECTED, *read_record(1, lists), *read_record(2, tlv("70", tlv("5A", pan))))
    lines = (*lines, f"80AE8000{len(gac) // 2:02X}{gac}00", f"{answer}9000")
    return (*lines, "0084000000", f"{values['9F37']}9000")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"9F37": "11111111"},
            {("repeated", "9F37"), ("repeated", "challenge")},
        ),  # a replayed number
        ({"9F26": "11" * 8}, {("repeated", "9F26")}),  # a replayed cryptogram
        ({"9F36": "0097"}, {("changed", "9F36")}),  # a counter set back
        ({"9F36": "0098"}, {("repeated", "9F36")}),
        ({"9F37": "DEADBE"}, {("changed", "9F37"), ("changed", "challenge")}),  # shorter
        ({"9A": "251231"}, set()),  # two payments on one day
    ],
)
def test_what_should_differ_and_does_not_is_told(
    change: dict[str, str], told: set[tuple[str, str]]
) -> None:
    found = cardlib.compare(payment(FIRST), payment(SECOND | change))
    lists = {("changed", "8C")} if change.get("9F37") == "DEADBE" else set()
    assert {
        (kind, element.split()[0]) for kind, element in kinds(found)
    } - lists == told and found.folded


def test_a_number_that_is_played_back_at_another_place_is_told() -> None:
    """The second payment of the first run, as the first payment of the second run."""
    third, fourth = (
        {tag: value[:-2] + end for tag, value in SECOND.items()} for end in ("A1", "A2")
    )
    one = capture(*lines_of(FIRST), *lines_of(SECOND))
    assert {
        kind
        for kind, _ in kinds(cardlib.compare(one, capture(*lines_of(third), *lines_of(fourth))))
    } == set()
    again = cardlib.compare(
        one, capture(*lines_of(third | {"9F37": SECOND["9F37"]}), *lines_of(fourth))
    )
    assert ("repeated", "9F37 Unpredictable number") in kinds(again)


def test_counters_of_two_cards_say_nothing() -> None:
    other = payment(SECOND | {"9F36": "0098"}, pan="5413330089010012")
    assert kinds(cardlib.compare(payment(FIRST), other)) == [
        ("changed", "5A Application primary account number (PAN)")
    ]


def test_of_one_run_nothing_is_folded() -> None:
    """Number and counter are the same on both sides: the cryptogram was replaced between them."""
    replaced = cardlib.compare(payment(FIRST), payment(FIRST | {"9F26": "00" * 8}))
    assert {kind for kind, _ in kinds(replaced)} == {"changed"} and {
        e.split()[0] for _, e in kinds(replaced)
    } == {"9F26"}
    assert not replaced.folded
    assert any("taken for one run, nothing is folded" in row for row in replaced.rows())


def test_a_length_and_an_absence_are_never_folded() -> None:
    without = {tag: value for tag, value in SECOND.items() if tag != "9F26"}
    assert ("missing", "9F26 Application cryptogram (AC)") in kinds(
        cardlib.compare(payment(FIRST), payment(without))
    )
    assert ("added", "9F26 Application cryptogram (AC)") in kinds(
        cardlib.compare(payment(without), payment(FIRST | {"9F37": "00000001"}))
    )
